"""Who may use the stack's Consul: a token, certificates, and where hosts keep them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Any

import pulumi
import pulumi_command as command
from pydantic import AfterValidator, BeforeValidator, Field

from components.daemon_settings import Certificates, TlsFiles
from components.host import Host
from planning import records
from planning.compose import Encrypted
from planning.facts import HostFacts

CHANGE = "consul-access"
# Where the server's container has the folder.
MOUNT = "/consul/access"
_UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _token(value: str) -> str:
    if not _UUID.fullmatch(value):
        raise ValueError(
            "is no UUID in lower case: `pulumi config set --secret --path crosshost:consul.token "
            '"$(uuidgen)"` makes one'
        )
    return value


Token = Annotated[
    str,
    BeforeValidator(_text, json_schema_input_type=str | Encrypted),
    AfterValidator(_token),
]


class ConsulTlsFiles(TlsFiles):
    """Files on the machine that runs pulumi; `{host}` in a path stands for the host's name."""

    ca: str = Field(description="Certificate of the authority that signed all of them")
    cert: str = Field(
        description="A host's certificate for clients; that of Consul's host is valid for servers, "
        "too, and for its address"
    )
    key: str = Field(description="The host's private key, without passphrase")


@dataclass(frozen=True)
class Access:
    """What a host uses the server with. Never shown. ``server``: the server's container is there."""

    token: str | None
    certificates: Certificates | None
    server: bool

    @property
    def files(self) -> dict[str, str]:
        """The files on the host, in the order that tls.sh and facts have them: name -> text."""
        found: dict[str, str] = {}
        if self.certificates is not None:
            found |= {
                "ca": self.certificates.ca,
                "cert": self.certificates.cert,
                "key": self.certificates.key,
            }
        if self.server:
            found["server"] = self._configuration()
        if self.token is not None:
            found["token"] = f"CONSUL_HTTP_TOKEN={self.token}\n"
        return found

    @property
    def hash(self) -> str:
        """What facts.sh computes of the files on a host."""
        return sha256("".join(self.files.values()).encode()).hexdigest()

    @property
    def mode(self) -> str:
        """Of the files, octal; their folder is for root alone. Consul in its container is not root."""
        return "644" if self.server else "600"

    def __repr__(self) -> str:
        return f"Access({self.hash[:16]})"

    def _configuration(self) -> str:
        """The server's, in words that Consul knows from 1.8 on."""
        lines = []
        if self.certificates is not None:
            lines += [
                'addresses { https = "0.0.0.0" }',
                "ports { http = 8501, https = 8500 }",
                f'ca_file = "{MOUNT}/ca.pem"',
                f'cert_file = "{MOUNT}/cert.pem"',
                f'key_file = "{MOUNT}/key.pem"',
                "verify_incoming_https = true",
            ]
        if self.token is not None:
            tokens = f'master = "{self.token}", agent = "{self.token}"'
            lines.append(
                f'acl {{ enabled = true, default_policy = "deny", tokens {{ {tokens} }} }}'
            )
        return "".join(f"{line}\n" for line in lines)


@dataclass(frozen=True)
class HostAccess:
    """What a host has been given. ``folder``: its path there. ``environment``: dockerd's, or None."""

    folder: str
    environment: str | None
    change: command.remote.Command


class ConsulAccess(pulumi.ComponentResource):
    """The token and certificates of the server, on its host and on those whose engines use it."""

    def __init__(
        self,
        name: str,
        hosts: Mapping[str, Host],
        given: Mapping[str, Access],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("crosshost:consul:ConsulAccess", name, {"hosts": list(given)}, opts)
        self.of: dict[str, HostAccess] = {
            host: self._give(hosts[host], access) for host, access in given.items()
        }
        self.register_outputs({})

    def _give(self, host: Host, access: Access) -> HostAccess:
        folder = folder_of(host.stack, access)
        here = host.facts.certificates if isinstance(host.facts, HostFacts) else {}
        name = access.hash[:16]
        intact = here.get(name) == f"{access.hash} {access.mode}"
        if name in here and not intact:
            pulumi.log.warn(
                f"{host.host_name}: what it uses Consul with was changed by hand: up writes it again",
                resource=self,
            )
        lines = {file: str(len(text.splitlines())) for file, text in access.files.items()}
        header = records.text(
            "",
            record=host.record(CHANGE),
            intact=intact,
            header={"folder": CHANGE, "hash": access.hash, "mode": access.mode, **lines},
        )
        content = pulumi.Output.secret(header + "".join(access.files.values()))
        change = host.change(CHANGE, "tls.sh", content, parent=self)
        return HostAccess(folder, f"{folder}/token" if access.token else None, change)


def folder_of(stack: str, access: Access) -> str:
    """Where a host keeps the files; another content is another folder."""
    return f"/var/lib/crosshost/{stack}/{CHANGE}/{access.hash[:16]}"


def accesses(
    token: str | None, tls: TlsFiles | None, server: str, users: Iterable[str]
) -> dict[str, Access]:
    """Host -> what it is given; none where the server asks for nothing.

    ``server``: its host. ``users``: hosts whose engines use it. ValueError as TlsFiles.read.
    """
    if token is None and tls is None:
        return {}
    return {
        host: Access(token, tls.read(host) if tls else None, host == server)
        for host in dict.fromkeys([server, *users])
    }


def store_options(access: Access, stack: str) -> dict[str, Any]:
    """The key of daemon.json for a store with certificates."""
    if access.certificates is None:
        return {}
    folder = folder_of(stack, access)
    return {
        "cluster-store-opts": {
            "kv.cacertfile": f"{folder}/ca.pem",
            "kv.certfile": f"{folder}/cert.pem",
            "kv.keyfile": f"{folder}/key.pem",
        }
    }


def problems(tls: TlsFiles | None, hosts: Iterable[str]) -> Iterator[str]:
    """What is wrong with the certificate files of these hosts."""
    for host in hosts:
        try:
            if tls is not None:
                tls.read(host)
        except ValueError as error:
            yield str(error)
