"""The Docker API as the resources use it."""

from __future__ import annotations

import base64
import json
import threading
from typing import Any, Final
from urllib.parse import quote, urlencode

from .failures import Failed
from .transport import Address, Pool, TransportError, exchange

_NEWEST: Final = (1, 51)
"""The newest API version that the official plugin's client speaks."""

_NO_LOGIN: Final = base64.urlsafe_b64encode(b"{}").decode()


class DockerError(Exception):
    """The daemon refused, or was not reached: the text is as Docker's client writes it."""

    def __init__(self, text: str, status: int = 0) -> None:
        super().__init__(text)
        self.text = text
        self.status = status


class Client:
    """One daemon. Methods may be called at the same time from several threads."""

    def __init__(self, url: str, options: tuple[str, ...], *, probe: bool) -> None:
        self._url = url
        self._pool = Pool(Address.parse(url, options))
        self._probe = probe
        self._lock = threading.Lock()
        self._version = ""

    def close(self) -> None:
        """End the idle connections."""
        self._pool.close()

    def get(self, path: str, **query: Any) -> Any:
        """What the daemon has at `path`."""
        return self.call("GET", path, None, query)

    def find(self, path: str) -> Any:
        """What the daemon has at `path`, None where it has nothing there."""
        try:
            return self.get(path)
        except DockerError as failure:
            if failure.status == 404:
                return None
            raise

    def post(self, path: str, body: Any = None, **query: Any) -> Any:
        """Have the daemon do something."""
        return self.call("POST", path, body, query)

    def delete(self, path: str, **query: Any) -> Any:
        """Have the daemon remove something."""
        return self.call("DELETE", path, None, query)

    def unpack(self, path: str, archive: bytes) -> None:
        """Have a tar archive unpacked at a container's root."""
        headers = {"Content-Type": "application/x-tar"}
        self._request("PUT", path, archive, {"path": "/"}, headers)

    def pull(self, image: str, platform: str = "") -> str:
        """Pull an image; the daemon's last error, if it gave one after it had begun."""
        name, tag = split_image(image)
        query = {"fromImage": name, "tag": tag, "platform": platform}
        headers = {"X-Registry-Auth": _NO_LOGIN}
        said = self._request("POST", "/images/create", None, query, headers)
        problems = [
            json.loads(line).get("error", "") for line in said.decode().splitlines() if line.strip()
        ]
        return next((problem for problem in problems if problem), "")

    def call(self, method: str, path: str, body: Any, query: dict[str, Any]) -> Any:
        """One request with JSON both ways."""
        sent = None if body is None else json.dumps(body).encode()
        headers = {} if sent is None else {"Content-Type": "application/json"}
        said = self._request(method, path, sent, query, headers)
        return json.loads(said) if said.strip() else None

    def _request(
        self,
        method: str,
        path: str,
        body: bytes | None,
        query: dict[str, Any],
        headers: dict[str, str],
    ) -> bytes:
        self._connect()
        given = {key: value for key, value in query.items() if value not in (None, "", False)}
        asked = {key: "1" if value is True else value for key, value in given.items()}
        url = f"/v{self._version}{quote(path)}" + (f"?{urlencode(asked)}" if asked else "")
        try:
            status, said, _ = exchange(self._pool, method, url, body, headers)
        except TransportError as failure:
            url = f"http://docker.example.com{url}"
            raise DockerError(_unreached(method, url, failure)) from None
        if status >= 400:
            raise DockerError(f"Error response from daemon: {_message(said)}", status)
        return said

    def _connect(self) -> None:
        with self._lock:
            if self._version:
                return
            try:
                _, _, headers = exchange(self._pool, "HEAD", "/_ping", None, {})
            except TransportError as failure:
                said = _unreached("HEAD", "http://docker.example.com/_ping", failure)
                if not self._probe:
                    raise DockerError(said) from None
                raise Failed(
                    "failed to create Docker client: Error pinging Docker server, please make sure "
                    f"that {self._url} is reachable and has a  '_ping' endpoint. Error: {said}"
                ) from None
            offered = headers.get("Api-Version", "1.40")
            newest = min(_NEWEST, tuple(int(part) for part in offered.split(".")))
            self._version = ".".join(str(part) for part in newest)


def _unreached(method: str, url: str, failure: TransportError) -> str:
    said = str(failure)
    if said.startswith("Cannot connect"):
        return said
    return f'error during connect: {method.capitalize()} "{url}": {said}'


def _message(body: bytes) -> str:
    try:
        return str(json.loads(body)["message"]).strip()
    except (ValueError, KeyError, TypeError):
        return body.decode(errors="replace").strip()


def split_image(image: str) -> tuple[str, str]:
    """An image's name and its tag or digest."""
    if "@" in image:
        name, _, digest = image.partition("@")
        return name, digest
    head, slash, last = image.rpartition("/")
    name, colon, tag = last.partition(":")
    return head + slash + name, tag if colon else "latest"
