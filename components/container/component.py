"""One container on one host."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pulumi
import pulumi_docker as docker

from components.container.adopted import ALL_BUT_GRACE, GRACE, Adopted
from components.container.dependencies import Waits, ending, in_order
from components.container.files import place
from components.container.inputs import ContainerArgs, inputs
from components.container.pause import before_create
from components.container.settings import ContainerSettings
from components.host import ConfiguredHost
from components.images import Images
from components.networks.network import Network
from planning import published
from planning.service_files import MountedFile

# In place for the plugin, which then changes nothing on the host.
_SILENT = ["mounts", "healthcheck", "tmpfs", "init", "destroyGraceSeconds"]


class Container(pulumi.ComponentResource):
    """A running container and its image.

    Outputs: ``id``, ``addresses`` (network -> IPv4 address). ``ipv6_addresses`` is the same of IPv6.
    """

    def __init__(
        self, name: str, args: ContainerArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        settings, host = args.settings, args.host
        logical = f"{name}@{host.host_name}"
        super().__init__(
            "crosshost:container:Container",
            name,
            {"host": host.host_name, "image": settings.image, "network": settings.mode},
            opts,
        )
        self.args = args
        self.docker_name = settings.container_name or name
        joined = [args.networks[network] for network in settings.attachments()]
        after: list[pulumi.Resource] = [
            args.images.pull(host, settings.image),
            *host.after_daemon(),
            *args.servers,
        ]
        for network in joined:
            after += network.resources_on(host.host_name)
        if args.shares:
            after.append(args.shares)
        after += args.dependencies.after
        placed = place(host, self.docker_name, args.files, parent=self)
        if placed:
            after.append(placed.change)
        made = host.made_label("container", self.docker_name, ends=args.ends)
        ignored = ["ports"] if published.without_order(settings.ports) else []
        # The label crosshost.ports has the ports, and it replaces.
        ignored += [] if made.known else ["labels"]
        silent = _SILENT
        self.adopted = Adopted.of(self.docker_name, args)
        if self.adopted.is_left:
            # How long its end takes is the plugin's to know, and no input that Docker has.
            ignored, silent = ALL_BUT_GRACE, [key for key in _SILENT if key != GRACE]
        self.container: docker.Container = docker.Container(
            logical,
            **inputs(self.docker_name, args, made.value, placed.mounts if placed else []),
            opts=pulumi.ResourceOptions(
                parent=self,
                provider=host.provider,
                depends_on=after,
                delete_before_replace=True,
                # A move is a replacement on another provider: deleted there before it is created
                # here, or its name and address would be taken.
                aliases=host.aliases(name, [n for other in args.others for n in other.names]),
                replace_on_changes=silent,
                ignore_changes=ignored,
                import_=self.adopted.id,
                hooks=before_create(
                    max((one.pause_on(host.host_name) for one in joined), default=0)
                ),
            ),
        )
        self.id = self.container.id
        self.addresses: pulumi.Output[dict[str, str]] = self.container.network_datas.apply(
            lambda datas: {
                d["network_name"]: d["ip_address"] for d in datas or [] if d["ip_address"]
            }
        )
        self.ipv6_addresses: pulumi.Output[dict[str, str]] = self.container.network_datas.apply(
            lambda datas: {
                d["network_name"]: d["global_ipv6_address"]
                for d in datas or []
                if d.get("global_ipv6_address")
            }
        )
        self.register_outputs({"id": self.id, "addresses": self.addresses})

    def outputs(self) -> dict[str, object]:
        """The container's row in the stack's outputs."""
        row: dict[str, object] = {
            "host": self.args.host.host_name,
            "mode": self.args.settings.mode,
            "addresses": self.addresses,
            "id": self.id,
        }
        if any(self.args.networks[one].has_ipv6 for one in self.args.settings.attachments()):
            row["ipv6_addresses"] = self.ipv6_addresses
        return row


def run_containers(
    containers: Mapping[str, ContainerSettings],
    hosts: Mapping[str, ConfiguredHost],
    networks: Mapping[str, Network],
    images: Images,
    files: Mapping[str, Sequence[MountedFile]],
    servers: Mapping[str, Sequence[pulumi.Resource]],
    *,
    secret: Callable[[str], bool],
) -> dict[str, Container]:
    """Every container of the stack, in the stack file's order.

    ``files``: what they see as secrets and configs. ``servers``: host -> the name servers of containers
    on its networks. ``secret``: whether what a container is given must not be shown.
    """
    made: dict[str, Container] = {}
    waits, ends = Waits(containers, hosts), ending(containers)
    for name in in_order(containers):
        settings = containers[name]
        shares = made[settings.shares].container if settings.shares else None
        others = tuple(host for name, host in hosts.items() if name != settings.host)
        asked = tuple(servers.get(settings.host, ())) if settings.attachments() else ()
        args = ContainerArgs(
            settings,
            hosts[settings.host],
            images,
            networks,
            shares,
            secret(name),
            others,
            waits.of(name, {n: one.container for n, one in made.items()}),
            name in ends,
            files.get(name, ()),
            asked,
        )
        made[name] = Container(name, args)
    return {name: made[name] for name in containers}
