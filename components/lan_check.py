"""Before an address of the LAN is first used the LAN is asked whether somebody has it."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address

from components import processes
from components.networks.base import Stack
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
    asked: dict[str, set[IPv4Address]] = {}
    for address in wanted:
        for host in _on_subnet(address, fleet.answering):
            asked.setdefault(host, set()).add(address)
    if not asked:
        return []
    with ThreadPoolExecutor(len(asked)) as pool:
        told = dict(zip(asked, pool.map(lambda h: ask(access, h, asked[h]), asked), strict=True))
    failed = [f"{host}: {why}" for host, why in told.items() if isinstance(why, str)]
    if len(failed) == len(told):
        return [f"the LAN cannot be asked who has {', '.join(map(str, wanted))}: {failed[0]}"]
    found: dict[IPv4Address, str] = {}
    for host, answers in told.items():
        if isinstance(answers, str):
            continue
        for address, mac in answers.items():
            found.setdefault(address, f"{mac} answers {host} for it")
    return [
        f"{address}, which {wanted[address].container} is to have on {wanted[address].network}, is "
        f"somebody's on the LAN: {found[address]}: {wanted[address].instead}"
        for address in sorted(found)
    ]


def ask(
    access: SshAccess, host: str, addresses: set[IPv4Address]
) -> Mapping[IPv4Address, str] | str:
    """Address -> MAC address of who answers a host; or why it cannot ask."""
    endpoint = access.endpoints[host]
    sudo = ["sudo", "-n"] if endpoint.sudo else []
    argv = ["ssh", "-F", access.config_file, "-T", endpoint.name, *sudo, "sh", "-s"]
    text = lan_question.question(addresses)
    ended = processes.run(argv, stdin=text.encode(), seconds=_SECONDS, limit=_LIMIT)
    if ended.why or ended.code:
        return last_line(ended.err, 300) or f"it gave no answer within {_SECONDS} s"
    return lan_question.answers(ended.out.decode(errors="replace"), addresses)


def _on_subnet(address: IPv4Address, hosts: Mapping[str, HostFacts]) -> list[str]:
    """Hosts that have an address of their own on the subnet of an address."""
    return [
        name
        for name, facts in hosts.items()
        if any(address in held.network for nic in facts.nics.values() for held in nic.addresses)
    ][:_HOSTS]
