"""What the stack file says of a container, with the keys of a Compose service."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from planning.compose import NetworkAttachment
from planning.conflicts import Claim, Item
from planning.field_types import HostName, Ipv4, Ipv6, NetworkName
from planning.service_surroundings import ServiceInStack

MODES = ("none", "host", "bridge")


Attachments = dict[NetworkName, NetworkAttachment | None] | list[NetworkName]


def _one_network(value: Any) -> Any:
    if isinstance(value, (list, dict)):
        raise ValueError("must be one name: write several as `networks: [lan, backend]`")
    return value


def _attachments(value: Any) -> Any:
    if isinstance(value, list):
        if wrong := [name for name in value if not isinstance(name, str)]:
            raise ValueError(f"{wrong[0]!r} is no name of a network: write e.g. [lan, backend]")
        if len(set(value)) < len(value):
            raise ValueError("names a network twice: name each once")
        return {name: {} for name in value}
    if isinstance(value, dict):
        return {name: item or {} for name, item in value.items()}
    return value


class ContainerSettings(ServiceInStack):
    """One entry of `crosshost:containers`."""

    host: HostName = Field(description="Docker host that runs the container")
    network: Annotated[
        str | None, BeforeValidator(_one_network, json_schema_input_type=str | None)
    ] = Field(
        default=None,
        description="none, host, bridge (the default), container:NAME, or a network of the stack",
    )
    network_mode: str | None = Field(
        default=None,
        description="Compose's word for `network`, with service:NAME for container:NAME",
    )
    ip: Ipv4 | None = Field(default=None, description="The container's address on `network`")
    ip6: Ipv6 | None = Field(
        default=None,
        description="Its address of the network's `subnet6`; default: the one at the place of the IPv4 address",
    )
    adopt: bool = Field(
        default=False,
        description="Where the host has a container of that name which crosshost did not make, it is taken "
        "over as it is, and made anew when its words here change",
    )
    networks: Annotated[
        dict[NetworkName, NetworkAttachment],
        BeforeValidator(_attachments, json_schema_input_type=Attachments),
    ] = Field(
        default={}, description="Instead of `network`: several networks, with addresses and aliases"
    )

    @model_validator(mode="before")
    @classmethod
    def read_network_mode(cls, value: Any) -> Any:
        mode = value.get("network_mode") if isinstance(value, dict) else None
        if not isinstance(mode, str):
            return value
        for other in ("network", "networks"):
            if value.get(other):
                raise ValueError(f"network_mode stands beside `{other}`: write one of the two")
        return {**value, "network": re.sub("^service:", "container:", mode)}

    def words(self, *, secret: bool) -> dict[str, Any]:
        """What the stack file says of it; without what must not be shown, where that is ``secret``."""
        hidden = {"environment", "command", "entrypoint", "healthcheck", "logging"}
        return self.model_dump(
            mode="json", exclude_unset=True, exclude={"adopt", *(hidden if secret else ())}
        )

    @property
    def shares(self) -> str | None:
        """NAME of ``network: container:NAME``."""
        if self.network and self.network.startswith("container:"):
            return self.network.removeprefix("container:")
        return None

    @property
    def comes_after(self) -> list[str]:
        """The containers that are made before this one."""
        return [*self.depends_on, *([self.shares] if self.shares else [])]

    @property
    def mode(self) -> str:
        """none, host, bridge, container:NAME, or the names of its networks by comma."""
        return ",".join(self.attachments()) or self.network or "bridge"

    def item(self, key: str) -> Item:
        """What the container is, and what it holds that no other one can have beside it."""
        name = self.container_name or key
        claims = {Claim("name", self.host, name)}
        for network, join in self.attachments().items():
            for address in (join.ipv4_address, join.ipv6_address):
                if address is not None:
                    claims.add(Claim("address", network, str(address)))
        claims |= {
            Claim("port", self.host, f"{port.host_ip}:{port.published}/{port.protocol}")
            for port in self.ports
            if port.published is not None
        }
        return Item("container", self.host, name, f"container/{key}", frozenset(claims))

    def attachments(self) -> dict[str, NetworkAttachment]:
        """The stack's networks that the container joins."""
        if self.networks:
            return dict(self.networks)
        if self.network is None or self.network in MODES or self.shares is not None:
            return {}
        return {self.network: NetworkAttachment(ipv4_address=self.ip, ipv6_address=self.ip6)}
