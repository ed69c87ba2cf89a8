"""The sections of a stack file for what hosts run already, as text that is put into the file."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from stacks import pulumi_yaml
from stacks.source_lines import section_end

# What every YAML reads as the same text.
_PLAIN = re.compile(
    r"(?!(?i:true|false|null|yes|no|on|off|y|n)$)[A-Za-z][A-Za-z0-9_.-]*|/[A-Za-z0-9_./-]*"
)
Entries = Mapping[str, Mapping[str, Any]]


def sections(networks: Entries, containers: Entries, swarm: Mapping[str, Any] | None = None) -> str:
    """The sections, each entry with a line for each of its keys; "" where there is none."""
    lines = ["  crosshost:swarm:"] if swarm else []
    lines += [f"    {word}: {_value(value)}" for word, value in (swarm or {}).items()]
    for name, entries in (("networks", networks), ("containers", containers)):
        if entries:
            lines.append(f"  crosshost:{name}:")
        for key, words in entries.items():
            lines.append(f"    {_text(key)}:")
            lines += [f"      {word}: {_value(value)}" for word, value in words.items()]
    return "".join(f"{line}\n" for line in lines)


def with_sections(content: str, added: str) -> str | None:
    """A stack file's text with the sections after `crosshost:hosts`; None where it has one of them."""
    whole = pulumi_yaml.value(pulumi_yaml.node_of(content))
    known = {"crosshost:networks", "crosshost:containers"}
    known |= {"crosshost:swarm"} if added.startswith("  crosshost:swarm:") else set()
    if known & set(whole["config"]):
        return None
    lines = content.splitlines(keepends=True)
    end = section_end(pulumi_yaml.node_of(content), "crosshost:hosts")
    before = "".join(lines[:end])
    return before + ("" if before.endswith("\n") else "\n") + added + "".join(lines[end:])


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_text(k)}: {_value(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_value, value)) + "]"
    return _text(value) if isinstance(value, str) else json.dumps(value)


def _text(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else json.dumps(text)
