"""The inputs of the command plugin's resources, and what Check makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..provider import Checked, Failure
from ..values import UNKNOWN, Asset, Props, Secret, has_unknown, plain

Path = tuple[str, ...]


@dataclass(frozen=True)
class Input:
    """One input: its kind, and the fields of an object."""

    kind: str
    required: bool = False
    default: Any = None
    secret: bool = False
    fields: Mapping[str, Input] | None = None
    type_name: str = ""


Inputs = Mapping[str, Input]

_DIALLED: Final[Inputs] = {
    "agentSocketPath": Input("string"),
    "dialErrorLimit": Input("float64", default=10),
    "host": Input("string", required=True),
    "hostKey": Input("string"),
    "password": Input("string", secret=True),
    "perDialTimeout": Input("float64", default=15),
    "port": Input("float64", default=22),
    "privateKey": Input("string", secret=True),
    "privateKeyPassword": Input("string", secret=True),
    "user": Input("string", default="root"),
}

_PROXY: Final = Input("object", fields=_DIALLED, type_name="remote.ProxyConnection")

_CONNECTION: Final = Input(
    "object",
    required=True,
    secret=True,
    fields={**_DIALLED, "proxy": _PROXY},
    type_name="remote.Connection",
)

_RUN: Final[Inputs] = {
    "addPreviousOutputInEnv": Input("bool"),
    "create": Input("string"),
    "delete": Input("string"),
    "environment": Input("map"),
    "logging": Input("string"),
    "stdin": Input("string"),
    "triggers": Input("array"),
    "update": Input("string"),
}

_LOCAL: Final[Inputs] = {
    "archivePaths": Input("array"),
    "assetPaths": Input("array"),
    "dir": Input("string"),
    "interpreter": Input("array"),
}

REMOTE_COMMAND: Final[Inputs] = {**_RUN, "connection": _CONNECTION}
COPY: Final[Inputs] = {
    "connection": _CONNECTION,
    "remotePath": Input("string", required=True),
    "source": Input("asset", required=True),
    "triggers": Input("array"),
}
LOCAL_COMMAND: Final[Inputs] = {**_RUN, **_LOCAL}
RESOURCES: Final[Mapping[str, tuple[str, Inputs]]] = {
    "command:remote:Command": ("remote.CommandInputs", REMOTE_COMMAND),
    "command:remote:CopyToRemote": ("remote.CopyToRemoteInputs", COPY),
    "command:local:Command": ("local.CommandInputs", LOCAL_COMMAND),
}


def check(type_name: str, fields: Inputs, news: Props) -> Checked:
    """Defaults filled in, secrets marked; or the inputs as they came and what is wrong."""
    failures = refusals(type_name, fields, news)
    if "source" in fields:
        failures.extend(_source_problems(plain(news.get("source"))))
    filled = {key: _filled(fields.get(key), value) for key, value in news.items()}
    if failures:
        marked = {key: _marked(fields.get(key), value) for key, value in news.items()}
        return Checked(marked, failures)
    return Checked(filled)


def _source_problems(source: Any) -> list[Failure]:
    if source is UNKNOWN:
        return []
    if not isinstance(source, Asset):
        return [Failure("either asset or archive must be set", "asset")]
    if source.archive and not source.fields.get("path") and source.fields.get("assets"):
        return [Failure("archive must be a path to a file or directory", "archive")]
    return []


def refusals(type_name: str, fields: Inputs, news: Props) -> list[Failure]:
    """What is wrong with the inputs of a resource or function."""
    failures = []
    for key in sorted(fields.keys() | news.keys()):
        for name, reason in _problems(type_name, fields, news, key):
            failures.append(Failure(reason, name))
    return failures


def _problems(type_name: str, fields: Inputs, news: Props, key: str) -> list[tuple[str, str]]:
    field, value = fields.get(key), plain(news.get(key))
    if field is None:
        return [(key, f"Unrecognized field '{key}' on '{type_name}'")]
    if value is None:
        if field.required:
            return [(key, f"Missing required field '{key}' on '{type_name}'")]
        return []
    if has_unknown(value) and not isinstance(value, dict):
        return []
    if field.fields is not None:
        return _object_problems(type_name, field, value, key)
    if field.kind == "map" and isinstance(value, dict):
        return [
            (f"{key}[{name}] value", _wrong(f"{key}[{name}] value", type_name, "string", item))
            for name, item in value.items()
            if not isinstance(item, str) and item is not UNKNOWN
        ]
    if not _fits(field.kind, value):
        return [(key, _wrong(key, type_name, field.kind, value))]
    return []


def _object_problems(type_name: str, field: Input, value: Any, key: str) -> list[tuple[str, str]]:
    if not isinstance(value, dict):
        return [(key, _wrong(key, type_name, "object", value))]
    inner = [
        f"\t{name}: {reason}"
        for part in sorted((field.fields or {}).keys() | value.keys())
        for name, reason in _problems(field.type_name, field.fields or {}, value, part)
    ]
    if not inner:
        return []
    owner = type_name.rsplit(".", 1)[-1]
    found = "\n".join(inner)
    said = f"An error occurred decoding '{owner}.{key}': {len(inner)} failures decoding:\n{found}"
    return [(key, said)]


def _fits(kind: str, value: Any) -> bool:
    if kind == "bool":
        return isinstance(value, bool)
    if kind == "float64":
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "asset":
        return True
    return isinstance(value, {"string": str, "array": list, "map": dict}[kind])


def _wrong(key: str, type_name: str, kind: str, value: Any) -> str:
    names = {bool: "bool", int: "float64", float: "float64", str: "string", list: "array"}
    got = names.get(type(value), "object")
    return f"Field '{key}' on '{type_name}' must be a '{kind}'; got '{got}' instead"


def _filled(field: Input | None, value: Any) -> Any:
    """A value with the defaults of its objects and its secrets marked."""
    if field is None:
        return value
    if field.fields is not None:
        given = plain_top(value)
        if isinstance(given, dict):
            inner = {key: _filled(field.fields.get(key), item) for key, item in given.items()}
            for key, part in field.fields.items():
                if part.default is not None and inner.get(key) is None:
                    inner[key] = part.default
            return Secret(inner) if field.secret else inner
    if isinstance(value, Asset):
        return whole_asset(value)
    return _secret(field, value)


def _marked(field: Input | None, value: Any) -> Any:
    """A value with only its secrets marked: what comes back beside a failure."""
    if field is not None and field.fields is not None and isinstance(plain_top(value), dict):
        items = plain_top(value).items()
        inner = {key: _marked(field.fields.get(key), item) for key, item in items}
        return Secret(inner) if field.secret else inner
    return value if field is None else _secret(field, value)


def _secret(field: Input, value: Any) -> Any:
    if field.secret and not isinstance(value, Secret) and value is not None:
        return Secret(value)
    return value


def plain_top(value: Any) -> Any:
    """`value` without the secrecy of the whole."""
    return value.value if isinstance(value, Secret) else value


def whole_asset(asset: Asset) -> Asset:
    """An asset with all the fields that the official plugin gives it."""
    if asset.archive:
        return Asset({"assets": {}, "path": "", "uri": "", **asset.fields}, archive=True)
    return Asset({"path": "", "text": "", "uri": "", **asset.fields})
