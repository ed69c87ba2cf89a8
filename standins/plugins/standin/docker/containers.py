"""Container: create, read, update, delete."""

from __future__ import annotations

import time
from typing import Any, Final

from ..provider import Found
from ..values import Props
from . import container_request as request
from .client import Client, DockerError
from .container_view import seen
from .failures import Failed
from .images import find
from .schemas import CONTAINER
from .state import created, inputs_after, refreshed, unfinished, updated
from .transport import wait_until

_SETTLE: Final = 0.1
"""Before the first look: a process that ends at once is then seen to have ended."""

_CHANGED_BY_DOCKER: Final = (
    "restart",
    "maxRetryCount",
    "memory",
    "memoryReservation",
    "memorySwap",
    "cpuShares",
    "cpuSet",
)


def create(client: Client, inputs: Props) -> tuple[str, Props]:
    """Make and start a container."""
    if inputs.get("attach"):
        raise Failed("'attach' is not supported by the stand-in plugin")
    try:
        find(client, inputs["image"])
    except DockerError as failure:
        text = f"Unable to create container with image {inputs['image']}: {failure.text}"
        raise Failed(text) from None
    if "" in (inputs.get("command") or []):
        raise Failed("values for command may not be empty")
    body = request.create_body(inputs)
    query = {"name": inputs["name"], "platform": inputs.get("platform")}
    try:
        resource_id = client.post("/containers/create", body, **query)["Id"]
    except DockerError as failure:
        raise Failed(f"Unable to create container: {failure.text}") from None
    try:
        _finish(client, resource_id, inputs)
        inspect = _inspect(client, resource_id)
    except Failed as failure:
        state = unfinished(CONTAINER, inputs, resource_id)
        raise Failed(failure.text, resource_id=resource_id, state=state) from None
    if inspect is None:
        text = f"container {resource_id} was removed while it was being created"
        raise Failed(text)
    props = {**seen(inspect), "mustRun": _must_run(inspect, inputs["mustRun"])}
    return resource_id, created(CONTAINER, inputs, props, resource_id)


def _finish(client: Client, resource_id: str, inputs: Props) -> None:
    """Networks, uploads, start and the wait."""
    if inputs.get("networksAdvanced"):
        _connect(client, resource_id, inputs["networksAdvanced"])
    for upload in inputs.get("uploads") or []:
        _upload(client, resource_id, upload)
    if inputs.get("start", True):
        try:
            client.post(f"/containers/{resource_id}/start")
        except DockerError as failure:
            raise Failed(f"Unable to start container: {failure.text}") from None
        if inputs.get("wait"):
            _wait_healthy(client, resource_id, inputs.get("waitTimeout") or 60)
        else:
            time.sleep(_SETTLE)


def _connect(client: Client, resource_id: str, networks: list[Props]) -> None:
    try:
        client.post("/networks/bridge/disconnect", {"Container": resource_id, "Force": False})
    except DockerError as failure:
        if "is not connected to the network bridge" not in failure.text:
            raise Failed(f"Unable to disconnect the default network: {failure.text}") from None
    for network in networks:
        body = {"Container": resource_id, "EndpointConfig": request.network_config(network)}
        try:
            client.post(f"/networks/{network['name']}/connect", body)
        except DockerError as failure:
            text = f"Unable to connect to network '{network['name']}': {failure.text}"
            raise Failed(text) from None


def _upload(client: Client, resource_id: str, upload: Props) -> None:
    given = [key for key in ("content", "contentBase64") if upload.get(key)]
    if len(given) != 1:
        raise Failed("error with upload content: one of 'content', 'content_base64' must be set")
    archive = request.upload_archive(upload)
    try:
        client.unpack(f"/containers/{resource_id}/archive", archive)
    except DockerError as failure:
        raise Failed(f"Unable to upload volume content: {failure.text}") from None


def _wait_healthy(client: Client, resource_id: str, seconds: int) -> None:
    for _ in wait_until(seconds):
        inspect = _inspect(client, resource_id)
        health = (inspect or {}).get("State", {}).get("Health") or {}
        if health.get("Status") == "healthy":
            return
    raise Failed("container failed to be in healthy state")


def _inspect(client: Client, resource_id: str) -> dict[str, Any] | None:
    try:
        inspect: dict[str, Any] | None = client.find(f"/containers/{resource_id}/json")
    except DockerError as failure:
        raise Failed(failure.text) from None
    return inspect


def _must_run(inspect: dict[str, Any], wanted: Any) -> Any:
    """What the state says: a container that should run and does not is shown as one that need not."""
    return wanted if inspect["State"].get("Running") else False


def read(client: Client, resource_id: str, state: Props, inputs: Props) -> Found:
    """Look a container up by its full id."""
    inspect = _inspect(client, resource_id)
    if inspect is None or inspect["Id"] != resource_id:
        return Found()
    props = seen(inspect)
    props["mustRun"] = _must_run(inspect, state.get("mustRun", True))
    after = refreshed(CONTAINER, {**state, "image": state.get("image") or ""}, props, resource_id)
    if not state:
        after["image"] = inspect["Config"]["Image"]
    return Found(resource_id, after, inputs_after(CONTAINER, inputs, after))


def update(client: Client, resource_id: str, state: Props, news: Props) -> Props:
    """Change what can be changed in place; what cannot goes into the state alone."""
    after = updated(CONTAINER, state, news)
    try:
        if any(state.get(key) != after.get(key) for key in _CHANGED_BY_DOCKER):
            body = {"RestartPolicy": request.restart_policy(after), **request.resources(after)}
            try:
                client.post(f"/containers/{resource_id}/update", body)
            except DockerError as failure:
                raise Failed(f"Unable to update a container: {failure.text}") from None
        if after.get("mustRun") and not state.get("mustRun"):
            try:
                client.post(f"/containers/{resource_id}/start")
            except DockerError as failure:
                raise Failed(f"Unable to start container: {failure.text}") from None
    except Failed as failure:
        raise Failed(failure.text, resource_id=resource_id, state=after) from None
    return after


def delete(client: Client, resource_id: str, state: Props) -> None:
    """Stop (with grace, if asked for) and remove; a container that is gone is no error."""
    try:
        if state.get("destroyGraceSeconds"):
            seconds = state["destroyGraceSeconds"]
            try:
                client.post(f"/containers/{resource_id}/stop", t=str(seconds))
            except DockerError as failure:
                if failure.status != 304:
                    raise
        volumes = state.get("removeVolumes", True) is not False
        client.delete(f"/containers/{resource_id}", force=True, v=volumes)
    except DockerError as failure:
        if failure.status == 404:
            return
        if "is already in progress" in failure.text:
            _wait_gone(client, resource_id)
            return
        raise Failed(f"Error deleting container {resource_id}: {failure.text}") from None


def _wait_gone(client: Client, resource_id: str) -> None:
    for _ in wait_until(30):
        if _inspect(client, resource_id) is None:
            return
    raise Failed(f"Error waiting for container removal '{resource_id}'")
