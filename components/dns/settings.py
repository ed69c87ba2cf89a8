"""`crosshost:dns`: name servers for the networks whose engines do not know each other's containers."""

from __future__ import annotations

from pydantic import Field

from planning.field_types import Image, Ipv4
from planning.stack_model import StackModel


class DnsSettings(StackModel):
    """`crosshost:dns`: a name server on each host of a vxlan network, or a macvlan network with a pool."""

    image: Image = Field(description="Image with dnsmasq in its PATH, 2.80 or newer")
    upstream: list[Ipv4] = Field(
        default=[],
        description="Name servers that are asked for all other names; default: those that Docker gives "
        "containers on the host",
    )


def container_name(stack: str) -> str:
    """What the name server of a stack is called on every host."""
    return f"crosshost-dns-{stack}"
