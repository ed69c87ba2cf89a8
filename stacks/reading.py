"""Turns what pydantic has against a setting into sentences for the stack file's author."""

from __future__ import annotations

import re
import typing
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from planning.problems import Path, Problem, nearest
from planning.stack_model import StackModel

T = TypeVar("T")


def read(
    kind: type[T] | Any, value: Any, path: Path, problems: list[Problem], tag: str | None = None
) -> T | None:
    """``value`` as ``kind``; None if it is wrong, with what is wrong added to ``problems``.

    ``tag`` names the key that tells the members of a union apart.
    """
    try:
        result: T = TypeAdapter(kind).validate_python(value)
        return result
    except ValidationError as error:
        known = len(problems)
        for item in error.errors(include_url=False):
            place = item["loc"]
            if tag and isinstance(value, dict) and place[:1] == (value.get(tag),):
                place = place[1:]
            problem = _problem(item, path, place, kind, value)
            if problem not in problems[known:]:
                problems.append(problem)
        salvaged: T | None = _without_unknown_keys(kind, value, error)
        return salvaged


def no_text(value: Any, path: Path) -> Iterator[Problem]:
    """Keys and values with characters that neither Pulumi nor Docker carries."""
    if isinstance(value, str) and re.search("[\0\ud800-\udfff]", value):
        yield Problem(path, "holds a NUL character or half a surrogate pair: remove it")
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from no_text(item, (*path, i))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from no_text(key, path)
            yield from no_text(item, (*path, str(key)))


def _without_unknown_keys(kind: Any, value: Any, error: ValidationError) -> Any:
    """The entry as if its unknown keys were not there: what else is wrong can then be told, too."""
    unknown = [item["loc"][-1] for item in error.errors() if item["type"] == "extra_forbidden"]
    if len(unknown) < error.error_count() or not isinstance(value, dict):
        return None
    known = {key: item for key, item in value.items() if key not in unknown}
    try:
        return TypeAdapter(kind).validate_python(known)
    except ValidationError:
        return None


def _problem(item: Any, path: Path, place: Path, kind: Any, value: Any) -> Problem:
    where = path + tuple(part for part in place if not _internal(part))
    what = item["type"]
    context = item.get("ctx", {})
    if what == "extra_forbidden":
        return Problem(where, _unknown_key(str(place[-1]), _at(kind, value, place[:-1])))
    if what == "missing":
        return Problem(where[:-1], f"{place[-1]} is missing{_hint(kind, value, place)}")
    if what == "union_tag_not_found":
        key = str(context["discriminator"]).strip("'")
        return Problem(where, f"{key} is missing{_choices(kind, key)}")
    if what == "union_tag_invalid":
        key = str(context["discriminator"]).strip("'")
        return Problem((*where, key), f"there is no {key} {context['tag']!r}{_choices(kind, key)}")
    if what == "value_error":
        return Problem(where, str(context["error"]))
    if what in ("model_type", "model_attributes_type", "dict_type"):
        return Problem(where, "must be a map of settings")
    if what == "string_type":
        return Problem(where, f"must be text{_instead_of(item)}")
    if what == "list_type":
        return Problem(where, f"must be a list, e.g. [a, b]{_input(item)}")
    message = item["msg"].removeprefix("Input ")
    return Problem(where, message[:1].lower() + message[1:] + _input(item))


def _instead_of(item: Any) -> str:
    value = item.get("input")
    if value is None:
        return ", but has no value: write one, or remove the key"
    if isinstance(value, (list, dict)):
        return f", not a {'list' if isinstance(value, list) else 'map'}"
    return f"{_input(item)}: put it in quotes"


def _input(item: Any) -> str:
    value = item.get("input")
    secretive = {"environment", "env"} & {str(part) for part in item["loc"]}
    short = isinstance(value, (str, int, float, bool)) and len(str(value)) <= 60
    return f", not {value!r}" if short and not secretive else ""


def _internal(part: str | int) -> bool:
    """Parts of pydantic's places that are not in the file (validators, union members)."""
    return isinstance(part, str) and (
        "[" in part or "(" in part or part in ("str", "int", "float", "constrained-str")
    )


def _unknown_key(key: str, model: type[BaseModel] | None) -> str:
    if model is not None and issubclass(model, StackModel) and key in model.refused:
        return f"{key} is not carried over: {model.refused[key]}"
    fields = list(model.model_fields) if model else []
    near = get_close_matches(key, fields, n=1)
    if near:
        return f"unknown key {key!r}: did you mean {near[0]!r}?"
    return f"unknown key {key!r}: the keys here are {', '.join(nearest(key, fields))}"


def _hint(kind: Any, value: Any, place: Path) -> str:
    model = _model(kind, value)
    for part in place[:-1]:
        model = (
            _model(model.model_fields[str(part)].annotation, None)
            if model and str(part) in model.model_fields
            else None
        )
    field = model.model_fields.get(str(place[-1])) if model else None
    return f" ({field.description})" if field and field.description else ""


def _at(kind: Any, value: Any, place: Path) -> type[BaseModel] | None:
    """The model of what is at a place."""
    model = _model(kind, value)
    for part in place:
        if model is None:
            return None
        field = model.model_fields.get(str(part))
        if field is not None:
            model = _model(field.annotation, None)
    return model


def _model(kind: Any, value: Any) -> type[BaseModel] | None:
    """The model behind an annotation; of a union, the member that the value's tag chooses."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return kind
    members = [m for a in typing.get_args(kind) if (m := _model(a, value))]
    tag = value.get("strategy") if isinstance(value, dict) else None
    for member in members:
        strategy = member.model_fields.get("strategy")
        if strategy is not None and tag in typing.get_args(strategy.annotation):
            return member
    if members:
        return members[0]
    for argument in typing.get_args(kind):
        if (model := _model(argument, value)) is not None:
            return model
    return None


def _choices(kind: Any, key: str) -> str:
    tags: list[str] = []
    for argument in typing.get_args(kind):
        for member in (argument, *typing.get_args(argument)):
            if (
                isinstance(member, type)
                and issubclass(member, BaseModel)
                and key in member.model_fields
            ):
                tags += typing.get_args(member.model_fields[key].annotation)
    return f": write {' or '.join(dict.fromkeys(tags))}" if tags else ""
