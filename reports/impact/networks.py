"""What happens to networks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from planning.engine_events import Act, Change
from reports.impact.called import called, options
from reports.impact.model import Effect, Fleet, Gate, Weight

NETWORK = "docker:index/network:Network"
_ENCRYPTED = "encrypted"


def effects(change: Change, before: Fleet, after: Fleet) -> Iterator[Effect]:
    """``before``, ``after``: for what a stack file calls the strategy."""
    name, driver = change.base, str((change.new or change.old).get("driver") or "")
    where = " for all its hosts" if driver == "overlay" else ""
    if change.act is Act.REPLACE:
        words = list(_words(change))
        keys = f" ({', '.join(words)})" if words else ""
        yield Effect(
            change.host, f"network {name} is made anew{where}{keys}", Weight.AWAY, Gate.REPLACE, (name,)
        )  # fmt: skip
    elif change.act is Act.DELETE:
        yield Effect(change.host, f"network {name} is removed{where}", Weight.ENDS)
    else:
        titles = before.titles if change.act is Act.UPDATE else after.titles
        done = {Act.CREATE: "is made", Act.IMPORT: "is taken over as it is"}.get(
            change.act, "changes"
        )
        strategy = titles.get(name, driver)
        yield Effect(change.host, f"network {name} ({strategy}) {done}", Weight.CHANGES)


def encryption(changes: Sequence[Change], before: Fleet, after: Fleet) -> Iterator[Effect]:
    """Networks whose traffic between hosts is encrypted from then on, or no longer."""
    nets = [change for change in changes if change.type == NETWORK]
    for name in sorted(before.titles.keys() & after.titles.keys()):
        own = [change for change in nets if change.base == name]
        was, will = (
            _ENCRYPTED in fleet.titles[name] or any(_ENCRYPTED in _options(i) for i in inputs)
            for fleet, inputs in ((before, [c.old for c in own]), (after, [c.new for c in own]))
        )
        if was and not will:
            sentence = f"what crosses between hosts on {name} is no longer encrypted"
            yield Effect("", sentence, Weight.OPEN, names=(name,))
        elif will and not was:
            sentence = f"what crosses between hosts on {name} is encrypted"
            yield Effect("", sentence, Weight.CHANGES)


def _words(change: Change) -> Iterator[str]:
    # Its labels say only that it begins anew.
    yield from called(key for key in change.keys if key not in ("labels", "options"))
    if "options" in change.keys:
        yield from options(_options(change.old), _options(change.new))


def _options(inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    found = inputs.get("options")
    return found if isinstance(found, dict) else {}
