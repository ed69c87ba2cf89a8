"""One comment for each stack where a change is talked about.

    python -m ci.comment impact STACK REPORT.md REPORT.json    on a pull or merge request
    python -m ci.comment outcome STACK REPORT.md               after the merge, in the same thread

The comment of an impact that an earlier run wrote is patched in place, and the labels "crosshost STACK: GATE"
follow it. Where nothing changes there is none, unless an earlier run wrote one: that then says so. The
environment says where (ci.threads.thread).
"""

from __future__ import annotations

import json
import sys
import urllib.error
from pathlib import Path
from typing import Any

from ci.threads import Thread, thread

_MAY_NOT = (
    "the token may not write there (GitHub: permissions pull-requests: write, and no locked conversation; "
    "GitLab: CROSSHOST_GITLAB_TOKEN with the scope api)"
)
_HINTS = {
    401: _MAY_NOT,
    403: _MAY_NOT,
    404: "there is no such pull request any more, or the token may not see it",
}


def impact(on: Thread, stack: str, markdown: str, found: dict[str, Any]) -> str:
    """What was done about an impact, as JSON of `python -m crosshost impact --format json` has it."""
    mark = f"<!-- crosshost impact of {stack} -->"
    text = f"{mark}\n{markdown}"
    matters = any(found[key] for key in ("changes", "errors", "stops", "unseen"))
    on.label([f"crosshost {stack}: {gate}" for gate in found["labels"]], f"crosshost {stack}: ")
    old = on.ours(mark)
    if old is not None and on.patch(old, text):
        return "the comment is patched"
    if matters:
        on.write(text)
        return "a comment is written"
    return "nothing changes, so there is no comment"


def outcome(on: Thread, stack: str, markdown: str) -> str:
    """A new comment for each up."""
    on.write(f"<!-- crosshost outcome of {stack} -->\n{markdown}")
    return "a comment is written"


def main(kind: str, stack: str, markdown: str, data: str = "") -> int:
    """0, or 1 where it is not taken."""
    try:
        text = Path(markdown).read_text(encoding="utf-8")
        on = thread()
        if on is None:
            done = "no pull request had this commit, so there is no comment"
        elif kind == "impact":
            done = impact(on, stack, text, json.loads(Path(data).read_text(encoding="utf-8")))
        else:
            done = outcome(on, stack, text)
    except urllib.error.HTTPError as error:
        hint = _HINTS.get(error.code, "run the job again")
        print(f"{stack}: the comment is not taken: {error.code} {error.reason}: {hint}")
        return 1
    except KeyError as error:
        print(f"{stack}: there is no comment: the environment or the report has no {error}")
        return 1
    except (OSError, ValueError, LookupError, TypeError) as error:
        print(f"{stack}: there is no comment: {error}")
        return 1
    print(f"{stack}: {done}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
