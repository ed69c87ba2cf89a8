"""The hosts that the lab's environments (stacks/Pulumi.lab-*.yaml) name, and their engines."""

from __future__ import annotations

from collections.abc import Mapping

from lab.errors import LabError
from lab.roots import SUITES, Suite

_NOTES = {1: SUITES["bullseye"], 2: SUITES["bullseye"]}
# Stack -> number of a host -> its engine. One lab has room for all of them side by side.
FLEETS: Mapping[str, Mapping[int, Suite]] = {
    "lab-macvlan": _NOTES,
    "lab-overlay": _NOTES,
    "lab-modes": _NOTES,
    "lab-vxlan": _NOTES,
    "lab-lan": dict.fromkeys((3, 4), SUITES["forky"]),
    "lab-swarm": dict.fromkeys((3, 4, 5), SUITES["forky"]),
    # The oldest with wireguard-go, and a new one.
    "lab-vxlan-encrypted": {7: SUITES["bookworm"], 8: SUITES["forky"]},
    "lab-auto": {6: SUITES["bullseye"], 7: SUITES["bookworm"], 8: SUITES["forky"]},
}


def fleet(stack: str) -> Mapping[int, Suite]:
    """The hosts of an environment, by number. Errors: LabError naming those that there are."""
    if stack not in FLEETS:
        raise LabError(f"there is no environment {stack!r}: choose one of {', '.join(FLEETS)}")
    return FLEETS[stack]
