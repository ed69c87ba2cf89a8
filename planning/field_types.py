"""The small vocabulary that stack files are written in: names, addresses, sizes, times.

Each type is a string (or number) that pydantic checks; what it lets through is safe to
put on a command line as one argument. Errors are sentences for the stack file's author.
"""

from __future__ import annotations

import re
from decimal import Decimal
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, StringConstraints

from planning import second_subnet

RESERVED_NETWORKS = frozenset({"none", "host", "bridge", "default", "ingress", "docker_gwbridge"})
_SIZE = re.compile(r"(\d+)(b?)|(\d+(?:\.\d+)?)(k|kb|m|mb|g|gb)", re.IGNORECASE)
_DURATION = re.compile(r"^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$")
_UNITS = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}


def _host_name(value: str) -> str:
    if not re.fullmatch(r"[a-zA-Z0-9]([a-zA-Z0-9.-]{0,61}[a-zA-Z0-9])?", value):
        raise ValueError(
            f"{value!r} is no host name: use letters, digits, '-' and '.', e.g. docker01"
        )
    return value


def _docker_name(value: str) -> str:
    if not re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{1,127}", value):
        raise ValueError(
            f"{value!r} is no Docker name: use two or more letters, digits, '_', '.' or '-', "
            "beginning with a letter or digit"
        )
    return value


def _entry_name(value: str) -> str:
    return value if re.fullmatch("[a-zA-Z0-9]", value) else _docker_name(value)


def _network_name(value: str) -> str:
    if _docker_name(value) in RESERVED_NETWORKS:
        raise ValueError(f"{value!r} is a network of Docker's own: choose another name")
    return value


def _stack_name(value: str) -> str:
    if not re.fullmatch(r"[a-zA-Z0-9_.-]{1,100}", value):
        raise ValueError(f"{value!r} is no stack's name, e.g. prod")
    return value


def _interface(value: str) -> str:
    if not re.fullmatch(r"[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,14}", value):
        raise ValueError(
            f"{value!r} is no network interface name, e.g. ens33 (15 characters at most)"
        )
    return value


def _address(value: str) -> str:
    try:
        return str(ip_address(value))
    except ValueError:
        if re.fullmatch(r"[0-9.]+", value) or not re.fullmatch(
            r"[a-zA-Z0-9]([a-zA-Z0-9.-]{0,251}[a-zA-Z0-9])?", value
        ):
            raise ValueError(f"{value!r} is no IP address or DNS name, e.g. 10.0.0.11") from None
        return value


def _ipv4(value: object) -> IPv4Address:
    try:
        return IPv4Address(str(value))
    except ValueError:
        raise ValueError(f"{value!r} is no IPv4 address, e.g. 10.0.0.100") from None


def _subnet(value: object) -> IPv4Network:
    try:
        return IPv4Network(str(value))
    except ValueError:
        pass
    try:
        network = IPv4Network(str(value), strict=False)
    except ValueError:
        if ":" in str(value):
            raise ValueError(
                f"{value!r} is an IPv6 subnet: write an IPv4 one, e.g. 172.16.1.0/24 (a network's IPv6 subnet "
                "is its `subnet6`)"
            ) from None
        raise ValueError(f"{value!r} is no IPv4 subnet, e.g. 172.16.1.0/24") from None
    raise ValueError(f"{value!r} has host bits set: write {network}")


def _ipv6(value: object) -> IPv6Address:
    try:
        address = IPv6Address(str(value))
    except ValueError:
        raise ValueError(f"{value!r} is no IPv6 address, e.g. fd12:3456:789a::2") from None
    if address.scope_id:
        raise ValueError(f"{value!r} has a zone: write an address without `%`")
    return address


def _subnet6(value: object) -> IPv6Network:
    text = str(value)
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        raise ValueError(f"{value!r} is no IPv6 subnet, e.g. {second_subnet.proposal()}") from None
    if isinstance(network, IPv4Network):
        raise ValueError(
            f"{value!r} is an IPv4 subnet, which is `subnet`'s: write an IPv6 one, e.g. "
            f"{second_subnet.proposal()}"
        )
    if "%" in text:
        raise ValueError(f"{value!r} has a zone: write a subnet without `%`")
    if "/" not in text:
        raise ValueError(f"{value!r} has no prefix length: write e.g. {second_subnet.proposal()}")
    if IPv6Address(text.partition("/")[0]) != network.network_address:
        raise ValueError(f"{value!r} has host bits set: write {network}")
    return network


def _ip(value: object) -> IPv4Address | IPv6Address:
    return _ipv6(value) if ":" in str(value) else _ipv4(value)


def _subnet_of_any(value: object) -> IPv4Network | IPv6Network:
    text = str(value)
    if ":" not in text:
        return _subnet(value)
    return _subnet6(text if "/" in text else f"{text}/128")


def _image(value: str) -> str:
    if not re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9._/:@-]{0,511}", value):
        raise ValueError(f"{value!r} is no image reference, e.g. registry.example.com/app:1.2")
    return value


def _user(value: str) -> str:
    if not re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_.-]{0,31}", value):
        raise ValueError(f"{value!r} is no user name, e.g. root")
    return value


def _host_key(value: str) -> str:
    fields = value.split()
    if (
        len(fields) not in (2, 3)
        or not re.fullmatch(r"(ssh|ecdsa|sk)-[a-z0-9@.-]+", fields[0])
        or not re.fullmatch(r"[A-Za-z0-9+/]{40,}={0,2}", fields[1])
    ):
        raise ValueError(
            "is no SSH public host key: write its type and base64 as `ssh-keyscan -t ed25519 "
            "ADDRESS` prints them (and compare them on the host), e.g. ssh-ed25519 AAAA..."
        )
    return " ".join(fields[:2])


def parse_size(value: object) -> int:
    """A Compose byte value such as ``64m`` or ``1gb`` in bytes; ValueError otherwise."""
    match = _SIZE.fullmatch(str(value).strip())
    if not match:
        raise ValueError(f"{value!r} is no size: write a number with b, k, m or g, e.g. 64m")
    number, unit = match[1] or match[3], match[4] or ""
    return int(Decimal(number) * _UNITS[unit.lower()[:1]])


def parse_duration(value: object) -> float:
    """A Compose duration such as ``1m30s`` or ``500ms`` in seconds; ValueError otherwise."""
    text = str(value).strip()
    match = _DURATION.match(text)
    if not text or not match:
        raise ValueError(f"{value!r} is no duration: write e.g. 1m30s, 10s or 500ms")
    hours, minutes, seconds, millis = (int(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + seconds + millis / 1000


def _duration(value: object) -> str:
    parse_duration(value)
    return str(value).strip()


HostName = Annotated[str, AfterValidator(_host_name)]
DockerName = Annotated[str, AfterValidator(_docker_name)]
# An entry's own name: what Docker calls it may be another one.
EntryName = Annotated[str, AfterValidator(_entry_name)]
StackName = Annotated[str, AfterValidator(_stack_name)]
NetworkName = Annotated[str, AfterValidator(_network_name)]
Interface = Annotated[str, AfterValidator(_interface)]
Address = Annotated[str, AfterValidator(_address)]
Ipv4 = Annotated[IPv4Address, BeforeValidator(_ipv4, json_schema_input_type=IPv4Address)]
Subnet = Annotated[IPv4Network, BeforeValidator(_subnet, json_schema_input_type=IPv4Network)]
Ipv6 = Annotated[IPv6Address, BeforeValidator(_ipv6, json_schema_input_type=IPv6Address)]
Subnet6 = Annotated[IPv6Network, BeforeValidator(_subnet6, json_schema_input_type=IPv6Network)]
Ip = Annotated[
    IPv4Address | IPv6Address,
    BeforeValidator(_ip, json_schema_input_type=IPv4Address | IPv6Address),
]
AnySubnet = Annotated[
    IPv4Network | IPv6Network,
    BeforeValidator(_subnet_of_any, json_schema_input_type=IPv4Network | IPv6Network),
]
Image = Annotated[str, AfterValidator(_image)]
User = Annotated[str, AfterValidator(_user)]
HostKey = Annotated[str, AfterValidator(_host_key)]
Size = Annotated[int, BeforeValidator(parse_size, json_schema_input_type=int | str)]
Duration = Annotated[str, BeforeValidator(_duration, json_schema_input_type=str)]
Text = Annotated[str, StringConstraints(max_length=65536)]
