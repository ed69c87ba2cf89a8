"""What is known of one Docker host before anything is made on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pulumi

from components.ssh import Endpoint
from planning import host_paths, last_up, made_label
from planning.facts import HostFacts, Unreachable
from planning.made_label import MadeLabel


@dataclass(frozen=True)
class HostIdentity:
    """A host by its name in the stack file, and what facts say of it.

    ``former``: the name that it had at the last up, where it is another. ``ssh_config``: the path of
    the ssh_config for all hosts; ``ssh_settings``: what it says of this one, keyword -> value.
    """

    host_name: str
    former: str | None
    endpoint: Endpoint
    facts: HostFacts | Unreachable
    stack: str
    ssh_config: str
    ssh_settings: Mapping[str, str]

    @property
    def scripts_folder(self) -> str:
        """Where the scripts that change the host are, there."""
        return host_paths.scripts(self.stack)

    @property
    def names(self) -> list[str]:
        """What the host is called, and was called at the last up."""
        return [self.host_name, *([self.former] if self.former else [])]

    def aliases(self, name: str, elsewhere: Iterable[str] = ()) -> list[pulumi.Alias]:
        """The names that a resource NAME@HOST of this host may have had: under the host's former name,
        and on other hosts from which it may have moved here (``elsewhere``: their names).
        """
        former = [self.former] if self.former else []
        return [pulumi.Alias(name=f"{name}@{host}") for host in [*former, *elsewhere]]

    @property
    def engine_version(self) -> str | None:
        """The Docker engine's version, None where facts could not tell."""
        if isinstance(self.facts, HostFacts) and self.facts.engine:
            return self.facts.engine.version
        return None

    @property
    def ssh_target(self) -> str:
        """The host as programs on the controller name it: NAME, or NAME:sudo."""
        return f"{self.host_name}:sudo" if self.endpoint.sudo else self.host_name

    def request(self, header: str) -> str:
        """The stdin of a program on the controller that asks the host (components/remote.py)."""
        settings = "".join(f"{key} {value}\n" for key, value in self.ssh_settings.items())
        return f"{self.ssh_config} {self.scripts_folder} {self.ssh_target}\n{settings}\n{header}"

    def outputs(self) -> dict[str, object]:
        """The host's row in the stack's outputs."""
        return {"address": self.endpoint.address, "engine": self.engine_version}

    def record(self, change: str) -> str | None:
        """The stdin of the last run of a change that worked, as the host keeps it."""
        return self.facts.records.get(change) if isinstance(self.facts, HostFacts) else None

    def label_of(self, container: str) -> str | None:
        """The label crosshost.host of a container of the stack on this host; None without one."""
        rows = self.facts.containers if isinstance(self.facts, HostFacts) else None
        found = (c.host for c in rows or [] if (c.name, c.stack) == (container, self.stack))
        return next(found, None) or None

    def made_label(self, kind: last_up.Kind, name: str, *, ends: bool = False) -> MadeLabel:
        """The label crosshost.made of a container or network that this host's engine makes.

        ``ends``: a container whose process is to end.
        """
        record = self.record("present")
        return made_label.made_label(self.facts, record, kind, name, self.stack, ends=ends)
