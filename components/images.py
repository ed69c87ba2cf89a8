"""Images on hosts: each pulled once a host, and kept when the stack goes."""

from __future__ import annotations

import pulumi
import pulumi_docker as docker

from components.host import Host


class Images:
    """Makes one RemoteImage for each image and host that is asked for."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, str], docker.RemoteImage] = {}

    def on(self, host: Host, image: str) -> docker.RemoteImage:
        """The image on that host."""
        key = (host.host_name, image)
        if key not in self._made:
            self._made[key] = docker.RemoteImage(
                f"{image}@{host.host_name}",
                name=image,
                keep_locally=True,
                opts=pulumi.ResourceOptions(parent=host, provider=host.provider),
            )
        return self._made[key]
