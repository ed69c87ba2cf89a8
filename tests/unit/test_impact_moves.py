"""What the impact report says of containers that move, are renamed or replaced, and of their data."""

from __future__ import annotations

import json

import pytest

from planning import engine_events
from reports.impact import expected as expectations
from reports.impact.expected import Expected
from reports.impact.model import Fleet, Gate, Member
from reports.impact.verdict import verdict
from tests.unit.impacts import MACVLAN, OPEN, of, sentences
from tests.unit.previews import CONTAINER, NETWORK, container, said, step, urn

DATA = [{"containerPath": "/data", "volumeName": "data"}]


def labelled(words, **more):
    rows = {"crosshost.words": words, **more}
    return [{"label": label, "value": value} for label, value in sorted(rows.items())]


def test_a_container_whose_host_leaves_the_stack_moves_and_is_gated():
    old = container("web", volumes=DATA)
    found = of(
        step("create", CONTAINER, "web@docker02", None, old),
        step("delete", CONTAINER, "web@docker01", old),
        step("delete", "command:remote:Command", "scripts@docker01", {"stdin": ""}),
    )
    assert verdict(found) == (
        "moves 1 container to docker02; leaves the data of volume data behind; takes docker01 out of the stack"
    )
    assert sentences(found, "docker02") == [
        "container web moves here from docker01, made anew: it starts here before it ends there",
        "volume data of web does not move along: its data stays on docker01, and here web begins with what a "
        "volume of that name has, or with nothing",
    ]
    assert "container web leaves for docker02" in sentences(found)
    assert expectations.shut(found, Expected(), [Gate.REPLACE])
    for declared in ("web", "docker02/web", "docker01/web"):
        read = expectations.read(f"Expected: replace {declared}")
        assert not expectations.shut(found, read, [Gate.REPLACE])


def test_a_container_that_moves_within_the_stack_leaves_its_data_and_says_what_else_changes():
    old = container("web", volumes=DATA, labels=labelled("host image", **{"crosshost.host": "a"}))
    new = container("web", volumes=DATA, labels=labelled("host image", **{"crosshost.host": "b"}))
    moved = step("replace", CONTAINER, "web@docker02", old, new, was="web@docker01")
    assert sentences(of(moved), "docker02")[0] == (
        "container web moves here from docker01 and is away for about 5 s"
    )
    assert "leaves the data of volume data behind" in verdict(of(moved))
    edited = step(
        "replace", CONTAINER, "web@docker02", old, new | {"image": "b"}, was="web@docker01"
    )
    assert sentences(of(edited), "docker02")[0].endswith("about 5 s (image centos_ssh:v2 -> b)")


def test_a_volume_that_no_container_uses_any_more_stays():
    other = [{"containerPath": "/data", "volumeName": "other"}]
    found = of(
        step("replace", CONTAINER, "a@docker01", container("a", volumes=DATA), container("a", volumes=other)),
        step("delete", CONTAINER, "b@docker02", container("b", volumes=DATA)),
    )  # fmt: skip
    assert "volume data stays with its data; a uses it no more" in sentences(found)
    assert "volume data stays with its data; b uses it no more" in sentences(found, "docker02")


def test_the_old_half_of_a_container_that_moves_is_no_change_of_its_own():
    rows: list[dict[str, object]] = []
    for op, name in (("delete-replaced", "web@docker01"), ("replace", "web@docker02")):
        old = {"urn": urn(CONTAINER, "web@docker01"), "custom": True, "inputs": container("web")}
        metadata = {"op": op, "urn": urn(CONTAINER, name), "old": old, "diffs": ["labels"]}
        metadata["new"] = old | {"urn": metadata["urn"]}
        rows.append({"sequence": len(rows), "resourcePreEvent": {"metadata": metadata}})
    rows.append({"sequence": 9, "summaryEvent": {}})
    text = "\n".join(map(json.dumps, rows))
    (change,) = engine_events.read(text, "lab-macvlan", "crosshost").changes
    assert (change.name, change.was) == ("web@docker02", "web@docker01")


def test_a_renamed_container_ends_once_and_does_not_bounce():
    first = (
        "container a on docker01 is removed first: container b is to have its address (10.0.0.5); "
        "it is away for about 5 s"
    )
    found = of(
        step("create", CONTAINER, "b@docker01", None, container("b")),
        step("delete", CONTAINER, "a@docker01", container("a")),
        diagnostics=[said(first)],
    )
    assert verdict(found) == "ends 1 container on docker01; starts 1 container"
    assert sentences(found) == [
        "container a is removed first: container b is to have its address (10.0.0.5)",
        "container b starts (centos_ssh:v2)",
    ]
    assert found.said == ()
    assert expectations.labels(found) == []


def test_a_network_that_is_renamed_is_removed_once_and_one_of_another_strategy_is_made_anew():
    first = "network {} on docker01 is removed first: {}"
    renamed = of(
        step("create", NETWORK, "new@docker01", None, {"driver": "bridge"}),
        step("delete", NETWORK, "old@docker01", {"driver": "bridge"}),
        diagnostics=[said(first.format("old", "network new is to have its subnet (10.9.0.0/24)"))],
        after=Fleet(titles={"new": "vxlan"}),
    )
    assert sentences(renamed) == [
        "network old is removed first: network new is to have its subnet (10.9.0.0/24)",
        "network new (vxlan) is made",
    ]
    assert expectations.labels(renamed) == []
    anew = of(
        step("create", NETWORK, "old@docker01", None, {"driver": "overlay"}),
        step("delete", NETWORK, "old@docker01", {"driver": "bridge"}),
        diagnostics=[said(first.format("old", "its strategy or control plane changes"))],
    )
    assert verdict(anew) == "makes old anew"
    assert expectations.labels(anew) == ["replace"]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ({"labels": labelled("host image")}, {"labels": labelled("host image mem_limit"), "memory": 1, "memorySwap": 2}, "mem_limit"),
        ({"labels": labelled("host restart")}, {"labels": labelled("host")}, "restart"),
        ({"labels": labelled("host ip network")}, {"labels": labelled("host networks"), "networksAdvanced": []}, "networks"),
        ({"labels": labelled("host", **{"crosshost.networks": "a"})}, {"labels": labelled("host", **{"crosshost.networks": "b"})}, "its network is made anew"),
        ({"labels": labelled("host"), "memorySwap": 1}, {"labels": labelled("host"), "memorySwap": 2}, "memswap_limit"),
    ],
)  # fmt: skip
def test_why_a_container_is_replaced_is_said_in_the_words_of_a_stack_file(old, new, told):
    found = of(
        step("replace", CONTAINER, "a@docker01", container("a", **old), container("a", **new))
    )
    assert sentences(found)[0] == f"container a is replaced and is away for about 5 s ({told})"


def test_a_container_on_its_hosts_own_network_reaches_what_that_does():
    before = Fleet({"a": Member("docker01", {"x": None})}, {"x": MACVLAN})
    after = Fleet({"a": Member("docker01", {}, is_host=True)}, {"x": MACVLAN})
    change = step("replace", CONTAINER, "a@docker01", container("a"), container("a", image="b"))
    assert of(change, before=before, after=after).lost == ()


def test_encryption_that_comes_and_goes_is_told():
    pair = {"a": Member("docker01", {"x": None}), "b": Member("docker02", {"x": None})}
    plain, sealed = (Fleet(pair, {"x": OPEN}, {"x": t}) for t in ("vxlan", "vxlan, encrypted"))
    change = step("replace", NETWORK, "x@docker01", {"driver": "bridge"}, {"driver": "bridge", "options": {"com.docker.network.driver.mtu": "1370"}})  # fmt: skip
    assert sentences(of(change, before=plain, after=sealed), "") == [
        "what crosses between hosts on x is encrypted"
    ]
    found = of(change, before=sealed, after=plain)
    assert "no longer encrypts x" in verdict(found)
    assert sentences(found) == ["network x is made anew (mtu)"]
    overlay = Fleet(pair, {"x": OPEN}, {"x": "overlay on Swarm"})
    change = step("replace", NETWORK, "x@docker01", {"options": {"encrypted": ""}}, {"driver": "overlay"})  # fmt: skip
    assert "no longer encrypts x" in verdict(of(change, before=overlay, after=overlay))
