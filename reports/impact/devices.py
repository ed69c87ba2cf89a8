"""What happens to devices, keys and files that commands of crosshost's keep on hosts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from planning import records
from planning.engine_events import Act, Change, Preview, stdin
from planning.interruption_text import is_interrupted
from reports.impact.model import Effect, Gate, Weight

# The name of a command without its host -> what it keeps.
_KEEPS = {
    r"(.+)-vxlan": "the VXLAN device of {}",
    r"(.+)-key": "the WireGuard key of {}",
    r"(.+)-shim": "the host's own device on {}",
    r"vlan-(.+)": "VLAN {}",
    r"dns": "the list of names of its name server",
    r"files-(.+)": "files of container {}",
}
_FIELDS = {"vni": "VNI", "port": "UDP port", "mtu": "MTU", "local": "its own address"}


def sentence(change: Change) -> str | None:
    """What happens to what the command of a change keeps; None where it keeps nothing known here."""
    for form, kept in _KEEPS.items():
        if found := re.fullmatch(form, change.base):
            what = kept.format(*found.groups())
            verb = "are" if what.startswith("files") else "is"
            return f"{what} {verb} {_done(change)}"
    return None


def interrupted(preview: Preview) -> Iterator[Effect]:
    """Networks that carry nothing between hosts for a moment."""
    for one in preview.messages:
        if is_interrupted(one.text):
            host, _, sentence = one.text.partition(": ")
            yield Effect(host, sentence, Weight.AWAY, Gate.REPLACE, (one.about,))


def _done(change: Change) -> str:
    if change.act is Act.DELETE:
        return "removed"
    if change.act is Act.CREATE:
        return "made"
    new = stdin(change.new)
    if "planned" not in records.header_fields(new):
        return "changed in place"
    told = ", ".join(_differences(stdin(change.old), new))
    return f"changed in place ({told})" if told else "brought back to what the stack file says"


def _differences(old: str, new: str) -> Iterator[str]:
    """Of the stdins of a VXLAN device's command, for people."""
    before, after = records.header_fields(old), records.header_fields(new)
    if "vni" not in before or "vni" not in after:
        return
    for field, word in _FIELDS.items():
        if before.get(field) != after.get(field):
            yield f"{word} {before.get(field)} -> {after.get(field)}"
    ours, theirs = _peers(old), _peers(new)
    yield from (f"it sends to {peer} too" for peer in theirs if peer not in ours)
    yield from (f"it sends to {peer} no more" for peer in ours if peer not in theirs)


def _peers(text: str) -> list[str]:
    return [line.partition(" ")[0] for line in records.body(text).splitlines()]
