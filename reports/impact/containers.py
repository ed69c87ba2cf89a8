"""What happens to a container."""

from __future__ import annotations

from planning.engine_events import Act, Change, Preview
from reports.impact.model import Effect, Gate, Weight

# Inputs that hold crosshost's own words or ways, and what a reader calls them.
_CALLED = {
    "networksAdvanced": "networks",
    "envs": "environment",
    "labels": "labels, its network or its host",
}


def effect(change: Change, preview: Preview, seconds: int) -> Effect:
    """``seconds``: about how long one is away that is made anew."""
    name, host = change.base, change.host
    image = str((change.new or change.old).get("image") or "")
    called = {name, str((change.new or change.old).get("name") or name)}
    if change.act is Act.CREATE:
        return Effect(host, f"container {name} starts ({image})", Weight.CHANGES)
    if change.act is Act.IMPORT:
        return Effect(host, f"container {name} is taken over as it is", Weight.CHANGES)
    if change.act is Act.DELETE:
        return Effect(host, f"container {name} ends and is removed", Weight.ENDS)
    keys = ", ".join(dict.fromkeys(_CALLED.get(key, key) for key in change.keys)) or "its inputs"
    if change.act is Act.UPDATE:
        return Effect(host, f"container {name} changes as it runs: {keys}", Weight.CHANGES)
    if _gone(called, host, preview):
        return Effect(
            host, f"container {name}, which is gone or has ended, is made anew", Weight.CHANGES
        )
    before = change.was.rpartition("@")[2] if "@" in change.was else host
    moved = before != host and (change.old.get("name") == change.new.get("name"))
    how = f"moves here from {before}" if moved else "is replaced"
    return Effect(
        host,
        f"container {name} {how} and is away for about {seconds} s ({keys})",
        Weight.AWAY,
        Gate.REPLACE,
        (*sorted(called), f"{host}/{name}"),
        (name,),
        seconds=seconds,
    )


def _gone(called: set[str], host: str, preview: Preview) -> bool:
    """Whether the program says that it does not run now."""
    return any(
        text.startswith((f"container {name} is gone from {host}:", f"container {name} on {host} does not run"))
        for text in preview.said("warning")
        for name in called
    )  # fmt: skip
