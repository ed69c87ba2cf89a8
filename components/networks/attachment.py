"""What a container gets on a network on which the program may give addresses and names."""

from __future__ import annotations

from ipaddress import IPv4Address

import pulumi

from components.dns.settings import container_name
from components.networks.base import NetworkSettings
from components.networks.network import Attachment


def attachment(
    settings: NetworkSettings,
    made: pulumi.Input[str],
    host: str,
    container: str,
    address: IPv4Address | None,
) -> Attachment:
    """For a container (its Docker name) on a host.

    ``made``: the network's name as its resource gives it out. ``address``: the one that the stack file gives
    the container.
    """
    stack = pulumi.get_stack()
    server = settings.address_on(host, container_name(stack))
    asks = server is not None and container != container_name(stack)
    given = address or settings.address_on(host, container)
    return Attachment(
        made,
        given,
        (str(server),) if asks else (),
        settings.ipv6_of(given) if given else None,
    )
