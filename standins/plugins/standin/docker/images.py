"""RemoteImage, and finding an image for a container."""

# ruff: noqa: ARG001  (all resources have the same functions)

from __future__ import annotations

from typing import Any

from ..provider import Found
from ..values import Props
from .client import Client, DockerError
from .failures import Failed
from .schemas import REMOTE_IMAGE
from .state import created, inputs_after, refreshed, updated


def look(client: Client, name: str) -> dict[str, Any] | None:
    """The image on the host, if it is there."""
    image: dict[str, Any] | None = client.find(f"/images/{name}/json")
    return image


def find(client: Client, name: str, platform: str = "") -> dict[str, Any]:
    """The image on the host, pulled if it is not there."""
    if not name:
        raise DockerError("empty image name is not allowed")
    image = look(client, name)
    if image is not None:
        return image
    try:
        problem = client.pull(name, platform)
    except DockerError as failure:
        text = f"unable to pull image {name}: error pulling image {name}: {failure.text}"
        raise DockerError(text, failure.status) from None
    if problem:
        raise DockerError(f"unable to pull image {name}: error pulling image {name}: {problem}")
    image = look(client, name)
    if image is None:
        raise DockerError(f"unable to find or pull image {name}")
    return image


def _seen(image: dict[str, Any]) -> Props:
    return {"imageId": image["Id"], "repoDigest": next(iter(image.get("RepoDigests") or []), "")}


def create(client: Client, inputs: Props) -> tuple[str, Props]:
    """Take the image that is on the host, or pull it."""
    try:
        image = find(client, inputs["name"], inputs.get("platform") or "")
    except DockerError as failure:
        raise Failed(f"Unable to read Docker image into resource: {failure.text}") from None
    resource_id = image["Id"] + inputs["name"]
    return resource_id, created(REMOTE_IMAGE, inputs, _seen(image), resource_id)


def read(client: Client, resource_id: str, state: Props, inputs: Props) -> Found:
    """Look the image up by its name."""
    name = state.get("name") or ""
    if not name:
        return Found()
    try:
        image = look(client, name)
    except DockerError as failure:
        raise Failed(f"Error reading docker image list: {failure.text}") from None
    if image is None:
        return Found()
    found_id = image["Id"] + name
    after = refreshed(REMOTE_IMAGE, state, _seen(image), found_id)
    return Found(found_id, after, inputs_after(REMOTE_IMAGE, inputs, after))


def update(client: Client, resource_id: str, state: Props, news: Props) -> Props:
    """Nothing on the host changes; the image is looked up again."""
    after = updated(REMOTE_IMAGE, state, news)
    try:
        return {**after, **_seen(find(client, news["name"], news.get("platform") or ""))}
    except DockerError as failure:
        raise Failed(f"Unable to read Docker image into resource: {failure.text}") from None


def delete(client: Client, resource_id: str, state: Props) -> None:
    """Remove the name from the host unless it is to be kept."""
    if state.get("keepLocally"):
        return
    try:
        if look(client, state["name"]) is not None:
            client.delete(f"/images/{state['name']}", force=bool(state.get("forceRemove")))
    except DockerError as failure:
        if failure.status != 404:
            raise Failed(f"Unable to remove Docker image: {failure.text}") from None
