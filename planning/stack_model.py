"""The base of all models that a stack file is read into."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler
from pydantic_core import CoreSchema


class StackModel(BaseModel):
    """A part of a stack file: frozen, and unknown keys are refused.

    ``short_forms``: JSON types that are read as a short form of the map. ``refused``: key of its
    field that is known and not taken -> why.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    short_forms: ClassVar[tuple[str, ...]] = ()
    refused: ClassVar[Mapping[str, str]] = {}

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        schema = handler(core_schema)
        whole = handler.resolve_ref_schema(schema)
        if cls.short_forms:
            long = dict(whole)
            whole.clear()
            whole["anyOf"] = [{"type": kind} for kind in cls.short_forms] + [long]
        return schema


class Encrypted(BaseModel):
    """A value as `pulumi config set --secret` writes it; the program gets it in the open."""

    model_config = ConfigDict(extra="forbid")

    secure: str
