"""The comments and labels of one pull request on GitHub, or of one merge request on GitLab."""

from __future__ import annotations

import os
import urllib.error
import urllib.parse
from collections.abc import Collection, Mapping
from typing import Protocol

from ci.api import Api


class Thread(Protocol):
    """Where a change is talked about."""

    def ours(self, mark: str) -> int | None:
        """The comment that begins with ``mark`` and that a pipeline wrote."""

    def write(self, text: str) -> None:
        """A new comment."""

    def patch(self, comment: int, text: str) -> bool:
        """Whether the comment now says this; not where somebody has deleted it meanwhile."""

    def label(self, wanted: Collection[str], prefix: str) -> None:
        """Have these of the labels that begin with ``prefix``; others stay."""


def thread(env: Mapping[str, str] = os.environ) -> Thread | None:
    """The one that the pipeline's environment names; None where a commit came without one."""
    if "GITHUB_API_URL" in env:
        return GitHub.of(env)
    return GitLab.of(env)


class GitHub:
    """https://docs.github.com/en/rest/issues/comments and .../labels"""

    # Who writes with a workflow's token: nobody else's comment is ever patched.
    bot = "github-actions[bot]"

    def __init__(self, api: Api, number: int) -> None:
        self._api = api
        self._issue = f"/issues/{number}"

    @classmethod
    def of(cls, env: Mapping[str, str]) -> GitHub | None:
        """Of GITHUB_API_URL, GITHUB_REPOSITORY and GITHUB_TOKEN; of PULL_REQUEST, its number, or of
        COMMIT, which a merged one became.
        """
        api = Api(
            f"{env['GITHUB_API_URL']}/repos/{env['GITHUB_REPOSITORY']}",
            {
                "Accept": "application/vnd.github+json",
                "Authorization": f"Bearer {env['GITHUB_TOKEN']}",
                "X-GitHub-Api-Version": "2022-11-28",
            },
        )
        if env.get("PULL_REQUEST"):
            return cls(api, int(env["PULL_REQUEST"]))
        found = api.send("GET", f"/commits/{_hex(env['COMMIT'])}/pulls")
        return cls(api, int(found[0]["number"])) if found else None

    def ours(self, mark: str) -> int | None:
        for one in self._api.pages(f"{self._issue}/comments"):
            author = (one.get("user") or {}).get("login")
            if author == self.bot and str(one.get("body") or "").startswith(mark):
                return int(one["id"])
        return None

    def write(self, text: str) -> None:
        self._api.send("POST", f"{self._issue}/comments", {"body": text})

    def patch(self, comment: int, text: str) -> bool:
        return _patched(self._api, "PATCH", f"/issues/comments/{comment}", text)

    def label(self, wanted: Collection[str], prefix: str) -> None:
        has = {str(one["name"]) for one in self._api.pages(f"{self._issue}/labels")}
        if missing := sorted(set(wanted) - has):
            self._api.send("POST", f"{self._issue}/labels", {"labels": missing})
        for name in sorted(_ended(has, wanted, prefix)):
            self._api.send("DELETE", f"{self._issue}/labels/{urllib.parse.quote(name, safe='')}")


class GitLab:
    """https://docs.gitlab.com/api/notes/ and .../api/merge_requests/"""

    def __init__(self, api: Api, number: int, user: int) -> None:
        self._api = api
        self._request = f"/merge_requests/{number}"
        self._user = user

    @classmethod
    def of(cls, env: Mapping[str, str]) -> GitLab | None:
        """Of CI_API_V4_URL, CI_PROJECT_ID and CROSSHOST_GITLAB_TOKEN (a project access token with the
        scope api); of CI_MERGE_REQUEST_IID, or of COMMIT, which a merged one became.
        """
        headers = {"PRIVATE-TOKEN": env["CROSSHOST_GITLAB_TOKEN"]}
        api = Api(f"{env['CI_API_V4_URL']}/projects/{int(env['CI_PROJECT_ID'])}", headers)
        user = int(Api(env["CI_API_V4_URL"], headers).send("GET", "/user")["id"])
        if env.get("CI_MERGE_REQUEST_IID"):
            return cls(api, int(env["CI_MERGE_REQUEST_IID"]), user)
        found = api.send("GET", f"/repository/commits/{_hex(env['COMMIT'])}/merge_requests")
        return cls(api, int(found[0]["iid"]), user) if found else None

    def ours(self, mark: str) -> int | None:
        for one in self._api.pages(f"{self._request}/notes"):
            author = (one.get("author") or {}).get("id")
            if author == self._user and str(one.get("body") or "").startswith(mark):
                return int(one["id"])
        return None

    def write(self, text: str) -> None:
        self._api.send("POST", f"{self._request}/notes", {"body": text})

    def patch(self, comment: int, text: str) -> bool:
        return _patched(self._api, "PUT", f"{self._request}/notes/{comment}", text)

    def label(self, wanted: Collection[str], prefix: str) -> None:
        has = {str(name) for name in self._api.send("GET", self._request)["labels"]}
        added, ended = set(wanted) - has, _ended(has, wanted, prefix)
        if added or ended:
            changes = {
                "add_labels": ",".join(sorted(added)),
                "remove_labels": ",".join(sorted(ended)),
            }
            self._api.send("PUT", self._request, changes)


def _ended(has: Collection[str], wanted: Collection[str], prefix: str) -> set[str]:
    return {name for name in has if name.startswith(prefix)} - set(wanted)


def _patched(api: Api, method: str, path: str, text: str) -> bool:
    try:
        api.send(method, path, {"body": text})
    except urllib.error.HTTPError as error:
        if error.code in (404, 410):
            return False
        raise
    return True


def _hex(commit: str) -> str:
    int(commit, 16)
    return commit
