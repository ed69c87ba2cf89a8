"""What an up interrupts between containers that it does not replace: watched, proven, and told."""

from __future__ import annotations

import atexit
from collections.abc import Iterator, Mapping

import pulumi

from components.daemon import DaemonConfig
from components.fleet import Fleet
from components.networks.network import Network
from components.reachability.component import Reachability
from components.reachability.exchange import Exchange
from components.reachability.settings import ProveSettings
from components.reachability.watch import Watch
from planning.contract import Reach
from planning.facts import HostFacts
from planning.reachability.interruptions import End, Interruption, in_words, sentence


class Interruptions:
    """Watches pairs of the stack's containers that run already, from now until the program ends.

    The proof asks for what came of them. What was not asked for is printed at the end.
    """

    def __init__(self, stack: str, watch: Watch) -> None:
        self._watch = watch
        self._told: list[Interruption] | None = None
        self._exchange = Exchange(stack, self._report)
        atexit.register(self._end)

    def expect(
        self,
        daemons: Mapping[str, DaemonConfig],
        networks: Mapping[str, Network],
        proof: Reachability | None,
    ) -> None:
        """What the preview says of daemons and networks is no surprise; what ``proof`` is told is said.

        Nothing that registers resources comes after this: then all of it is watched, or a host is slow.
        """
        bounces = {(host, ""): one.bounces for host, one in daemons.items() if one.bounces}
        changes = {
            (host, name): sentence
            for name, network in networks.items()
            for host, sentence in network.interrupts.items()
        }
        self._watch.announced = bounces | changes
        if proof:
            proof.rows.apply(lambda _rows: self._tell())
        self._watch.wait()

    def _tell(self) -> None:
        for warns, text in in_words(self._told or []):
            (pulumi.log.warn if warns else pulumi.log.info)(text)

    def _report(self) -> list[Interruption]:
        self._told = self._watch.report()
        return self._told

    def _end(self) -> None:
        """What is deleted goes after the proof, when all else is done."""
        self._exchange.close()
        before = {one.ends: one for one in self._told or []}
        for one in self._watch.report():
            if one.worse_than(before.get(one.ends)):
                print(sentence(one), flush=True)
        self._watch.close()


def watch_interruptions(settings: ProveSettings, fleet: Fleet) -> Interruptions | None:
    """Begins to watch; None in a preview, and where there is nothing to watch or to prove."""
    ends = list(_ends(fleet))
    if pulumi.runtime.is_dry_run() or settings.when == "never":
        return None
    hosts = fleet.hosts
    config = next(iter(hosts.values())).ssh_config
    targets = {name: host.ssh_target for name, host in hosts.items()}
    subnets = {name: network.subnet for name, network in fleet.stack.networks.items()}
    watch = Watch(config, targets, subnets, ends)
    return Interruptions(pulumi.get_stack(), watch) if watch.pairs else None


def _ends(fleet: Fleet) -> Iterator[End]:
    """The stack's containers that run, on each network on which other hosts are promised to be reached."""
    stack = pulumi.get_stack()
    for key, container in fleet.stack.containers.items():
        facts = fleet.facts.facts[container.host]
        name = container.container_name or key
        rows = (facts.containers or []) if isinstance(facts, HostFacts) else []
        for row in rows:
            if (row.name, row.stack, row.state) != (name, stack, "running"):
                continue
            for network in container.attachments():
                if fleet.stack.networks[network].contract.reach[Reach.ACROSS]:
                    yield End(name, container.host, network, row.id)
