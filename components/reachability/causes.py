"""Looks for what explains broken promises: facts of their hosts, and what their namespaces know."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from components.dns.settings import container_name
from components.facts import ask
from components.reachability.asking import looks
from components.reachability.request import Request
from components.remote import argv
from planning.facts import HostFacts
from planning.ports import Peer
from planning.reachability.causes import Evidence, cause, holding
from planning.reachability.results import Report, Result

# More than these are broken for the same reasons.
_LOOKED_AT = 100


def explained(request: Request, report: Report) -> Report:
    """The report with the causes that were found."""
    report = report.explained_by_devices()
    broken = [one for one in report.broken if one.probe.expected and not one.cause][:_LOOKED_AT]
    ends = {name for one in broken for name in (one.probe.source_host, one.probe.to_host)}
    peers = facts_of(request, ends & request.hosts.keys())
    seen = looks(request, broken)
    between = holding(report.results)
    base = Evidence(
        peers,
        {name: carrier.contract for name, carrier in request.networks.items()},
        {name: carrier.ports for name, carrier in request.networks.items()},
        report.macs,
        name_server=container_name(request.stack),
    )

    def with_cause(one: Result) -> Result:
        if not one.broken or one.cause:
            return one
        holds = between.get(one.probe.ends, frozenset())
        evidence = replace(base, looked=seen.get(one.probe), holds=holds)
        return replace(one, cause=cause(one, evidence))

    explained = replace(report, results=[with_cause(one) for one in report.results])
    return explained.explained_by_tables()


def facts_of(request: Request, hosts: Iterable[str]) -> dict[str, Peer]:
    """The facts of those hosts that answer, all asked at once."""
    names = sorted(hosts)

    def of(name: str) -> Peer | None:
        target = request.hosts[name]
        found = ask(argv(config, target.ssh_target, f"sh -s {request.stack}"))
        return Peer(target.address, found) if isinstance(found, HostFacts) else None

    with request.ssh() as config, ThreadPoolExecutor(max(1, len(names))) as pool:
        found = dict(zip(names, pool.map(of, names), strict=True))
    return {name: member for name, member in found.items() if member is not None}
