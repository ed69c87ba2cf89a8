"""What a container gets on a network on which the program may give addresses and names."""

from __future__ import annotations

import pulumi

from components.dns.settings import container_name
from components.networks.base import NetworkSettings
from components.networks.network import Attachment
from planning.compose import NetworkAttachment


def attachment(
    settings: NetworkSettings,
    made: pulumi.Input[str],
    host: str,
    container: str,
    join: NetworkAttachment,
) -> Attachment:
    """For a container (its Docker name) on a host.

    ``made``: the network's name as its resource gives it out. ``join``: what the stack file says of the
    container there.
    """
    stack = pulumi.get_stack()
    server = settings.address_on(host, container_name(stack))
    asks = server is not None and container != container_name(stack)
    given = join.ipv4_address or settings.address_on(host, container)
    return Attachment(
        made,
        given,
        (str(server),) if asks else (),
        join.ipv6_address or (settings.ipv6_of(given) if given else None),
    )
