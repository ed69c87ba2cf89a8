"""The swarm of a stack's hosts: one resource for each member."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_command as command

from components import swarm_member
from components.host import ConfiguredHost
from components.networks.overlay.swarm.settings import SwarmSettings
from planning import records, routes, swarm, swarm_held
from planning.facts import HostFacts
from planning.field_types import Subnet


@dataclass(frozen=True)
class SwarmArgs:
    """What a Swarm is made of. ``hosts``: all of the stack; ``taken``: subnets of its networks.

    ``before``: what is there before a host begins or joins it.
    """

    settings: SwarmSettings
    spec: swarm.SwarmSpec
    hosts: Mapping[str, ConfiguredHost]
    taken: Sequence[Subnet] = ()
    before: Sequence[pulumi.Resource] = ()


class Swarm(pulumi.ComponentResource):
    """A resource for each member: the host begins the swarm, joins it, changes its role, and leaves.

    The first manager comes first, the other managers one after another (a swarm loses its quorum
    otherwise), also those that step down; the workers all at once; on delete the other way round. Tokens go from a manager to
    the host that joins through the memory of swarm_member.py, and nowhere else.
    """

    def __init__(
        self, name: str, args: SwarmArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        spec = args.spec
        super().__init__(
            "crosshost:swarm:Swarm",
            name,
            {
                "managers": list(spec.managers),
                "workers": [host for host in spec.hosts if host not in spec.managers],
            },
            opts,
        )
        self.args = args
        self.managers = list(spec.managers)
        self._facts = {
            host: facts
            for host in spec.hosts
            if isinstance(facts := args.hosts[host].facts, HostFacts) and swarm.known(facts)
        }
        self._plan = swarm.members(spec, self._facts)
        there = swarm.present(spec, self._facts)
        self._through = list(there.managers) if there else []
        self.members: dict[str, command.local.Command] = {}
        for host in spec.managers:
            self.members[host] = self._member(host, list(self.members.values()))
        after = list(self.members.values())
        for host in (host for host in spec.hosts if host not in spec.managers):
            self.members[host] = self._member(host, after)
            if host in self._facts and self._facts[host].swarm.manager:
                after = [*after, self.members[host]]
        for sentence in swarm.warnings(spec.managers, given=args.settings.managers is not None):
            pulumi.log.warn(sentence, resource=self)
        self._announce()
        self.register_outputs({"managers": self.managers})

    def outputs(self) -> dict[str, object]:
        """The swarm's row in the stack's outputs."""
        return {
            "managers": self.managers,
            "workers": [host for host in self.members if host not in self.managers],
        }

    def _announce(self) -> None:
        for host, member in self._plan.items():
            if not (member.intact and member.recorded):
                pulumi.log.info(
                    f"{host} will {swarm.describe(member)}", resource=self.members[host]
                )

    def node(self, host: str) -> pulumi.Input[str]:
        """The ID of the host's node; unknown in a preview if it will have a new one.

        A host that leaves takes its containers off the swarm's networks: they are bound to it.
        """
        member = self._plan.get(host)
        return member.node if member is not None and member.node else self.members[host].stdout

    def _member(self, name: str, after: Sequence[pulumi.Resource]) -> command.local.Command:
        host = self.args.hosts[name]
        others = [self.args.hosts[manager].scripts for manager in self.managers]
        return command.local.Command(
            f"swarm@{name}",
            create=(apply := f"exec python3 -m {swarm_member.__name__} apply"),
            # Said aloud: a preview then knows that the node may be another one.
            update=apply,
            delete=f"exec python3 -m {swarm_member.__name__} undo",
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

    def _header(self, host: ConfiguredHost) -> str:
        spec, name = self.args.spec, host.host_name
        member = self._plan.get(name)
        begins = name == spec.managers[0]
        header = {
            "role": spec.role(name),
            "advertise": member.advertise if member else spec.advertise[name],
            "managers": self._targets(spec.managers),
            "adopted": member.adopted if member else "no",
            "own_lock": _on_or_off(spec.autolock),
        }
        if begins:
            header["port"] = str(spec.data_path_port)
            header["autolock"] = _on_or_off(spec.autolock)
            header["lock"] = _on_or_off(swarm.locks(spec, self._facts))
        if member is not None:
            header["start"] = member.start
            header["node"] = member.node or "none"
            header["via"] = self._targets(self._through) or "none"
            if member.start in ("init", "reinit"):
                header["pool"] = str(self._pool() or "none")
        return records.text(
            "",
            record=host.record(swarm_held.CHANGE),
            intact=member is not None and member.intact,
            header=header,
        )

    def _pool(self) -> Subnet | None:
        """The pool; None where there is no free one, which stops an up before it comes here."""
        return self.args.settings.address_pool or routes.free_pool(
            self._facts.values(), self.args.taken
        )

    def _targets(self, names: Sequence[str]) -> str:
        return ",".join(self.args.hosts[name].ssh_target for name in names)


def _on_or_off(value: bool) -> str:
    return "on" if value else "off"
