"""Runs on the controller: one host's membership in a swarm, with the help of its managers.

    python3 -m components.swarm_member apply   begin, join, change role; prints the node's ID
    python3 -m components.swarm_member undo    leave, and be taken off the managers' list

A token to join goes from a manager through the memory of this process to the host, on stdin. What
a host answers is checked before another one hears of it, and goes there on stdin.
Stdin: "SSH_CONFIG SCRIPTS HOST"; settings of ssh for HOST, which may have left SSH_CONFIG, one a
line; an empty line; the header of swarm.sh with the further words managers and via (who may help,
by comma). Hosts are NAME, or NAME:sudo. Standard library only.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from components import processes

# More than a change of a host waits for another one to end, and for its peers.
_SECONDS = 300.0
_LIMIT = 1 << 20
_NODE = re.compile(r"[A-Za-z0-9]{1,64}")
_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,62}(:sudo)?")
_SCRIPTS = re.compile(r"/var/lib/crosshost/[A-Za-z0-9_.-]+/scripts")
_INVITATION = re.compile(r"[A-Za-z0-9-]+ [A-Za-z0-9.:,\[\]-]+")


class MemberError(Exception):
    """Why the host is not what it should be in its swarm; ``str()`` is the message for people."""


class RefusedError(MemberError):
    """A host did not do what it was asked; ``str()`` is the last line that it printed."""


@dataclass(frozen=True)
class Request:
    """What is asked for, from stdin. ``header`` goes to swarm.sh, ``words`` are its words."""

    config: str
    scripts: str
    host: str
    ssh_settings: tuple[str, ...]
    header: str

    @classmethod
    def read(cls, text: str) -> Request:
        """The request of a text; MemberError where it has not its form."""
        first, *lines = text.split("\n")
        config, scripts, host = (*first.split(" "), "", "")[:3]
        end = lines.index("") if "" in lines else len(lines)
        header = lines[end + 1] if end + 1 < len(lines) else ""
        if not (_SCRIPTS.fullmatch(scripts) and _HOST.fullmatch(host)):
            raise MemberError("swarm_member: this is no request")
        return cls(config, scripts, host, tuple(lines[:end]), header)

    @property
    def words(self) -> Mapping[str, str]:
        return dict(word.partition("=")[::2] for word in self.header.split())

    def helpers(self) -> Iterator[str]:
        """The managers that may help, each once, without the host itself."""
        words = self.words
        named = f"{words.get('via', '')},{words.get('managers', '')}".split(",")
        for name in dict.fromkeys(named):
            if _HOST.fullmatch(name) and name not in ("none", self.host):
                yield name


class Member:
    """One host, and the managers that help it. ``config``: the path of an ssh_config for all."""

    def __init__(self, request: Request, config: str) -> None:
        self._request = request
        self._config = config
        self._name = request.host.removesuffix(":sudo")

    def apply(self) -> str:
        """Have the host in the swarm; its node's ID. MemberError where that cannot be."""
        words = self._request.words
        start, role = words.get("start", ""), words.get("role", "")
        joins = start in ("join", "rejoin")
        invitation = self._invitation(role) if joins else "-"
        node = self._own("apply", f"{invitation}\n{self._request.header}\n").strip()
        if not _NODE.fullmatch(node):
            raise MemberError(f"{self._name} answers with something else than a node's ID")
        if joins:
            try:
                self._helped("settle", f"{node}\n")
            except MemberError as error:
                raise MemberError(f"{self._name} joined the swarm, but {error}") from None
        elif start == "stay":
            if node != words.get("node"):
                raise MemberError(
                    f"{self._name} answers with another node's ID than it had: run pulumi up again"
                )
            self._have_role(node, role)
        return node

    def undo(self) -> str:
        """Have the host out of the swarm, or as it was found there; "". MemberError else."""
        self._stand_back()
        node = self._own("undo", f"{self._request.header}\n").strip()
        if not node:
            return ""
        if not _NODE.fullmatch(node):
            raise MemberError(
                f"{self._name} left the swarm, but answers with something else than its node's ID: "
                "run `docker node ls` on a manager, and `docker node rm` for the one that is down"
            )
        try:
            self._helped("forget", f"{node}\n")
        except MemberError as error:
            raise MemberError(
                f"{self._name} left the swarm, but no manager takes it off its list ({error}): run "
                f"`docker node rm {node}` on one"
            ) from None
        return ""

    def _invitation(self, role: str) -> str:
        try:
            invitation = self._helped("token", f"{role}\n").strip()
        except MemberError as error:
            raise MemberError(f"no manager lets {self._name} join the swarm ({error})") from None
        if not _INVITATION.fullmatch(invitation):
            raise MemberError(
                f"the manager that was asked gives {self._name} no token to join with"
            )
        return invitation

    def _have_role(self, node: str, role: str) -> None:
        """A manager that steps down is asked to by another one, a new one is promoted by any."""
        try:
            self._helped("role", f"{node} {role}\n")
        except MemberError as error:
            try:
                self._own("role", f"{node} {role}\n")
            except RefusedError:
                raise MemberError(
                    f"{self._name} does not become a {role} of the swarm ({error})"
                ) from None
        self._own("agree", f"{role}\n")

    def _stand_back(self) -> None:
        """A host that was in the swarm before crosshost came stays in it, as what it was."""
        words = self._request.words
        adopted, role, node = (words.get(name, "") for name in ("adopted", "role", "node"))
        if adopted in ("", "no", role):
            return
        try:
            self._helped("role", f"{node} {adopted}\n")
        except MemberError as error:
            raise MemberError(
                f"{self._name} is left a {role} of the swarm, and was a {adopted} ({error})"
            ) from None

    def _own(self, verb: str, stdin: str) -> str:
        return self._on(self._request.host, verb, stdin)

    def _helped(self, verb: str, stdin: str) -> str:
        """The answer of the first manager that does what is asked; else the last one's refusal."""
        refused = "none is known"
        for manager in self._request.helpers():
            try:
                return self._on(manager, verb, stdin)
            except RefusedError as error:
                refused = f"{manager.removesuffix(':sudo')}: {error}"
        raise MemberError(refused)

    def _on(self, host: str, verb: str, stdin: str) -> str:
        return self.run(host, f"swarm.sh {verb}", stdin)

    def run(self, host: str, call: str, stdin: str) -> str:
        """What a script of ours ("SCRIPT VERB") on a host prints; RefusedError where it fails."""
        name = host.removesuffix(":sudo")
        sudo = "sudo -n " if name != host else ""
        script = f"{sudo}sh {self._request.scripts}/{call}"
        argv = ["ssh", "-F", self._config, "-T", name, script]
        ended = processes.run(argv, stdin=stdin.encode(), seconds=_SECONDS, limit=_LIMIT)
        if ended.why:
            what = (
                f"no answer within {_SECONDS:.0f} s" if ended.why == "time" else "too much to read"
            )
            raise RefusedError(what)
        if ended.code != 0:
            lines = ended.err.decode(errors="replace").strip().splitlines()
            raise RefusedError(_plain(lines[-1]) if lines else f"exit code {ended.code}")
        return ended.out.decode(errors="replace")


def _plain(text: str) -> str:
    """A host's words without what a terminal would take for a command."""
    return "".join(c if c.isprintable() else "?" for c in text[:1000])


@contextmanager
def ssh_config(request: Request) -> Iterator[str]:
    """The path of an ssh_config that knows the host, whether the stack's own does or not."""
    name = request.host.removesuffix(":sudo")
    with tempfile.NamedTemporaryFile("w", prefix="crosshost-", suffix=".ssh_config") as file:
        lines = [f"Host {name}", *request.ssh_settings]
        lines += ["Host *", f'Include "{Path.cwd()}/{request.config}"']
        file.write("\n".join(lines) + "\n")
        file.flush()
        yield file.name


def main() -> int:
    """Apply or undo; the exit code is 1 where that fails."""
    verb = sys.argv[1] if len(sys.argv) == 2 else ""
    try:
        request = Request.read(sys.stdin.read())
        with ssh_config(request) as config:
            member = Member(request, config)
            if verb not in ("apply", "undo"):
                raise MemberError("swarm_member: apply or undo")
            node = member.apply() if verb == "apply" else member.undo()
    except MemberError as error:
        print(error, file=sys.stderr)
        return 1
    if node:
        print(node)
    return 0


if __name__ == "__main__":
    sys.exit(main())
