"""The text of a first stack file, with comments for who edits it next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network


@dataclass(frozen=True)
class _Kind:
    """Lines of a network of a kind, and of the section that it needs; {host} is the first host."""

    network: tuple[str, ...]
    section: tuple[str, ...] = ()


_OVERLAY = "strategy: overlay          # a subnet of the containers' own, and names"
_KINDS = {
    "overlay-swarm": _Kind((_OVERLAY,)),
    "vxlan": _Kind(
        ("strategy: vxlan            # a subnet of the containers' own, without names",)
    ),
    "overlay-consul": _Kind(
        (_OVERLAY, "control_plane: consul"), ("crosshost:consul:", "  host: {host}")
    ),
}
STRATEGIES = tuple(_KINDS)


@dataclass(frozen=True)
class FirstHost:
    """A host of the file. ``fingerprint``: of its key, for the comment beside it."""

    name: str
    address: str
    port: int
    user: str
    host_key: str
    fingerprint: str


@dataclass(frozen=True)
class FirstFile:
    """``private_key_file``: None for the keys of an agent. ``image``: of a container on each host, or None."""

    stack: str
    hosts: Sequence[FirstHost]
    private_key_file: str | None
    sudo: bool
    strategy: str
    reason: str
    subnet: IPv4Network
    image: str | None

    @property
    def text(self) -> str:
        """The whole file."""
        user, port = self.hosts[0].user, self.hosts[0].port
        lines = [
            "# yaml-language-server: $schema=fleet.schema.json",
            f"# Written by `python -m crosshost init`. Next: pulumi stack init {self.stack}; pulumi preview; pulumi up",
            "# Every key: docs/stack-file.md",
            "config:",
            "  crosshost:ssh:",
            f"    user: {user}",
            *([f"    port: {port}"] if port != 22 else []),
            *(["    sudo: true                 # changes hosts by `sudo -n`"] if self.sudo else []),
            f"    private_key_file: {_quoted(self.private_key_file)}"
            if self.private_key_file
            else "    agent: true                # the keys of the running ssh-agent",
            "  crosshost:hosts:",
        ]
        for host in self.hosts:
            lines += [
                f"    {host.name}:",
                f"      address: {host.address}",
                f"      host_key: {host.host_key}   # {host.fingerprint}",
                *([f"      user: {host.user}"] if host.user != user else []),
                *([f"      port: {host.port}"] if host.port != port else []),
            ]
        kind = _KINDS[self.strategy]
        lines += [f"  {line.format(host=self.hosts[0].name)}" for line in kind.section]
        lines += [
            "  crosshost:networks:",
            f"    # {self.reason}.",
            "    backend:",
            *(f"      {line}" for line in kind.network),
            f"      subnet: {self.subnet}     # one that no host has a route to",
            "  # Or the services of a Compose file (docs/compose.md):",
            "  # crosshost:compose: {file: ../app/compose.yaml, on: {web: NAME OF A HOST}}",
            *self._containers(),
        ]
        return "\n".join(lines) + "\n"

    def _containers(self) -> list[str]:
        if self.image is None:
            return [
                "  # crosshost:containers:",
                f'  #   web: {{host: {self.hosts[0].name}, image: "nginx:1.29", network: backend}}',
            ]
        return [
            "  # One on each host, so that `up` can prove that they reach each other: put yours in their place.",
            "  crosshost:containers:",
            *(
                f"    hello-{host.name}: {{host: {host.name}, image: {_quoted(self.image)}, command: sleep 1d, "
                "init: true, network: backend}"
                for host in self.hosts
            ),
        ]


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
