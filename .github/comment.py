"""One comment for each stack on a pull request: ``comment.py STACK REPORT.md REPORT.json``.

The comment that an earlier run wrote is patched in place. Where nothing changes there is none, unless an
earlier run wrote one: that then says so. Standard library only.

Environment, as GitHub Actions has it: GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_TOKEN, and PULL_REQUEST,
its number.
"""

from __future__ import annotations

import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Who writes with a workflow's token: nobody else's comment is ever patched.
BOT = "github-actions[bot]"
_PAGE = 100


def main(stack: str, markdown: Path, data: Path) -> int:
    """0, or 1 where GitHub does not take the comment."""
    api = Api(
        f"{os.environ['GITHUB_API_URL']}/repos/{os.environ['GITHUB_REPOSITORY']}",
        os.environ["GITHUB_TOKEN"],
    )
    mark = f"<!-- crosshost impact of {stack} -->"
    body = {"body": f"{mark}\n{markdown.read_text(encoding='utf-8')}"}
    found = json.loads(data.read_text(encoding="utf-8"))
    matters = any(found[key] for key in ("changes", "errors", "stops", "unseen"))
    issue = f"/issues/{int(os.environ['PULL_REQUEST'])}/comments"
    try:
        old = next((one for one in api.pages(issue) if _is_ours(one, mark)), None)
        if old is not None and _patched(api, f"/issues/comments/{int(old['id'])}", body):
            print(f"{stack}: the comment is patched")
        elif matters:
            api.send("POST", issue, body)
            print(f"{stack}: a comment is written")
        else:
            print(f"{stack}: nothing changes, so there is no comment")
    except urllib.error.HTTPError as error:
        print(f"{stack}: GitHub does not take the comment: {error.code} {error.reason}")
        return 1
    except (OSError, ValueError) as error:
        print(f"{stack}: GitHub does not answer as it should: {error}")
        return 1
    return 0


def _is_ours(comment: dict[str, Any], mark: str) -> bool:
    author = (comment.get("user") or {}).get("login")
    return author == BOT and str(comment.get("body") or "").startswith(mark)


def _patched(api: Api, path: str, body: dict[str, str]) -> bool:
    """Whether the comment is patched; not where somebody has deleted it meanwhile."""
    try:
        api.send("PATCH", path, body)
    except urllib.error.HTTPError as error:
        if error.code in (404, 410):
            return False
        raise
    return True


class Api:
    """https://docs.github.com/en/rest/issues/comments"""

    def __init__(self, base: str, token: str) -> None:
        self._base = base
        self._headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {token}",
            "X-GitHub-Api-Version": "2022-11-28",
            "Content-Type": "application/json",
        }

    def pages(self, path: str) -> Iterator[dict[str, Any]]:
        """Every row of a list."""
        page = 1
        while rows := self.send("GET", f"{path}?per_page={_PAGE}&page={page}"):
            yield from rows
            if len(rows) < _PAGE:
                return
            page += 1

    def send(self, method: str, path: str, body: dict[str, str] | None = None) -> Any:
        """The answer's JSON."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 - the address is the runner's own
            self._base + path, data, self._headers, method=method
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return json.loads(answer.read() or b"null")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])))
