"""Values in the form that the state holds: nested fields filled in, sets in a fixed order."""

from __future__ import annotations

import json
from typing import Any

from ..values import UNKNOWN, has_unknown
from .schema import SCALARS, Field, Fields, snake

_ZERO: dict[str, Any] = {"str": "", "int": 0, "float": 0, "bool": False}


def is_zero(value: Any) -> bool:
    """Whether the value says as little as no value."""
    return value is None or value in ("", 0, [], {}) or value is False


def nested(field: Field, value: Any) -> Any:
    """A field inside an object, as the state holds it: empty text and lists instead of null."""
    if value is None:
        if field.initial is not None:
            return field.initial
        if field.default is not None:
            return field.default
        return {"str": "", "list": [], "set": []}.get(field.kind)
    return shaped(field, value)


def filled(fields: Fields, value: Any) -> Any:
    """An object with all its fields."""
    if not isinstance(value, dict):
        return value
    return {key: nested(field, value.get(key)) for key, field in fields.items()}


def shaped(field: Field, value: Any) -> Any:
    """A given value as the state holds it."""
    if value is None or value is UNKNOWN:
        return value
    if field.kind in SCALARS:
        return value
    if field.kind == "block":
        return filled(field.objects or {}, value)
    if field.kind == "map":
        return {key: str_of(item) for key, item in value.items() if key != "__defaults"}
    items = [filled(field.objects, item) if field.objects else item for item in value]
    if field.kind == "set" and not has_unknown(items):
        return in_order(field, items)
    return items


def str_of(value: Any) -> Any:
    """A map's value: always text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


def in_order(field: Field, items: list[Any]) -> list[Any]:
    """A set's elements, each once, in the order of the official plugin's state."""
    keyed = {order_key(field, item): item for item in items}
    return [keyed[key] for key in sorted(keyed)]


def order_key(field: Field, value: Any) -> str:
    """What upstream sorts an element of a set by."""
    if field.objects is None or not isinstance(value, dict):
        return value if isinstance(value, str) else _bytes(None, value)
    return _object(field.objects, value)


def _object(fields: Fields, value: dict[str, Any]) -> str:
    names = sorted(fields, key=snake)
    return "<" + "".join(_bytes(fields[name], value.get(name)) + ";" for name in names) + ">"


def _bytes(field: Field | None, value: Any) -> str:
    if value is None:
        return "~"
    if value is UNKNOWN:
        return "?"
    if isinstance(value, bool):
        return "T" if value else "F"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, str):
        return json.dumps(value)
    if isinstance(value, list):
        objects = field is not None and field.objects is not None
        keys = [
            order_key(field, item) if field and objects else _bytes(None, item) for item in value
        ]
        return "[" + "".join(key + ";" for key in keys) + "]"
    if field is not None and field.kind == "block" and field.objects:
        return "[" + _object(field.objects, value) + ";]"
    pairs = "".join(f"{json.dumps(key)}:{_bytes(None, value[key])};" for key in sorted(value))
    return "{" + pairs + "}"


def canonical(field: Field | None, value: Any) -> Any:
    """A form in which equal settings are equal: zero and null are one, sets are sorted."""
    if field is None or field.kind in SCALARS:
        zero = None if field is None else _ZERO[field.kind]
        return zero if value is None else value
    if field.kind == "map":
        return {key: str_of(item) for key, item in (value or {}).items() if key != "__defaults"}
    if field.kind == "block":
        return canonical_object(field.objects or {}, value) if value else None
    if value is UNKNOWN:
        return UNKNOWN
    items = [
        canonical_object(field.objects, item) if field.objects else item for item in value or []
    ]
    if field.kind == "set":
        return sorted(items, key=lambda item: json.dumps(item, sort_keys=True, default=str))
    return items


def canonical_object(fields: Fields, value: Any) -> Any:
    """The canonical form of an object."""
    if not isinstance(value, dict):
        return value
    result = {}
    for key, field in fields.items():
        item = value.get(key)
        if item is None and field.default is not None:
            item = field.default
        result[key] = canonical(field, item)
    return result
