"""What is watched while an up changes things, and what is said of it."""

from __future__ import annotations

import json
from dataclasses import replace
from ipaddress import IPv4Address

import pytest

from planning.reachability.interruptions import (
    End,
    Interruption,
    Pair,
    in_words,
    interruption,
    pairs,
    sentence,
)
from planning.reachability.watched import Listed, PairState, listed, watched
from reports.topology.paths import rows
from tests.unit.fleet import containers, facts_text, run_program, stack_values

A, B = "a" * 64, "b" * 64
PAIR = Pair(End("web01", "docker01", "ol1", A), End("web02", "docker02", "ol1", B))
NOW = 1_764_000_000.0
BOUNCES = "docker02: the Docker daemon will be restarted; its 1 running container bounces"


def ends(*hosts: str, each: int = 1, network: str = "ol1") -> list[End]:
    return [
        End(f"{host}-{n}", host, network, f"{host}-{n}".ljust(64, "0"))
        for host in hosts
        for n in range(each)
    ]


def came_of(state: PairState | str, announced=None, **of: str) -> Interruption | None:
    seen = {A: of.get("web01", "same"), B: of.get("web02", "same")}
    return interruption(PAIR, state, seen, announced or {}, NOW)  # type: ignore[arg-type]


def test_two_hosts_have_up_to_two_pairs_and_each_of_a_pair_has_another_container_where_there_is_one():
    assert [(str(p.source), str(p.to)) for p in pairs(ends("h0", "h1", each=3))] == [
        ("h0-0 on h0", "h1-0 on h1"), ("h0-1 on h0", "h1-1 on h1"),
    ]  # fmt: skip
    assert len(pairs([*ends("h0"), *ends("h1", each=2)])) == 2
    assert len(pairs(ends("h0", "h1", "h2"))) == 3


def test_containers_of_one_host_or_of_different_networks_are_no_pair():
    assert pairs(ends("h0", each=3)) == []
    assert pairs([*ends("h0"), *ends("h1", network="ol2")]) == []


def test_pairs_grow_with_hosts_and_not_with_their_square():
    assert len(pairs(ends(*(f"h{n}" for n in range(100))))) < 100 * 8


def test_packets_that_all_came_back_are_no_interruption():
    one = came_of(PairState("on", connection="open"))
    assert one is not None
    assert one.row() == {
        "from": "web01", "from_host": "docker01", "to": "web02", "to_host": "docker02",
        "network": "ol1", "kind": "uninterrupted", "expected": "yes", "observed": "yes", "ms": 0,
        "cause": "",
    }  # fmt: skip


def test_a_container_that_is_replaced_and_a_pair_that_was_not_there_before_are_not_told_of():
    lost = PairState("off", 1, 4000, 4000, 4000)
    assert came_of(lost, web01="gone") is None
    assert came_of(lost, web02="gone") is None
    assert came_of(PairState("never")) is None


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (PairState("on", 1, 1300, 1300, 5000, "open"),
         "did not reach each other on ol1 for 1300 ms from 15:59:55 UTC on, and nothing was to interrupt"),
        (PairState("on", 3, 1300, 900, 5000, "open"), "for 1300 ms in all, 3 times, the longest 900 ms from"),
        (PairState("on", 1, 1300, 1300, 5000, "closed"), "UTC on, and their TCP connection broke, and nothing"),
        (PairState("on", connection="closed"), "lost no packet on ol1, but their TCP connection broke"),
        (PairState("off", 1, 1300, 1300, 1300, "waiting"), "(they still do not)"),
    ],
)  # fmt: skip
def test_an_interruption_is_told_with_both_hosts_when_and_how_long(state, words):
    one = came_of(state)
    assert one is not None
    assert one.broken
    assert sentence(one).startswith("web01 on docker01 and web02 on docker02 ")
    assert words in sentence(one)
    assert one.row()["observed"] == "no"
    assert one.row()["cause"] == sentence(one)


def test_what_the_preview_said_is_expected_and_no_fault():
    one = came_of(
        PairState("on", 1, 3100, 3100, 9000, "closed"),
        {("docker02", ""): BOUNCES},
        web02="restarted",
    )
    assert one is not None
    assert not one.broken
    assert (one.row()["expected"], one.row()["observed"], one.row()["ms"]) == ("no", "no", 3100)
    assert sentence(one).endswith(f"broke: {BOUNCES} (web02 on docker02 restarted)")
    assert list(in_words([one])) == [(False, sentence(one))]


def test_a_host_that_was_lost_on_the_way_is_not_known():
    one = came_of("the connection to docker01 ended on the way")
    assert one is not None
    assert (one.observed, one.ms, one.broken) == ("unknown", None, False)
    assert "is not known: the connection to docker01 ended" in sentence(one)


def test_a_sender_that_was_not_run_is_not_known_and_hides_no_interruption():
    one = came_of(PairState("silent", connection="open"))
    assert one is not None
    assert (one.observed, one.lacking) == ("unknown", False)
    assert "docker01 was too busy to send packets" in sentence(one)
    one = came_of(PairState("silent", 1, 1300, 1300, 5000, "open"))
    assert one is not None
    assert one.observed == "no"


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (PairState("failed"), "docker01 has not all of the commands nsenter, ping and awk"),
        (PairState("on", connection="unknown"), "it takes bash, and perl or python3"),
    ],
)
def test_a_host_that_lacks_tools_is_not_known(state, words):
    one = came_of(state)
    assert one is not None
    assert (one.observed, one.lacking) == ("unknown", True)
    assert words in sentence(one)


def test_words_at_the_end_count_what_held_and_warn_of_what_did_not():
    held, lost = came_of(PairState("on")), came_of(PairState("on", 1, 1300, 1300, 5000))
    assert held is not None
    assert lost is not None
    assert list(in_words([])) == []
    assert list(in_words([held, held, lost])) == [
        (False, "2 pairs of containers on different hosts that were there before went on reaching each "
         "other while this up changed things: 0 ms lost"),
        (True, sentence(lost)),
    ]  # fmt: skip


def test_what_came_later_is_worse_only_where_something_more_was_lost():
    held, lost = came_of(PairState("on")), came_of(PairState("on", 1, 1300, 1300, 5000))
    assert lost is not None
    assert lost.worse_than(held)
    assert lost.worse_than(None)
    assert not lost.worse_than(replace(lost, since=0))


def test_what_a_host_says_has_its_form_or_is_not_there():
    assert listed(
        [f"container {A} ol1 172.16.1.2 40001", f"container {B} ol1 172.16.1.3 -", "container x ol1 y -",
         f"container {B} ol1 999.1.1.1 -", f"container {B} ol1 172.16.1.3 70000", "$(reboot)"]
    ) == [Listed(A, "ol1", IPv4Address("172.16.1.2"), 40001), Listed(B, "ol1", IPv4Address("172.16.1.3"), 0)]  # fmt: skip
    found = watched(
        [f"container {A} same", f"container {B} gone", "container short same", f"container {A} maybe",
         "pair 0 on 1 1300 900 5000 open", "pair 1 on 0 0 0 0 perhaps", "pair 2 off", "pair x on 0 0 0 0 none"]
    )  # fmt: skip
    assert found.containers == {A: "same", B: "gone"}
    assert found.pairs == {0: PairState("on", 1, 1300, 900, 5000, "open")}


def test_a_picture_does_not_show_what_an_up_interrupted():
    one = came_of(PairState("on", 1, 1300, 1300, 5000))
    assert one is not None
    assert rows(json.dumps([one.row()])) == []


def one(name: str, id_: str, state: str) -> str:
    return containers(
        {"id": id_, "name": name, "state": state, "status": "Up 3 hours", "stack": "test"}
    )


def facts(state: str = "running") -> dict[str, str]:
    return {
        "docker01": facts_text(more=(one("web01", A, state),)),
        "docker02": facts_text(hostname="docker02", address="10.0.0.12", more=(one("web02", B, state),)),
    }  # fmt: skip


def test_an_up_watches_the_containers_of_the_stack_that_run_and_a_preview_none(
    monkeypatch, tmp_path
):
    values = stack_values("lab-overlay")
    assert run_program(monkeypatch, tmp_path, values, facts()).watched == [PAIR.source, PAIR.to]
    assert run_program(monkeypatch, tmp_path, values, facts("exited")).watched == []
    assert run_program(monkeypatch, tmp_path, values, facts(), preview=True).watched == []
    values["prove"] = {"when": "never"}
    assert run_program(monkeypatch, tmp_path, values, facts()).watched == []
