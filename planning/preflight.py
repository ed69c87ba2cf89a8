"""What stands in the way on the hosts, from facts, before anything is changed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from planning import daemon_json
from planning.facts import HostFacts, Unreachable

MEGABYTE = 1 << 20
MIN_FREE = 50 * MEGABYTE
MAX_SKEW = 60
FORGET = "`python -m crosshost forget`"
_UNANSWERED = r"(?:connect to host \S+ port \d+: |open failed: connect failed: )"


@dataclass(frozen=True)
class Login:
    """Where SSH logs in, and as whom."""

    address: str
    port: int
    user: str


def unreachable(name: str, login: Login, facts: Unreachable, jump: Login | None = None) -> str:
    """One sentence why a host's facts could not be read, and the remedy."""
    lines = [line.strip(" \r") for line in facts.reason.splitlines() if not _noise(line)]
    reason = lines[-1] if lines else ""
    if jump is not None and _at_jump(facts.reason, jump):
        where, login = f"{name}: the jump host ({jump.address})", jump
        setting, key = "crosshost:ssh.proxy_jump", "crosshost:ssh.proxy_jump.host_key"
    else:
        where = f"{name} ({login.address})"
        setting, key = f"crosshost:hosts.{name}", f"crosshost:hosts.{name}.host_key"
    if facts.kind != "silent":
        return _answers(where, facts)
    if "HOST IDENTIFICATION HAS CHANGED" in facts.reason or "Host key verification" in reason:
        return (
            f"{where} shows another SSH host key than the stack file says: compare it on the host "
            f"(`cat /etc/ssh/ssh_host_ed25519_key.pub`) and correct {key}"
        )
    if "Permission denied" in reason:
        return (
            f"{where} refuses the SSH login of {login.user}: put the public key into "
            f"{login.user}'s ~/.ssh/authorized_keys there, or correct crosshost:ssh"
        )
    if "Could not resolve" in reason:
        return f"{where}: its name cannot be resolved: correct {setting}.address"
    if "sudo" in reason:
        return (
            f"{where}: {login.user} cannot use sudo without a password ({reason}): allow it in "
            "/etc/sudoers.d, or log in as root"
        )
    if "administratively prohibited" in reason:
        return (
            f"{where}: the jump host does not pass connections on: allow it there "
            "(AllowTcpForwarding in its sshd_config)"
        )
    short = re.sub(f"^.*?{_UNANSWERED}", "", reason).strip(".")
    gone = "" if setting.endswith("proxy_jump") else f"; if it is gone for good, {FORGET}"
    return (
        f"{where} does not answer on SSH port {login.port} ({short or 'no reason given'}): start "
        f"it, or correct {setting}{gone}"
    )


def _answers(where: str, facts: Unreachable) -> str:
    """A host that SSH reaches, and whose facts could not be read all the same."""
    if facts.kind == "noise":
        return (
            f"{where} answers on SSH, but its shell prints something else than it is asked for "
            f"({facts.reason}): let ~/.bashrc and a forced command there print nothing for commands "
            "that no terminal waits for"
        )
    if facts.kind == "mute":
        return (
            f"{where} answers on SSH, but what runs at a login there gives {facts.reason}: look for what "
            "waits (`command=` in ~/.ssh/authorized_keys, ForceCommand in sshd_config, ~/.bashrc, "
            "/etc/ssh/sshrc)"
        )
    return (
        f"{where} answers on SSH, but reading it stopped half way ({facts.reason}): look at its load "
        "and its journal (`journalctl --since -5min`) there, and try again"
    )


def silence(reason: str) -> str | None:
    """Why ssh got no answer, from its own words; None where there was one, if only a refusal."""
    unanswered = re.search(f"{_UNANSWERED}(.*)", reason)
    if unanswered is None or "Connection refused" in unanswered[1]:
        return None
    return unanswered[1].strip(" .\r")


def _noise(line: str) -> bool:
    """Lines that only say that a connection through a jump host ended."""
    return bool(
        re.match(
            r"kex_exchange_identification:|Connection closed by UNKNOWN|stdio forwarding", line
        )
    )


def _at_jump(reason: str, jump: Login) -> bool:
    """Whether ssh failed at the jump host: it alone is connected to directly."""
    return bool(
        re.search(r"connect to host \S+ port \d+: |Could not resolve hostname", reason)
        or "crosshost-jump" in reason
        or f"{jump.user}@{jump.address}: Permission denied" in reason
    )


def docker(name: str, user: str, facts: HostFacts) -> list[str]:
    """Sentences why crosshost cannot work with the host's Docker engine."""
    if not facts.docker_cli:
        return [f"{name} has no docker command: install Docker there"]
    if facts.engine is None:
        if (why := facts.unread.get("info")) in ("time", "size", "form"):
            return [f"{_docker_fault(name, why)}: look at `journalctl -u docker` there"]
        return [
            f"the Docker daemon of {name} does not answer to {user}: look at `systemctl status "
            "docker` there" + ("" if user == "root" else f", and add {user} to the group docker")
        ]
    problems = []
    if facts.uid != 0:
        problems.append(f"{name}: {user} is not root: write `sudo: true` in crosshost:ssh")
    if not facts.user_reaches_docker:
        problems.append(
            f"{name}: {user} may not use Docker there without sudo, as the docker provider does: "
            f"run `sudo usermod -aG docker {user}` on it"
        )
    try:
        daemon_json.check(facts.daemon_json)
    except daemon_json.BrokenDaemonJsonError as error:
        problems.append(f"/etc/docker/daemon.json of {name} {error}: mend it there first")
    return problems


def _docker_fault(name: str, why: str) -> str:
    if why == "time":
        return f"Docker on {name} hangs (`docker info` gave no answer within 10 s)"
    return f"Docker on {name} answers nonsense to `docker info` ({_WHY[why]})"


_WHY = {
    "time": "no answer in time",
    "size": "more than 2 MB",
    "kind": "it is no plain file",
    "form": "not what it prints elsewhere",
}
# What must be known before anything is changed: fact -> what people call it.
_NEEDED = {
    "containers": "the list of containers (`docker ps --all`)",
    "networks": "the list of networks (`docker network ls`)",
    "nodes": "the swarm's list of nodes (`docker node ls`)",
    "links": "its network interfaces (`ip -o link show`)",
    "addresses": "its addresses (`ip -o -4 addr show`)",
    "routes": "its routes (`ip -o -4 route show`)",
    "daemon_json": "/etc/docker/daemon.json",
    "docker_unit": "docker.service (`systemctl cat docker.service`)",
    "units": "docker.service (`systemctl show docker.service`)",
}


# A swarm without a leader has no list of nodes, and a host may have no docker.service: what follows
# from that is said elsewhere.
_MAY_FAIL = {"nodes", "docker_unit", "units"}


def unread(name: str, facts: HostFacts) -> list[str]:
    """Sentences on facts that are needed and could not be read."""
    return [
        f"{what} of {name} could not be read ({_WHY.get(why, f'exit code {why}')}): look there what "
        "is wrong with it, and try again"
        for fact, what in _NEEDED.items()
        if (why := facts.unread.get(fact)) is not None and not (why.isdigit() and fact in _MAY_FAIL)
    ]


def lost_records(name: str, facts: HostFacts, stack: str) -> list[str]:
    """Sentences on what crosshost keeps on a host and somebody has edited."""
    return [
        f"{name}: /var/lib/crosshost/{stack}/{fact.removeprefix('record/')}/record was edited by hand "
        f"({_WHY.get(why, why)}): it counts as lost, and up writes it again"
        for fact, why in facts.unread.items()
        if fact.startswith("record/")
    ]


def space(name: str, facts: HostFacts) -> list[str]:
    """Sentences about places that are too full to work with."""
    return [
        f"{name} has {free // MEGABYTE} MB left for {what}: make room there ({remedy})"
        for what, free, remedy in (
            ("Docker's data", facts.free_docker, "`docker system df` shows what takes it"),
            ("/etc", facts.free_etc, "`df -h /etc` shows the file system"),
        )
        if free is not None and free < MIN_FREE
    ]


def clocks(facts: Mapping[str, HostFacts]) -> list[str]:
    """Hosts whose clocks differ too much for what they keep together."""
    skews = {name: f.skew for name, f in facts.items() if f.skew is not None}
    if not skews:
        return []
    late, early = min(skews, key=lambda n: skews[n]), max(skews, key=lambda n: skews[n])
    apart = skews[early] - skews[late]
    if apart <= MAX_SKEW:
        return []
    wrong = max(late, early, key=lambda n: abs(skews[n]))
    return [
        f"the clocks of {late} and {early} are {apart} s apart: set that of {wrong}, which is "
        f"{abs(skews[wrong])} s {'ahead' if skews[wrong] > 0 else 'behind'} (`timedatectl set-ntp "
        "true` there keeps it right)"
    ]


def same_hostnames(facts: Mapping[str, HostFacts]) -> list[str]:
    """Hosts whose own names are equal: engines on one overlay would not find each other."""
    count = Counter(f.hostname.lower() for f in facts.values())
    return [
        f"{', '.join(sorted(n for n, f in facts.items() if f.hostname.lower() == hostname))} all "
        f"call themselves {hostname!r}, and overlay names would not resolve: give each its own "
        "name with hostnamectl"
        for hostname, times in count.items()
        if times > 1
    ]
