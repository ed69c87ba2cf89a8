"""What must fit together where names come from `crosshost:dns`."""

from __future__ import annotations

from collections.abc import Iterator

from components.dns.settings import DnsSettings
from components.networks.base import Stack
from planning.problems import Problem
from planning.sections import CONTAINERS, DNS

_RESERVED = "crosshost-dns-"


def problems(stack: Stack) -> Iterator[Problem]:
    """What of the name servers does not fit the rest of the stack file."""
    if stack.section(DnsSettings) is None:
        return
    named = [name for name, one in stack.networks.items() if one.named_by_dns]
    if not named:
        yield Problem(
            (DNS,),
            "no network of the stack has names from it (vxlan networks have, and macvlan networks with a "
            "`pool`): take it out",
        )
    for key, one in stack.containers.items():
        networks = [name for name in one.attachments() if name in named]
        if networks and one.dns:
            yield Problem(
                (CONTAINERS, key, "dns"),
                f"{networks[0]} has its names from crosshost:dns, whose server on its host it asks: "
                "take it out, and write as crosshost:dns.upstream who is to be asked for other names",
            )
        if (one.container_name or key).startswith(_RESERVED):
            place = ("container_name",) if one.container_name else ()
            yield Problem(
                (CONTAINERS, key, *place),
                f"names that begin with {_RESERVED} are those of name servers: write another one",
            )
