"""The swarm of a stack's hosts: one seat a host."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_command as command
from pydantic import Field, model_validator

from components.host import Host
from planning import ports, records, routes, swarm, swarm_held
from planning.compose import Words
from planning.facts import HostFacts, Unreachable
from planning.ports import Member, Port
from planning.words import Address, HostName, Interface, Subnet

CONTROL_PORT = ("tcp", 2377)
GOSSIP_PORT = 7946
_DATA_PORT = ("udp", 4789)


class SwarmSettings(Words):
    """`crosshost:swarm`: the swarm that overlays on Swarm are made in. All of it has defaults."""

    managers: list[HostName] | None = Field(
        default=None,
        description="Hosts that manage the swarm, the one that begins it first: one, three or "
        "five; default: those that manage it already, else the first by name of the overlays' hosts",
    )
    advertise: Interface | dict[HostName, Interface | Address] | None = Field(
        default=None,
        description="What nodes tell each other: a NIC's name for all hosts, or a map host: "
        "address or NIC; default: the host's address",
    )
    data_path_port: int = Field(
        default=4789, ge=1024, le=49151, description="UDP port that carries the overlays"
    )
    autolock: bool = Field(
        default=False,
        description="Managers need the key of `docker swarm unlock-key` after each restart",
    )
    address_pool: Subnet | None = Field(
        default=None,
        description="Pool of the swarm's own networks; default: the first that meets no route of "
        "the hosts",
    )

    @model_validator(mode="after")
    def managers_fit(self) -> SwarmSettings:
        if self.managers is not None and not self.managers:
            raise ValueError("managers is empty: name a host, or leave managers out")
        if self.managers and len(set(self.managers)) < len(self.managers):
            raise ValueError("managers names a host twice: name each once")
        if self.data_path_port == GOSSIP_PORT:
            raise ValueError(
                f"data_path_port {GOSSIP_PORT} is the port that nodes talk by: write another one"
            )
        if self.address_pool is not None and self.address_pool.prefixlen > 24:
            raise ValueError(
                f"address_pool {self.address_pool} is too small: write a /24 or larger"
            )
        return self

    def carrying(self, ports: Sequence[Port]) -> list[Port]:
        """``ports`` as they really are: overlays may go by another one than Docker's own."""
        return [("udp", self.data_path_port) if port == _DATA_PORT else port for port in ports]

    def wish(
        self,
        hosts: Sequence[str],
        addresses: Mapping[str, str],
        facts: Mapping[str, HostFacts | Unreachable] | None = None,
        stack: str = "",
    ) -> swarm.Wish:
        """The swarm of ``hosts`` (those with overlays on it); ``addresses`` of all the stack's.

        ``facts`` tell who manages it where the stack file of ``stack`` does not.
        """
        managers = tuple(
            self.managers or swarm.managing(hosts, facts or {}, addresses, stack) or hosts[:1]
        )
        members = tuple(name for name in addresses if name in hosts or name in managers)
        given = self.advertise
        return swarm.Wish(
            hosts=members,
            managers=managers,
            advertise={
                name: given.get(name, addresses[name])
                if isinstance(given, dict)
                else given or addresses[name]
                for name in members
            },
            data_path_port=self.data_path_port,
            autolock=self.autolock,
            stack=stack,
        )


def refusals(
    settings: SwarmSettings,
    wish: swarm.Wish,
    members: Mapping[str, Member],
    between: Sequence[Port],
    taken: Sequence[Subnet] = (),
) -> list[str]:
    """Sentences why the hosts (those of ``wish`` that answer) cannot be the swarm.

    ``between``: the ports that nodes of any swarm need of each other. ``taken``: subnets of the
    stack's networks.
    """
    seen = {name: member.facts for name, member in members.items()}
    found = swarm.problems(wish, seen)
    needed = settings.carrying(between)
    found += ports.shut(members, needed).values()
    found += ports.shut(members, [CONTROL_PORT], guarding=wish.managers).values()
    for name, facts in seen.items():
        control = [CONTROL_PORT] if name in wish.managers else []
        found += ports.held(name, facts, [*control, *needed], frozenset({"dockerd"}))
    if seen and swarm.present(wish, seen) is None:
        pool = routes.free_pool(seen.values(), taken)
        instead = f"write e.g. {pool}" if pool else "write another one"
        if settings.address_pool is not None:
            found += routes.meeting(
                "crosshost:swarm.address_pool", settings.address_pool, seen, instead
            )
        elif pool is None:
            found.append(
                "every private subnet meets routes of the hosts or networks of the stack: write one "
                "that none of them uses, a /24 or larger, as `crosshost:swarm: {address_pool: ...}`"
            )
    return found


@dataclass(frozen=True)
class SwarmArgs:
    """What a Swarm is made of. ``hosts``: all of the stack; ``taken``: subnets of its networks.

    ``before``: what is there before a host begins or joins it.
    """

    settings: SwarmSettings
    wish: swarm.Wish
    hosts: Mapping[str, Host]
    taken: Sequence[Subnet] = ()
    before: Sequence[pulumi.Resource] = ()


class Swarm(pulumi.ComponentResource):
    """A seat in the swarm for each host: it begins it, joins, changes its role, and leaves.

    The first manager comes first, the other managers one after another (a swarm loses its quorum
    otherwise), also those that step down; the workers all at once; on delete the other way round. Tokens go from a manager to
    the host that joins through the memory of swarm_member.py, and nowhere else.
    """

    def __init__(
        self, name: str, args: SwarmArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        wish = args.wish
        super().__init__(
            "crosshost:swarm:Swarm",
            name,
            {
                "managers": list(wish.managers),
                "workers": [host for host in wish.hosts if host not in wish.managers],
            },
            opts,
        )
        self.args = args
        self.managers = list(wish.managers)
        self._facts = {
            host: facts
            for host in wish.hosts
            if isinstance(facts := args.hosts[host].facts, HostFacts) and swarm.known(facts)
        }
        self._plan = swarm.seats(wish, self._facts)
        there = swarm.present(wish, self._facts)
        self._through = list(there.managers) if there else []
        self.seats: dict[str, command.local.Command] = {}
        for host in wish.managers:
            self.seats[host] = self._seat(host, list(self.seats.values()))
        after = list(self.seats.values())
        for host in (host for host in wish.hosts if host not in wish.managers):
            self.seats[host] = self._seat(host, after)
            if host in self._facts and self._facts[host].swarm.manager:
                after = [*after, self.seats[host]]
        for sentence in swarm.warnings(wish.managers, given=args.settings.managers is not None):
            pulumi.log.warn(sentence, resource=self)
        self._announce()
        self.register_outputs({"managers": self.managers})

    def shown(self) -> dict[str, Any]:
        """The swarm's row in the stack's outputs."""
        return {
            "managers": self.managers,
            "workers": [host for host in self.seats if host not in self.managers],
        }

    def _announce(self) -> None:
        for host, seat in self._plan.items():
            if not (seat.intact and seat.recorded):
                pulumi.log.info(f"{host} will {swarm.words(seat)}", resource=self.seats[host])

    def node(self, host: str) -> pulumi.Input[str]:
        """The ID of the host's node; unknown in a preview if it will have a new one.

        A host that leaves takes its containers off the swarm's networks: they are bound to it.
        """
        seat = self._plan.get(host)
        return seat.node if seat is not None and seat.node else self.seats[host].stdout

    def _seat(self, name: str, after: Sequence[pulumi.Resource]) -> command.local.Command:
        host = self.args.hosts[name]
        others = [self.args.hosts[manager].scripts for manager in self.managers]
        return command.local.Command(
            f"swarm@{name}",
            create=(apply := "exec python3 -m components.swarm_member apply"),
            # Said aloud: a preview then knows that the node may be another one.
            update=apply,
            delete="exec python3 -m components.swarm_member undo",
            stdin=host.request(self._header(host)),
            add_previous_output_in_env=False,
            logging=command.local.Logging.NONE,
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[
                    host.scripts,
                    *host.after_daemon(),
                    *self.args.before,
                    *others,
                    *after,
                ],
                ignore_changes=None if name in self._facts else ["stdin"],
                aliases=host.aliases("swarm"),
            ),
        )

    def _header(self, host: Host) -> str:
        wish, name = self.args.wish, host.host_name
        seat = self._plan.get(name)
        begins = name == wish.managers[0]
        header = {
            "role": wish.role(name),
            "advertise": seat.advertise if seat else wish.advertise[name],
            "managers": self._spoken(wish.managers),
            "adopted": seat.adopted if seat else "no",
            "own_lock": _on_or_off(wish.autolock),
        }
        if begins:
            header["port"] = str(wish.data_path_port)
            header["autolock"] = _on_or_off(wish.autolock)
            header["lock"] = _on_or_off(swarm.locks(wish, self._facts))
        if seat is not None:
            header["start"] = seat.start
            header["node"] = seat.node or "none"
            header["via"] = self._spoken(self._through) or "none"
            if seat.start in ("init", "reinit"):
                header["pool"] = str(self._pool() or "none")
        return records.text(
            "",
            record=host.record(swarm_held.CHANGE),
            intact=seat is not None and seat.intact,
            header=header,
        )

    def _pool(self) -> Subnet | None:
        """The pool; None where there is no free one, which stops an up before it comes here."""
        return self.args.settings.address_pool or routes.free_pool(
            self._facts.values(), self.args.taken
        )

    def _spoken(self, names: Sequence[str]) -> str:
        return ",".join(self.args.hosts[name].spoken for name in names)


def _on_or_off(value: bool) -> str:
    return "on" if value else "off"
