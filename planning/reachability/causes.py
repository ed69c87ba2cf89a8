"""Why a promise is broken, from what the hosts and the namespaces know, and what to do about it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from planning import stray_threads
from planning.facts import HostFacts
from planning.ports import Peer, Port, shut
from planning.reachability.results import NO_NAME_SERVER, Looked, Result

_OVERLAYS = "overlay-"
# A rule that lets nothing through, of chains that forwarded packets meet.
_DROPS_ALL = re.compile(r"^-A (FORWARD|DOCKER-USER) -j (DROP|REJECT.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Evidence:
    """What was looked at after promises were found broken.

    ``peers``: the hosts that answer. ``contracts``, ``ports``: network -> its contract's key, and what
    its hosts must reach on each other. ``macs``: address -> MAC address that the container with it has now.
    ``looked``: of the result's source, None where it could not be asked. ``holds``: kinds of probes that
    do hold between the same two ends. ``name_server``: what the stack's own name servers are called, on
    every host that has one.
    """

    peers: Mapping[str, Peer]
    contracts: Mapping[str, str] = field(default_factory=dict)
    ports: Mapping[str, tuple[Port, ...]] = field(default_factory=dict)
    macs: Mapping[str, str] = field(default_factory=dict)
    looked: Looked | None = None
    holds: frozenset[str] = frozenset()
    name_server: str = ""


def cause(result: Result, seen: Evidence) -> str:
    """The likeliest cause with its remedy, "" where nothing that was looked at explains it."""
    if not result.probe.expected:
        return ""
    return next((found for rule in _RULES if (found := rule(result, seen))), "")


def _firewall(result: Result, seen: Evidence) -> str:
    """A port that carries the network is shut on one of the two hosts."""
    ports = seen.ports.get(result.probe.network, ())
    ends = {
        name: seen.peers[name]
        for name in (result.probe.source_host, result.probe.to_host)
        if name in seen.peers
    }
    return "; ".join(shut(ends, ports).values())


def _forwarding(result: Result, seen: Evidence) -> str:
    for name in dict.fromkeys((result.probe.source_host, result.probe.to_host)):
        rules = _facts(name, seen)
        found = _DROPS_ALL.search((rules.firewall.iptables or "") if rules else "")
        if found and (result.probe.kind == "published" or result.probe.to == result.probe.to_host):
            return (
                f"chain {found[1]} of {name} lets nothing through: take that rule out there, "
                f"`iptables -D {found[1]} -j {found[2]}`"
            )
    return ""


def _not_joined(result: Result, seen: Evidence) -> str:
    key = seen.contracts.get(result.probe.network, "")
    for name in (result.probe.source_host, result.probe.to_host):
        facts = _facts(name, seen)
        if facts is None:
            continue
        if key == "overlay-swarm" and not facts.swarm.member:
            return f"the engine of {name} is in no swarm any more: run `pulumi up`"
        listens = {(one.protocol, one.port) for one in facts.listeners or ()}
        if key.startswith(_OVERLAYS) and listens and ("tcp", 7946) not in listens:
            return (
                f"the engine of {name} has not joined its peers (nothing listens on tcp 7946): see "
                f"`journalctl -u docker` there; `systemctl restart docker` lets it try again"
            )
    return ""


def _another_mac(result: Result, seen: Evidence) -> str:
    """Somebody else answers for the address, or an old entry says so."""
    mac = seen.macs.get(result.probe.target)
    found = seen.looked
    if not (mac and found and found.mac) or found.mac == mac.lower():
        return ""
    overlay = seen.contracts.get(result.probe.network, "").startswith(_OVERLAYS)
    if overlay or found.state == "PERMANENT":
        return (
            f"an old entry on {result.probe.source_host} sends {result.probe.target} to {found.mac}, and "
            f"its container has {mac}: `docker restart {result.probe.source or result.probe.to}` there"
        )
    return (
        f"{result.probe.target} is taken by another machine, {found.mac}: give the container another "
        "address, or that machine"
    )


def _size(result: Result, seen: Evidence) -> str:
    if result.probe.kind not in ("size", "transfer") or seen.looked is None:
        return ""
    wanted = re.match(r"(\d+) bytes", result.why)
    fits = seen.looked.size
    if fits is None or (wanted and fits >= int(wanted[1])) or (not wanted and "size" in seen.holds):
        return ""
    return (
        f"packets of more than {fits} bytes get lost on the way: have the path carry larger ones (kernels "
        f"remember for ten minutes what did not fit), or give {result.probe.network} the MTU that it carries"
    )


def _checksums(result: Result, seen: Evidence) -> str:
    if result.probe.kind not in ("tcp", "transfer") or not {"ping", "size"} <= seen.holds:
        return ""
    hosts = f"{result.probe.to_host} and {result.probe.source_host}"
    if seen.looked and seen.looked.checksums:
        return (
            "pings arrive in every size and TCP comes with wrong checksums, which a NIC or its driver makes: "
            f"`ethtool -K NIC tx off` on {hosts}"
        )
    return (
        f"pings arrive in every size and TCP does not: a firewall in between or in {result.probe.to} drops "
        f"it, or a NIC sends wrong checksums; try `ethtool -K NIC tx off` on {hosts}"
    )


def _macvlan(result: Result, seen: Evidence) -> str:
    if seen.contracts.get(result.probe.network) != "macvlan" or result.probe.kind != "ping":
        return ""
    if seen.looked is None or result.probe.source_host == result.probe.to_host:
        return ""
    allow = (
        "the switch or hypervisor lets one MAC address per port through; allow several there (forged "
        "transmits and MAC changes), or write `promiscuous: true` for the network"
    )
    if seen.looked.mac:
        return (
            f"{result.probe.target} is known on {result.probe.source_host} as {seen.looked.mac}, and pings do "
            f"not come back: {allow}; or a firewall in one of the two drops them"
        )
    return f"nobody on the LAN answers for {result.probe.target}: {allow}"


def _stray_threads(result: Result, seen: Evidence) -> str:
    if result.why == NO_NAME_SERVER or not seen.contracts.get(result.probe.network, "").startswith(
        _OVERLAYS
    ):
        return ""
    for name in (result.probe.source_host, result.probe.to_host):
        facts = _facts(name, seen)
        if facts is not None and (found := stray_threads.sentences(name, facts)):
            return found[0]
    return ""


def _names(result: Result, seen: Evidence) -> str:
    if result.probe.kind == "name" and "ping" in seen.holds:
        if found := _own_name_server(result, seen):
            return found
        if result.why == NO_NAME_SERVER:
            return (
                f"{result.probe.to} is reached by address: no name server answers {result.probe.source}; see "
                f"/etc/resolv.conf there, and `journalctl -u docker` on {result.probe.source_host} where it "
                "names 127.0.0.11, which is Docker's own"
            )
        return (
            f"{result.probe.to} is reached by address: the name server of {result.probe.source} does not "
            f"know it; `docker restart {result.probe.source}` on {result.probe.source_host} has it learn"
        )
    return ""


def _own_name_server(result: Result, seen: Evidence) -> str:
    """What is wrong with the stack's own name server, where it is the one that knows the name."""
    facts = _facts(result.probe.source_host, seen)
    if facts is None or seen.contracts.get(result.probe.network, "").startswith(_OVERLAYS):
        return ""
    states = {one.name: one.state for one in facts.containers or ()}
    if (state := states.get(seen.name_server)) is None:
        return ""
    does = f"is {state}" if state != "running" else "does not answer, or does not know it"
    return (
        f"{result.probe.to} is reached by address: the name server {seen.name_server} on "
        f"{result.probe.source_host} {does}: `docker restart {seen.name_server}` there"
    )


_RULES: tuple[Callable[[Result, Evidence], str], ...] = (
    _firewall, _forwarding, _not_joined, _stray_threads, _another_mac, _size, _checksums, _macvlan, _names,
)  # fmt: skip


def holding(results: Iterable[Result]) -> dict[tuple[str | None, ...], frozenset[str]]:
    """The ends of probes -> the kinds that hold between them."""
    found: dict[tuple[str | None, ...], frozenset[str]] = {}
    for one in results:
        if one.holds:
            found[one.probe.ends] = found.get(one.probe.ends, frozenset()) | {one.probe.kind}
    return found


def _facts(name: str, seen: Evidence) -> HostFacts | None:
    member = seen.peers.get(name)
    return member.facts if member else None
