"""A Consul server in a container on one Docker host."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_docker as docker
from pydantic import Field

from components.daemon import DaemonConfig
from components.host import Host
from components.images import Images
from planning import ports, presence, records
from planning.compose import Words
from planning.conflicts import Claim, Item
from planning.facts import HostFacts
from planning.ports import Member
from planning.presence import Mark
from planning.words import DockerName, HostName, Image


class ConsulSettings(Words):
    """`crosshost:consul`: the Consul server that overlays on Consul keep their state in."""

    host: HostName = Field(description="Docker host that runs the server")
    image: Image = Field(
        default="hashicorp/consul:1.15", description="Image whose entrypoint takes `agent ...`"
    )
    port: int = Field(default=8500, ge=1, le=65535, description="HTTP port on the host")
    container_name: DockerName = Field(
        default="consul", description="Name of the server's Docker container"
    )

    def item(self) -> Item:
        """What the server's container is, and what it holds."""
        claims = {
            Claim("name", self.host, self.container_name),
            Claim("port", self.host, f"0.0.0.0:{self.port}/tcp"),
        }
        return Item("container", self.host, self.container_name, "consul", frozenset(claims))

    def refusals(self, stack: str, members: Mapping[str, Member]) -> list[str]:
        """Sentences why the server cannot run, or why ``members`` (it and its users) miss it."""
        server = members.get(self.host)
        if server is None:
            return []
        # A port that Docker holds may be held for the very server that is meant.
        ours = any(container.stack == stack for container in server.facts.containers or [])
        docker = {"dockerd", "docker-proxy"} if ours else set()
        return [
            *ports.held(self.host, server.facts, [("tcp", self.port)], frozenset(docker)),
            # Docker has set the port to the container's own when that chain is met.
            *ports.published_shut(self.host, server, ("tcp", 8500), members),
        ]


@dataclass(frozen=True)
class ConsulServerArgs:
    """What a ConsulServer is made of."""

    settings: ConsulSettings
    host: Host
    images: Images


class ConsulServer(pulumi.ComponentResource):
    """One Consul server: image, data volume, container, and a check that it leads.

    A single server with the shortest election Consul offers; `leader` waits for the election, so
    whatever depends on this component finds a store that takes writes.
    """

    def __init__(
        self, name: str, args: ConsulServerArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(
            "crosshost:consul:ConsulServer", name, args.settings.model_dump(mode="json"), opts
        )
        self.args = args
        host, settings = args.host, args.settings
        on_host = pulumi.ResourceOptions(
            parent=self, provider=host.provider, aliases=host.aliases(f"{name}-data")
        )
        image = args.images.on(host, settings.image)
        volume = docker.Volume(
            f"{name}-data@{host.host_name}", name=f"{settings.container_name}-data", opts=on_host
        )
        self.runs = _runs(settings, host)
        self.data_lost = _data_lost(f"{settings.container_name}-data", host)
        mark = _mark(settings.container_name, host)
        labels = {"crosshost.stack": pulumi.get_stack()}
        if mark.value:
            labels["crosshost.made"] = mark.value
        self.container = docker.Container(
            f"{name}@{host.host_name}",
            name=settings.container_name,
            hostname=settings.container_name,
            image=settings.image,
            command=_command(),
            restart="always",
            destroy_grace_seconds=10,
            ports=[docker.ContainerPortArgs(internal=8500, external=settings.port)],
            volumes=[
                docker.ContainerVolumeArgs(volume_name=volume.name, container_path="/consul/data")
            ],
            labels=[
                docker.ContainerLabelArgs(label=key, value=labels[key]) for key in sorted(labels)
            ],
            opts=pulumi.ResourceOptions(
                parent=self,
                provider=host.provider,
                depends_on=[image, volume, *host.after_daemon()],
                delete_before_replace=True,
                ignore_changes=None if mark.known else ["labels"],
                aliases=host.aliases(name),
            ),
        )
        self.leader = host.change(
            f"{name}-leader",
            "consul.sh",
            self.container.id.apply(
                lambda id_: records.text(
                    "",
                    record=host.record("consul"),
                    intact=self.runs,
                    header={"container": id_, "port": "8500"},
                )
            ),
            parent=self,
        )
        if host.record("consul") is not None and not self.runs:
            pulumi.log.warn(
                f"Consul on {host.host_name} does not run: up "
                + (
                    "begins it anew, as its data is lost too, and makes the overlays and their "
                    "containers anew"
                    if self.data_lost
                    else "starts it; overlays cannot be seen until then"
                ),
                resource=self,
            )
        self.url = f"http://{host.endpoint.address}:{settings.port}"
        self.register_outputs({"url": self.url})

    @classmethod
    def wanted(
        cls, settings: ConsulSettings | None, hosts: Mapping[str, Host], images: Images
    ) -> ConsulServer | None:
        """The server if the stack file asks for one."""
        if settings is None:
            return None
        return cls("consul", ConsulServerArgs(settings, hosts[settings.host], images))

    @property
    def cluster_store(self) -> str:
        """The value of daemon.json's `cluster-store`."""
        return f"consul://{self.args.host.endpoint.address}:{self.args.settings.port}"

    def mark_of(self, network: str, maker: Host) -> Mark:
        """The label crosshost.made of a network in this store."""
        if self.runs:
            return maker.mark("network", network)
        # Nobody sees the networks; with the server's data they are lost, else they come back.
        return Mark(records.stamp(), anew=True) if self.data_lost else Mark("", known=False)

    def shown(self, daemons: Mapping[str, DaemonConfig]) -> dict[str, Any]:
        """The server's row in the outputs; `hosts` are the engines that it was seen to list.

        Fails the up unless every host of ``daemons`` is in the store's docker/nodes/.
        """
        addresses = [daemon.host.endpoint.address for daemon in daemons.values()]
        content = "".join(f"{address}\n" for address in addresses)
        check = self.args.host.check(
            "consul-hosts",
            "consul.sh hosts",
            self.container.id.apply(lambda id_: f"container={id_} port=8500\n{content}"),
            parent=self,
            depends_on=[self.leader, *(daemon.change for daemon in daemons.values())],
        )
        return {"url": self.url, "hosts": check.stdout.apply(str.split)}


def _runs(settings: ConsulSettings, host: Host) -> bool:
    """Whether facts show that the server runs, or could not tell."""
    if not isinstance(host.facts, HostFacts):
        return False
    return host.facts.containers is None or any(
        container.name == settings.container_name and container.state == "running"
        for container in host.facts.containers
    )


def _data_lost(volume: str, host: Host) -> bool:
    """Whether the server's volume, which an up made, is gone."""
    facts = host.facts
    return (
        isinstance(facts, HostFacts) and facts.volumes is not None and volume not in facts.volumes
    )


def _mark(container: str, host: Host) -> Mark:
    """The server's label crosshost.made. One that was stopped is started by its leader's check."""
    if isinstance(host.facts, HostFacts) and any(
        one.name == container and one.stack == host.stack for one in host.facts.containers or []
    ):
        there = next(one for one in host.facts.containers or [] if one.name == container)
        return Mark(there.made)
    made = f"consul\ncontainer - {container}\n" if host.record("consul") is not None else None
    return presence.mark(host.facts, made, "container", container, host.stack)


def _command() -> list[str]:
    return [
        "agent",
        "-server",
        "-bootstrap-expect=1",
        "-data-dir=/consul/data",
        "-bind=0.0.0.0",
        "-advertise=127.0.0.1",
        "-client=0.0.0.0",
        "-ui",
        "-hcl=performance { raft_multiplier = 1 }",
    ]
