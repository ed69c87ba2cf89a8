"""A proof in short, as the stack's output ``reachability``: counts, and the rows that a reader acts on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from planning.reachability import interruptions

Row = Mapping[str, Any]


def summary(rows: Sequence[Row]) -> dict[str, Any]:
    """{tested, as_promised, others, pairs_held, interrupted} of all rows of a proof.

    ``others`` are the rows of ``tested`` that are not as promised; ``interrupted`` are those of the pairs
    held to each other (planning/reachability/interruptions.py) that lost milliseconds, or may have.
    """
    held = [row for row in rows if row["kind"] == interruptions.KIND]
    tested = [row for row in rows if row["kind"] != interruptions.KIND]
    others = [row for row in tested if row["expected"] != row["observed"]]
    return {
        "tested": len(tested),
        "as_promised": len(tested) - len(others),
        "others": others,
        "pairs_held": len(held),
        "interrupted": [row for row in held if row["ms"] or row["observed"] == "unknown"],
    }
