"""A Consul server in a container on one Docker host."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_docker as docker

from components.daemon import DaemonConfig, Firewall
from components.host import Host
from components.images import Images
from components.networks.overlay.consul import access_files, seen
from components.networks.overlay.consul.access import ConsulAccess, HostAccess
from components.networks.overlay.consul.exposure import bound_to, exposure
from components.networks.overlay.consul.settings import ConsulSettings
from planning import records
from planning.facts import HostFacts
from planning.made_label import MadeLabel


@dataclass(frozen=True)
class ConsulServerArgs:
    """What a ConsulServer is made of. ``firewall``: what is there before it, None without rules.

    ``moved``: another host had the server that the overlays are in now, so it comes without their data.
    """

    settings: ConsulSettings
    host: Host
    images: Images
    firewall: Firewall | None
    moved: bool = False
    access: ConsulAccess | None = None


class ConsulServer(pulumi.ComponentResource):
    """One Consul server: image, data volume, container, and a check that it leads.

    A single server with the shortest election Consul offers; `leader` waits for the election, so
    whatever depends on this component finds a store that takes writes.
    """

    def __init__(
        self, name: str, args: ConsulServerArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("crosshost:consul:ConsulServer", name, _inputs(args.settings), opts)
        self.args = args
        self.access: Mapping[str, HostAccess] = args.access.of if args.access else {}
        here = self.access.get(args.host.host_name)
        # What docker exec asks in the container, and what it shows there.
        self._asked = {"port": "8501" if args.settings.tls else "8500"}
        if here is not None and here.environment:
            self._asked["access"] = here.folder.rpartition("/")[2]
        host, settings = args.host, args.settings
        self.runs = seen.runs(settings, host)
        self.data_lost = args.moved or (
            settings.stack is None and seen.data_lost(f"{settings.container_name}-data", host)
        )
        # As `docker` takes it: the ID of our own container, the name of another stack's.
        self.container: pulumi.Output[str] = pulumi.Output.from_input(settings.container_name)
        if settings.stack is None:
            self.container = self._server(name).id
        self.leader = host.change(
            f"{name}-leader",
            "consul.sh",
            self.container.apply(
                lambda container: records.text(
                    "",
                    record=host.record("consul"),
                    intact=self.runs,
                    header={"container": container, **self._asked},
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
        if args.moved:
            pulumi.log.warn(
                f"Consul is to be on {host.host_name}, and its data does not move: up makes the overlays "
                "and their containers anew, after the daemons were restarted in turns (other containers "
                "go on running)",
                resource=self,
            )
        self.engines: pulumi.Output[list[str]] | None = None
        scheme = "https" if settings.tls else "http"
        self.url = f"{scheme}://{host.endpoint.address}:{settings.port}"
        self.register_outputs({"url": self.url})

    def _server(self, name: str) -> docker.Container:
        """The container, on an image and a volume for its data."""
        host, settings = self.args.host, self.args.settings
        facts = host.facts if isinstance(host.facts, HostFacts) else None
        on_host = pulumi.ResourceOptions(
            parent=self, provider=host.provider, aliases=host.aliases(f"{name}-data")
        )
        image = self.args.images.pull(host, settings.image)
        volume = docker.Volume(
            f"{name}-data@{host.host_name}", name=f"{settings.container_name}-data", opts=on_host
        )
        for sentence in exposure(
            host.host_name,
            host.endpoint.address,
            settings,
            facts,
            guarded=self.args.firewall is not None,
        ):
            pulumi.log.warn(sentence, resource=self)
        here = self.access.get(host.host_name)
        made = seen.made_label(settings.container_name, host)
        labels = {"crosshost.stack": pulumi.get_stack()}
        if made.value:
            labels["crosshost.made"] = made.value
        return docker.Container(
            f"{name}@{host.host_name}",
            name=settings.container_name,
            hostname=settings.container_name,
            image=settings.image,
            command=_command(here is not None, tls=settings.tls is not None),
            restart="always",
            destroy_grace_seconds=10,
            ports=[
                docker.ContainerPortArgs(
                    internal=8500, external=settings.port, ip=bound_to(host.endpoint.address, facts)
                )
            ],
            volumes=[
                docker.ContainerVolumeArgs(volume_name=volume.name, container_path="/consul/data"),
                *(
                    [
                        docker.ContainerVolumeArgs(
                            host_path=here.folder,
                            container_path=access_files.MOUNT,
                            read_only=True,
                        )
                    ]
                    if here
                    else []
                ),
            ],
            labels=[
                docker.ContainerLabelArgs(label=key, value=labels[key]) for key in sorted(labels)
            ],
            opts=pulumi.ResourceOptions(
                parent=self,
                provider=host.provider,
                depends_on=[
                    image,
                    volume,
                    *([here.change] if here else []),
                    *host.after_daemon(),
                    *(self.args.firewall.before if self.args.firewall else ()),
                ],
                delete_before_replace=True,
                ignore_changes=None if made.known else ["labels"],
                aliases=host.aliases(name),
            ),
        )

    @classmethod
    def wanted(
        cls,
        settings: ConsulSettings | None,
        hosts: Mapping[str, Host],
        images: Images,
        firewall: Firewall | None,
        access: ConsulAccess | None,
    ) -> ConsulServer | None:
        """The server if the stack file asks for one."""
        if settings is None:
            return None
        host = hosts[settings.host]
        moved = seen.moved(settings, hosts)
        return cls("consul", ConsulServerArgs(settings, host, images, firewall, moved, access))

    def made_label_of(self, network: str, maker: Host) -> MadeLabel:
        """The label crosshost.made of a network in this store."""
        if self.runs and not self.args.moved:
            return maker.made_label("network", network)
        # Nobody sees the networks; with the server's data they are lost, else they come back.
        return (
            MadeLabel(records.stamp(), anew=True) if self.data_lost else MadeLabel("", known=False)
        )

    def check_engines(self, daemons: Mapping[str, DaemonConfig]) -> None:
        """Fails the up unless every host of ``daemons`` on the store is in its docker/nodes/."""
        users = [one for one in daemons.values() if "cluster-store" in one.settings]
        content = "".join(f"{one.host.endpoint.address}\n" for one in users)
        asked = " ".join(f"{key}={value}" for key, value in self._asked.items())
        check = self.args.host.check(
            "consul-hosts",
            "consul.sh hosts",
            self.container.apply(lambda id_: f"container={id_} {asked}\n{content}"),
            parent=self,
            depends_on=[self.leader, *(one.change for one in users)],
        )
        self.engines = check.stdout.apply(str.split)

    def outputs(self) -> dict[str, object]:
        """The server's row in the outputs; `hosts` are the engines that it was seen to list."""
        return {"url": self.url, "hosts": self.engines}


def _inputs(settings: ConsulSettings) -> dict[str, object]:
    """What the preview shows of the settings: no token, and keys that were not given are left out."""
    return settings.model_dump(mode="json", exclude={"token"} if settings.tls else {"token", "tls"})


def _command(access: bool, *, tls: bool) -> list[str]:
    given = [f"-config-file={access_files.MOUNT}/server.hcl"] if access else []
    http = [] if tls else ['-hcl=addresses { http = "0.0.0.0" }']
    return [
        "agent",
        "-server",
        "-bootstrap-expect=1",
        "-data-dir=/consul/data",
        "-bind=127.0.0.1",
        "-advertise=127.0.0.1",
        "-client=127.0.0.1",
        "-ui",
        *http,
        "-hcl=performance { raft_multiplier = 1 }",
        *given,
    ]
