"""The lookup functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ..provider import Failure
from ..values import Props
from .client import Client, DockerError
from .failures import Failed
from .images import look
from .networks import seen
from .schemas import NETWORK
from .shape import in_order


def get_network(client: Client, args: Props) -> Props:
    """A network by its name."""
    try:
        inspect = client.get(f"/networks/{args['name']}")
    except DockerError as failure:
        raise Failed(f"Could not find docker network: {failure.text}") from None
    props = seen(inspect)
    containers = [
        {
            "containerId": key,
            "endpointId": item.get("EndpointID") or "",
            "macAddress": item.get("MacAddress") or "",
            "ipv4Address": item.get("IPv4Address") or "",
            "ipv6Address": item.get("IPv6Address") or "",
            "name": item.get("Name") or "",
        }
        for key, item in sorted((inspect.get("Containers") or {}).items())
    ]
    kept = ("driver", "internal", "name", "options", "scope")
    return {
        **{key: props[key] for key in kept},
        "ipamConfigs": in_order(NETWORK.fields["ipamConfigs"], props["ipamConfigs"]),
        "containers": containers,
        "id": inspect["Id"],
    }


def get_remote_image(client: Client, args: Props) -> Props:
    """An image on the host by its name."""
    try:
        image = look(client, args["name"])
    except DockerError as failure:
        raise Failed(failure.text) from None
    if image is None:
        raise Failed(f"did not find docker image '{args['name']}'")
    digest = next(iter(image.get("RepoDigests") or []), "")
    return {"id": image["Id"], "name": args["name"], "repoDigest": digest}


FUNCTIONS: Final[dict[str, Callable[[Client, Props], Props]]] = {
    "docker:index/getNetwork:getNetwork": get_network,
    "docker:index/getRemoteImage:getRemoteImage": get_remote_image,
}

NOT_SUPPORTED: Final = frozenset(
    {
        "docker:index/getRegistryImage:getRegistryImage",
        "docker:index/getLogs:getLogs",
        "docker:index/getPlugin:getPlugin",
        "docker:index/getRegistryImageManifests:getRegistryImageManifests",
    }
)


def check_args(args: Props) -> list[Failure]:
    """What is wrong with a function's arguments."""
    failures = [
        Failure(f"[{key}] Invalid or unknown key: ")
        for key in args
        if key not in ("name", "version", "__version")
    ]
    if args.get("name") is None:
        failures.append(
            Failure(
                '[name] Missing required argument: The argument "name" is required, '
                "but no definition was found."
            )
        )
    return failures
