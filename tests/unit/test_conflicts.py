"""What is in the way of what a stack wants goes first, and nothing else does."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from planning import conflicts
from planning.conflicts import Claim
from planning.facts import parse
from tests.unit.fleet import RecordingEngine, b64, containers, facts_text, networks, run_program

HOSTS = {"docker01": "10.0.0.11", "docker02": "10.0.0.12"}
KEY = "ssh-ed25519 " + "A" * 68
CONTAINER, NETWORK = "docker:index/container:Container", "docker:index/network:Network"
MACVLAN = {"strategy": "macvlan", "parent": "ens33", "gateway": "10.0.0.2"}
OVERLAY = {"strategy": "overlay", "control_plane": "swarm"}


def stack(nets: dict[str, Any], webs: dict[str, Any]) -> dict[str, Any]:
    hosts = {name: {"address": at, "host_key": KEY} for name, at in HOSTS.items()}
    ssh = {"private_key_file": "${CROSSHOST_LAB}/id_ed25519"}
    return {"ssh": ssh, "hosts": hosts, "networks": nets, "containers": webs}


class Fleet:
    """Hosts as an up of ``values`` leaves them."""

    def __init__(self, engine: RecordingEngine) -> None:
        self.rows: dict[str, dict[str, list[dict[str, str]]]] = {}
        self.records: dict[str, dict[str, str]] = {}
        self.members: dict[str, str] = {}
        ids = {}
        for host in HOSTS:
            self.rows[host] = {"containers": [], "networks": []}
            self.records[host] = {}
        for name, inputs in engine.of_type(NETWORK).items():
            host = name.rpartition("@")[2]
            ids[name] = f"id-{host}-{inputs['name']}"
            swarm = inputs["driver"] == "overlay"
            self.rows[host]["networks"].append(
                {"id": f"id-of-{name}".replace("@", "_"), "name": inputs["name"],
                 "driver": inputs["driver"], "scope": "swarm" if swarm else "local", "stack": "test"}
            )  # fmt: skip
        for name, inputs in engine.of_type(CONTAINER).items():
            host = name.rpartition("@")[2]
            joined = ",".join(one["name"] for one in inputs.get("networksAdvanced") or [])
            self.rows[host]["containers"].append(
                {"id": f"id-of-{name}".replace("@", "_"), "name": inputs["name"], "state": "running",
                 "status": "Up", "stack": "test", "host": host, "networks": joined or "bridge"}
            )  # fmt: skip
        for name, inputs in engine.of_type("command:remote:Command").items():
            change, _, host = name.rpartition("@")
            if change == "present":
                self.records[host]["present"] = inputs["stdin"].replace("@docker", "_docker")

    def texts(self) -> dict[str, str]:
        found = {}
        for host, at in HOSTS.items():
            more = (
                containers(*self.rows[host]["containers"]),
                networks(*self.rows[host]["networks"]),
            )
            found[host] = facts_text(
                hostname=host, address=at, version="28.5.2", backends=(), more=more,
                records=self.records[host],
            )  # fmt: skip
        return found


@pytest.fixture
def edit(monkeypatch, tmp_path):
    """What the second up removes first: (host, kind, name), when a stack file becomes another one."""

    def run(before: dict[str, Any], after: dict[str, Any]) -> set[tuple[str, str, str]]:
        bare = {h: facts_text(hostname=h, address=a, version="28.5.2") for h, a in HOSTS.items()}
        fleet = Fleet(run_program(monkeypatch, tmp_path, before, bare))
        engine = run_program(monkeypatch, tmp_path, after, fleet.texts())
        return removed(engine)

    return run


def removed(engine: RecordingEngine) -> set[tuple[str, str, str]]:
    lines = engine.resources["conflicts"].inputs["stdin"].splitlines()[1:]
    words = [line.split(" ") for line in lines]
    return {(w[0], w[1], w[3]) for w in words if w[1] != "leave"}


def web(host: str, **more: Any) -> dict[str, Any]:
    return {"host": host, "image": "busybox:1", **more}


LAN = {"lan": {**MACVLAN, "subnet": "10.0.0.0/24"}}
WEBS = {"web01": web("docker01", network="lan", ip="10.0.0.101"),
        "web02": web("docker02", network="lan", ip="10.0.0.102")}  # fmt: skip
STACK = stack(LAN, WEBS)


def changed(**webs: Any) -> dict[str, Any]:
    values = copy.deepcopy(STACK)
    values["containers"] |= webs
    return values


@pytest.mark.parametrize(
    "after",
    [
        STACK,
        changed(web03=web("docker01")),
        changed(web01=web("docker01", network="lan", ip="10.0.0.109")),
        changed(web01=web("docker02", network="lan", ip="10.0.0.101")),
        stack(LAN, {"web01": WEBS["web01"]}),
        stack({}, {}),
        stack({"lan": {**LAN["lan"], "gateway": "10.0.0.3"}}, WEBS),
        stack({"lan": {**LAN["lan"], "hosts": ["docker01"]}}, {"web01": WEBS["web01"]}),
    ],
    ids=["nothing", "added", "address", "moved", "one less", "all gone", "gateway", "host less"],
)
def test_an_edit_that_pulumi_orders_by_itself_removes_nothing_first(edit, after):
    assert edit(STACK, after) == set()


def test_another_strategy_of_the_same_name_takes_containers_and_network_away_first(edit):
    webs = {name: {k: v for k, v in one.items() if k != "ip"} for name, one in WEBS.items()}
    after = stack({"lan": {**OVERLAY, "subnet": "172.16.1.0/24"}}, webs)
    both = {(f"docker0{n}", kind, name) for n in (1, 2)
            for kind, name in (("container", f"web0{n}"), ("network", "lan"))}  # fmt: skip
    assert edit(STACK, after) == both
    assert {(h, k, n) for h, k, n in edit(after, STACK) if k == "container"} == {
        ("docker01", "container", "web01"), ("docker02", "container", "web02"),
    }  # fmt: skip


def test_a_renamed_network_of_the_same_subnet_goes_first(edit):
    webs = {name: {**one, "network": "wan"} for name, one in WEBS.items()}
    found = edit(STACK, stack({"wan": LAN["lan"]}, webs))
    assert {("docker01", "network", "lan"), ("docker02", "container", "web02")} <= found


def test_a_renamed_container_of_the_same_address_goes_first(edit):
    webs = {"other": WEBS["web01"], "web02": WEBS["web02"]}
    assert edit(STACK, stack(LAN, webs)) == {("docker01", "container", "web01")}


def test_containers_that_swap_addresses_names_or_ports_go_both(edit):
    addresses = changed(
        web01={**WEBS["web01"], "ip": "10.0.0.102"}, web02={**WEBS["web02"], "ip": "10.0.0.101"}
    )
    both = {("docker01", "container", "web01"), ("docker02", "container", "web02")}
    assert edit(STACK, addresses) == both
    ports = stack(
        {}, {"aa": web("docker01", ports=["80:80"]), "bb": web("docker01", ports=["81:80"])}
    )
    swapped = copy.deepcopy(ports)
    swapped["containers"]["aa"]["ports"], swapped["containers"]["bb"]["ports"] = (
        ["81:80"],
        ["80:80"],
    )
    assert edit(ports, swapped) == {("docker01", "container", n) for n in ("aa", "bb")}
    names = stack({}, {"aa": web("docker01", container_name="x1"),
                       "bb": web("docker01", container_name="x2")})  # fmt: skip
    swapped = copy.deepcopy(names)
    swapped["containers"]["aa"]["container_name"] = "x2"
    swapped["containers"]["bb"]["container_name"] = "x1"
    assert edit(names, swapped) == {("docker01", "container", n) for n in ("x1", "x2")}


def test_ports_meet_only_where_their_addresses_do():
    one = Claim("port", "docker01", "127.0.0.1:80/tcp")
    assert one.meets(Claim("port", "docker01", "0.0.0.0:80/tcp"))
    assert not one.meets(Claim("port", "docker01", "10.0.0.11:80/tcp"))
    assert not one.meets(Claim("port", "docker01", "127.0.0.1:80/udp"))
    assert not one.meets(Claim("port", "docker02", "127.0.0.1:80/tcp"))


# Any edit: nothing is made whose name is held by something that goes later.

KINDS = {
    "lan": {**MACVLAN, "subnet": "10.0.0.0/24"},
    "lan2": {**MACVLAN, "subnet": "10.0.1.0/24", "parent": "ens34", "gateway": "10.0.1.1"},
    "overlay": {**OVERLAY, "subnet": "172.16.1.0/24"},
    "overlay2": {**OVERLAY, "subnet": "172.16.2.0/24"},
}


@st.composite
def files(draw: st.DrawFn) -> dict[str, Any]:
    """Stack files that hold what can be held once: names, addresses, ports, subnets, NICs."""
    kinds = draw(st.permutations(sorted(KINDS)))
    names = sorted(draw(st.sets(st.sampled_from(["n1", "n2"]), min_size=1)))
    nets = dict(zip(names, kinds, strict=False))
    called, addresses = draw(st.permutations(["x1", "x2", "x3"])), draw(st.permutations([5, 6, 7]))
    webs = {}
    for i, key in enumerate(sorted(draw(st.sets(st.sampled_from(["aa", "bb", "cc"]), min_size=1)))):
        net = draw(st.sampled_from([*names, "bridge"]))
        one = web(draw(st.sampled_from(sorted(HOSTS))), network=net)
        if draw(st.booleans()):
            one["container_name"] = called[i]
        kind = nets.get(net, "")
        if kind.startswith("lan"):
            one["ip"] = f"10.0.{int(kind == 'lan2')}.10{addresses[i]}"
        elif draw(st.booleans()):
            one["ports"] = [f"8{addresses[i]}:80"]
        webs[key] = one
    return stack({name: KINDS[kind] for name, kind in nets.items()}, webs)


def held(engine: RecordingEngine) -> dict[tuple[str, ...], str]:
    """What each resource of a program holds on a host -> the resource's key."""
    found: dict[tuple[str, ...], str] = {}
    for name, inputs in engine.of_type(CONTAINER).items():
        key, _, host = name.rpartition("@")
        found["name", host, inputs["name"]] = key
    for name, inputs in engine.of_type(NETWORK).items():
        key, _, host = name.rpartition("@")
        hosts = HOSTS if inputs["driver"] == "overlay" else [host]
        for one in hosts:
            found["network", one, inputs["name"]] = f"{key} {inputs['driver']}"
    return found


@settings(
    max_examples=60, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much, HealthCheck.too_slow],
)  # fmt: skip
@given(files(), files())
def test_any_edit_makes_nothing_whose_name_is_held_by_what_goes_later(
    monkeypatch, tmp_path, before, after
):
    nics = {"ens33": "<UP>", "ens34": "<UP>"}
    bare = {
        h: facts_text(hostname=h, address=a, version="28.5.2", nics=nics) for h, a in HOSTS.items()
    }
    first = run_program(monkeypatch, tmp_path, before, bare)
    fleet = Fleet(first)
    texts = {
        host: text.replace("\nend 1", f"\nlinks {links(nics)}\nend 1")
        for host, text in fleet.texts().items()
    }
    second = run_program(monkeypatch, tmp_path, after, texts)
    gone: set[tuple[str, ...]] = {
        (kind if kind == "network" else "name", host, name) for host, kind, name in removed(second)
    }
    old, new = held(first), held(second)
    event("something goes first" if gone else "nothing goes first")
    for place, key in new.items():
        if place in old and old[place] != key:
            assert place in gone or ("network", *place[1:]) in gone or _elsewhere(place, gone), (
                json.dumps([before, after])
            )


def _elsewhere(place: tuple[str, ...], gone: set[tuple[str, ...]]) -> bool:
    """An overlay is removed by the host that made it."""
    return place[0] == "network" and any(g[0] == "network" and g[2] == place[2] for g in gone)


def links(nics: dict[str, str]) -> str:
    text = "".join(f"{i}: {n}: {f} mtu 1500 qdisc x\n" for i, (n, f) in enumerate(nics.items(), 1))
    return b64(text)


def test_what_no_record_tells_of_is_known_by_its_host_and_name():
    wanted = [
        conflicts.Item(
            "container", "h1", "web", "container/a", frozenset({Claim("name", "h1", "web")})
        )
    ]
    row = {"id": "i1", "name": "web", "state": "running", "status": "Up", "stack": "s"}
    facts = {"h1": parse(facts_text(more=(containers(row),)))}
    assert not conflicts.removal(wanted, facts, "s", {})
