"""Runs on the controller: one host's membership in a swarm, with the help of its managers.

    python3 -m components.swarm_member apply   begin, join, change role; prints the node's ID
    python3 -m components.swarm_member undo    leave, and be taken off the managers' list

A token to join goes from a manager through the memory of this process to the host, on stdin. What
a host answers is checked before another one hears of it, and goes there on stdin.
Stdin as components/remote.py has it: the header is that of swarm.sh with the further fields managers
and via (who may help, by comma). Standard library only.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

from components.remote import HOST, HostError, RefusedError, Request, name_of, run, ssh_config

_NODE = re.compile(r"[A-Za-z0-9]{1,64}")
# What swarm.sh answers: the node's ID, and the role that it is to have; the version before: no role.
_ANSWER = re.compile(r"([A-Za-z0-9]{1,64})(?: (manager|worker))?")
_INVITATION = re.compile(r"[A-Za-z0-9-]+ [A-Za-z0-9.:,\[\]-]+")


class Member:
    """One host, and the managers that help it. ``config``: the path of an ssh_config for all."""

    def __init__(self, request: Request, config: str) -> None:
        self._request = request
        self._config = config
        self._name = request.name

    def apply(self) -> str:
        """Have the host in the swarm; its node's ID. HostError where that cannot be."""
        fields = self._request.fields
        start, role = fields.get("start", ""), fields.get("role", "")
        joins = start in ("join", "rejoin")
        invitation = self._invitation(role) if joins else "-"
        answer = self._own("apply", f"{invitation}\n{self._request.header}\n").strip()
        match = _ANSWER.fullmatch(answer)
        if match is None:
            raise HostError(f"{self._name} answers with something else than a node's ID")
        node, wanted = match[1], match[2] or role
        if joins:
            try:
                self._helped("settle", f"{node}\n")
            except HostError as error:
                raise HostError(f"{self._name} joined the swarm, but {error}") from None
        elif start == "stay" and node != fields.get("node"):
            raise HostError(
                f"{self._name} answers with another node's ID than it had: run pulumi up again"
            )
        if start == "stay" or (joins and wanted != role):
            self._have_role(node, wanted)
        return node

    def undo(self) -> str:
        """Have the host out of the swarm, or as it was found there; "". HostError else.

        It stays where another stack needs it there, too.
        """
        answer = self._own("undo", f"{self._request.header}\n").strip()
        if (match := _ANSWER.fullmatch(answer)) and match[2]:
            self._have_role(match[1], match[2])
            answer = self._own("undo", f"{self._request.header}\n").strip()
        if answer in ("stays", "gone"):
            return ""
        if not answer:
            self._stand_back()
            return ""
        if not _NODE.fullmatch(answer):
            raise HostError(
                f"{self._name} left the swarm, but answers with something else than its node's ID: "
                "run `docker node ls` on a manager, and `docker node rm` for the one that is down"
            )
        try:
            self._helped("forget", f"{answer}\n")
        except HostError as error:
            raise HostError(
                f"{self._name} left the swarm, but no manager takes it off its list ({error}): run "
                f"`docker node rm {answer}` on one"
            ) from None
        return ""

    def _invitation(self, role: str) -> str:
        try:
            invitation = self._helped("token", f"{role}\n").strip()
        except HostError as error:
            raise HostError(f"no manager lets {self._name} join the swarm ({error})") from None
        if not _INVITATION.fullmatch(invitation):
            raise HostError(f"the manager that was asked gives {self._name} no token to join with")
        return invitation

    def _have_role(self, node: str, role: str) -> None:
        """A manager that steps down is asked to by another one, a new one is promoted by any."""
        try:
            self._helped("role", f"{node} {role}\n")
        except HostError as error:
            try:
                self._own("role", f"{node} {role}\n")
            except RefusedError:
                raise HostError(
                    f"{self._name} does not become a {role} of the swarm ({error})"
                ) from None
        self._own("agree", f"{role}\n")

    def _stand_back(self) -> None:
        """A host that was in the swarm before crosshost came stays in it, as what it was.

        For scripts of the version before, which leave that to us.
        """
        fields = self._request.fields
        adopted, role, node = (fields.get(name, "") for name in ("adopted", "role", "node"))
        if adopted in ("", "no", role):
            return
        try:
            self._helped("role", f"{node} {adopted}\n")
        except HostError as error:
            raise HostError(
                f"{self._name} is left a {role} of the swarm, and was a {adopted} ({error})"
            ) from None

    def _own(self, verb: str, stdin: str) -> str:
        return self._on(self._request.host, verb, stdin)

    def _helped(self, verb: str, stdin: str) -> str:
        """The answer of the first manager that does what is asked; else the last one's refusal."""
        refused = "none is known"
        for manager in _helpers(self._request):
            try:
                return self._on(manager, verb, stdin)
            except RefusedError as error:
                refused = f"{name_of(manager)}: {error}"
        raise HostError(refused)

    def _on(self, host: str, verb: str, stdin: str) -> str:
        return run(self._config, host, f"sh {self._request.scripts}/swarm.sh {verb}", stdin)


def _helpers(request: Request) -> Iterator[str]:
    """The managers that may help, each once, without the host itself."""
    fields = request.fields
    named = f"{fields.get('via', '')},{fields.get('managers', '')}".split(",")
    for name in dict.fromkeys(named):
        if HOST.fullmatch(name) and name not in ("none", request.host):
            yield name


def main() -> int:
    """Apply or undo; the exit code is 1 where that fails."""
    verb = sys.argv[1] if len(sys.argv) == 2 else ""
    try:
        request = Request.read(sys.stdin.read())
        with ssh_config(request.config, {request.name: request.ssh_settings}) as config:
            member = Member(request, config)
            if verb not in ("apply", "undo"):
                raise HostError("swarm_member: apply or undo")
            node = member.apply() if verb == "apply" else member.undo()
    except HostError as error:
        print(error, file=sys.stderr)
        return 1
    if node:
        print(node)
    return 0


if __name__ == "__main__":
    sys.exit(main())
