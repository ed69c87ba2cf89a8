"""An impact from a preview's events and from who is on which network before and after."""

from __future__ import annotations

from planning.engine_events import Change, Preview
from reports.impact import diff, effects, reach
from reports.impact.model import Fleet, Impact, Weight

_NAMED = ("docker:index/container:Container", "docker:index/network:Network")


def impact(stack: str, preview: Preview, before: Fleet | None, after: Fleet) -> Impact:
    """``before``: None where nobody knows it."""
    found = effects.effects(preview, before or Fleet(), after)
    changes = [change for change in preview.changes if change.custom]
    gained: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    if before is not None and changes:
        gained, lost = reach.compare(before, after)
        found += [*reach.addresses(before, after), *reach.opened(before, after)]
        found = effects.in_order(found)
    loud = [effect for effect in found if effect.weight is not Weight.QUIET]
    return Impact(
        stack,
        tuple(found),
        gained,
        lost,
        effects.unseen(preview),
        effects.stops(preview),
        effects.errors(preview),
        effects.said(preview, found),
        _named(changes) | {effect.host for effect in loud if effect.host},
        len(changes),
        "\n".join(diff.lines(preview)),
    )


def _named(changes: list[Change]) -> frozenset[str]:
    return frozenset(change.base for change in changes if change.type in _NAMED)
