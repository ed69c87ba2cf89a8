"""Ports of containers that a Docker host publishes: how they are written, and which exclude others."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    model_validator,
)

from planning.field_types import Ip
from planning.stack_model import StackModel

ALL_ADDRESSES = IPv4Address("0.0.0.0")  # noqa: S104 - Compose's and Docker's default
ALL_IPV6 = IPv6Address("::")
_NUMBERS = r"(\d+)(?:-(\d+))?"
_FORM = re.compile(
    rf"(?:(?:(?P<ip>[0-9.]+|\[[0-9a-fA-F]*:[0-9a-fA-F:.]*\]):)?(?P<published>(?:{_NUMBERS})?):)?(?P<target>{_NUMBERS})(?:/(?P<proto>[a-z]+))?"
)


def _bindable(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    if isinstance(address, IPv6Address) and (address.is_link_local or address.ipv4_mapped):
        raise ValueError(
            f"{address} is none that Docker publishes on: write an IPv6 address of the host that its LAN "
            "knows, or [::] for all"
        )
    return address


class Port(StackModel):
    """One published port.

    ``entry``: which of the stack file's entries says so, from 0; one of a range says several.
    """

    short_forms = ("string", "integer")

    target: int = Field(ge=1, le=65535, description="Port in the container")
    published: int | None = Field(
        default=None,
        ge=1,
        le=65535,
        description="Port on the Docker host; Docker chooses one where it is left out",
    )
    host_ip: Annotated[Ip, AfterValidator(_bindable)] = Field(
        default=ALL_ADDRESSES,
        description="Address of the Docker host that it is published on; an IPv6 one (`::` for all of them) for "
        "containers on a vxlan network with `subnet6`",
    )
    protocol: Literal["tcp", "udp", "sctp"] = Field(default="tcp", description="tcp, udp or sctp")
    _count: int = PrivateAttr(default=1)
    _entry: int = PrivateAttr(default=0)

    @model_validator(mode="wrap")
    @classmethod
    def short_form(cls, value: Any, handler: ModelWrapValidatorHandler[Port]) -> Port:
        if isinstance(value, dict):
            return handler(_without_hints(value))
        if isinstance(value, Port):
            return handler(value)
        long, count = _read(str(value))
        port = handler(long)
        port._count = count
        return port

    @property
    def entry(self) -> int:
        return self._entry

    def __str__(self) -> str:
        """The port in its short form."""
        text = f"{self.published or ''}:{self.target}"
        if isinstance(self.host_ip, IPv6Address):
            text = f"[{self.host_ip}]:{text}"
        elif self.host_ip != ALL_ADDRESSES:
            text = f"{self.host_ip}:{text}"
        return f"{text.removeprefix(':')}/{self.protocol}"


def _without_hints(long: dict[Any, Any]) -> dict[Any, Any]:
    """The long form without what only says what a port is for."""
    kept = {key: item for key, item in long.items() if key not in ("name", "app_protocol")}
    # Of Swarm's services; on one host both are the same.
    if kept.get("mode") in ("host", "ingress"):
        del kept["mode"]
    return kept


def _read(text: str) -> tuple[dict[str, Any], int]:
    """The long form of a port, and how many ports from it on are meant."""
    match = _FORM.fullmatch(text)
    if not match and text.count(":") > 2 and "[" not in text:
        raise ValueError(
            f'{text!r} has an IPv6 address without brackets: write e.g. "[::1]:8080:80"'
        )
    if not match:
        raise ValueError(f'{text!r} is no port: write e.g. "8080:80" or "127.0.0.1:53:53/udp"')
    first, count = _range(match["target"])
    long: dict[str, Any] = {"target": first}
    if match["published"]:
        long["published"], many = _range(match["published"])
        if many != count:
            raise ValueError(
                f"{text!r} has {many} port(s) of the host for {count} of the container: write as many"
            )
    if match["ip"]:
        long["host_ip"] = match["ip"].strip("[]")
    if match["proto"]:
        long["protocol"] = match["proto"]
    return long, count


def _range(text: str) -> tuple[int, int]:
    """The first port of "FIRST-LAST" or "PORT", and how many there are."""
    first, _, last = text.partition("-")
    if not 1 <= int(first) <= int(last or first) <= 65535:
        raise ValueError(f"{text} is no range of ports: write FIRST-LAST, from 1 to 65535")
    return int(first), int(last or first) - int(first) + 1


def _each(ports: list[Port]) -> list[Port]:
    """Every port by itself, those of ranges too."""
    found = []
    for entry, port in enumerate(ports):
        for i in range(port._count):
            published = None if port.published is None else port.published + i
            one = Port(
                target=port.target + i,
                published=published,
                host_ip=port.host_ip,
                protocol=port.protocol,
            )
            one._entry = entry
            found.append(one)
    return found


Ports = Annotated[list[Port], AfterValidator(_each)]


def in_order(ports: Sequence[Port]) -> list[Port]:
    """The ports in the order in which the docker plugin reads them back.

    In another one it takes a port without a host port for another one, and replaces the container.
    """
    return sorted(
        ports,
        key=lambda p: (p.target, p.protocol, p.published or 0, p.host_ip.version, int(p.host_ip)),
    )


def without_order(ports: Sequence[Port]) -> bool:
    """Whether Docker shows the ports in an order of its own: one of the container's has several."""
    return any(times > 1 for times in Counter((p.target, p.protocol) for p in ports).values())


def overlapping(one: IPv4Address | IPv6Address, other: IPv4Address | IPv6Address) -> bool:
    """Whether a port on one of these addresses of a host excludes the same port on the other."""
    whole = one.is_unspecified or other.is_unspecified
    return one == other or (one.version == other.version and whole)
