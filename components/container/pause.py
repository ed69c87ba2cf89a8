"""A pause before a container is made, where the network needs one after the container that was there before."""

from __future__ import annotations

import asyncio

import pulumi
from pulumi.runtime.proto import resource_pb2, resource_pb2_grpc
from pulumi.runtime.settings import get_monitor, monitor_supports_feature


def before_create(seconds: float) -> pulumi.ResourceHookBinding | None:
    """Of ``seconds``, at each up that makes the container.

    None where Pulumi's CLI is too old to have such hooks, and under its mocks, which have none either.
    """
    engine = isinstance(get_monitor(), resource_pb2_grpc.ResourceMonitorStub)
    hooks = resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_HOOKS
    if not seconds or not engine or not monitor_supports_feature(hooks):
        return None

    async def pause(_args: pulumi.ResourceHookArgs) -> None:
        await asyncio.sleep(seconds)

    return pulumi.ResourceHookBinding(before_create=[pause])
