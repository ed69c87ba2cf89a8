"""From checked inputs and what the daemon says to the state of a resource, and back."""

from __future__ import annotations

from typing import Any

from ..values import UNKNOWN, Props
from .diffing import compare
from .schema import Field, Schema
from .shape import in_order, shaped


def planned(schema: Schema, inputs: Props) -> Props:
    """The state of a resource that is yet to be made."""
    state = {key: _planned(field, inputs.get(key)) for key, field in schema.fields.items()}
    return {**state, "id": UNKNOWN}


def _planned(field: Field, given: Any) -> Any:
    if given is not None and not (field.computed and given == ""):
        return _with_unknown_ports(field, given)
    if field.output or field.computed:
        return UNKNOWN
    return _unset(field)


def _with_unknown_ports(field: Field, given: Any) -> Any:
    value = shaped(field, given)
    if field.kind != "list" or field.objects is None or not isinstance(value, list):
        return value
    computed = [key for key, inner in field.objects.items() if inner.computed]
    return [
        {**item, **{key: UNKNOWN for key in computed if item[key] is None}}
        if isinstance(item, dict)
        else item
        for item in value
    ]


def _unset(field: Field) -> Any:
    if field.default is not None:
        return field.default
    if field.initial is not None:
        return field.initial
    return [] if field.objects and field.kind in ("list", "set") else None


def unfinished(schema: Schema, inputs: Props, resource_id: str) -> Props:
    """The state of a resource that was made but failed on the way."""
    state: Props = {}
    for key, value in planned(schema, inputs).items():
        field = schema.fields.get(key)
        empty: Any = [] if field is not None and field.kind == "set" else None
        state[key] = empty if value is UNKNOWN else value
    return {**state, "id": resource_id}


def created(schema: Schema, inputs: Props, seen: Props, resource_id: str) -> Props:
    """The state after a Create: what was asked for, and what the daemon chose."""
    state: Props = {}
    for key, field in schema.fields.items():
        given = inputs.get(key)
        if given is not None and key not in _ALWAYS_SEEN and not (field.computed and not given):
            state[key] = shaped(field, given)
        elif key in seen:
            state[key] = _seen_or_null(field, seen[key])
        else:
            empty: Any = [] if field.kind == "set" else None
            state[key] = empty if field.output or field.computed else _unset(field)
    return {**state, "id": resource_id}


_ALWAYS_SEEN = frozenset({"ports", "mustRun"})


def _seen_or_null(field: Field, value: Any) -> Any:
    """A collection that was not asked for is null until the first Read, if it holds nothing."""
    plain = field.kind == "map" or (field.kind in ("list", "set") and not field.objects)
    if plain and not field.computed and not field.output and not value:
        return None
    return arranged(field, value)


def refreshed(schema: Schema, state: Props, seen: Props, resource_id: str) -> Props:
    """The state after a Read."""
    result: Props = {}
    for key, field in schema.fields.items():
        if key in seen:
            result[key] = arranged(field, seen[key])
        else:
            result[key] = _zeroed(field, state.get(key))
    return {**result, "id": resource_id}


def arranged(field: Field, value: Any) -> Any:
    """What was seen, with sets in order."""
    if field.kind == "set" and isinstance(value, list):
        return in_order(field, value)
    return value


def _zeroed(field: Field, value: Any) -> Any:
    """A value that Read does not look at: null inside its objects becomes zero."""
    if field.kind != "set" or not field.objects or not value:
        return value
    items = [
        {key: _zero(inner, item.get(key)) for key, inner in field.objects.items()} for item in value
    ]
    return in_order(field, items)


def _zero(field: Field, value: Any) -> Any:
    if field.kind == "block" and isinstance(value, dict):
        inner = field.objects or {}
        return {key: _zero(part, value.get(key)) for key, part in inner.items()}
    if value is not None:
        return value
    return {"int": 0, "bool": False, "str": "", "map": {}, "list": [], "set": []}.get(field.kind)


def updated(schema: Schema, state: Props, news: Props, *, preview: bool = False) -> Props:
    """The state after an Update: the old one with what changed."""
    result = dict(state)
    for key, field in schema.fields.items():
        if field.output:
            continue
        changes: dict[str, str] = {}
        compare(field, key, state.get(key), news.get(key), changes)
        if changes:
            given = news.get(key)
            result[key] = _taken_away(field, preview) if given is None else shaped(field, given)
        elif field.kind == "set" and field.objects:
            result[key] = _zeroed(field, state.get(key))
    return result


def _taken_away(field: Field, preview: bool) -> Any:
    zero = {"str": "", "int": 0, "bool": False}.get(field.kind)
    return _unset(field) if preview or zero is None else zero


def inputs_after(schema: Schema, inputs: Props, state: Props) -> Props:
    """The inputs that would give the state found by Read: the old ones where they still do."""
    if not inputs:
        return _imported(schema, state)
    result: Props = {}
    filled_in = list(inputs.get("__defaults", []))
    for key, value in inputs.items():
        field = schema.fields.get(key)
        if field is None or key == "__defaults":
            continue
        changes: dict[str, str] = {}
        compare(field, key, state.get(key), value, changes)
        result[key] = value if not changes else _stripped(field, state.get(key), value)
        if changes and key in filled_in:
            filled_in.remove(key)
    if "__defaults" in inputs:
        result["__defaults"] = filled_in
    return {key: value for key, value in result.items() if value is not None}


def _stripped(field: Field, value: Any, given: Any) -> Any:
    """A value of the state without what the program left out of it."""
    if field.kind == "block" and isinstance(value, dict) and isinstance(given, dict):
        kept = {key: item for key, item in value.items() if key in given}
        return {**kept, **{key: given[key] for key in given if key == "__defaults"}}
    return value


def _imported(schema: Schema, state: Props) -> Props:
    result: Props = {"__defaults": []}
    for key, field in schema.fields.items():
        value = state.get(key)
        if field.output or value in (None, "", 0, [], {}) or value is False:
            continue
        if value == field.default:
            continue
        if field.objects and isinstance(value, list):
            value = [
                {"__defaults": [], **{k: v for k, v in item.items() if v not in (None, "", [], {})}}
                for item in value
            ]
        result[key] = value
    return result
