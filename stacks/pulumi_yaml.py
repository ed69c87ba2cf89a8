"""YAML as Pulumi's engine reads it, which is neither 1.1 nor 1.2.

``yes`` and ``1:30`` are text, ``010`` is eight, ``2020-01-01`` becomes ``2020-01-01 00:00:00 +0000
UTC``, a key that is there twice is an error, and only the first document counts. Values are what the
program then gets as JSON.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

NULLS = ("", "~", "null", "Null", "NULL")
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}  # fmt: skip
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INFINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_TIME = re.compile(
    r"(\d{4})-(\d\d?)-(\d\d?)(?:(?:([Tt])|[ ]+)(\d\d?):(\d\d?):(\d\d?)(\.\d+)?(Z|[-+]\d\d:\d\d)?)?"
)
_BASES = (("0x", 16), ("0b", 2), ("0o", 8))
_STANDARD = "tag:yaml.org,2002:"


def node(file: Path) -> yaml.Node | None:
    """The first document of a file; OSError or yaml.YAMLError (with its line) if it has none."""
    return node_of(text(file))


def node_of(content: str) -> yaml.Node | None:
    """The first document of a text; yaml.YAMLError (with its line) if it has none."""
    return _Loader(content).only()


def second_of(content: str) -> int | None:
    """The line where a text's second document begins, None without one; yaml.YAMLError as `node_of`."""
    loader = _Loader(content)
    loader.only()
    while loader.check_node():
        found: yaml.Node = loader.get_node()  # type: ignore[assignment]
        if not (isinstance(found, yaml.ScalarNode) and found.value == ""):
            return int(found.start_mark.line) + 1
    return None


def text(file: Path) -> str:
    """The file's text, in the encoding that its first bytes say; yaml.YAMLError if it is none."""
    return decoded(file.read_bytes())


def decoded(data: bytes) -> str:
    """The text of a file's bytes, in the encoding that the first ones say; yaml.YAMLError if it is none."""
    marks = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig"))
    encoding = next((name for mark, name in marks if data.startswith(mark)), "utf-8")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise yaml.YAMLError(
            f"line {line}: it is not {encoding.upper()} text: save it as UTF-8"
        ) from None


@dataclass(frozen=True)
class Tagged:
    """A value with a tag that its reader knows. ``line``: from 1."""

    tag: str
    value: Any
    line: int


def value(of: yaml.Node | None, tags: Collection[str] = ()) -> Any:
    """What a node says, as the program gets it; yaml.YAMLError where Pulumi refuses it.

    ``tags``: those that are known; what has one is Tagged.
    """
    return None if of is None else _value(of, (), tags)


def is_plain(of: yaml.Node) -> bool:
    """Whether a node is text without quotes and tag, whose kind YAML guesses."""
    return isinstance(of, yaml.ScalarNode) and of.style is None and _untagged(of)


def key(of: yaml.Node) -> str:
    """A key as the program gets it: text always."""
    found = _scalar(of) if isinstance(of, yaml.ScalarNode) else _refuse(of, "a key must be text")
    return as_text(found)


def as_text(plain: Any) -> str:
    """A number, a truth value or text where text is wanted."""
    return str(plain).lower() if isinstance(plain, bool) else str(plain)


class _Loader(yaml.SafeLoader):
    """Nodes keep their written text: kinds are guessed in _scalar alone."""

    def only(self) -> yaml.Node | None:
        self.get_event()  # type: ignore[no-untyped-call]
        first: yaml.Node | None = self.get_node() if self.check_node() else None
        return first

    def compose_scalar_node(self, anchor: Any) -> yaml.ScalarNode:
        tagged = self.peek_event().tag is not None  # type: ignore[no-untyped-call]
        found: yaml.ScalarNode = super().compose_scalar_node(anchor)
        if tagged and found.style is None and found.tag.startswith(_STANDARD):
            found.style = '"'  # !!str is as good as quotes
        return found


_Loader.yaml_implicit_resolvers = {}


def _untagged(of: yaml.Node) -> bool:
    # The resolver's answer for what it does not know; an explicit !!str is the same to us.
    return str(of.tag) in (f"{_STANDARD}str", f"{_STANDARD}map", f"{_STANDARD}seq")


def _refuse(of: yaml.Node, why: str) -> Any:
    raise yaml.YAMLError(f"line {of.start_mark.line + 1}: {why}")


def _value(of: yaml.Node, inside: tuple[yaml.Node, ...], tags: Collection[str]) -> Any:
    if any(of is one for one in inside):
        _refuse(of, "an anchor holds itself")
    inside = (*inside, of)
    if of.tag in tags:
        bare = copy(of)
        bare.tag = f"{_STANDARD}str"
        return Tagged(of.tag, _value(bare, inside, tags), of.start_mark.line + 1)
    if not _untagged(of):
        _refuse(
            of, f"the tag {of.tag.replace(_STANDARD, '!!')} is not read: write the value itself"
        )
    if isinstance(of, yaml.MappingNode):
        return _mapping(of, inside, tags)
    if isinstance(of, yaml.SequenceNode):
        return [_value(item, inside, tags) for item in of.value]
    return _scalar(of) if isinstance(of, yaml.ScalarNode) else None


def _mapping(
    of: yaml.MappingNode, inside: tuple[yaml.Node, ...], tags: Collection[str]
) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    own: dict[str, Any] = {}
    lines: dict[str, int] = {}
    for key_node, item in of.value:
        if is_merge(key_node):
            if "<<" in lines:
                _refuse(
                    key_node,
                    f"the key << is there already, in line {lines['<<']}: write one, with a list (<<: [*a, *b])",
                )
            lines["<<"] = key_node.start_mark.line + 1
            for other in reversed(merges(item)):
                merged |= _value(other, inside, () if other.tag in tags else tags)
            continue
        name, line = key(key_node), key_node.start_mark.line + 1
        if name in lines:
            _refuse(
                key_node, f"the key {name!r} is there already, in line {lines[name]}: remove one"
            )
        own[name], lines[name] = _value(item, inside, tags), line
    return {**merged, **own}


def is_merge(of: yaml.Node) -> bool:
    """Whether a key is ``<<``, which takes over the keys of other maps."""
    return is_plain(of) and of.value == "<<"


def merges(of: yaml.Node) -> list[yaml.MappingNode]:
    """The maps that ``<<`` takes over, the one that wins first."""
    found = of.value if isinstance(of, yaml.SequenceNode) else [of]
    if not all(isinstance(one, yaml.MappingNode) for one in found):
        _refuse(of, "<< takes a map or a list of maps")
    return list(found)


def _scalar(of: yaml.ScalarNode) -> Any:
    written: str = of.value
    if re.search("[\ud800-\udfff]", written):
        _refuse(of, "it holds half a surrogate pair: remove it")
    if not is_plain(of):
        return written
    if written in NULLS:
        return None
    if written in _BOOLEANS:
        return _BOOLEANS[written]
    if _INFINITE.fullmatch(written):
        _refuse(of, f"{written} is no number that Pulumi carries: put it in quotes")
    if written[0] in "0123456789+-.":
        return _numeric(written)
    return written


def _numeric(written: str) -> Any:
    if written[0].isdigit() and (time := _time(written)) is not None:
        return time
    bare = written.replace("_", "")
    guesses: tuple[Callable[[str], float | int | None], ...] = (_integer, _float)
    found = next((n for guess in guesses if (n := guess(bare)) is not None), None)
    return written if found is None else found


def _integer(bare: str) -> int | float | None:
    sign, digits = (bare[0], bare[1:]) if bare[:1] in ("-", "+") else ("", bare)
    base = next((number for prefix, number in _BASES if digits.lower().startswith(prefix)), None)
    if base is not None:
        digits = digits[2:]
    elif len(digits) > 1 and digits[0] == "0":
        base = 8
    try:
        if not digits.isalnum():
            return None
        found = int(sign + digits, base or 10)
    except ValueError:
        return None
    if 1 << 63 <= found < 1 << 64:
        return _shortest(float(found))
    return found if -(1 << 63) <= found < 1 << 63 else None


def _float(bare: str) -> float | int | None:
    if not _FLOAT.fullmatch(bare):
        return None
    found = float(bare)
    if math.isinf(found):
        return None
    return _shortest(found)


def _shortest(number: float) -> float | int:
    """The number after its way through JSON: 1.0 is 1, in the fewest digits that tell it apart."""
    return int(Decimal(repr(number))) if number.is_integer() and abs(number) < 1e21 else number


def _time(written: str) -> str | None:
    """A date or time as Go prints it."""
    match = _TIME.fullmatch(written)
    if not match:
        return None
    year, month, day, _, hour, minute, second, fraction, zone = match.groups()
    if match[4] is not None and zone is None:
        return None
    if match[4] is None and zone is not None:
        return None
    offset = UTC if zone in (None, "Z") else _zone(zone)
    try:
        when = datetime(
            int(year) or 4, int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=offset
        )  # fmt: skip
    except ValueError:
        return None
    part = (fraction or "").rstrip("0").rstrip(".")
    shift = when.strftime("%z")
    return f"{int(year):04d}{when.strftime('-%m-%d %H:%M:%S')}{part} {shift} {'UTC' if offset is UTC else shift}"


def _zone(written: str) -> timezone:
    hours, minutes = int(written[1:3]), int(written[4:6])
    return timezone((-1 if written[0] == "-" else 1) * timedelta(hours=hours, minutes=minutes))
