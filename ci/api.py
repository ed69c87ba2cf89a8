"""JSON over HTTPS, as far as comments need it."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator, Mapping
from typing import Any

_PAGE = 100


class Api:
    """Requests below ``base`` with the same headers. Errors: urllib.error.HTTPError, OSError, ValueError."""

    def __init__(self, base: str, headers: Mapping[str, str]) -> None:
        self._base = base
        self._headers = {"Content-Type": "application/json", **headers}

    def pages(self, path: str) -> Iterator[dict[str, Any]]:
        """Every row of a list."""
        page = 1
        while rows := self.send("GET", f"{path}?per_page={_PAGE}&page={page}"):
            yield from rows
            if len(rows) < _PAGE:
                return
            page += 1

    def send(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:
        """The answer's JSON."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 - the address is the pipeline's own
            self._base + path, data, self._headers, method=method
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return json.loads(answer.read() or b"null")
