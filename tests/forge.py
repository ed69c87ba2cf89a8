"""A stand-in of the parts of GitHub's and of GitLab's API that have comments and labels.

``python -m tests.forge FILE`` serves one and writes its state to FILE after each change, with its address
as ``url``.
"""

from __future__ import annotations

import json
import re
import sys
import threading
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

BOT = "github-actions[bot]"
TOKEN = "t"


@dataclass
class State:
    """``comments``: {id, body, user, author}; ``asked``: the requests that change something.

    ``commits``: those that a pull request became. ``status``: what reading is answered with.
    """

    comments: list[dict[str, Any]] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    commits: list[str] = field(default_factory=list)
    status: int = 200
    url: str = ""

    def add(self, body: str, by: str = BOT) -> dict[str, Any]:
        """A comment of somebody; of GitLab's users the bot has the ID 1."""
        number = len(self.comments) + 1
        author = {"id": 1 if by == BOT else 2}
        self.comments.append({"id": number, "body": body, "user": {"login": by}, "author": author})
        return self.comments[-1]


class _Handler(BaseHTTPRequestHandler):
    state: State
    file: Path | None = None

    def log_message(self, *_args: object) -> None:
        pass

    def _answer(self, status: int, value: object) -> None:
        if self.file:
            self.file.write_text(json.dumps(asdict(self.state)))
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _body(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        return found

    def _change(self) -> None:
        self.state.asked.append(f"{self.command} {self.path}")

    def do_GET(self) -> None:
        assert TOKEN in (
            self.headers["PRIVATE-TOKEN"],
            str(self.headers["Authorization"]).removeprefix("Bearer "),
        )
        if self.state.status != 200:
            return self._answer(self.state.status, {})
        path, _, query = self.path.partition("?")
        page = int((re.search(r"\bpage=(\d+)", query) or ["", "1"])[1])
        part = slice(100 * (page - 1), 100 * page)
        if path.endswith(("/comments", "/notes")):
            return self._answer(200, self.state.comments[part])
        if path.endswith("/labels"):
            return self._answer(200, [{"name": name} for name in self.state.labels[part]])
        if path.endswith("/user"):
            return self._answer(200, {"id": 1})
        if found := re.search(r"/commits/(\w+)/(?:pulls|merge_requests)$", path):
            known = found[1] in self.state.commits
            return self._answer(200, [{"number": 7, "iid": 7}] if known else [])
        return self._answer(200, {"labels": self.state.labels})

    def do_POST(self) -> None:
        body = self._body()
        self._change()
        if self.path.endswith("/labels"):
            self.state.labels += body["labels"]
            return self._answer(200, [])
        return self._answer(201, self.state.add(body["body"]))

    def do_PATCH(self) -> None:
        body, number = self._body(), self.path.rpartition("/")[2]
        self._change()
        if "add_labels" in body:
            added, removed = (body[key].split(",") for key in ("add_labels", "remove_labels"))
            self.state.labels = [
                name for name in [*self.state.labels, *added] if name and name not in removed
            ]
            return self._answer(200, {})
        found = next((c for c in self.state.comments if c["id"] == int(number)), None)
        if found is None or found.get("gone"):
            return self._answer(404, {"message": "Not Found"})
        found["body"] = body["body"]
        return self._answer(200, found)

    do_PUT = do_PATCH

    def do_DELETE(self) -> None:
        self._change()
        self.state.labels.remove(urllib.parse.unquote(self.path.rpartition("/")[2]))
        self._answer(200, [])


@contextmanager
def serve(file: Path | None = None) -> Iterator[State]:
    """A server on this machine for as long as the block runs."""
    state = State()
    kind = type("Handler", (_Handler,), {"state": state, "file": file})
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    state.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()


if __name__ == "__main__":
    with serve(Path(sys.argv[1])) as served:
        Path(sys.argv[1]).write_text(json.dumps(asdict(served)))
        threading.Event().wait()
