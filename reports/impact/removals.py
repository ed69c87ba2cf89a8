"""What the program removes first, as it is in the way of what is to be made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from planning import removal_text
from planning.engine_events import Act, Change, Preview
from reports.impact.containers import CONTAINER
from reports.impact.model import Effect, Gate, Weight
from reports.impact.networks import NETWORK

_TYPES = {"container": CONTAINER, "network": NETWORK}
_MADE = (Act.CREATE, Act.REPLACE, Act.IMPORT)


def with_removals(
    found: Iterable[Effect], preview: Preview, changes: Sequence[Change]
) -> list[Effect]:
    """The effects with what is removed first, which is not told a second time."""
    removed = [
        one for text in preview.said("warning") if (one := removal_text.removed(text)) is not None
    ]
    told = {(one.host, f"{one.kind} {one.name}") for one in removed}
    kept = [effect for effect in found if not _is_told(effect, told)]
    return [*kept, *(_effect(one, changes) for one in removed)]


def _effect(one: removal_text.Removed, changes: Sequence[Change]) -> Effect:
    sentence = f"{one.kind} {one.name} is removed first: {one.why}"
    own = [change for change in changes if change.type == _TYPES[one.kind] and _is(change, one)]
    if own and not any(change.act in _MADE for change in own):
        return Effect(one.host, sentence, Weight.ENDS)
    away = f"; it is away for about {one.seconds} s" if one.seconds else ""
    return Effect(
        one.host, sentence + away, Weight.AWAY, Gate.REPLACE, (one.name, f"{one.host}/{one.name}"),
        (one.name,) if one.kind == "container" else (), seconds=one.seconds,
    )  # fmt: skip


def _is(change: Change, one: removal_text.Removed) -> bool:
    """Whether a change is of what is removed, by Docker's name or the stack file's."""
    names = {change.base, str((change.new or change.old).get("name") or change.base)}
    return one.name in names


def _is_told(effect: Effect, told: set[tuple[str, str]]) -> bool:
    """Whether it says of a container or network that it is made anew, ends or is removed."""
    kind, _, rest = effect.sentence.partition(" ")
    name, _, what = rest.partition(" ")
    gone = what.startswith(("is replaced", "is made anew", "is removed", "ends and is removed"))
    return gone and any((effect.host, f"{kind} {n}") in told for n in (name, *effect.names))
