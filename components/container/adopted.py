"""A container that was made by hand and is left as it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import pulumi_docker as docker

from components.container.inputs import ContainerArgs
from planning import adoption
from planning.facts import HostFacts

GRACE = "destroyGraceSeconds"


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


# An import reads less than there is (no environment, no labels), and some in another form.
ALL_BUT_GRACE = [
    key
    for name, value in vars(docker.ContainerArgs).items()
    if isinstance(value, property) and (key := _camel(name)) != GRACE
]


def _is_lost(network: str, facts: HostFacts, args: ContainerArgs) -> bool:
    """Whether a network is another one from now on, or is not there any more."""
    there = facts.networks is None or any(one.name == network for one in facts.networks)
    return not there or args.networks[network].is_made_anew(args.host.host_name)


@dataclass(frozen=True)
class Adopted:
    """Whether a container is left as it is.

    ``id``: its ID, None where facts do not show it. ``words``: the digest of what the stack file says.
    """

    is_left: bool
    id: str | None = None
    words: str = ""

    @property
    def row_field(self) -> str:
        """What the host keeps of it, as a field of its row; "" of a container that crosshost made."""
        return adoption.row_field(self.words) if self.id else ""

    @classmethod
    def of(cls, name: str, args: ContainerArgs) -> Self:
        """What becomes of the container of a Docker name on its host."""
        facts = args.host.facts
        if not isinstance(facts, HostFacts) or facts.containers is None:
            # What cannot be seen may be as it was.
            return cls(args.settings.adopt)
        words = adoption.digest(args.settings.words(secret=args.secret))
        found = adoption.container(facts, name, words, ends=args.ends)
        if any(_is_lost(network, facts, args) for network in args.settings.attachments()):
            found = None
        return cls(True, found.id, words) if found else cls(False)
