"""Texts without what is secret in them, for what leaves the controller, as a comment does.

The engine blinds what it knows as a secret. What it does not know is told here by its form, or by the
name that it has.
"""

from __future__ import annotations

import re
from typing import Any

HIDDEN = "[secret]"
# The keys by which a state tells a secret, and what the engine writes for an unknown value.
SECRET_MARK = "4dabf18193072939515e22adb298388d"  # noqa: S105
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
NOT_KNOWN_YET = "(known after up)"

_NAME = (
    r"(?:pass(?:w(?:or)?d|phrase)?|pwd|secret|token|credentials?|auth(?:orization)?|bearer|dsn|cookie|salt"
    r"|(?:api|access|private|signing|encryption|account|master|client|ssh)[-_]?key|key)"
)
_SECRETIVE = re.compile(rf"(?:^|[^a-z]){_NAME}s?(?:$|[^a-z])", re.IGNORECASE)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_FORMS = (
    re.compile(r"-----BEGIN [^-\n]*PRIVATE KEY-----.*?(?:-----END [^-\n]*-----|\Z)", re.DOTALL),
    re.compile(r"\bSWM(?:TKN|KEY)-1-[\w-]+"),
    re.compile(r"\b(?:gh[pousr]_|github_pat_|glpat-|xox[abprs]-|pul-|sk-|hvs\.)[\w.-]{10,}"),
    re.compile(r"\bAKIA[0-9A-Z]{16}\b"),
    re.compile(r"\beyJ[\w-]{8,4000}\.[\w-]{8,4000}(?:\.[\w-]*)?"),
    re.compile(r"\bAGE-SECRET-KEY-1[0-9A-Z]+", re.IGNORECASE),
    re.compile(r"\bv1:[A-Za-z0-9+/=]{8,}:[A-Za-z0-9+/=]{8,}"),
)
_USER_INFO = re.compile(r"(?<=://)[^\s/@]+@")
_WORD = re.compile(r"\"(?:\\.|[^\"\\\n])*\"?|'[^'\n]*'?|[^\s,;&\"']+")
# NAME=, "NAME": and --NAME, before a word.
_GIVEN = re.compile(
    r"(?<![\w.-])(?P<name>[\w.-]+)(?:[\"']?\s*[=:]\s*(?:(?i:bearer|basic)\s+)?|(?<=[\w])(?P<space>\s+))"
)


def text(value: str) -> str:
    """A text, with HIDDEN in place of keys, tokens, passwords and what is given under such a name."""
    for form in _FORMS:
        value = form.sub(HIDDEN, value)
    value = _USER_INFO.sub(f"{HIDDEN}@", value)
    parts, at = [], 0
    for found in _GIVEN.finditer(value):
        if found.start() < at or not is_secretive(found["name"]):
            continue
        if found["space"] and not found["name"].startswith("-"):
            continue
        if word := _WORD.match(value, found.end()):
            parts += [value[at : found.end()], HIDDEN]
            at = word.end()
    return "".join([*parts, value[at:]]).replace(UNKNOWN, NOT_KNOWN_YET)


def value(given: Any, name: str = "") -> Any:
    """JSON data without secrets. ``name``: the key that it stands under."""
    if isinstance(given, dict):
        if SECRET_MARK in given or (given and is_secretive(name)):
            return HIDDEN
        pair = _named(given)
        return {
            text(str(key)): value(item, pair if pair and key == "value" else str(key))
            for key, item in given.items()
        }
    if isinstance(given, list):
        return _words(given, name)
    if isinstance(given, str):
        if given == UNKNOWN:
            return NOT_KNOWN_YET
        return HIDDEN if given and is_secretive(name) else text(given)
    return HIDDEN if is_secretive(name) and not isinstance(given, (bool, type(None))) else given


def is_secretive(name: str) -> bool:
    """Whether what has such a name is taken for a secret."""
    return _SECRETIVE.search(_CAMEL.sub("_", name)) is not None


def _named(given: dict[str, Any]) -> str | None:
    """The name of a pair like {label: NAME, value: VALUE}."""
    found = (given[key] for key in ("label", "name", "key") if isinstance(given.get(key), str))
    return next(found, None)


def _words(given: list[Any], name: str) -> list[Any]:
    """A list; in that of a command a secret may be the word after its flag."""
    if given and is_secretive(name):
        return [HIDDEN]
    found, flag = [], ""
    for item in given:
        variable = item.partition("=")[0] if isinstance(item, str) and "=" in item else ""
        if variable and is_secretive(variable) and not flag and " " not in variable:
            found.append(f"{variable}={HIDDEN}")
            continue
        found.append(HIDDEN if flag else value(item))
        is_flag = isinstance(item, str) and item.startswith("-") and "=" not in item
        flag = item if is_flag and is_secretive(item) else ""
    return found
