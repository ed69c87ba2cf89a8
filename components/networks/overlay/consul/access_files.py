"""What hosts use a Consul server with: a token, certificates, and the server's own configuration."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from components.daemon_settings import Certificates, TlsFiles
from planning.host_paths import of_stack
from planning.stack_model import Encrypted

# The change's name on a host, and its folder's there.
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
            '"$(cat /proc/sys/kernel/random/uuid)"` makes one'
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


def folder_of(stack: str, access: Access) -> str:
    """Where a host keeps the files; another content is another folder."""
    return f"{of_stack(stack)}/{CHANGE}/{access.hash[:16]}"


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


def store_options(access: Access, stack: str) -> dict[str, object]:
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
