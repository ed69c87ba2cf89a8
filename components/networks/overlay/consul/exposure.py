"""Who reaches a Consul server's HTTP port: where it is published, and what people should know of it."""

from __future__ import annotations

from ipaddress import IPv4Address

from components.networks.overlay.consul.settings import ConsulSettings
from planning.facts import HostFacts


def bound_to(address: str, facts: HostFacts | None) -> str | None:
    """The address that the port is published at: the host's, where it has it on a NIC; None is all."""
    try:
        here = IPv4Address(address)
    except ValueError:
        return None
    if facts is None or not facts.nics:
        return address
    held = {one.ip for nic in facts.nics.values() for one in nic.addresses}
    return address if here in held else None


def exposure(
    host: str, address: str, settings: ConsulSettings, facts: HostFacts | None, *, guarded: bool
) -> list[str]:
    """Sentences on who can write to the server beside the stack's engines."""
    found = []
    where = bound_to(address, facts)
    if where is None:
        found.append(
            f"{host} has {address} on none of its network interfaces: Consul listens on all of its "
            "addresses"
        )
    if not guarded and settings.open_to_all:
        found.append(
            f"everybody who reaches {address}:{settings.port} can write to Consul, and so change or "
            "empty the overlays: have `crosshost:firewall: {mode: guard}`, "
            "or `tls` and `token` in crosshost:consul"
        )
    if settings.token is not None and settings.tls is None:
        found.append(
            f"Consul on {host} is asked over HTTP: who sees its traffic sees the token; write `tls` "
            "beside it"
        )
    listeners = [
        one
        for one in (facts.listeners if facts else None) or []
        if (one.protocol, one.port, one.program) == ("tcp", settings.port, "docker-proxy")
    ]
    if where is not None and any(one.address != where for one in listeners):
        found.append(
            f"Consul on {host} is made anew, with the data that it has, as it listens on {where} "
            "only from now on"
        )
    return found
