"""Units that keep what a stack made across boots: what is said where somebody has removed them."""

from __future__ import annotations

from planning import facts, kept_units
from tests.unit.fleet import facts_text


def lost(*kinds: str) -> list[str]:
    lines = facts_text().splitlines()
    lines[-1:-1] = [f"unkept {kind}" for kind in kinds]
    return kept_units.sentences("docker01", facts.parse("\n".join(lines) + "\n"))


def test_nothing_is_said_where_all_are_there():
    assert lost() == []


def test_what_a_boot_would_lose_is_one_sentence():
    assert lost("vxlan", "nic") == [
        "docker01: the systemd units that bring promiscuous mode and VXLAN devices back after a boot are "
        "gone or disabled: up writes them again"
    ]


def test_what_a_host_makes_up_is_left_out():
    assert lost("etc/passwd", "vxlan; reboot") == []
