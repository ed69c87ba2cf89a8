"""Who reaches whom after an up, by the contracts before and after it; addresses."""

from __future__ import annotations

from reports.impact.model import Fleet, Member, Weight
from tests.unit.impacts import (
    MACVLAN,
    OPEN,
    OVERLAY,
    members,
    of,
    replaced,
    sentences,
)


def test_who_reaches_whom_is_told_from_the_contracts_before_and_after():
    before = Fleet(
        members(a=("h1", "ol1"), b=("h2", "ol1"), c=("h2", "lan")), {"ol1": OVERLAY, "lan": MACVLAN}
    )
    after = Fleet(
        members(a=("h1", "ol1"), c=("h2", "ol1"), d=("h2", "lan")), {"ol1": OVERLAY, "lan": MACVLAN},
        {"ol1": "overlay on Swarm"},
    )  # fmt: skip
    found = of(replaced(image="b"), before=before, after=after)
    assert found.gained == (
        "a ↔ c, over ol1 (overlay on Swarm), by name too",
        "LAN to containers: d",
        "containers to the LAN: d",
    )
    assert found.lost == (
        "a ↔ b, over ol1, by name too",
        "LAN to containers: c",
    )
    opened = [effect for effect in found.effects if effect.weight is Weight.OPEN]
    assert [effect.sentence for effect in opened] == [
        "every port of d opens to the LAN on lan (address not known yet)"
    ]


def test_a_pair_that_stays_in_touch_over_another_network_is_no_news():
    before = Fleet(members(a=("h1", "x"), b=("h2", "x")), {"x": OVERLAY})
    after = Fleet(members(a=("h1", "y"), b=("h2", "y")), {"y": OVERLAY})
    found = of(replaced(image="b"), before=before, after=after)
    assert (found.gained, found.lost) == ((), ())


def test_names_that_come_and_go_with_another_strategy_are_told():
    pair = members(a=("h1", "x"), b=("h2", "x"))
    vxlan, swarm = Fleet(pair, {"x": {**OVERLAY, "NAMES": False}}), Fleet(pair, {"x": OVERLAY})
    found = of(replaced(image="b"), before=vxlan, after=swarm)
    assert (found.gained, found.lost) == (("by name, to another host: a and b",), ())
    found = of(replaced(image="b"), before=swarm, after=vxlan)
    assert (found.gained, found.lost) == ((), ("by name, to another host: a and b",))


def test_many_that_all_reach_each_other_are_one_line():
    after = Fleet(members(**{f"c{i}": ("h1", "x") for i in range(40)}), {"x": OPEN})
    found = of(replaced(image="b"), after=after)
    (line,) = found.gained
    assert line.startswith("c0, c1, c10")
    assert "and 32 more: all of them to each other" in line


def test_addresses_taken_freed_and_swapped_are_told():
    def fleet(**given):
        return Fleet(
            {n: Member("docker01", {"lan": address}) for n, address in given.items()},
            {"lan": MACVLAN},
        )

    found = of(replaced(image="b"), before=fleet(a="10.0.0.1", b="10.0.0.2", c="10.0.0.3"),
               after=fleet(a="10.0.0.2", b="10.0.0.1", c=None, d="10.0.0.4"))  # fmt: skip
    told = sentences(found)
    assert "10.0.0.4 on lan is taken by d" in told
    assert "10.0.0.1 on lan goes from a to b" in told
    assert not any("10.0.0.3" in sentence for sentence in told)
    assert "10.0.0.3 on lan is freed (it was c's)" in sentences(
        of(replaced(image="b"), before=fleet(c="10.0.0.3"), after=fleet())
    )
