"""``init``: the first stack file, for hosts that there are. Looks at them, and changes nothing there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError
from rich.console import Console

from components.ssh import SshAccess
from components.ssh_settings import HostSettings, SshSettings
from crosshost.look.doctor import show
from crosshost.look.hosts import read_hosts
from crosshost.start import host_keys, login, ssh_hosts
from crosshost.start.host_keys import HostKey
from crosshost.start.questions import Questions
from crosshost.start.ssh_hosts import SshHost
from crosshost.writing import progress, stop
from planning.facts import HostFacts, Unreachable
from planning.field_types import HostName, StackName
from reports.proposal import free_subnet, propose
from reports.verdicts import judge
from stacks import files
from stacks.first_file import STRATEGIES, FirstFile, FirstHost

# Where nobody watches, lines may be as long as tables need.
_WIDTH = 160
_IMAGE = "busybox:1.37"


def init(
    stack: Annotated[str, typer.Option("-s", "--stack", help="Name of the new stack.")] = "",
    host: Annotated[
        list[str] | None,
        typer.Option(
            "--host",
            help="A host: a name of ~/.ssh/config, or NAME=[USER@]ADDRESS[:PORT]; several times.",
        ),
    ] = None,
    key: Annotated[str, typer.Option("--key", help="Private key file without passphrase.")] = "",
    agent: Annotated[bool, typer.Option("--agent", help="Use the keys of the ssh-agent.")] = False,
    strategy: Annotated[
        str, typer.Option("--strategy", help=f"One of {', '.join(STRATEGIES)}; default: proposed.")
    ] = "",
    image: Annotated[
        str,
        typer.Option(
            "--image", help="Image of a first container on each host; none: no containers."
        ),
    ] = _IMAGE,
    accept_host_keys: Annotated[
        bool,
        typer.Option("--accept-host-keys", help="Take the keys that unknown hosts show, unasked."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing, take what is proposed.")] = False,
) -> None:
    """Write a first stack file: finds hosts, checks their keys, looks at them, proposes a strategy."""
    questions = Questions(yes)
    console = Console()
    if not console.is_terminal:
        console = Console(width=_WIDTH)
    if strategy and strategy not in STRATEGIES:
        stop(f"--strategy: there is no {strategy!r}: write one of {', '.join(STRATEGIES)}")
    file = _file(stack or questions.text("Name of the stack", "prod", "--stack"))
    name = file.name.split(".")[1]
    hosts = _hosts(host or _asked(questions))
    ssh = login.settings(hosts, key, agent, questions)
    keys = {one.name: _key(one, questions, accept_host_keys) for one in hosts}
    settings = {one.name: _settings(one, ssh, keys[one.name]) for one in hosts}
    access = SshAccess(ssh, settings, stack=name)
    with progress(f"looking at {len(hosts)} hosts"):
        facts = read_hosts(access)
    judgements = judge(facts, access.addresses)
    show(console, access, facts, judgements)
    _all_answer(facts)
    proposal = propose(judgements)
    if proposal is None:
        stop(
            "no strategy can be had on all of these hosts: mend what is said above, and run this again"
        )
    for other in proposal.others:
        typer.echo(f"not {other}")
    typer.echo(f"proposed: {proposal.key}: {proposal.reason}")
    chosen = strategy or questions.choice("Strategy", STRATEGIES, proposal.key)
    first = image != "none" and questions.agreed(f"A first container on each host ({image})?")
    text = FirstFile(
        name,
        [
            FirstHost(one.name, one.address, one.port, one.user, keys[one.name].text, keys[one.name].fingerprint)
            for one in hosts
        ],
        ssh.private_key_file, ssh.sudo, chosen,
        proposal.reason if chosen == proposal.key else "chosen by hand",
        free_subnet(facts), image if first else None,
    ).text  # fmt: skip
    _write(file, text)
    try:
        files.read(name)
    except files.StackFileError as error:
        stop(f"{error}\nthe file is there, and not right yet: correct it")
    shown = Path(file.parent.name) / file.name
    typer.echo(f"\n{shown} is written. Next:")
    typer.echo(f"  pulumi stack init {name}\n  pulumi preview --diff\n  pulumi up")


def _file(stack: str) -> Path:
    try:
        TypeAdapter(StackName).validate_python(stack)
    except ValidationError:
        stop(f"{stack!r} is no stack's name, e.g. prod")
    file = files.FOLDER / f"Pulumi.{stack}.yaml"
    if file.exists():
        stop(
            f"{Path(file.parent.name) / file.name} is there already: choose another name (--stack)"
        )
    return file


def _asked(questions: Questions) -> list[str]:
    known = ssh_hosts.configured(Path.home() / ".ssh" / "config")
    if known:
        typer.echo(f"~/.ssh/config has: {', '.join(known)}")
    said = questions.text(
        "Docker hosts, by comma: names from there, or NAME=[USER@]ADDRESS[:PORT]", None, "--host"
    )
    return [one.strip() for one in said.split(",") if one.strip()]


def _hosts(given: Sequence[str]) -> list[SshHost]:
    found: dict[str, SshHost] = {}
    for number, written in enumerate(given, 1):
        name, is_named, where = written.rpartition("=")
        if not is_named:
            # An address is no good name: it may change.
            name = f"docker{number:02}" if where[:1].isdigit() or "@" in where else where
        try:
            TypeAdapter(HostName).validate_python(name)
            found[name] = ssh_hosts.resolved(where, name)
        except ValidationError:
            stop(f"{name!r} is no host's name: write NAME={where}")
        except ValueError as error:
            stop(str(error))
    if not found:
        stop("a stack has at least one host: name it by --host")
    if jumps := [one.name for one in found.values() if one.jump]:
        stop(
            f"{', '.join(jumps)}: reached through a ProxyJump, which init does not set up: copy "
            "stacks/Pulumi.example-swarm.yaml and write `proxy_jump` (docs/stack-file.md)"
        )
    return list(found.values())


def _key(host: SshHost, questions: Questions, accept: bool) -> HostKey:
    """The host's key: from known_hosts, or what it shows, if somebody says that it is right."""
    if (key := host_keys.known(host.address, host.port)) is not None:
        typer.echo(f"{host.name} ({host.address}): {key.fingerprint}, as in known_hosts")
        return key
    with progress(f"asking {host.name} for its key"):
        key = host_keys.shown(host.address, host.port)
    if key is None:
        stop(f"{host.name}: nobody answers as SSH at {host.address} port {host.port}")
    typer.echo(
        f"{host.name} ({host.address}) is not in known_hosts. It shows the key {key.fingerprint}"
    )
    if accept:
        return key
    if questions.yes:
        stop(f"{host.name}: its key is not known: --accept-host-keys takes it")
    kind = key.text.split()[0].removeprefix("ssh-").partition("-")[0]
    if not questions.agreed(
        f"Does `ssh-keygen -lf /etc/ssh/ssh_host_{kind}_key.pub` on the host say the same?",
        proposed=False,
    ):
        stop("nothing was written: find out whose key that is first")
    return key


def _settings(host: SshHost, ssh: SshSettings, key: HostKey) -> HostSettings:
    try:
        return HostSettings(
            address=host.address,
            host_key=key.text,
            user=host.user if host.user != ssh.user else None,
            port=host.port if host.port != ssh.port else None,
        )
    except ValidationError as error:
        stop(f"{host.name}: {error.errors()[0]['msg'].removeprefix('Value error, ')}")


def _all_answer(facts: dict[str, HostFacts | Unreachable]) -> None:
    silent = [name for name, seen in facts.items() if isinstance(seen, Unreachable)]
    if silent:
        stop(f"{', '.join(silent)}: mend that first, and run this again (nothing was written)")


def _write(file: Path, text: str) -> None:
    try:
        with file.open("x", encoding="utf-8") as opened:
            opened.write(text)
    except OSError as error:
        stop(f"{file} cannot be written: {error.strerror}")
