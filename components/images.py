"""Images on hosts: each pulled once a host; those that were not there before go with the stack."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pulumi
import pulumi_docker as docker

from components.host import Host
from planning import records


class Images:
    """The images that a stack's containers need, by host."""

    def __init__(self, hosts: Mapping[str, Host], wanted: Iterable[tuple[str, str]]) -> None:
        """``wanted``: pairs of host and image."""
        by_host: dict[str, set[str]] = {}
        for host, image in wanted:
            by_host.setdefault(host, set()).add(image)
        self._made: dict[tuple[str, str], docker.RemoteImage] = {}
        self._recorded = {
            name: hosts[name].change(
                "images",
                "images.sh",
                records.text(
                    "".join(f"{image}\n" for image in sorted(images)),
                    record=hosts[name].record("images"),
                    intact=True,
                    header={"images": ""},
                ),
                parent=hosts[name].component,
            )
            for name, images in by_host.items()
        }

    def pull(self, host: Host, image: str) -> docker.RemoteImage:
        """The image on that host, pulled once for all who ask.

        It waits for what the engine waits for at the ``host``'s stage.
        """
        key = (host.host_name, image)
        if key not in self._made:
            self._made[key] = docker.RemoteImage(
                f"{image}@{host.host_name}",
                name=image,
                # images.sh removes it: the plugin would also remove what was there before.
                keep_locally=True,
                opts=pulumi.ResourceOptions(
                    parent=host.component,
                    provider=host.provider,
                    depends_on=[self._recorded[host.host_name], *host.after_daemon()],
                    aliases=host.aliases(image),
                ),
            )
        return self._made[key]
