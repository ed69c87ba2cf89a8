"""Volume: create, read, delete. There is no update: every input replaces."""

# ruff: noqa: ARG001  (all resources have the same functions)

from __future__ import annotations

from typing import Any

from ..provider import Found
from ..values import Props
from .client import Client, DockerError
from .container_request import pairs
from .failures import Failed
from .removal import remove_when_free
from .schemas import VOLUME
from .state import created, inputs_after, refreshed


def create(client: Client, inputs: Props) -> tuple[str, Props]:
    """Make a volume, or take the one of that name that is there."""
    body = {
        "Name": inputs["name"],
        "Driver": inputs.get("driver") or "",
        "DriverOpts": inputs.get("driverOpts") or {},
        "Labels": pairs(inputs.get("labels")),
    }
    try:
        volume = client.post("/volumes/create", body)
    except DockerError as failure:
        raise Failed(f"Unable to create volume: {failure.text}") from None
    return volume["Name"], created(VOLUME, inputs, _seen(volume), volume["Name"])


def _seen(volume: dict[str, Any]) -> Props:
    return {
        "name": volume["Name"],
        "driver": volume.get("Driver") or "",
        "driverOpts": volume.get("Options") or {},
        "labels": [
            {"label": key, "value": value} for key, value in (volume.get("Labels") or {}).items()
        ],
        "mountpoint": volume.get("Mountpoint") or "",
    }


def read(client: Client, resource_id: str, state: Props, inputs: Props) -> Found:
    """Look a volume up."""
    try:
        volume = client.find(f"/volumes/{resource_id}")
    except DockerError as failure:
        raise Failed(f"Unable to inspect volume: {failure.text}") from None
    if volume is None:
        return Found()
    after = refreshed(VOLUME, state, _seen(volume), resource_id)
    return Found(resource_id, after, inputs_after(VOLUME, inputs, after))


def delete(client: Client, resource_id: str, state: Props) -> None:
    """Remove a volume, waiting a little for its last container to leave."""
    remove_when_free(lambda: _removed(client, resource_id), "in_use")


def _removed(client: Client, resource_id: str) -> bool:
    try:
        client.delete(f"/volumes/{resource_id}", force=True)
    except DockerError as failure:
        if failure.status == 404:
            return True
        if failure.status == 409:
            return False
        raise Failed(f"Error removing volume '{resource_id}': {failure.text}") from None
    return True
