"""`crosshost:daemon`: what the stack file says about the Docker daemons of its hosts."""

from __future__ import annotations

import math
import re
import ssl
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

from pydantic import Field, field_validator, model_validator

from components.ssh_settings import filled
from planning import daemon_plan
from planning.daemon_plan import Api
from planning.facts import HostFacts
from planning.stack_model import StackModel

_OWN = {
    "cluster-store": "it comes with an overlay network on Consul (crosshost:networks)",
    "cluster-advertise": "it comes with an overlay network on Consul (crosshost:networks)",
    "hosts": "write `api: {port: 2376, tls: {ca, cert, key}}` beside settings",
    "tls": "write `api: {port: 2376, tls: {ca, cert, key}}` beside settings",
}


class TlsFiles(StackModel):
    """Files on the machine that runs pulumi; `{host}` in a path stands for the host's name."""

    ca: str = Field(
        description="Certificate of the authority that signed the clients' certificates"
    )
    cert: str = Field(description="The daemon's certificate, valid for the host's address")
    key: str = Field(description="The daemon's private key, without passphrase")

    def read(self, host: str) -> Certificates:
        """What the files of one host say; ValueError, with the file's key, where they cannot be."""
        texts = {}
        for name in ("ca", "cert", "key"):
            path = filled(str(getattr(self, name)).replace("{host}", host))
            try:
                texts[name] = path.read_text().rstrip("\n") + "\n"
            except (OSError, UnicodeDecodeError) as error:
                reason = error.strerror if isinstance(error, OSError) else "it is no text file"
                raise ValueError(
                    f"{name}: {path} cannot be read ({reason}): write the path of a PEM file; "
                    "{host} in it stands for the host's name"
                ) from None
            texts[name + "_path"] = str(path)
        _fit(host, texts)
        return Certificates(texts["ca"], texts["cert"], texts["key"])


@dataclass(frozen=True)
class Certificates:
    """The texts of three PEM files. Never shown: ``key`` is a private key."""

    ca: str
    cert: str
    key: str

    @property
    def hash(self) -> str:
        """What facts tell of the files on a host."""
        return sha256((self.ca + self.cert + self.key).encode()).hexdigest()

    def __repr__(self) -> str:
        return f"Certificates({self.hash[:16]})"


class ApiSettings(StackModel):
    """The TCP API of every daemon, beside its socket. Off unless written."""

    port: int = Field(default=2376, ge=1, le=65535, description="TCP port on every host")
    tls: TlsFiles | None = Field(
        default=None, description="With it only clients whose certificate `ca` signed get in"
    )
    insecure_anyone_who_reaches_the_port_owns_the_host: bool = Field(
        default=False, description="Instead of tls: no certificates, no encryption, root for all"
    )

    @model_validator(mode="after")
    def one_way_in(self) -> Self:
        open_to_all = self.insecure_anyone_who_reaches_the_port_owns_the_host
        if self.tls is None and not open_to_all:
            raise ValueError(
                "has no tls, and whoever reaches the port would own the host: write `tls: {ca: "
                "certs/ca.pem, cert: 'certs/{host}.pem', key: 'certs/{host}-key.pem'}`"
            )
        if self.tls is not None and open_to_all:
            raise ValueError(
                "has tls and insecure_anyone_who_reaches_the_port_owns_the_host: remove one of them"
            )
        return self


class Rollout(StackModel):
    """How many daemons may be away at once."""

    max_unavailable: int = Field(
        default=1, ge=1, description="Hosts whose daemon is restarted at the same time"
    )


class DaemonSettings(StackModel):
    """`crosshost:daemon`: the Docker daemons of all hosts of the stack."""

    settings: dict[str, Any] = Field(
        default={},
        description="Further keys of every host's daemon.json, as Docker's reference has them",
    )
    api: ApiSettings | None = Field(
        default=None, description="The daemons' API on a TCP port; default: not there"
    )
    rollout: Rollout = Field(
        default=Rollout(), description="How hosts whose daemon must be restarted take turns"
    )

    @property
    def wanted_api(self) -> Api | None:
        """The TCP API, as far as it can be told without its files."""
        return Api(self.api.port, "tls" if self.api.tls else None) if self.api else None

    def brings_back(self, facts: HostFacts, stack: str) -> bool:
        """Whether a daemon that is down is so for want of what the next up writes again."""
        return self.api is not None and daemon_plan.lost_drop_in(facts, stack)

    def certificate_problems(self, hosts: Iterable[str]) -> Iterator[str]:
        """What is wrong with the certificate files of these hosts."""
        for host in hosts:
            try:
                if self.api and self.api.tls:
                    self.api.tls.read(host)
            except ValueError as error:
                yield str(error)

    @field_validator("settings")
    @classmethod
    def keys_of_daemon_json(cls, settings: dict[str, Any]) -> dict[str, Any]:
        for key, value in settings.items():
            if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", key) or len(key) > 64:
                raise ValueError(
                    f"{key!r} is no key of daemon.json: they are lower-case words joined by '-', "
                    "e.g. log-driver"
                )
            if instead := _OWN.get("tls" if key.startswith("tls") else key):
                raise ValueError(f"{key} is crosshost's own: {instead}")
            if value is None:
                raise ValueError(f"{key} has no value: write one, or remove the key")
            _json(key, value)
        return settings


def _json(place: str, value: Any) -> None:
    """ValueError unless daemon.json can hold the value."""
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise ValueError(f"{place}: its key {key!r} is no text: put it in quotes")
            _json(f"{place}.{key}", item)
    elif isinstance(value, list):
        for i, item in enumerate(value):
            _json(f"{place}[{i}]", item)
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{place} is {value}, which JSON does not have: write a number")
    elif not isinstance(value, (str, int, float, bool, type(None))):
        raise ValueError(f"{place} is no JSON value ({type(value).__name__}): put it in quotes")


def _fit(host: str, texts: dict[str, str]) -> None:
    """ValueError unless the texts are certificates, and the key is that of cert."""
    for name, kind in (("ca", "CERTIFICATE"), ("cert", "CERTIFICATE"), ("key", "PRIVATE KEY")):
        if f"{kind}-----" not in texts[name]:
            raise ValueError(f"{name}: {texts[name + '_path']} holds no PEM {kind.lower()}")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_verify_locations(cadata=texts["ca"])
    except (ssl.SSLError, ValueError):
        raise ValueError(f"ca: {texts['ca_path']} is no certificate in PEM form") from None

    def no_passphrase() -> str:
        raise ValueError(
            f"key: {texts['key_path']} has a passphrase, which the daemon cannot be asked for: "
            "write one without"
        )

    try:
        context.load_cert_chain(
            Path(texts["cert_path"]), Path(texts["key_path"]), password=no_passphrase
        )
    except ssl.SSLError:
        raise ValueError(
            f"key: {texts['key_path']} is not the key of {texts['cert_path']}: write the files that "
            f"belong together (for {host})"
        ) from None
