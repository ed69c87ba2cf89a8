"""What a reader declared as expected, and what of an impact was not.

A line ``Expected: restart docker02, replace web01`` in a text declares it: a gate and the names that it
is expected of, of hosts, containers, networks or ports (8080, docker01:8080).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from planning import redaction
from reports.impact.model import Effect, Gate, Impact

_LINE = re.compile(r"^[\s>*_-]*expected[*_]*:[*_]*(?P<what>.*)$", re.IGNORECASE | re.MULTILINE)
_MOST = 500


@dataclass(frozen=True)
class Expected:
    """Gates with the names that they are expected of; ``odd``: parts that nobody understands."""

    declared: frozenset[tuple[Gate, str]] = frozenset()
    odd: tuple[str, ...] = ()

    def covers(self, effect: Effect) -> bool:
        """Whether an effect was declared, or needs not be."""
        return effect.gate is None or any(
            (effect.gate, name) in self.declared for name in effect.names
        )

    def sees(self, host: str) -> bool:
        """Whether it was declared that a host cannot be looked at."""
        return (Gate.UNSEEN_HOST, host) in self.declared


def read(text: str) -> Expected:
    """What a pull request's text declares."""
    declared, odd = set(), []
    gates = {gate.value: gate for gate in Gate}
    for line in _LINE.finditer(text):
        last: Gate | None = None
        for part in line["what"][:_MOST].strip().rstrip(".").split(","):
            words = part.strip().strip("`*_").split()
            if words and words[0].lower() in gates:
                last, words = gates[words[0].lower()], words[1:]
            if last is None or not words:
                if part.strip():
                    odd.append(redaction.text(part.strip()))
                continue
            declared |= {(last, word.strip("`")) for word in words if word != "and"}
    return Expected(frozenset(declared), tuple(odd))


def labels(impact: Impact) -> list[str]:
    """The gates that an impact is of, whether they were declared or not."""
    found = {effect.gate for effect in impact.effects if effect.gate}
    found |= {Gate.UNSEEN_HOST} if impact.unseen else set()
    return [gate.value for gate in Gate if gate in found]


def shut(impact: Impact, expected: Expected, gates: Iterable[Gate]) -> list[str]:
    """Sentences why gates stay shut: what was not declared."""
    found = []
    for gate in gates:
        if gate is Gate.UNSEEN_HOST:
            found += [
                f"{gate.value}: {host} could not be looked at"
                for host in impact.unseen
                if not expected.sees(host)
            ]
        found += [
            f"{gate.value}: {effect.host}: {effect.sentence}"
            for effect in impact.effects
            if effect.gate is gate and not expected.covers(effect)
        ]
    return found
