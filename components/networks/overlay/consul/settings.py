"""`crosshost:consul`: the Consul server that overlays on Consul keep their state in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pydantic import Field, model_validator

from components.networks.overlay.consul import access_files
from components.networks.overlay.consul.access_files import Access, ConsulTlsFiles, Token
from planning.conflicts import Claim, Item
from planning.field_types import DockerName, HostName, Image, StackName, Subnet
from planning.stack_model import StackModel


class ConsulSettings(StackModel):
    """`crosshost:consul`: the Consul server that overlays on Consul keep their state in."""

    host: HostName = Field(description="Docker host that runs the server")
    stack: StackName | None = Field(
        default=None,
        description="Another stack whose server on that host this one uses; default: one of its own",
    )
    image: Image = Field(
        default="hashicorp/consul:1.15", description="Image whose entrypoint takes `agent ...`"
    )
    port: int = Field(default=8500, ge=1, le=65535, description="HTTP port on the host")
    container_name: DockerName = Field(
        default="consul", description="Name of the server's Docker container"
    )
    allow: list[Subnet] = Field(
        default=[],
        description="Addresses and subnets that reach the HTTP port beside the hosts, e.g. of who "
        "looks at Consul's pages",
    )

    token: Token | None = Field(
        default=None,
        repr=False,
        description="A secret, a UUID: with it the server answers nobody without it (an ACL), and "
        "dockerd is restarted with it in its environment",
    )
    tls: ConsulTlsFiles | None = Field(
        default=None,
        description="With it the port is HTTPS, and only who has a certificate of `ca` gets in",
    )

    @model_validator(mode="after")
    def image_is_of_the_server(self) -> ConsulSettings:
        for key in ("image", "token", "tls"):
            if self.stack is not None and key in self.model_fields_set:
                raise ValueError(
                    f"{key} is up to stack {self.stack}, whose server it is: take it out"
                )
        return self

    def item(self) -> Item:
        """What the server's container is, and what it holds."""
        claims = {
            Claim("name", self.host, self.container_name),
            Claim("port", self.host, f"0.0.0.0:{self.port}/tcp"),
        }
        return Item("container", self.host, self.container_name, "consul", frozenset(claims))

    @property
    def open_to_all(self) -> bool:
        """Whether who reaches the port can write."""
        return self.token is None and self.tls is None

    def accesses(self, users: Iterable[str]) -> dict[str, Access]:
        """Host -> what it uses the server with. ``users``: the hosts whose engines do."""
        return access_files.accesses(self.token, self.tls, self.host, users)

    def cluster_store(self, addresses: Mapping[str, str]) -> str:
        """The value of daemon.json's `cluster-store`. ``addresses``: of all hosts."""
        return f"consul://{addresses[self.host]}:{self.port}"
