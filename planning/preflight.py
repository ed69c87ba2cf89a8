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
FORGET = "`python -m reports.forget`"
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
        daemon_json.read(facts.daemon_json)
    except daemon_json.BrokenDaemonJsonError as error:
        problems.append(f"/etc/docker/daemon.json of {name} {error}: mend it there first")
    return problems


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
