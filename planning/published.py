"""Ports of containers that a Docker host publishes: how they are written, and which exclude others."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    model_validator,
)

from planning.field_types import Ipv4
from planning.stack_model import StackModel

ALL_ADDRESSES = IPv4Address("0.0.0.0")  # noqa: S104 - Compose's and Docker's default
_NUMBERS = r"(\d+)(?:-(\d+))?"
_FORM = re.compile(
    rf"(?:(?:(?P<ip>[0-9.]+):)?(?P<published>(?:{_NUMBERS})?):)?(?P<target>{_NUMBERS})(?:/(?P<proto>[a-z]+))?"
)


def _no_ipv6(value: Any) -> Any:
    try:
        address = IPv6Address(str(value).strip("[]"))
    except ValueError:
        return value
    raise ValueError(
        f"{address} is an IPv6 address, on which Docker up to 20.10 publishes nothing and says "
        "nothing: write an IPv4 address of the host"
    )


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
    host_ip: Annotated[Ipv4, BeforeValidator(_no_ipv6)] = Field(
        default=ALL_ADDRESSES,
        description="IPv4 address of the Docker host that it is published on",
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
        if self.host_ip != ALL_ADDRESSES:
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
    if text.startswith("[") or text.count(":") > 2:
        _no_ipv6(re.sub(r"(:\d*(-\d+)?){1,2}(/[a-z]+)?$", "", text))
    match = _FORM.fullmatch(text)
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
        long["host_ip"] = match["ip"]
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
    return sorted(ports, key=lambda p: (p.target, p.protocol, p.published or 0, p.host_ip))


def without_order(ports: Sequence[Port]) -> bool:
    """Whether Docker shows the ports in an order of its own: one of the container's has several."""
    return any(times > 1 for times in Counter((p.target, p.protocol) for p in ports).values())


def overlapping(one: IPv4Address, other: IPv4Address) -> bool:
    """Whether a port on one of these addresses of a host excludes the same port on the other."""
    return one == other or ALL_ADDRESSES in (one, other)
