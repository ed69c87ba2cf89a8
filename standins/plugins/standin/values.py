"""Values of the engine's wire format as plain Python.

Whole numbers become int. What the format wraps with a signature becomes `UNKNOWN`, `Secret`
or `Asset`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from google.protobuf import struct_pb2  # type: ignore[import-untyped]

Value = Any
Props = dict[str, Any]

_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105
_ASSET: Final = "c44067f5952c0a294b673a41bacd8c17"
_ARCHIVE: Final = "0def7320c3a5731c473e5ecbe6d01bc7"
_OUTPUT: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_REFERENCE: Final = "5cf8f73096256a8f31e491e813e4eb8e"
_UNKNOWNS: Final = frozenset(
    {
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)


class _Unknown:
    """A value that is known only after the update."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = _Unknown()


@dataclass(frozen=True)
class Secret:
    """A value that is encrypted in the state."""

    value: Value


@dataclass(frozen=True)
class Asset:
    """A file or an archive: `fields` is what the wire holds beside the signature."""

    fields: Mapping[str, Value]
    archive: bool = False


def from_wire(value: struct_pb2.Value) -> Value:
    """The Python form of one wire value."""
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        return UNKNOWN if value.string_value in _UNKNOWNS else value.string_value
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    if kind == "bool_value":
        return value.bool_value
    if kind == "list_value":
        return [from_wire(item) for item in value.list_value.values]
    if kind == "struct_value":
        return _from_object(props_from_wire(value.struct_value))
    return None


def _from_object(fields: Props) -> Value:
    signature = fields.get(_SIGNATURE)
    if signature == _SECRET:
        return Secret(fields.get("value"))
    if signature in (_ASSET, _ARCHIVE):
        rest = {key: item for key, item in fields.items() if key != _SIGNATURE}
        return Asset(rest, archive=signature == _ARCHIVE)
    if signature == _OUTPUT:
        inner = fields.get("value", UNKNOWN)
        return Secret(inner) if fields.get("secret") else inner
    if signature == _REFERENCE:
        raise ValueError("references to resources are not supported by the stand-in")
    return fields


def props_from_wire(struct: struct_pb2.Struct) -> Props:
    """The Python form of a resource's properties."""
    return {key: from_wire(item) for key, item in struct.fields.items()}


def to_wire(value: Value) -> struct_pb2.Value:
    """The wire form of one value."""
    wire = struct_pb2.Value()
    if value is None:
        wire.null_value = struct_pb2.NULL_VALUE
    elif value is UNKNOWN:
        wire.string_value = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
    elif isinstance(value, bool):
        wire.bool_value = value
    elif isinstance(value, int | float):
        wire.number_value = value
    elif isinstance(value, str):
        wire.string_value = value
    elif isinstance(value, list | tuple):
        wire.list_value.values.extend(to_wire(item) for item in value)
        if not value:
            wire.list_value.SetInParent()
    elif isinstance(value, Secret):
        wire.struct_value.CopyFrom(props_to_wire({_SIGNATURE: _SECRET, "value": value.value}))
    elif isinstance(value, Asset):
        signature = _ARCHIVE if value.archive else _ASSET
        wire.struct_value.CopyFrom(props_to_wire({_SIGNATURE: signature, **value.fields}))
    elif isinstance(value, Mapping):
        wire.struct_value.CopyFrom(props_to_wire(value))
    else:
        raise TypeError(f"cannot be sent to the engine: {type(value).__name__}")
    return wire


def props_to_wire(props: Mapping[str, Value]) -> struct_pb2.Struct:
    """The wire form of a resource's properties."""
    struct = struct_pb2.Struct()
    for key, item in props.items():
        struct.fields[key].CopyFrom(to_wire(item))
    return struct


def plain(value: Value) -> Value:
    """`value` with all secrets opened."""
    if isinstance(value, Secret):
        return plain(value.value)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def has_unknown(value: Value) -> bool:
    """Whether `value` is or holds something that is not known yet."""
    if isinstance(value, Secret):
        return has_unknown(value.value)
    if isinstance(value, dict):
        return any(has_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(has_unknown(item) for item in value)
    return value is UNKNOWN
