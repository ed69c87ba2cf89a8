"""What a host answers is data: forms that it must have before anything is done with it.

Facts go into other hosts' commands, Pulumi's inputs, logs and tables. A value of one of these types
is one word without any meaning to a shell, or text without control characters.
"""

from __future__ import annotations

import json
import re
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, StringConstraints

MOST = 1000


def printable(text: str, most: int = MOST) -> str:
    """Text for people: control characters and the like escaped, cut where it is long."""
    if len(text) > most:
        text = text[: most - 3] + "..."
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text
    )


# Docker's and swarm's IDs, versions, names of NICs, roles and states: one word.
_WORD = "[A-Za-z0-9_][A-Za-z0-9_.+~@:-]{0,199}"
Word = Annotated[str, StringConstraints(pattern=f"^{_WORD}$")]
WordOrNone = Annotated[str, StringConstraints(pattern=f"^({_WORD})?$")]
# IP addresses, with a port or without.
At = Annotated[str, StringConstraints(pattern=r"^[\[\]0-9A-Fa-f.:]{0,60}$")]
Printable = Annotated[str, AfterValidator(printable)]


def is_word(text: str) -> bool:
    """Whether a text is a Word."""
    return re.fullmatch(_WORD, text) is not None


# The name of a record or stack: a path below /var/lib/crosshost.
RECORD_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@-]*(/[A-Za-z0-9_][A-Za-z0-9_.@-]*)*")
_HEADER_WORD = re.compile(r"[A-Za-z0-9_.:/@,+=-]*")

Row = TypeVar("Row", bound=BaseModel)


def rows(text: str, kind: type[Row]) -> list[Row]:
    """Lines of JSON objects as ``kind``; ValueError where one is not."""
    return [kind.model_validate(json.loads(line)) for line in text.splitlines() if line.strip()]


def sound_record(record: str) -> bool:
    """Whether a record's header line has the form that crosshost writes."""
    header = record.partition("\n")[0]
    return all(_HEADER_WORD.fullmatch(word) for word in header.split(" "))
