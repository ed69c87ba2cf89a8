"""The command plugin's calls."""

# ruff: noqa: ARG002  (the contract gives more than each call uses)

from __future__ import annotations

import secrets
from typing import Any, Final

from ..errors import PluginError
from ..provider import Checked, Difference, Failure, Found, Provider, Target
from ..values import UNKNOWN, Asset, Props, Secret, plain
from . import copy, local
from .diffing import diff
from .remote import Remote
from .schema import COPY, REMOTE_COMMAND, RESOURCES, check, whole_asset

_COPY: Final = "command:remote:CopyToRemote"
_REMOTE: Final = "command:remote:Command"


class Command(Provider):
    """Commands and copies. Nothing is dialled before a command has to run."""

    name = "command"
    version = "1.2.1"
    secrets = True
    features = {
        "acceptSecrets": True,
        "acceptResources": True,
        "acceptOutputs": True,
        "supportsPreview": True,
    }

    def __init__(self) -> None:
        self._remote = Remote()

    def check_config(self, target: Target, news: Props, olds: Props) -> Checked:
        known = {"version", "pluginDownloadURL", "__pulumi-go-provider-version"}
        failures = [
            Failure(f"Unrecognized field '{key}' on 'Config'", key)
            for key in news
            if key not in known
        ]
        return Checked({**news, "__pulumi-go-provider-version": "1.2.0"}, failures)

    def check(self, target: Target, news: Props, olds: Props, seed: bytes) -> Checked:
        type_name, fields = _resource(target, "Check")
        return check(type_name, fields, news)

    def diff(self, target: Target, state: Props, news: Props, olds: Props) -> Difference:
        _resource(target, "Diff")
        return diff(state, news, olds)

    def create(self, target: Target, inputs: Props, preview: bool) -> tuple[str, Props]:
        _resource(target, "Create")
        state = _state(inputs)
        if target.type == _COPY:
            if preview:
                return "", {**state, "source": UNKNOWN}
            copy.copy(self._remote, inputs)
            return secrets.token_hex(4), state
        resource_id = target.name + secrets.token_hex(4)
        if preview:
            return resource_id, {**state, "stdout": UNKNOWN, "stderr": UNKNOWN}
        text = plain(inputs.get("create"))
        if text is None:
            return resource_id, {**state, "stdout": "", "stderr": ""}
        return resource_id, {**state, **self._run(target, inputs, text, {})}

    def read(self, target: Target, resource_id: str, state: Props, inputs: Props) -> Found:
        _resource(target, "Read")
        archive = state.get("archive")
        if isinstance(archive, Asset):
            state = {**state, "archive": Asset({"assets": {}, **archive.fields}, archive=True)}
        return Found(resource_id, state, inputs)

    def update(
        self, target: Target, resource_id: str, state: Props, news: Props, preview: bool
    ) -> Props:
        _resource(target, "Update")
        after = _state(news)
        if target.type == _COPY:
            if preview:
                return {**after, "source": UNKNOWN}
            if copy.changed(state, news):
                copy.copy(self._remote, news)
            return after
        kept: Props = {key: state[key] for key in _OUTPUTS if key in state}
        update = plain(news.get("update"))
        text = update if update is not None else plain(news.get("create"))
        if preview:
            same = update is None and plain(state.get("create")) == plain(news.get("create"))
            unknown = {} if same else {"stdout": UNKNOWN, "stderr": UNKNOWN}
            return {**kept, **after, **unknown}
        if text is None:
            return {**kept, **after}
        return {**after, **self._run(target, news, text, state)}

    def delete(self, target: Target, resource_id: str, state: Props) -> None:
        _resource(target, "Delete")
        text = plain(state.get("delete"))
        if target.type != _COPY and text is not None:
            self._run(target, state, text, state)

    def invoke(self, token: str) -> None:
        raise PluginError(f"Invoke '{token}' not found")

    def close(self) -> None:
        self._remote.close()

    def _run(self, target: Target, inputs: Props, text: str, previous: Props) -> Props:
        if target.type == _REMOTE:
            return self._remote.command(inputs, text, previous, target.log)
        return local.command(inputs, text, previous, target.log)


_OUTPUTS: Final = ("stdout", "stderr", "assets", "archive")


def _resource(target: Target, call: str) -> tuple[str, Any]:
    if target.type not in RESOURCES:
        raise PluginError(f"{call} '{target.type}' not found")
    return RESOURCES[target.type]


def _state(inputs: Props) -> Props:
    """The inputs as the state holds them: the connection secret, assets whole."""
    state = {key: value for key, value in inputs.items() if value is not None}
    for key in ("connection", "source"):
        field = (COPY if key == "source" else REMOTE_COMMAND)[key]
        if key in state:
            state[key] = _kept(field, state[key])
    return state


def _kept(field: Any, value: Any) -> Any:
    if isinstance(value, Asset):
        return whole_asset(value)
    if field.fields is None:
        return value
    inner = value.value if isinstance(value, Secret) else value
    if not isinstance(inner, dict):
        return value
    marked = {
        key: Secret(item) if key in _SECRET and not isinstance(item, Secret) else item
        for key, item in inner.items()
    }
    return Secret(marked)


_SECRET: Final = frozenset({"privateKey", "password", "privateKeyPassword"})
