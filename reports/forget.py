"""A host that will never answer again leaves its stack.

    python -m reports.forget -s STACK HOST         says what it will do, and asks
    python -m reports.forget -s STACK HOST --yes   does it

All that was on the host leaves the stack's state, and its traces leave its peers. Then an `up`
with the host removed from the stack file works, or a `destroy`. A host that answers is refused:
Pulumi can do all of this itself, there. To be run from the project's folder, when nothing else
runs on the stack.
"""

from __future__ import annotations

import argparse
import json
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.ssh import JUMP
from planning import forgetting, preflight
from planning.forgetting import Forgotten, label
from reports.leftovers import hosts as configs_of

SECONDS = 30


@dataclass(frozen=True)
class Cleaning:
    """A command that takes a host's traces off a peer of it."""

    host: str
    command: str
    what: str


class Access:
    """SSH to a stack's hosts, by what its last preview or up wrote for it."""

    def __init__(self, config: str, hosts: Mapping[str, Mapping[str, Any]]) -> None:
        self._config = config
        self._hosts = hosts
        self._jumps = f"Host {JUMP}\n" in Path(config).read_text()

    def run(self, host: str, command: str) -> subprocess.CompletedProcess[str]:
        """Run a command on a host; exit code 255 is ssh's own."""
        # A host that the stack file has lost already is not in the ssh_config.
        where = self._hosts[host]
        options = ["-o", f"HostName={where['address']}", "-o", f"Port={int(where['port'])}"]
        if self._jumps:
            options += ["-o", f"ProxyJump={JUMP}"]
        argv = ["ssh", "-F", self._config, *options, "-T", f"{where['user']}@{host}", command]
        return subprocess.run(
            ["timeout", str(SECONDS), *argv],
            capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip

    def silence(self, host: str) -> str | None:
        """Why ssh gets no answer from a host, None where it gets one, whatever it says."""
        done = self.run(host, ":")
        if done.returncode == 124:
            return f"no answer within {SECONDS} s"
        return preflight.silence(done.stderr) if done.returncode == 255 else None


def consul(deployment: forgetting.Deployment, host: str, address: str) -> Iterator[Cleaning]:
    """What Consul's overlays and its key-value store keep of a host."""
    server = forgetting.consul(deployment)
    if server is None or server.host == host:
        return
    for overlay, container in forgetting.attached(deployment, host):
        network, name = shlex.quote(overlay.name), shlex.quote(container)
        if overlay.control_plane == "consul" and (peer := overlay.without(host)):
            yield Cleaning(
                peer,
                "docker network inspect --format '{{range .Containers}}{{println .Name}}{{end}}' "
                f"{network} | grep -qxF -e {name} || exit 0; "
                f"docker network disconnect --force {network} {name}",
                f"takes {container} off network {overlay.name}",
            )
    keys = shlex.quote(f"docker/nodes/{address}:")
    yield Cleaning(
        server.host,
        f"docker exec {shlex.quote(server.container)} consul kv delete -recurse {keys} >/dev/null",
        f"takes {address} out of Consul",
    )


def swarm(deployment: forgetting.Deployment, host: str, _address: str) -> Iterator[Cleaning]:
    """What a swarm keeps of a host: its node. Where it was the only manager, the swarm is no more."""
    seen = forgetting.swarm(deployment)
    if seen is None or host not in seen.nodes:
        return
    manager = seen.without(host)
    if manager is not None:
        node = shlex.quote(seen.nodes[host])
        yield Cleaning(
            manager,
            f"docker node inspect {node} >/dev/null 2>&1 || exit 0; "
            f"docker node demote {node} >/dev/null 2>&1; docker node rm --force {node} >/dev/null",
            f"takes {host} off the swarm's list of nodes",
        )
        return
    for member in seen.nodes:
        if member != host:
            yield Cleaning(
                member,
                "[ \"$(docker info --format '{{.Swarm.LocalNodeState}}')\" = inactive ] || "
                "docker swarm leave --force >/dev/null",
                f"leaves the swarm, which {host} alone managed: the next up begins a new one",
            )


# What each control plane keeps of a host.
CONTROL_PLANES = (consul, swarm)


def main() -> int:
    """Forget a host; the exit code is 1 where that is refused or fails."""
    parser = argparse.ArgumentParser(prog="python -m reports.forget")
    parser.add_argument("-s", "--stack", required=True)
    parser.add_argument("--yes", action="store_true", help="do it without asking")
    parser.add_argument("host")
    options = parser.parse_args()
    state = json.loads(pulumi(options.stack, "export"))
    deployment, host = state["deployment"], options.host
    known = forgetting.hosts(deployment)
    if host not in known:
        raise SystemExit(
            f"the state of {options.stack} knows no host {host}: it has "
            + (", ".join(known) or "none")
        )
    access = Access(_config(deployment, options.stack), known)
    silent = _silent(access, list(known), host)
    forgotten = forgetting.forget(deployment, host)
    cleaning = [
        one for plane in CONTROL_PLANES for one in plane(deployment, host, known[host]["address"])
    ]
    print("\n".join(_told(host, silent, forgotten, cleaning, deployment)))
    if not options.yes and not _asked(host):
        print("nothing was changed" + ("" if sys.stdin.isatty() else ": --yes does it"))
        return 0
    for one in cleaning:
        if one.host not in silent:
            done = access.run(one.host, one.command)
            if done.returncode:
                raise SystemExit(
                    f"{one.host} refused it ({one.what}): {done.stderr.strip()}; nothing was taken "
                    "out of the state: mend that and run this again"
                )
    kept = Path(".crosshost") / options.stack.rpartition("/")[2] / f"state-with-{host}.json"
    kept.touch(mode=0o600)
    kept.write_text(json.dumps(state))
    pulumi(options.stack, "import", json.dumps({**state, "deployment": forgotten.deployment}))
    print(f"{host} is forgotten; {kept} is the state as it was")
    return 0


def _config(deployment: forgetting.Deployment, stack: str) -> str:
    for config in configs_of({"deployment": deployment}).values():
        if Path(config).is_file():
            return config
    raise SystemExit(
        f"there is no ssh_config here: run `pulumi preview -s {stack}`, which writes it"
    )


def _silent(access: Access, hosts: list[str], host: str) -> dict[str, str]:
    """The hosts that do not answer, and why. Refuses where ``host`` may well be alive."""
    with ThreadPoolExecutor(len(hosts)) as pool:
        why = dict(zip(hosts, pool.map(access.silence, hosts), strict=True))
    silent = {name: reason for name, reason in why.items() if reason is not None}
    if host not in silent:
        raise SystemExit(
            f"{host} answers on SSH, so Pulumi can clean it up itself: take it out of the stack "
            "file and run pulumi up (`pulumi preview` says what stands in the way)"
        )
    if len(hosts) > 1 and len(silent) == len(hosts):
        raise SystemExit(
            "none of the stack's hosts answers, so the fault may be here or on the way: look at "
            f"the network first ({host}: {silent[host]})"
        )
    return silent


def _told(
    host: str,
    silent: Mapping[str, str],
    forgotten: Forgotten,
    cleaning: list[Cleaning],
    deployment: forgetting.Deployment,
) -> Iterator[str]:
    """What will be done, and what follows."""
    yield f"{host} does not answer ({silent[host]}). What is done:"
    yield f"  leaves the state: {len(forgotten.gone)} resources"
    yield from (f"    {label(urn)}" for urn in forgotten.gone)
    yield from (f"  is handed over: {one}" for one in forgotten.moved)
    for one in cleaning:
        left = f": left, as it does not answer ({silent[one.host]})" if one.host in silent else ""
        yield f"  {one.host}: {one.what}{left}"
    server = forgetting.consul(deployment)
    if server is not None and server.host == host:
        yield f"Consul was on {host}: the overlays in it are lost. With another host in"
        yield "crosshost:consul, `pulumi up` makes them anew" + (
            f", and these containers: {', '.join(forgotten.anew)}." if forgotten.anew else "."
        )
        yield "Until then engines wait for Consul at every turn: where `up` says that a daemon does"
        yield "not answer, run it again."
    seats = forgetting.swarm(deployment)
    if seats is not None and seats.without(host) is None:
        yield f"{host} alone managed the swarm: the overlays in it are lost. `pulumi up` makes them"
        yield f"anew, and these containers: {', '.join(forgotten.anew) or 'none'}."
    yield f"Then take {host} and its containers out of the stack file and run `pulumi up`, or"
    yield "run `pulumi destroy`. What is on its disk stays there, should it ever start again."


def _asked(host: str) -> bool:
    return sys.stdin.isatty() and input(f"Forget {host}? [y/N] ").strip().lower() == "y"


def pulumi(stack: str, verb: str, text: str = "") -> str:
    """`pulumi stack VERB`: what it prints. SystemExit where it fails."""
    argv = ["pulumi", "stack", verb, "--stack", stack]
    done = subprocess.run(argv, input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"pulumi stack {verb} failed: {done.stderr.strip()}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
