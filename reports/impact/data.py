"""An impact as JSON, for gates and programs."""

from __future__ import annotations

from collections.abc import Sequence

from reports.impact.expected import Expected, labels
from reports.impact.model import Effect, Impact
from reports.impact.verdict import verdict


def data(
    impact: Impact, expected: Expected, shut: Sequence[str] = (), notes: Sequence[str] = ()
) -> dict[str, object]:
    """``changes``: how many resources change; ``labels``: the gates it is of; ``shut``: why they are."""
    return {
        "stack": impact.stack,
        "verdict": verdict(impact),
        "changes": impact.changes,
        "labels": labels(impact),
        "shut": list(shut),
        "effects": [_effect(effect, expected) for effect in impact.effects],
        "gained": list(impact.gained),
        "lost": list(impact.lost),
        "unseen": list(impact.unseen),
        "stops": list(impact.stops),
        "errors": list(impact.errors),
        "said": list(impact.said),
        "notes": list(notes),
        "diff": impact.diff.splitlines(),
    }


def _effect(effect: Effect, expected: Expected) -> dict[str, object]:
    return {
        "host": effect.host,
        "sentence": effect.sentence,
        "weight": effect.weight.name.lower(),
        "gate": effect.gate.value if effect.gate else None,
        "names": list(effect.names),
        "expected": expected.covers(effect),
        "bounced": list(effect.bounced),
        "seconds": effect.seconds,
    }
