"""A Consul server in a container on one Docker host."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Any

import pulumi
import pulumi_docker as docker
from pydantic import Field, model_validator

from components import consul_access
from components.consul_access import Access, ConsulAccess, ConsulTlsFiles, HostAccess, Token
from components.daemon import DaemonConfig, Firewall
from components.host import Host
from components.images import Images
from planning import ports, presence, records
from planning.compose import Words
from planning.conflicts import Claim, Item
from planning.daemon_held import written_keys
from planning.facts import HostFacts
from planning.ports import Member
from planning.presence import Mark
from planning.words import DockerName, HostName, Image, StackName, Subnet


class ConsulSettings(Words):
    """`crosshost:consul`: the Consul server that overlays on Consul keep their state in."""

    host: HostName = Field(description="Docker host that runs the server")
    stack: StackName | None = Field(
        default=None,
        description="Another stack whose server on that host this one uses; default: one of its own",
    )
    image: Image = Field(
        default="hashicorp/consul:1.15", description="Image whose entrypoint takes `agent ...`"
    )
    port: int = Field(default=8500, ge=1, le=65535, description="HTTP port on the host")
    container_name: DockerName = Field(
        default="consul", description="Name of the server's Docker container"
    )
    allow: list[Subnet] = Field(
        default=[],
        description="Addresses and subnets that reach the HTTP port beside the hosts, e.g. of who "
        "looks at Consul's pages",
    )

    def item(self) -> Item:
        """What the server's container is, and what it holds."""
        claims = {
            Claim("name", self.host, self.container_name),
            Claim("port", self.host, f"0.0.0.0:{self.port}/tcp"),
        }
        return Item("container", self.host, self.container_name, "consul", frozenset(claims))

    token: Token | None = Field(
        default=None,
        repr=False,
        description="A secret, a UUID: with it the server answers nobody without it (an ACL), and "
        "dockerd is restarted with it in its environment",
    )
    tls: ConsulTlsFiles | None = Field(
        default=None,
        description="With it the port is HTTPS, and only who has a certificate of `ca` gets in",
    )

    @model_validator(mode="after")
    def image_is_of_the_server(self) -> ConsulSettings:
        for key in ("image", "token", "tls"):
            if self.stack is not None and key in self.model_fields_set:
                raise ValueError(
                    f"{key} is up to stack {self.stack}, whose server it is: take it out"
                )
        return self

    @property
    def open_to_all(self) -> bool:
        """Whether who reaches the port can write."""
        return self.token is None and self.tls is None

    def accesses(self, users: Iterable[str]) -> dict[str, Access]:
        """Host -> what it uses the server with. ``users``: the hosts whose engines do."""
        return consul_access.accesses(self.token, self.tls, self.host, users)

    def cluster_store(self, addresses: Mapping[str, str]) -> str:
        """The value of daemon.json's `cluster-store`. ``addresses``: of all hosts."""
        return f"consul://{addresses[self.host]}:{self.port}"

    def refusals(self, stack: str, members: Mapping[str, Member]) -> list[str]:
        """Sentences why the server cannot run, or why ``members`` (it and its users) miss it."""
        server = members.get(self.host)
        if server is None:
            return []
        of = {c.name: c.stack for c in server.facts.containers or []}.get(self.container_name)
        if self.stack is not None:
            if self.stack == stack:
                return [f"crosshost:consul.stack is {stack}, this stack itself: take it out"]
            if of != self.stack and not server.facts.hides("containers"):
                return [
                    f"{self.host} has no container {self.container_name} of stack {self.stack}: run "
                    "`pulumi up` for that one first, or take `stack` out of crosshost:consul to have "
                    "a server of this stack's own"
                ]
            return ports.published_shut(self.host, server, ("tcp", 8500), members)
        if of and of != stack:
            return [
                f"{self.container_name} on {self.host} is the Consul of stack {of}: write "
                f"`crosshost:consul: {{stack: {of}, host: {self.host}}}` to use it, or another host"
            ]
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
        self.runs = _runs(settings, host)
        self.data_lost = args.moved or (
            settings.stack is None and _data_lost(f"{settings.container_name}-data", host)
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
        image = self.args.images.on(host, settings.image)
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
        mark = _mark(settings.container_name, host)
        labels = {"crosshost.stack": pulumi.get_stack()}
        if mark.value:
            labels["crosshost.made"] = mark.value
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
                            container_path=consul_access.MOUNT,
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
                ignore_changes=None if mark.known else ["labels"],
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
        moved = _moved(settings, hosts)
        return cls("consul", ConsulServerArgs(settings, host, images, firewall, moved, access))

    def mark_of(self, network: str, maker: Host) -> Mark:
        """The label crosshost.made of a network in this store."""
        if self.runs and not self.args.moved:
            return maker.mark("network", network)
        # Nobody sees the networks; with the server's data they are lost, else they come back.
        return Mark(records.stamp(), anew=True) if self.data_lost else Mark("", known=False)

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

    def shown(self) -> dict[str, Any]:
        """The server's row in the outputs; `hosts` are the engines that it was seen to list."""
        return {"url": self.url, "hosts": self.engines}


def bound_to(address: str, facts: HostFacts | None) -> str | None:
    """The address that the port is published at: the host's, where it has it on a NIC; None is all."""
    try:
        here = IPv4Address(address)
    except ValueError:
        return None
    if facts is None or not facts.nics:
        return address
    held = {one.ip for nic in facts.nics.values() for one in nic.addresses}
    return address if here in held else None


def exposure(
    host: str, address: str, settings: ConsulSettings, facts: HostFacts | None, *, guarded: bool
) -> list[str]:
    """Sentences on who can write to the server beside the stack's engines."""
    found = []
    where = bound_to(address, facts)
    if where is None:
        found.append(
            f"{host} has {address} on none of its network interfaces: Consul listens on all of its "
            "addresses"
        )
    if not guarded and settings.open_to_all:
        found.append(
            f"everybody who reaches {address}:{settings.port} can write to Consul, and so change or "
            "empty the overlays: have `crosshost:firewall: {mode: guard}`, "
            "or `tls` and `token` in crosshost:consul"
        )
    if settings.token is not None and settings.tls is None:
        found.append(
            f"Consul on {host} is asked over HTTP: who sees its traffic sees the token; write `tls` "
            "beside it"
        )
    listeners = [
        one
        for one in (facts.listeners if facts else None) or []
        if (one.protocol, one.port, one.program) == ("tcp", settings.port, "docker-proxy")
    ]
    if where is not None and any(one.address != where for one in listeners):
        found.append(
            f"Consul on {host} is made anew, with the data that it has, as it listens on {where} "
            "only from now on"
        )
    return found


def _runs(settings: ConsulSettings, host: Host) -> bool:
    """Whether facts show that the server runs, or could not tell."""
    if not isinstance(host.facts, HostFacts):
        return False
    return host.facts.containers is None or any(
        container.name == settings.container_name and container.state == "running"
        for container in host.facts.containers
    )


def _moved(settings: ConsulSettings, hosts: Mapping[str, Host]) -> bool:
    """Whether the daemons' store is a server on another host than ``settings`` say.

    Where the host itself had the server at the last up, its port or address alone has changed.
    """
    wanted = settings.cluster_store({name: one.endpoint.address for name, one in hosts.items()})
    stores = {
        written_keys(record).get("cluster-store", wanted)
        for one in hosts.values()
        if (record := one.record("daemon")) is not None
    }
    return hosts[settings.host].record("consul") is None and stores - {wanted} != set()


def _data_lost(volume: str, host: Host) -> bool:
    """Whether the server's volume, which an up made, is gone."""
    facts = host.facts
    return (
        isinstance(facts, HostFacts) and facts.volumes is not None and volume not in facts.volumes
    )


def _mark(container: str, host: Host) -> Mark:
    """The server's label crosshost.made. One that was stopped is started by its leader's check."""
    rows = host.facts.containers if isinstance(host.facts, HostFacts) else None
    there = next((r for r in rows or [] if (r.name, r.stack) == (container, host.stack)), None)
    if there is not None:
        return Mark(there.made)
    made = f"consul\ncontainer - {container}\n" if host.record("consul") is not None else None
    return presence.mark(host.facts, made, "container", container, host.stack)


def _inputs(settings: ConsulSettings) -> dict[str, Any]:
    """What the preview shows of the settings: no token, and keys that were not given are left out."""
    return settings.model_dump(mode="json", exclude={"token"} if settings.tls else {"token", "tls"})


def grant_access(
    settings: ConsulSettings | None,
    hosts: Mapping[str, Host],
    needed: Mapping[str, Mapping[str, Any]],
) -> ConsulAccess | None:
    """What the hosts are given that use the server, None where it asks for nothing.

    ``needed``: host -> the keys of daemon.json that its networks need.
    """
    users = [host for host, keys in needed.items() if "cluster-store" in keys]
    if settings is None or not (given := settings.accesses(users)):
        return None
    return ConsulAccess("consul-access", hosts, given)


def _command(access: bool, *, tls: bool) -> list[str]:
    given = [f"-config-file={consul_access.MOUNT}/server.hcl"] if access else []
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
