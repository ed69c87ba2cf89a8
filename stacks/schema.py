"""Writes stacks/fleet.schema.json, by which editors complete and check stack files.

Run it after a change of the settings: ``lab/python -m stacks.schema``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from stacks.settings import PROJECT, SECTIONS

FILE = Path(__file__).parent / "fleet.schema.json"


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a stack file."""
    definitions: dict[str, Any] = {}
    sections: dict[str, Any] = {}
    for name, (named, kind) in SECTIONS.items():
        entry = TypeAdapter(kind).json_schema(ref_template="#/$defs/{model}")
        definitions |= entry.pop("$defs", {})
        section = {"type": "object", "additionalProperties": entry} if named else entry
        sections[f"{PROJECT}:{name}"] = section
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A crosshost stack file",
        "type": "object",
        "properties": {
            "config": {
                "type": "object",
                "properties": sections,
                "required": [f"{PROJECT}:ssh", f"{PROJECT}:hosts"],
            }
        },
        "$defs": definitions,
    }


def text() -> str:
    """The schema file's content."""
    return json.dumps(schema(), indent=2, sort_keys=True) + "\n"


if __name__ == "__main__":
    FILE.write_text(text())
