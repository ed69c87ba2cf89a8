"""Which probes prove a stack, what hosts may answer, and what explains a broken promise."""

from __future__ import annotations

from dataclasses import replace

import pytest

from components.reachability.request import Carrier, Request, RequestError, Target
from planning.facts import HostFacts
from planning.ports import Peer
from planning.problems import ProblemsError
from planning.reachability.causes import Evidence, cause, holding
from planning.reachability.links import HostLink
from planning.reachability.probes import Endpoint, Probe, Promise, Published, plan
from planning.reachability.results import (
    NO_NAME_SERVER,
    Looked,
    Report,
    Result,
    answered,
    looked,
    ports,
    sentence,
)
from reports.reachability import junit
from stacks.settings import parse
from tests.unit.fleet import (
    containers,
    facts_text,
    iptables,
    listening,
    run_program,
    seen_by,
    stack_values,
)

OVERLAY = {
    "SAME_HOST": True, "ACROSS": True, "NAMES": True, "OWN_HOST": False,
    "OTHER_HOST": False, "FROM_LAN": False, "TO_LAN": True, "PUBLISHED": True,
}  # fmt: skip


def fleet(hosts: int, containers: int) -> tuple[list[Endpoint], dict[str, str]]:
    ends = [
        Endpoint(f"c{host}-{n}", f"h{host}", "ol1", f"172.16.{host}.{n + 1}")
        for host in range(hosts)
        for n in range(containers)
    ]
    return ends, {f"h{host}": f"10.0.0.{host + 1}" for host in range(hosts)}


def count(hosts: int, containers: int) -> int:
    ends, addresses = fleet(hosts, containers)
    return len(plan(ends, {"ol1": OVERLAY}, addresses))


def test_every_container_is_tried_with_one_of_each_host_and_every_pair_of_hosts_in_depth():
    ends, hosts = fleet(3, 2)
    probes = plan(ends, {"ol1": OVERLAY}, hosts)
    pairs = {
        (p.source, p.to)
        for p in probes
        if p.kind == "ping" and p.source and p.to in {e.container for e in ends}
    }
    assert {("c0-0", "c1-0"), ("c0-1", "c1-0"), ("c2-1", "c0-0"), ("c1-1", "c1-0")} <= pairs
    assert ("c0-0", "c1-1") not in pairs
    for kind in ("tcp", "transfer", "size"):
        deep = {(p.source_host, p.to_host) for p in probes if p.kind == kind}
        assert deep == {(a, b) for a in hosts for b in hosts if a != b}
    denied = {(p.source_host, p.to_host) for p in probes if not p.expected}
    assert ("h0", "h0") in denied
    assert ("h0", "h1") in denied


def test_the_number_of_probes_grows_with_containers_and_not_with_their_square():
    assert count(10, 20) < 2.2 * count(10, 10)
    # Between many hosts each tries a few: twice as many hosts are little more than twice the probes.
    assert count(100, 2) < 2.5 * count(50, 2)
    assert count(100, 10) < 20_000


def test_between_many_hosts_every_host_is_still_tried_by_somebody():
    ends, hosts = fleet(40, 1)
    probes = plan(ends, {"ol1": OVERLAY}, hosts)
    assert {p.to_host for p in probes if p.kind == "transfer"} == set(hosts)
    assert {p.source_host for p in probes if p.kind == "transfer"} == set(hosts)


def test_every_pair_is_every_pair():
    ends, hosts = fleet(2, 3)
    probes = plan(ends, {"ol1": OVERLAY}, hosts, every_pair=True)
    pairs = {(p.source, p.to) for p in probes if p.kind == "ping" and p.source}
    names = [end.container for end in ends]
    assert {(a, b) for a in names for b in names if a != b} <= pairs


def test_published_ports_and_promises_of_the_user_are_probes_too():
    ends, hosts = fleet(2, 1)
    probes = plan(
        ends, {"ol1": OVERLAY}, hosts,
        [Published("web", "h0", "10.0.0.1", 8080, True), Published("db", "h0", "10.0.0.1", 5432, False)],
        [Promise("c0-0", "c1-0", 80, True), Promise("c0-0", "c1-0", 0, False), Promise("x", "c1-0", 1, True)],
    )  # fmt: skip
    own = [
        (p.kind, p.source, p.to, p.more, p.expected)
        for p in probes
        if p.kind in ("port", "published")
    ]
    assert own == [
        ("published", None, "web", "8080", True),
        ("published", None, "db", "5432", False),
        ("port", "c0-0", "c1-0", "80", True),
    ]
    assert ("ping", "c0-0", "c1-0", False) in {(p.kind, p.source, p.to, p.expected) for p in probes}


def request() -> Request:
    ends, hosts = fleet(2, 1)
    return Request(
        ".crosshost/x/ssh_config", "/var/lib/crosshost/x/scripts",
        {name: Target(f"{name}:sudo", address, ["HostName 10.0.0.1", "User a b"]) for name, address in hosts.items()},
        plan(ends, {"ol1": OVERLAY}, hosts), True, "abc",
        {"ol1": Carrier("overlay-consul", (("udp", 4789),), OVERLAY)}, ends,
        [HostLink("ol1", name, mtu=1450, engine="docker") for name in hosts], "registry.example.com/tools:1",
    )  # fmt: skip


def test_a_request_is_a_text_of_one_line_a_thing_and_is_read_back_whole():
    one = request()
    assert Request.read(one.text).text == one.text
    assert Request.read(one.text).probes == one.probes
    assert "probe ping ol1 c0-0@h0 c1-0@h1 172.16.1.1 - yes\n" in one.text


@pytest.mark.parametrize(
    "line",
    [
        "probe ping",
        "probe shell - -@h0 c@h1 1.1.1.1 - yes",
        "host a;b 10.0.0.1",
        "network n k udp/x",
        "container a b",
        "link ol1 h0 shell=x",
    ],
)
def test_what_is_no_line_of_a_request_is_refused(line):
    with pytest.raises(RequestError, match="no line"):
        Request.read(request().text + line + "\n")


def test_an_image_that_is_no_reference_is_refused():
    with pytest.raises(RequestError, match="this is no image: a;b"):
        Request.read(request().text + "image a;b\n")


def probe(kind="ping", *, expected=True, source: str | None = "c0-0", to="c1-0") -> Probe:
    return Probe(kind, "ol1", source, "h0", to, "h1", "172.16.1.1", "", expected)


def test_only_answers_in_their_form_count():
    probes = {0: probe(), 1: probe("tcp"), 2: probe("size")}
    text = (
        "0 yes 0.123 \n1 maybe 1 x\n9 yes - \n2 no - \x1b[31mred\n"
        "1 no - $(touch /tmp/pwned)\nnoise\n"
    )
    found = answered(probes, text)
    assert set(found) == {0, 1}
    assert found[0].ms == 0.123
    assert found[1].why == "$(touch /tmp/pwned)"
    assert ports("0 port 70000\n1 port 4711\n2 unknown no perl\n3 port 1;x\n") == {
        1: 4711,
        2: "no perl",
    }
    text = "0 neighbour REACHABLE 02:42:ac:10:01:02\n0 size 1400\n1 size 5\n2 checksums 3\n3 checksums x\n"
    assert looked(text) == {
        0: Looked("REACHABLE", "02:42:ac:10:01:02", 1400),
        2: Looked(checksums=3),
    }


def test_what_is_not_known_neither_holds_nor_is_broken():
    one = Result(probe(), "unknown", why="the host has no command ping")
    assert not one.holds
    assert not one.broken
    assert sentence(one) == (
        "whether c0-0 on h0 can reach c1-0 on h1 on ol1 is not known: the host has no command ping"
    )
    report = Report([one, Result(probe(expected=False), "yes"), Result(probe("name"), "yes")])
    assert list(report.sentences()) == [
        "c0-0 on h0 does reach c1-0 on h1 (172.16.1.1) on ol1, which must not be"
    ]
    text = junit(report, "test")
    assert 'tests="3" failures="1" skipped="1"' in text


def test_a_table_that_is_not_as_planned_is_told_and_explains_a_ping_that_has_no_other_cause():
    route = Result(probe("route", source=None), "no", cause="it goes out of ens33")
    ping = Result(probe(source=None), "no", why="no answer")
    other = Result(probe(source=None), "no", cause="a firewall")
    assert list(Report([ping, route]).explained_by_tables().sentences()) == [
        "h0 does not reach c1-0 on h1 (172.16.1.1) on ol1: it goes out of ens33"
    ]
    assert list(Report([other, route]).explained_by_tables().sentences()) == [
        "h0 does not reach c1-0 on h1 (172.16.1.1) on ol1: a firewall",
        "ol1 on h0 is not as planned (route): it goes out of ens33",
    ]


def peers(**more: str) -> dict[str, Peer]:
    found = {}
    for name, address in (("h0", "10.0.0.11"), ("h1", "10.0.0.12")):
        own = (more[name],) if name in more else ()
        seen = seen_by(facts_text(hostname=name, address=address, more=own))
        assert isinstance(seen, HostFacts)
        found[name] = Peer(address, seen)
    return found


OL1 = {
    "contracts": {"ol1": "overlay-consul"},
    "ports": {"ol1": (("tcp", 7946), ("udp", 7946), ("udp", 4789))},
}
DNS = containers(
    {"id": "id", "name": "dns", "state": "paused", "status": "Up (Paused)", "stack": ""}
)
LAN = {"contracts": {"ol1": "macvlan"}}
MAC = {"macs": {"172.16.1.1": "02:42:AC:10:01:01"}}


@pytest.mark.parametrize(
    ("kind", "why", "evidence", "words"),
    [
        ("ping", "", {**OL1, "peers": peers(h1=iptables("-P INPUT ACCEPT", "-A INPUT -p udp -m udp --dport 4789 -j DROP"))},
         "h1's own firewall keeps h0 from udp 4789"),
        ("ping", "", {**OL1, "peers": peers(h0=listening("tcp LISTEN 0 1 0.0.0.0:22 0.0.0.0:*"))},
         "the engine of h0 has not joined its peers"),
        ("ping", "", {**LAN, **MAC, "looked": Looked("REACHABLE", "02:00:00:00:00:99")},
         "172.16.1.1 is taken by another machine, 02:00:00:00:00:99"),
        ("ping", "", {**OL1, **MAC, "looked": Looked("REACHABLE", "02:00:00:00:00:99")},
         "an old entry on h0 sends 172.16.1.1 to 02:00:00:00:00:99"),
        ("ping", "", {**LAN, **MAC, "looked": Looked("FAILED", "")}, "one MAC address per port"),
        ("size", "1450 bytes: no answer", {**OL1, "looked": Looked("REACHABLE", "", 1400)},
         "packets of more than 1400 bytes get lost on the way"),
        ("transfer", "", {**OL1, "holds": frozenset({"ping", "size"})}, "a firewall in between or in c1-0 drops it"),
        ("tcp", "", {**OL1, "holds": frozenset({"ping", "size"}), "looked": Looked(checksums=2)},
         "TCP comes with wrong checksums, which a NIC or its driver makes: `ethtool -K NIC tx off`"),
        ("ping", "", {**LAN, **MAC, "looked": Looked("STALE", "02:42:ac:10:01:01")}, "one MAC address per port"),
        ("name", NO_NAME_SERVER, {**OL1, "holds": frozenset({"ping"})}, "no name server answers c0-0"),
        ("name", "", {**OL1, "holds": frozenset({"ping"}), "peers": peers(h0="stray_threads 2")},
         "Docker on h0 works in a network namespace that is gone"),
        ("name", "", {**OL1, "holds": frozenset({"ping"})}, "the name server of c0-0 does not know it"),
        ("name", "no such name", {**LAN, "holds": frozenset({"ping"}), "name_server": "dns", "peers": peers(h0=DNS)},
         "c1-0 is reached by address: the name server dns on h0 is paused: `docker restart dns` there"),
        ("ping", "", {**OL1, **MAC, "looked": Looked("REACHABLE", "02:42:ac:10:01:01")}, ""),
    ],
)  # fmt: skip
def test_a_broken_promise_has_the_cause_that_was_seen(kind, why, evidence, words):
    evidence = {"peers": {}, **evidence}
    found = cause(Result(probe(kind), "no", why=why), Evidence(**evidence))
    assert words in found
    assert bool(words) == bool(found)


def test_what_holds_between_two_ends_is_of_these_ends_alone():
    like = Result(probe("transfer"), "no")
    results = [
        Result(probe(), "yes"),
        Result(probe("size"), "no"),
        Result(probe("tcp", to="c9"), "yes"),
    ]
    assert holding(results)[like.probe.ends] == {"ping"}


@pytest.mark.usefixtures("key_file")
def test_a_promise_of_a_container_that_there_is_not_is_refused_with_those_that_there_are():
    values = stack_values("lab-overlay")
    values["prove"] = {"promises": [{"from": "web01", "to": "web3", "port": 80}]}
    with pytest.raises(
        ProblemsError, match=r"promises\[0\]\.to: there is no container web3: there are web0"
    ):
        parse(values)


def test_a_stack_is_proven_after_everything_else_and_not_where_it_is_not_wanted(
    monkeypatch, tmp_path
):
    healthy = {name: facts_text(hostname=name) for name in ("docker01", "docker02")}
    values = stack_values("lab-macvlan")
    engine = run_program(monkeypatch, tmp_path, values, healthy)
    proof = engine.of_type("command:local:Command")["reachability"]
    assert "network macvlan_1 macvlan SAME_HOST=yes ACROSS=yes NAMES=no" in proof["stdin"]
    assert "link macvlan_1 docker01 parent=ens33 promiscuous=yes\n" in proof["stdin"]
    assert {"ssh01@docker01", "ssh02@docker02", "present@docker01"} <= engine.after["reachability"]
    values["prove"] = {"image": "tools:1"}
    engine = run_program(monkeypatch, tmp_path, values, healthy)
    assert {"tools:1@docker01", "tools:1@docker02"} <= engine.after["reachability"]
    assert "image tools:1\n" in engine.of_type("command:local:Command")["reachability"]["stdin"]
    values["prove"] = {"when": "never", "image": "tools:1"}
    engine = run_program(monkeypatch, tmp_path, values, healthy)
    assert "reachability" not in engine.resources
    assert "tools:1@docker01" not in engine.resources


def test_a_ping_that_fails_speaks_for_the_rest_and_a_container_that_does_not_run_is_the_cause():
    away = "its container does not run"
    back = Probe("ping", "ol1", "c1-0", "h1", "c0-0", "h0", "172.16.1.2", "", True)
    report = Report(
        [
            Result(probe(), "no"), Result(probe("tcp"), "no"), Result(probe("name"), "no"),
            Result(back, "unknown", why=away), Result(replace(back, kind="size"), "unknown", why=away),
        ]
    ).explained_by_ends()  # fmt: skip
    assert list(report.sentences()) == [
        "c0-0 on h0 does not reach c1-0 on h1 (172.16.1.1) on ol1: c1-0 does not run"
    ]
    assert list(report.doubts()) == ["2 probes from c1-0 on h1 are not known: " + away]


def test_what_is_not_known_of_a_container_that_does_not_run_has_that_as_its_reason():
    back = Probe("ping", "ol1", "c1-0", "h1", "c0-0", "h0", "172.16.1.2", "", True)
    report = Report(
        [
            Result(back, "unknown", why="its container does not run"),
            Result(probe("transfer"), "unknown", why="no server could be started beside it"),
        ]
    ).explained_by_ends()
    assert list(report.doubts())[1].endswith("is not known: c1-0 does not run")
