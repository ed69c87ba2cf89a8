"""The docker plugin's calls."""

# ruff: noqa: ARG002  (the contract gives more than each call uses)

from __future__ import annotations

import json
import threading
from importlib import import_module
from types import ModuleType
from typing import Any, Final

from ..errors import InitFailed, PluginError
from ..provider import Checked, Difference, Failure, Found, Provider, Target
from ..values import UNKNOWN, Props
from .checking import check
from .diffing import diff
from .failures import Failed
from .schema import Schema
from .schemas import SCHEMAS
from .state import planned, updated

_CONFIG: Final = {
    "host": "str",
    "sshOpts": "json",
    "disableDockerDaemonCheck": "json",
    "version": "str",
    "pluginDownloadURL": "str",
}
_CONFIG_NOT_SUPPORTED: Final = frozenset(
    {"caMaterial", "certMaterial", "certPath", "context", "keyMaterial", "registryAuth"}
)
_MODULES: Final = {
    "docker:index/container:Container": "containers",
    "docker:index/network:Network": "networks",
    "docker:index/volume:Volume": "volumes",
    "docker:index/remoteImage:RemoteImage": "images",
}
_NO_DAEMON: Final = (
    "docker native provider returned an unexpected error from Configure: "
    "failed to connect to any docker daemon"
)


class Docker(Provider):
    """One daemon. Nothing is loaded or contacted before the first call that needs it."""

    name = "docker"
    version = "5.1.0"
    features = {"supportsPreview": True}

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._client: Any = None
        self._settings: Props = {}

    def check_config(self, target: Target, news: Props, olds: Props) -> Checked:
        inputs: Props = {}
        failures: list[Failure] = []
        for key, value in news.items():
            if value is None:
                continue
            if key not in _CONFIG:
                failures.append(self._refused(target.name, key))
            inputs[key] = _config_value(_CONFIG.get(key, "str"), value)
        return Checked({} if failures else inputs, failures)

    @staticmethod
    def _refused(name: str, key: str) -> Failure:
        reason = "Invalid or unknown key"
        if key in _CONFIG_NOT_SUPPORTED:
            reason = f"'{key}' is not supported by the stand-in plugin"
        return Failure(
            f"could not validate provider configuration: {reason}. Examine values at '{name}.{key}'."
        )

    def diff_config(self, target: Target, olds: Props, news: Props) -> Difference:
        if any(value is UNKNOWN for value in news.values()):
            return Difference(undecided=True)
        detailed = {}
        for key in sorted(olds.keys() | news.keys()):
            old, new = olds.get(key), news.get(key)
            if old != new:
                detailed[key] = "ADD" if old is None else "DELETE" if new is None else "UPDATE"
        return Difference(
            detailed=detailed, diffs=sorted(detailed), undecided=not detailed, of_inputs=True
        )

    def configure(self, args: Props) -> None:
        host = args.get("host")
        if isinstance(host, str) and not host.startswith("ssh://"):
            raise PluginError(_NO_DAEMON)
        self._settings = args

    def check(self, target: Target, news: Props, olds: Props, seed: bytes) -> Checked:
        return check(_schema(target, "Check"), target.name, news, olds, seed)

    def diff(self, target: Target, state: Props, news: Props, olds: Props) -> Difference:
        schema = _schema(target, "Diff")
        return diff(schema, state, _kept(target, schema, state, news))

    def create(self, target: Target, inputs: Props, preview: bool) -> tuple[str, Props]:
        schema = _schema(target, "Create")
        if preview:
            return "", planned(schema, inputs)
        module = _module(target)
        try:
            resource_id, state = module.create(self._docker(), inputs)
        except Failed as failure:
            raise self._error(target, "creating", failure) from None
        return resource_id, state

    def read(self, target: Target, resource_id: str, state: Props, inputs: Props) -> Found:
        _schema(target, "Read", resource_id)
        try:
            found: Found = _module(target).read(self._docker(), resource_id, state, inputs)
        except Failed as failure:
            raise self._error(target, "refreshing", failure) from None
        return found

    def update(
        self, target: Target, resource_id: str, state: Props, news: Props, preview: bool
    ) -> Props:
        schema = _schema(target, "Update", resource_id)
        news = _kept(target, schema, state, news)
        if preview:
            return updated(schema, state, news, preview=True)
        try:
            after: Props = _module(target).update(self._docker(), resource_id, state, news)
        except Failed as failure:
            raise self._error(target, "updating", failure) from None
        return after

    def delete(self, target: Target, resource_id: str, state: Props) -> None:
        _schema(target, "Delete", resource_id)
        try:
            _module(target).delete(self._docker(), resource_id, state)
        except Failed as failure:
            raise self._error(target, "deleting", failure) from None

    def invoke(self, token: str) -> None:
        raise PluginError(f"unrecognized data function (Invoke): {token}")

    def close(self) -> None:
        if self._client is not None:
            self._client.close()

    def _docker(self) -> Any:
        from .client import Client

        with self._lock:
            if self._client is None:
                host = self._settings.get("host")
                if not isinstance(host, str):
                    raise Failed("the stand-in plugin needs a provider with a host (ssh://...)")
                options = tuple(_config_list(self._settings.get("sshOpts")))
                check_disabled = _config_flag(self._settings.get("disableDockerDaemonCheck"))
                self._client = Client(host, options, probe=not check_disabled)
            return self._client

    def _error(self, target: Target, doing: str, failure: Failed) -> PluginError:
        """The error as the bridge words it, and the line that it logs before it."""
        target.log(
            "error",
            f"  sdk-v2/provider2.go:572: sdk.helper_schema: {failure.text}: "
            f"provider={self.name}@{self.version}",
        )
        text = f"1 error occurred:\n\t* {failure.text}\n\n"
        if doing in ("refreshing", "deleting", "updating") or failure.state is not None:
            text = f"{doing} {target.urn}: {text}"
        if failure.state is None:
            return PluginError(text)
        return InitFailed(text, failure.resource_id, failure.state, {})


def _kept(target: Target, schema: Schema, state: Props, news: Props) -> Props:
    """The inputs with what is to be ignored as the state has it."""
    for path in target.ignored:
        if path not in schema.fields:
            raise PluginError(f"ignoring {path!r} is not supported by the stand-in plugin")
    return {**news, **{key: state.get(key) for key in target.ignored}}


def _schema(target: Target, call: str, resource_id: str = "new") -> Schema:
    schema = SCHEMAS.get(target.type)
    if not resource_id:
        raise PluginError(f"{call} of {target.name} without an id")
    if schema is None:
        raise PluginError(f"unrecognized resource type ({call}): {target.type}")
    return schema


def _module(target: Target) -> ModuleType:
    return import_module(f".{_MODULES[target.type]}", __package__)


def _config_value(kind: str, value: Any) -> Any:
    """Compound settings travel as JSON text."""
    if kind != "json" or value is UNKNOWN:
        return value
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            raise PluginError(
                "CheckConfig failed because of malformed resource inputs: invalid character "
                f"'{_culprit(value)}' looking for beginning of value"
            ) from None
    return json.dumps(value, separators=(",", ":"))


def _culprit(text: str) -> str:
    return next((letter for letter in text if letter not in " [{\t\n"), "")


def _config_list(value: Any) -> list[str]:
    items = json.loads(value) if isinstance(value, str) else value
    return [str(item) for item in items or []]


def _config_flag(value: Any) -> bool:
    return value is True or value == "true"
