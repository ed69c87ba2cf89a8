"""The gRPC server of a plugin process: one thread for each call that is under way."""

# ruff: noqa: ARG002  (the protocol's calls all take a request and a context)

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc  # type: ignore[import-untyped]
from google.protobuf import empty_pb2  # type: ignore[import-untyped]
from pulumi.runtime.proto import (
    engine_pb2,
    engine_pb2_grpc,
    plugin_pb2,
    provider_pb2,
    provider_pb2_grpc,
    status_pb2,
)

from .errors import InitFailed, PluginError, Unimplemented
from .provider import Checked, Difference, Failure, Provider, Target
from .values import Props, plain, props_from_wire, props_to_wire

_OPTIONS = [
    ("grpc.max_receive_message_length", 400 << 20),
    ("grpc.max_send_message_length", 400 << 20),
]
_SEVERITIES = {
    "debug": engine_pb2.DEBUG,
    "info": engine_pb2.INFO,
    "warning": engine_pb2.WARNING,
    "error": engine_pb2.ERROR,
}
_THREADS = 128


class EngineLog:
    """Messages to the engine, which shows them under a resource."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._lock = threading.Lock()
        self._stub: Any = None

    def send(self, urn: str, severity: str, text: str) -> None:
        """Send one message; an engine that no longer listens is no error."""
        with self._lock:
            if self._stub is None:
                channel = grpc.insecure_channel(self._address, options=_OPTIONS)
                self._stub = engine_pb2_grpc.EngineStub(channel)
        request = engine_pb2.LogRequest(severity=_SEVERITIES[severity], message=text, urn=urn)
        try:
            self._stub.Log(request, timeout=30)
        except grpc.RpcError:
            return


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """Translates between the protocol and a `Provider`."""

    def __init__(self, provider: Provider, log: EngineLog, stop: Callable[[], None]) -> None:
        self._provider = provider
        self._log = log
        self._stop = stop

    def Handshake(self, request: Any, context: Any) -> Any:
        return _run(context, _no_handshake)

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version=self._provider.version)

    def GetSchema(self, request: Any, context: Any) -> Any:
        return _run(context, _no_schema)

    def Cancel(self, request: Any, context: Any) -> Any:
        self._stop()
        return empty_pb2.Empty()

    def CheckConfig(self, request: Any, context: Any) -> Any:
        def call(target: Target) -> Any:
            return _checked(self._provider.check_config(target, *self._of(request, "news", "olds")))

        return self._run(request, context, call)

    def DiffConfig(self, request: Any, context: Any) -> Any:
        olds = "old_inputs" if request.HasField("old_inputs") else "olds"

        def call(target: Target) -> Any:
            return _difference(self._provider.diff_config(target, *self._of(request, olds, "news")))

        return self._run(request, context, call)

    def Configure(self, request: Any, context: Any) -> Any:
        def call() -> Any:
            self._provider.configure(*self._of(request, "args"))
            return provider_pb2.ConfigureResponse(**self._provider.features)

        return _run(context, call)

    def Check(self, request: Any, context: Any) -> Any:
        def call(target: Target) -> Any:
            news, olds = self._of(request, "news", "olds")
            return _checked(self._provider.check(target, news, olds, request.randomSeed))

        return self._run(request, context, call)

    def Diff(self, request: Any, context: Any) -> Any:
        def call(target: Target) -> Any:
            return _difference(
                self._provider.diff(target, *self._of(request, "olds", "news", "old_inputs"))
            )

        return self._run(request, context, call)

    def Create(self, request: Any, context: Any) -> Any:
        def call(target: Target) -> Any:
            (inputs,) = self._of(request, "properties")
            resource_id, state = self._provider.create(target, inputs, request.preview)
            return provider_pb2.CreateResponse(id=resource_id, properties=props_to_wire(state))

        return self._run(request, context, call)

    def Read(self, request: Any, context: Any) -> Any:
        def call(target: Target) -> Any:
            given = self._of(request, "properties", "inputs")
            found = self._provider.read(target, request.id, *given)
            if not found.id:
                return provider_pb2.ReadResponse()
            return provider_pb2.ReadResponse(
                id=found.id,
                properties=props_to_wire(found.state),
                inputs=props_to_wire(found.inputs),
            )

        return self._run(request, context, call)

    def Update(self, request: Any, context: Any) -> Any:
        def call(target: Target) -> Any:
            olds, news = self._of(request, "olds", "news")
            state = self._provider.update(target, request.id, olds, news, request.preview)
            return provider_pb2.UpdateResponse(properties=props_to_wire(state))

        return self._run(request, context, call)

    def Delete(self, request: Any, context: Any) -> Any:
        def call(target: Target) -> Any:
            self._provider.delete(target, request.id, *self._of(request, "properties"))
            return empty_pb2.Empty()

        return self._run(request, context, call)

    def Invoke(self, request: Any, context: Any) -> Any:
        return _run(context, lambda: self._provider.invoke(request.tok))

    def _run(self, request: Any, context: Any, call: Callable[[Target], Any]) -> Any:
        return _run(context, lambda: call(self._target(request)))

    def _of(self, request: Any, *names: str) -> list[Props]:
        """The properties that a request has under these names."""
        return [self._props(getattr(request, name)) for name in names]

    def _props(self, struct: Any) -> Props:
        props = props_from_wire(struct)
        if self._provider.secrets:
            return props
        opened: Props = plain(props)
        return opened

    def _target(self, request: Any) -> Target:
        parts = request.urn.split("::")
        kind, name = (parts[-2].split("$")[-1], parts[-1]) if len(parts) > 1 else ("", "")
        return Target(
            type=request.type or kind,
            name=request.name or name,
            log=lambda level, text: self._log.send(request.urn, level, text),
            urn=request.urn,
            # Only a Diff and an Update have it.
            ignored=tuple(getattr(request, "ignoreChanges", ())),
        )


def _no_handshake() -> Any:
    raise Unimplemented("method Handshake not implemented")


def _no_schema() -> Any:
    raise Unimplemented("the stand-in has no schema")


def _run(context: Any, call: Callable[[], Any]) -> Any:
    try:
        return call()
    except InitFailed as failure:
        context.set_trailing_metadata((("grpc-status-details-bin", _init_failure(failure)),))
        context.abort(grpc.StatusCode.UNKNOWN, failure.text)
    except PluginError as failure:
        context.abort(getattr(grpc.StatusCode, failure.code), failure.text)


def _init_failure(failure: InitFailed) -> bytes:
    detail = provider_pb2.ErrorResourceInitFailed(
        id=failure.resource_id,
        properties=props_to_wire(failure.state),
        reasons=[failure.text],
        inputs=props_to_wire(failure.inputs),
    )
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=failure.text)
    status.details.add().Pack(detail)
    return bytes(status.SerializeToString())


def _failures(failures: list[Failure]) -> list[Any]:
    return [
        provider_pb2.CheckFailure(property=failure.property, reason=failure.reason)
        for failure in failures
    ]


def _checked(checked: Checked) -> Any:
    return provider_pb2.CheckResponse(
        inputs=props_to_wire(checked.inputs), failures=_failures(checked.failures)
    )


def _difference(difference: Difference) -> Any:
    kinds = provider_pb2.PropertyDiff.Kind
    changes = provider_pb2.DiffResponse.DiffChanges
    decided = changes.DIFF_SOME if difference.detailed else changes.DIFF_NONE
    return provider_pb2.DiffResponse(
        changes=changes.DIFF_UNKNOWN if difference.undecided else decided,
        replaces=difference.replaces,
        diffs=difference.diffs,
        stables=difference.stables,
        deleteBeforeReplace=difference.delete_before_replace,
        detailedDiff={
            path: provider_pb2.PropertyDiff(kind=kinds.Value(kind), inputDiff=difference.of_inputs)
            for path, kind in difference.detailed.items()
        },
        hasDetailedDiff=bool(difference.detailed),
    )


def serve(provider: Provider, arguments: list[str]) -> None:
    """Serve until the engine says that it is done, or is gone."""
    addresses = [argument for argument in arguments if not argument.startswith("-")]
    if not addresses:
        sys.exit(f"usage: pulumi-resource-{provider.name} ENGINE_ADDRESS")
    done = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: done.set())
    server = grpc.server(ThreadPoolExecutor(max_workers=_THREADS), options=_OPTIONS)
    servicer = Servicer(provider, EngineLog(addresses[0]), provider.close)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    _wait(done)
    provider.close()
    os._exit(0)


def _wait(done: threading.Event) -> None:
    parent = os.getppid()
    while not done.wait(2):
        if os.getppid() != parent:
            return
