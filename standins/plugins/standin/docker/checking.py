"""Check: defaults filled in, types made right, and what is wrong with the inputs."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from ..provider import Checked, Failure
from ..values import UNKNOWN, Asset, Props
from .schema import SCALARS, Field, Fields, Schema

_DEFAULTS = "__defaults"


def check(schema: Schema, name: str, news: Props, olds: Props, seed: bytes) -> Checked:
    """The checked inputs of one resource."""
    checker = _Checker(name)
    inputs = checker.object(schema.fields, news, olds, [])
    if schema.auto_name and inputs.get("name") is None:
        inputs["name"] = olds.get("name") or auto_name(name, seed)
        inputs[_DEFAULTS] = sorted([*inputs[_DEFAULTS], "name"])
    checker.required(schema.fields, inputs, [])
    return Checked(inputs, checker.failures)


def auto_name(name: str, seed: bytes) -> str:
    """The name of a resource that was given none; the same for the same seed."""
    digits = hashlib.sha256(seed).hexdigest() if seed else secrets.token_hex(4)
    return f"{name}-{digits[:7]}"


class _Checker:
    """Collects what is wrong while it fills in the defaults."""

    def __init__(self, resource: str) -> None:
        self._resource = resource
        self.failures: list[Failure] = []

    def fail(self, reason: str, path: list[str]) -> None:
        """Refuse the value at `path`; elements of sets are named by the set alone."""
        place = ".".join([self._resource, *path])
        self.failures.append(Failure(f"{reason}. Examine values at '{place}'."))

    def object(self, fields: Fields, news: Props, olds: Any, path: list[str]) -> Props:
        """An object's checked fields and the list of those that were filled in."""
        old = olds if isinstance(olds, dict) else {}
        result: Props = {}
        filled: list[str] = []
        for key, value in news.items():
            if key == _DEFAULTS or value is None:
                continue
            field = fields.get(key)
            if field is None or field.output:
                self.fail("Invalid or unknown key", [*path, key])
                result[key] = value
            elif field.missing:
                self.fail(f"'{key}' is not supported by the stand-in plugin", [*path, key])
                result[key] = value
            else:
                result[key] = self.value(field, value, old.get(key), [*path, key])
        for key, field in fields.items():
            if field.default is not None and result.get(key) is None:
                kept = key in old and key in old.get(_DEFAULTS, [key])
                result[key] = old[key] if kept and old[key] is not None else field.default
                filled.append(key)
        result[_DEFAULTS] = sorted(filled)
        return result

    def value(self, field: Field, value: Any, old: Any, path: list[str]) -> Any:
        """One checked value."""
        if value is UNKNOWN:
            return value
        if isinstance(value, Asset):
            self.fail("assets are not supported by the stand-in plugin", path)
            return value
        if field.kind in SCALARS:
            return self._scalar(field, value, path)
        if field.kind == "map":
            if not isinstance(value, dict):
                self.fail("Attribute must be a map, not a single value", path)
            return value
        if field.kind == "block":
            if not isinstance(value, dict):
                self.fail("Attribute must be a block, not a single value", path)
                return value
            block = self.object(field.objects or {}, value, old, path)
            self.required(field.objects or {}, block, path)
            return block
        return self._list(field, value, old, path)

    def _list(self, field: Field, value: Any, old: Any, path: list[str]) -> Any:
        if isinstance(value, dict):
            self.fail("Attribute must be a single value, not a map", path[:1])
            return value
        items = value if isinstance(value, list) else [value]
        olds = old if isinstance(old, list) else []
        result = []
        for index, item in enumerate(items):
            before = olds[index] if index < len(olds) else None
            if field.objects is None:
                result.append(self._scalar(Field("str"), item, path))
            elif isinstance(item, dict):
                element = self.object(field.objects, item, before, path)
                self.required(field.objects, element, path)
                result.append(element)
            elif item is UNKNOWN:
                result.append(item)
            else:
                self.fail("Attribute must be an object, not a single value", path)
        return result

    def _scalar(self, field: Field, value: Any, path: list[str]) -> Any:
        if value is UNKNOWN or value is None:
            return value
        taken = _as_kind(field.kind, value)
        if taken is None:
            self.fail(f"'' expected type '{field.kind}', got {_kind_name(value)}", path)
            return value
        reason = field.check(taken) if field.check else None
        if reason:
            place = path[:-1] if len(path) > 1 and path[0] in _SETS_SHOWN_WHOLE else path
            self.fail(f"{reason}. {reason}", place)
        return taken

    def required(self, fields: Fields, value: Props, path: list[str]) -> None:
        """Refuse an object that lacks something."""
        for key, field in fields.items():
            if field.required and not field.computed and value.get(key) is None:
                self.fail(
                    f'Missing required argument. The argument "{key}" is required, '
                    "but no definition was found.",
                    [*path, key],
                )


_SETS_SHOWN_WHOLE = frozenset({"mounts", "volumes", "networksAdvanced", "devices", "uploads"})


def _as_kind(kind: str, value: Any) -> Any:
    if isinstance(value, dict | list | Asset):
        return None
    if kind == "str":
        if isinstance(value, bool):
            return "true" if value else "false"
        return str(value)
    if kind == "bool":
        if isinstance(value, bool):
            return value
        return {"true": True, "false": False, "1": True, "0": False}.get(str(value))
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        try:
            return int(value)
        except ValueError:
            return None
    return value


def _kind_name(value: Any) -> str:
    return {dict: "object", list: "array", bool: "bool", str: "string"}.get(type(value), "number")
