"""Before an address of the LAN is first used the LAN is asked whether somebody has it."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv6Address

from components import processes
from components.networks.base import LanAddress, Stack
from components.remote import last_line
from components.ssh import SshAccess
from planning import lan_question
from planning.facts import HostFacts
from planning.fleet_facts import FleetFacts

# A host that has such an address itself, or on which somebody else's container has it, gets no answer.
_HOSTS = 2
_SECONDS = 30
_LIMIT = 1 << 20


def refusals(access: SshAccess, stack: Stack, fleet: FleetFacts) -> list[str]:
    """Sentences on addresses that the stack is to use first now, and that somebody answers for.

    Two hosts ask, at once, for what is on a subnet of theirs. Nobody is asked where there is none.
    """
    wanted = {
        one.address: one
        for name, network in stack.networks.items()
        for one in network.first_on_lan(name, stack, fleet)
    }
    asked: dict[str, dict[IPv4Address | IPv6Address, str]] = {}
    for address, one in wanted.items():
        for host in _on_lan(one, fleet.answering):
            asked.setdefault(host, {})[address] = one.nics.get(host, "")
    if not asked:
        return []
    with ThreadPoolExecutor(len(asked)) as pool:
        told = dict(zip(asked, pool.map(lambda h: ask(access, h, asked[h]), asked), strict=True))
    failed = [f"{host}: {why}" for host, why in told.items() if isinstance(why, str)]
    if len(failed) == len(told):
        return [f"the LAN cannot be asked who has {', '.join(map(str, wanted))}: {failed[0]}"]
    found: dict[IPv4Address | IPv6Address, str] = {}
    for host, answers in told.items():
        if isinstance(answers, str):
            continue
        for address, mac in answers.items():
            found.setdefault(address, f"{mac} answers {host} for it")
    return [
        f"{address}, which {wanted[address].container} is to have on {wanted[address].network}, is "
        f"somebody's on the LAN: {found[address]}: {wanted[address].instead}"
        for address in sorted(found, key=lambda one: (one.version, int(one)))
    ]


def ask(
    access: SshAccess, host: str, addresses: Mapping[IPv4Address | IPv6Address, str]
) -> Mapping[IPv4Address | IPv6Address, str] | str:
    """Address -> MAC address of who answers a host; or why it cannot ask.

    ``addresses``: each with the NIC by which it is asked for, "" for IPv4.
    """
    endpoint = access.endpoints[host]
    sudo = ["sudo", "-n"] if endpoint.sudo else []
    argv = ["ssh", "-F", access.config_file, "-T", endpoint.name, *sudo, "sh", "-s"]
    text = lan_question.question(addresses)
    ended = processes.run(argv, stdin=text.encode(), seconds=_SECONDS, limit=_LIMIT)
    if ended.why or ended.code:
        return last_line(ended.err, 300) or f"it gave no answer within {_SECONDS} s"
    return lan_question.answers(ended.out.decode(errors="replace"), addresses)


def _on_lan(wanted: LanAddress, hosts: Mapping[str, HostFacts]) -> list[str]:
    """Hosts that have an address of their own on the subnet; of an IPv6 one those with any on the NIC."""
    return [
        name
        for name, facts in hosts.items()
        if any(
            nic == wanted.nics.get(name) and held.addresses6
            if wanted.nics
            else any(wanted.address in one.network for one in held.addresses)
            for nic, held in facts.nics.items()
        )
    ][:_HOSTS]
