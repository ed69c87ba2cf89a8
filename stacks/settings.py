"""What an environment says: the only reader of pulumi.Config."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pulumi

from components.container.settings import ContainerSettings
from components.daemon_settings import DaemonSettings
from components.dns.settings import DnsSettings
from components.firewall import FirewallSettings
from components.networks import AnyNetwork
from components.networks.base import NetworkSettings, Stack
from components.networks.overlay.consul.settings import ConsulSettings
from components.networks.overlay.swarm.settings import SwarmSettings
from components.reachability.settings import ProveSettings
from components.ssh_settings import HostSettings, SshSettings
from planning.field_types import EntryName, HostName, NetworkName
from planning.problems import Path as SettingPath
from planning.problems import Problem, ProblemsError, nearest
from planning.service_files import FileSource, MountedFile
from stacks.checks import check
from stacks.compose.reader import Composed, compose
from stacks.compose.settings import ComposeSettings
from stacks.container_env_files import with_env_files
from stacks.granted_files import Definitions, mounted_files
from stacks.placed import message, placed
from stacks.policies import PolicySettings, policy_problems
from stacks.reading import no_text, read
from stacks.source_lines import SourceLines

PROJECT = "crosshost"
# Section -> (type of its entries' names or None if it is one entry, type of an entry).
SECTIONS: dict[str, tuple[Any, Any]] = {
    "ssh": (None, SshSettings),
    "hosts": (HostName, HostSettings),
    "daemon": (None, DaemonSettings),
    "consul": (None, ConsulSettings),
    "swarm": (None, SwarmSettings),
    "dns": (None, DnsSettings),
    "firewall": (None, FirewallSettings),
    "prove": (None, ProveSettings),
    "policies": (None, PolicySettings),
    "compose": (None, ComposeSettings),
    "secrets": (EntryName, FileSource),
    "configs": (EntryName, FileSource),
    "networks": (NetworkName, AnyNetwork),
    "containers": (EntryName, ContainerSettings),
}


@dataclass(frozen=True)
class Settings:
    """A checked stack file. ``secret_containers``: its containers were given as a secret.

    ``hidden``: containers whose values are from files that may hold secrets. ``files``: what containers
    see as secrets and configs.
    """

    ssh: SshSettings
    hosts: dict[str, HostSettings]
    daemon: DaemonSettings | None = None
    consul: ConsulSettings | None = None
    swarm: SwarmSettings = field(default_factory=SwarmSettings)
    dns: DnsSettings | None = None
    firewall: FirewallSettings = field(default_factory=FirewallSettings)
    prove: ProveSettings = field(default_factory=ProveSettings)
    networks: dict[str, NetworkSettings] = field(default_factory=dict)
    containers: dict[str, ContainerSettings] = field(default_factory=dict)
    secret_containers: bool = False
    hidden: frozenset[str] = frozenset()
    files: dict[str, tuple[MountedFile, ...]] = field(default_factory=dict)

    def is_secret(self, container: str) -> bool:
        """Whether what a container is given must not be shown."""
        return self.secret_containers or container in self.hidden

    @property
    def stack(self) -> Stack:
        """What networks may ask of the stack file."""
        sections = (self.daemon, self.consul, self.swarm, self.dns, self.firewall)
        return Stack(
            self.hosts,
            self.networks,
            self.containers,
            tuple(section for section in sections if section is not None),
            frozenset(self.hosts),
        )

    def container_names(self) -> dict[str, list[str]]:
        """Network -> the Docker names of the containers that join it."""
        joined: dict[str, list[str]] = {name: [] for name in self.networks}
        for key, container in self.containers.items():
            for network in container.attachments():
                joined[network].append(container.container_name or key)
        return joined

    @property
    def max_unavailable(self) -> int:
        """How many daemons may be restarted at once."""
        return (self.daemon or DaemonSettings()).rollout.max_unavailable

    def images(self) -> list[tuple[str, str]]:
        """Pairs of host and image of everything that is to run."""
        pairs = [(c.host, c.image) for c in self.containers.values()]
        if self.consul is not None and self.consul.stack is None:
            pairs.append((self.consul.host, self.consul.image))
        joined = any(one.attachments() for one in self.containers.values())
        if self.prove.image is not None and self.prove.when != "never" and joined:
            pairs += [(host, self.prove.image) for host in self.hosts]
        if self.dns is not None:
            named = [one for one in self.networks.values() if one.named_by_dns]
            pairs += [(host, self.dns.image) for one in named for host in one.on(list(self.hosts))]
        return pairs


def parse(
    values: dict[str, Any],
    *,
    stack: str = "stack",
    base: Path = Path(),
    secret: Collection[str] = (),
    source: SourceLines | None = None,
) -> Settings:
    """Settings from the sections' plain values (None where a section is absent).

    ``base``: what paths in the file are from. ``secret``: the sections that were given as secrets.
    ``source``: those of the file that the values are from. Raises ProblemsError with everything
    that is wrong, not just the first.
    """
    problems = [
        problem
        for name in SECTIONS
        for problem in no_text(values.get(name), (f"{PROJECT}:{name}",))
    ]
    if problems:
        # The models cannot even say what is wrong with half a surrogate pair.
        raise ProblemsError(problems, "the stack file has errors:")
    composed = _composed(values, stack, base, "compose" in secret, problems)
    values = {**values, "containers": _with(values.get("containers"), composed, problems)}
    sections = {name: _section(name, values.get(name), problems) for name in SECTIONS}
    if source is not None:
        problems += source.altered({f"{PROJECT}:{name}": read for name, read in sections.items()})
    sections["swarm"] = sections["swarm"] or SwarmSettings()
    sections["firewall"] = sections["firewall"] or FirewallSettings()
    sections["prove"] = sections["prove"] or ProveSettings()
    if (ssh := sections["ssh"]) is not None:
        for key, look in (("private_key_file", ssh.key_file), ("agent", ssh.agent_socket)):
            try:
                look()
            except ValueError as error:
                problems.append(Problem(("crosshost:ssh", key), str(error)))
    if (daemon := sections["daemon"]) is not None:
        for sentence in dict.fromkeys(daemon.certificate_problems(sections["hosts"])):
            problems.append(Problem(("crosshost:daemon", "api", "tls"), sentence))
    del sections["compose"]
    policies = sections.pop("policies") or PolicySettings()
    own = Definitions(sections.pop("secrets"), sections.pop("configs"))
    files = {
        name: mounted_files(
            name, one, composed.files if name in composed.containers else own, base, problems
        )
        for name, one in sections["containers"].items()
    }
    sections["containers"] = with_env_files(sections["containers"], base, problems)
    with_files = {name for name, one in sections["containers"].items() if one.env_file}
    named = {name: _names(values.get(name)) for name in ("hosts", "networks", "containers")}
    settings = Settings(
        **sections,
        secret_containers="containers" in secret,
        hidden=composed.secret | with_files,
        files=files,
    )
    problems += check(replace(settings.stack, named_hosts=frozenset(named["hosts"])), named)
    problems += policy_problems(policies, settings.stack)
    problems += _promises(settings.prove, named["containers"])
    if problems:
        moved = list(dict.fromkeys(m for problem in problems for m in composed.moved(problem)))
        raise ProblemsError(moved, "the stack file has errors:")
    return settings


def load() -> Settings:
    """The settings of the stack that runs; pulumi.RunError with every problem and its line."""
    config = pulumi.Config(PROJECT)
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for name in SECTIONS:
        try:
            # Pulumi.yaml gives absent sections as {}: a key without a default is required.
            values[name] = config.get_object(name) or None
        except (pulumi.ConfigTypeError, json.JSONDecodeError):
            problems.append(Problem((f"crosshost:{name}",), "must be a map of settings"))
    file = Path("stacks") / f"Pulumi.{pulumi.get_stack()}.yaml"
    source = source_lines(file, values)
    token = (values["consul"] or {}).get("token") if isinstance(values["consul"], dict) else None
    if token is not None and not _is_secret("consul"):
        problems.append(
            Problem(
                ("crosshost:consul", "token"),
                "is in the open: write it by `pulumi config set --secret --path "
                "crosshost:consul.token`, which encrypts it",
            )
        )
    if not _is_secret("secrets"):
        problems += [
            Problem(
                ("crosshost:secrets", name, "content"),
                "is in the open: write it by `pulumi config set --secret --path "
                f"crosshost:secrets.{name}.content`, which encrypts it, or name a `file`",
            )
            for name, one in (values["secrets"] or {}).items()
            if isinstance(one, dict) and "content" in one
        ]
    try:
        if problems:
            raise ProblemsError(problems, "the stack file has errors:")
        secret = [name for name in ("compose", "containers") if _is_secret(name)]
        return parse(values, stack=pulumi.get_stack(), secret=secret, source=source)
    except ProblemsError as error:
        raise pulumi.RunError(message(placed(error, file, source))) from None


def source_lines(file: Path, values: Mapping[str, Any]) -> SourceLines:
    """The source of the sections' values in ``file``, as far as they were read from it."""
    given = {f"{PROJECT}:{name}": value for name, value in values.items() if value is not None}
    return SourceLines(file, given)


def _section(name: str, value: Any, problems: list[Problem]) -> Any:
    named, kind = SECTIONS[name]
    path: SettingPath = (f"crosshost:{name}",)
    if named is None:
        if value is None and name == "ssh":
            problems.append(
                Problem(
                    path, "is missing: write e.g. {user: root, private_key_file: ~/.ssh/id_ed25519}"
                )
            )
        return None if value is None else read(kind, value, path, problems)
    if value is None:
        value = {}
        if name == "hosts":
            problems.append(
                Problem(path, "is missing: list the Docker hosts, each with address and host_key")
            )
    if not isinstance(value, dict):
        problems.append(Problem(path, f"must be a map NAME: settings, not {type(value).__name__}"))
        return {}
    entries: dict[str, Any] = {}
    for key, item in value.items():
        good = read(named, key, (*path, key), problems)
        entry = read(kind, item, (*path, key), problems, tag="strategy")
        if good is not None and entry is not None:
            entries[key] = entry
    return entries


def _composed(
    values: Mapping[str, Any], stack: str, base: Path, secret: bool, problems: list[Problem]
) -> Composed:
    """What the Compose file brings that the stack names; nothing without one, or a wrong one."""
    given = values.get("compose")
    if given is None:
        return Composed()
    # Read once more with the other sections, which then say what is wrong with it.
    settings = read(ComposeSettings, given, ("crosshost:compose",), [])
    if settings is None:
        return Composed()
    networks = _names(values.get("networks"))
    return compose(settings, base, stack, networks, problems, secret=secret)


def _with(given: Any, composed: Composed, problems: list[Problem]) -> Any:
    """The containers of the stack file and those of the Compose file."""
    if not composed.containers or not (given is None or isinstance(given, dict)):
        return given
    for name in sorted({*composed.containers} & {*(given or {})}):
        problems.append(
            Problem(
                ("crosshost:compose", "file"),
                f"it has a service {name}, and crosshost:containers one of that name: rename one, or "
                f"write `exclude: [{name}]`",
            )
        )
    return {**(given or {}), **composed.containers}


def _promises(prove: ProveSettings, containers: set[str]) -> list[Problem]:
    """What is wrong with the user's own promises. ``containers``: those that the file names."""
    found: list[Problem] = []
    for i, promise in enumerate(prove.promises):
        for key, name in (("from", promise.source), ("to", promise.to)):
            if name not in containers:
                have = ", ".join(nearest(name, containers)[:5]) or "none"
                place = ("crosshost:prove", "promises", i, key)
                found.append(Problem(place, f"there is no container {name}: there are {have}"))
    return found


def _names(value: Any) -> set[str]:
    """Names that the file gives, those of entries with errors too: no error follows from them."""
    return {str(key) for key in value} if isinstance(value, dict) else set()


def _is_secret(name: str) -> bool:
    return bool(pulumi.runtime.is_config_secret(f"{PROJECT}:{name}"))
