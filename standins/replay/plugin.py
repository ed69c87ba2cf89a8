"""Plugins as processes, and their calls in the records' notation."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped]
from google.protobuf import struct_pb2  # type: ignore[import-untyped]
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

FOLDER = Path(__file__).parents[1] / "plugins"

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SIGNATURES = {
    "1b47061264138c4ac30d75fd1eb44270": "$secret",
    "c44067f5952c0a294b673a41bacd8c17": "$asset",
    "0def7320c3a5731c473e5ecbe6d01bc7": "$archive",
}
_UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_KINDS = provider_pb2.PropertyDiff.Kind
Json = Any


class CallFailed(Exception):
    """The plugin answered with an error."""

    def __init__(self, failure: grpc.RpcError) -> None:
        super().__init__(failure.details())
        self.text = failure.details()
        self.code = failure.code().name
        self.unfinished = _unfinished(failure)


def _unfinished(failure: grpc.RpcError) -> dict[str, Json] | None:
    """The resource that exists all the same, if the error says so."""
    for key, value in failure.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            detail = provider_pb2.ErrorResourceInitFailed()
            marker = value.index(b"ErrorResourceInitFailed") + len(b"ErrorResourceInitFailed")
            size, start = _varint(value, marker + 1)
            detail.ParseFromString(value[start : start + size])
            return {"id": detail.id, "properties": from_wire(detail.properties)}
    return None


def _varint(data: bytes, start: int) -> tuple[int, int]:
    value = shift = 0
    for index in range(start, len(data)):
        value |= (data[index] & 0x7F) << shift
        shift += 7
        if not data[index] & 0x80:
            return value, index + 1
    raise ValueError("not a number")


class Plugin:
    """A running plugin."""

    def __init__(self, port: str, pid: int) -> None:
        self.pid = pid
        self._stub = provider_pb2_grpc.ResourceProviderStub(
            grpc.insecure_channel(f"127.0.0.1:{port}")
        )

    def configure(self, args: dict[str, Json]) -> None:
        """Hand it its settings."""
        self._call("Configure", provider_pb2.ConfigureRequest(args=to_wire(args)))

    def check(self, urn: str, news: Json, olds: Json, *, config: bool = False) -> dict[str, Json]:
        """Checked inputs and failures."""
        method = "CheckConfig" if config else "Check"
        request = provider_pb2.CheckRequest(urn=_full(urn), news=to_wire(news), olds=to_wire(olds))
        response = self._call(method, request)
        failures = [
            {key: value for key, value in
             (("property", failure.property), ("reason", failure.reason)) if value}
            for failure in response.failures
        ]  # fmt: skip
        return {"inputs": from_wire(response.inputs), "failures": failures}

    def diff(self, urn: str, request: dict[str, Json], *, config: bool = False) -> dict[str, Json]:
        """What would change."""
        message = provider_pb2.DiffRequest(
            urn=_full(urn),
            id=request.get("id", ""),
            olds=to_wire(request["olds"]),
            old_inputs=to_wire(request["oldInputs"]),
            news=to_wire(request["news"]),
            ignoreChanges=request.get("ignoreChanges", []),
        )
        response = self._call("DiffConfig" if config else "Diff", message)
        found: dict[str, Json] = {}
        if response.replaces:
            found["replaces"] = list(response.replaces)
        if response.deleteBeforeReplace:
            found["deleteBeforeReplace"] = True
        if response.changes:
            found["changes"] = provider_pb2.DiffResponse.DiffChanges.Name(response.changes)
        if response.diffs:
            found["diffs"] = list(response.diffs)
        if response.detailedDiff:
            found["detailedDiff"] = {
                path: _KINDS.Name(change.kind) + (" (inputDiff)" if change.inputDiff else "")
                for path, change in response.detailedDiff.items()
            }
        return {**found, "stables": list(response.stables)}

    def create(self, urn: str, inputs: Json, *, preview: bool = False) -> dict[str, Json]:
        """Id and state of a new resource."""
        request = provider_pb2.CreateRequest(
            urn=_full(urn), properties=to_wire(inputs), preview=preview
        )
        response = self._call("Create", request)
        return {"id": response.id, "properties": from_wire(response.properties)}

    def read(self, urn: str, resource_id: str, state: Json, inputs: Json) -> dict[str, Json]:
        """What is there."""
        request = provider_pb2.ReadRequest(
            urn=_full(urn), id=resource_id, properties=to_wire(state), inputs=to_wire(inputs)
        )
        response = self._call("Read", request)
        return {
            "id": response.id,
            "properties": from_wire(response.properties),
            "inputs": from_wire(response.inputs),
        }

    def update(
        self,
        urn: str,
        resource_id: str,
        olds: Json,
        news: Json,
        *,
        preview: bool = False,
        ignored: Sequence[str] = (),
    ) -> dict[str, Json]:
        """The state after a change in place."""
        request = provider_pb2.UpdateRequest(
            urn=_full(urn), id=resource_id, olds=to_wire(olds), news=to_wire(news), preview=preview,
            ignoreChanges=ignored,
        )  # fmt: skip
        return {"properties": from_wire(self._call("Update", request).properties)}

    def delete(self, urn: str, resource_id: str, state: Json) -> None:
        """Remove a resource."""
        request = provider_pb2.DeleteRequest(
            urn=_full(urn), id=resource_id, properties=to_wire(state)
        )
        self._call("Delete", request)

    def invoke(self, token: str, args: Json) -> None:
        """Run a function."""
        self._call("Invoke", provider_pb2.InvokeRequest(tok=token, args=to_wire(args)))

    def _call(self, method: str, request: Any) -> Any:
        try:
            return getattr(self._stub, method)(request, timeout=120)
        except grpc.RpcError as failure:
            raise CallFailed(failure) from None


def _full(urn: str) -> str:
    return f"urn:pulumi:stack::project::{urn}"


@contextmanager
def running(name: str, cwd: Path | None = None) -> Iterator[Plugin]:
    """A stand-in, started as the engine starts it."""
    command = [sys.executable, str(FOLDER / f"pulumi-resource-{name}"), "127.0.0.1:9"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=cwd) as process:
        assert process.stdout is not None
        try:
            yield Plugin(process.stdout.readline().strip(), process.pid)
        finally:
            process.terminate()
            process.wait(timeout=10)


def to_wire(props: Json) -> struct_pb2.Struct:
    """Properties in the records' notation as the engine sends them."""
    struct = struct_pb2.Struct()
    for key, value in (props or {}).items():
        _set(struct.fields[key], value)
    return struct


def _set(wire: struct_pb2.Value, value: Json) -> None:
    if value is None:
        wire.null_value = struct_pb2.NULL_VALUE
    elif value == "$unknown":
        wire.string_value = _UNKNOWN
    elif isinstance(value, bool):
        wire.bool_value = value
    elif isinstance(value, str):
        wire.string_value = value
    elif isinstance(value, list):
        wire.list_value.SetInParent()
        for item in value:
            _set(wire.list_value.values.add(), item)
    elif isinstance(value, dict):
        wire.struct_value.CopyFrom(to_wire(_signed(value)))
    else:
        wire.number_value = value


def _signed(value: dict[str, Json]) -> dict[str, Json]:
    for signature, mark in _SIGNATURES.items():
        if mark == "$secret" and mark in value:
            return {_SIGNATURE: signature, "value": value[mark]}
        if mark in value:
            return {_SIGNATURE: signature, **value[mark]}
    return value


def from_wire(struct: struct_pb2.Struct) -> dict[str, Json]:
    """What a plugin sent, in the records' notation."""
    return {key: _get(value) for key, value in struct.fields.items()}


def _get(wire: struct_pb2.Value) -> Json:
    kind = wire.WhichOneof("kind")
    if kind == "string_value":
        return "$unknown" if wire.string_value == _UNKNOWN else wire.string_value
    if kind == "number_value":
        return int(wire.number_value) if wire.number_value.is_integer() else wire.number_value
    if kind == "bool_value":
        return wire.bool_value
    if kind == "list_value":
        return [_get(item) for item in wire.list_value.values]
    if kind == "struct_value":
        fields = from_wire(wire.struct_value)
        mark = _SIGNATURES.get(fields.pop(_SIGNATURE, ""))
        if mark == "$secret":
            return {mark: fields["value"]}
        return {mark: fields} if mark else fields
    return None
