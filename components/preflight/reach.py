"""Why a host cannot be reached or read over SSH, and the remedy."""

from __future__ import annotations

import re

from components.ssh import Login
from planning.facts import Unreachable

FORGET = "`python -m crosshost forget`"
_UNANSWERED = r"(?:connect to host \S+ port \d+: |open failed: connect failed: )"


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
