"""Network: create, read, delete. There is no update: every input replaces."""

# ruff: noqa: ARG001  (all resources have the same functions)

from __future__ import annotations

from typing import Any

from ..provider import Found
from ..values import Props
from .client import Client, DockerError
from .container_request import pairs
from .failures import Failed
from .removal import remove_when_free
from .schemas import NETWORK
from .state import created, inputs_after, refreshed


def create(client: Client, inputs: Props) -> tuple[str, Props]:
    """Make a network."""
    try:
        resource_id: str = client.post("/networks/create", _body(inputs))["Id"]
        inspect = client.get(f"/networks/{resource_id}")
    except DockerError as failure:
        raise Failed(f"Unable to create network: {failure.text}") from None
    return resource_id, created(NETWORK, inputs, seen(inspect), resource_id)


def _body(inputs: Props) -> dict[str, Any]:
    ipam: dict[str, Any] = {"Driver": inputs.get("ipamDriver") or "default"}
    if inputs.get("ipamOptions"):
        ipam["Options"] = inputs["ipamOptions"]
    if inputs.get("ipamConfigs"):
        ipam["Config"] = [_ipam(config) for config in inputs["ipamConfigs"]]
    return {
        "Name": inputs["name"],
        "CheckDuplicate": True,
        "Driver": inputs.get("driver") or "bridge",
        "Options": inputs.get("options") or {},
        "Labels": pairs(inputs.get("labels")),
        "Internal": bool(inputs.get("internal")),
        "Attachable": bool(inputs.get("attachable")),
        "Ingress": bool(inputs.get("ingress")),
        "EnableIPv6": bool(inputs.get("ipv6")),
        "IPAM": ipam,
    }


def _ipam(config: Props) -> dict[str, Any]:
    body = {
        "Subnet": config.get("subnet"),
        "IPRange": config.get("ipRange"),
        "Gateway": config.get("gateway"),
        "AuxiliaryAddresses": config.get("auxAddress"),
    }
    return {key: value for key, value in body.items() if value}


def seen(inspect: dict[str, Any]) -> Props:
    """A network's properties from Docker's inspect."""
    ipam = inspect.get("IPAM") or {}
    return {
        "name": inspect["Name"],
        "labels": [
            {"label": key, "value": value} for key, value in (inspect.get("Labels") or {}).items()
        ],
        "driver": inspect.get("Driver") or "",
        "internal": bool(inspect.get("Internal")),
        "attachable": bool(inspect.get("Attachable")),
        "ingress": bool(inspect.get("Ingress")),
        "ipv6": bool(inspect.get("EnableIPv6")),
        "ipamDriver": ipam.get("Driver") or "",
        "ipamOptions": ipam.get("Options") or {},
        "scope": inspect.get("Scope") or "",
        "options": inspect.get("Options") or {},
        "ipamConfigs": [
            {
                "subnet": config.get("Subnet") or "",
                "ipRange": config.get("IPRange") or "",
                "gateway": config.get("Gateway") or "",
                "auxAddress": config.get("AuxiliaryAddresses") or config.get("AuxAddress") or {},
            }
            for config in ipam.get("Config") or []
        ],
    }


def _inspect(client: Client, resource_id: str) -> dict[str, Any] | None:
    try:
        inspect: dict[str, Any] | None = client.find(f"/networks/{resource_id}")
    except DockerError as failure:
        raise Failed(failure.text) from None
    return inspect


def read(client: Client, resource_id: str, state: Props, inputs: Props) -> Found:
    """Look a network up; the id may be a name on import."""
    inspect = _inspect(client, resource_id)
    if inspect is None:
        return Found()
    after = refreshed(NETWORK, state, seen(inspect), resource_id)
    return Found(resource_id, after, inputs_after(NETWORK, inputs, after))


def delete(client: Client, resource_id: str, state: Props) -> None:
    """Remove a network, waiting a little for its last container to leave."""
    remove_when_free(lambda: _removed(client, resource_id), "pending")


def _removed(client: Client, resource_id: str) -> bool:
    # Of a swarm's network that is gone a delete says something else than that.
    if _inspect(client, resource_id) is None:
        return True
    try:
        client.delete(f"/networks/{resource_id}")
    except DockerError as failure:
        if failure.status == 404:
            return True
        if "has active endpoints" in failure.text:
            return False
        raise Failed(failure.text) from None
    return True
