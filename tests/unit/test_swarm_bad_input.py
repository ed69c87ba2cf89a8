"""What cannot become a swarm with its overlays: found from file or facts before anything changes."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from stacks.settings import parse
from tests.unit.fleet import (
    RecordingEngine,
    b64,
    iptables,
    listening,
    networks,
    routes,
    run_program,
    stack_values,
)  # fmt: skip
from tests.unit.swarms import fleet_texts, host_text, locked, manager, nodes
from tests.unit.test_bad_input import changed, problems

HOSTS = ("docker03", "docker04", "docker05")
BARE = {name: host_text(name) for name in HOSTS}
pytestmark = pytest.mark.usefixtures("key_file")

BAD = [
    ("a manager that is no host", "swarm/managers", ["docker03", "docker09"],
     "crosshost:swarm.managers[1]", "there is no host 'docker09': write one of docker03, docker04"),
    ("no managers", "swarm/managers", [], "crosshost:swarm", "managers is empty: name a host"),
    ("a manager twice", "swarm/managers", ["docker03", "docker03"],
     "crosshost:swarm", "managers names a host twice"),
    ("an address for a host that is not there", "swarm/advertise", {"docker09": "10.0.0.19"},
     "crosshost:swarm.advertise.docker09", "there is no host 'docker09'"),
    ("a shell's words for a NIC", "swarm/advertise", "ens33; reboot",
     "crosshost:swarm.advertise", "is no network interface name"),
    ("a port that takes root", "swarm/data_path_port", 53,
     "crosshost:swarm.data_path_port", "greater than or equal to 1024"),
    ("a pool without room", "swarm/address_pool", "10.99.0.0/28",
     "crosshost:swarm", "address_pool 10.99.0.0/28 is too small: write a /24 or larger"),
    ("a pool that is the stack's own", "swarm/address_pool", "172.16.0.0/12",
     "crosshost:swarm.address_pool", "172.16.0.0/12 overlaps 172.16.1.0/24 of ol1: choose another"),
    ("a data path by the port of the nodes' talk", "swarm/data_path_port", 7946,
     "crosshost:swarm", "data_path_port 7946 is the port that nodes talk by: write another one"),
    ("an address that is a name", "hosts/docker04/address", "docker04.example.com",
     "crosshost:hosts.docker04.address", "docker04.example.com is a name, but"),
    ("one way to reach others and another", "networks/ol2",
     {"strategy": "overlay", "control_plane": "consul", "subnet": "172.16.2.0/24"},
     "crosshost:networks.ol2.control_plane", "docker03 also has ol1 on swarm"),
    ("an MTU too small for IPv4", "networks/ol1/mtu", 500,
     "crosshost:networks.ol1.mtu", "greater than or equal to 576"),
    ("an unknown control plane", "networks/ol1/control_plane", "etcd",
     "crosshost:networks.ol1.control_plane", "swarm"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "value", "where", "sentence"), [c[1:] for c in BAD], ids=[c[0] for c in BAD]
)
def test_is_refused_with_its_place_and_what_to_write(path, value, where, sentence):
    found = problems(changed("lab-swarm", path, value))
    assert any(w == where and sentence in s for w, s in found), found


@pytest.mark.parametrize("word", ["mtu", "encrypted"])
def test_consul_has_no_options_of_swarms_networks(word):
    values = changed("lab-overlay", f"networks/ol1/{word}", 1400 if word == "mtu" else True)
    assert problems(values) == [
        (f"crosshost:networks.ol1.{word}",
         "cannot be had on Consul: remove it, or write `control_plane: swarm`"),
    ]  # fmt: skip


def test_a_manager_beside_the_overlay_must_not_be_on_consul_or_a_name():
    values = changed("lab-swarm", "swarm/managers", ["docker05"])
    values["networks"]["ol1"]["hosts"] = ["docker03", "docker04"]
    values["networks"]["ol2"] = {
        "strategy": "overlay", "control_plane": "consul", "subnet": "172.16.2.0/24",
        "hosts": ["docker05"],
    }  # fmt: skip
    values["consul"] = {"host": "docker05"}
    del values["containers"]["web03"]
    assert problems(values) == [
        ("crosshost:swarm.managers[0]",
         "docker05 has ol2 on consul, and an engine cannot be in a cluster store and in a swarm: "
         "name another manager, or other `hosts` of ol2"),
    ]  # fmt: skip
    del values["networks"]["ol2"], values["consul"]
    values["hosts"]["docker05"]["address"] = "docker05.example.com"
    ((where, sentence),) = problems(values)
    assert where == "crosshost:hosts.docker05.address"
    assert "crosshost:swarm: {advertise: {docker05: ens33}}" in sentence


def test_names_as_addresses_are_right_where_nics_are_given(monkeypatch, tmp_path):
    values = changed("lab-swarm", "hosts/docker04/address", "docker04.example.com")
    values["swarm"]["advertise"] = {"docker04": "ens33"}
    engine = run_program(monkeypatch, tmp_path, values, BARE)
    stdin = engine.of_type("command:local:Command")["swarm@docker04"]["stdin"]
    assert " advertise=10.0.0.14 " in stdin


def closed(protocol: str, port: int) -> str:
    return iptables("-P INPUT ACCEPT", f"-A INPUT -p {protocol} --dport {port} -j DROP")


def held(protocol: str, port: int) -> str:
    state = "LISTEN" if protocol == "tcp" else "UNCONN"
    return listening(f'{protocol} {state} 0 128 *:{port} *:* users:(("other",pid=9,fd=3))')


def shut(name: str, protocol: str, port: int) -> dict[str, str]:
    return {name: host_text(name, more=(closed(protocol, port),))}


def taken(name: str, protocol: str, port: int) -> dict[str, str]:
    return {name: host_text(name, more=(held(protocol, port),))}


def routed(name: str, *found: str) -> dict[str, str]:
    return {name: host_text(name, more=(routes(*found),))}


def alone(name: str, cluster: str) -> dict[str, str]:
    told = manager(name, (name,), cluster)
    return {name: host_text(name, told, more=(nodes((name,), (name,)),))}


OVERLAY = {"strategy": "overlay", "control_plane": "swarm"}
ON_HOSTS: list[tuple[str, dict[str, str], dict[str, Any], str]] = [
    *((f"{protocol} {port} shut", shut("docker04", protocol, port), {},
       f"docker04's own firewall keeps docker03 and docker05 from {protocol} {port}: allow that")
      for protocol, port in (("tcp", 7946), ("udp", 7946), ("udp", 4789))),
    ("the managers' port shut", shut("docker03", "tcp", 2377), {},
     "docker03's own firewall keeps docker04 and docker05 from tcp 2377: allow that there"),
    ("a data path port of one's own shut", shut("docker05", "udp", 9789), {"data_path_port": 9789},
     "docker05's own firewall keeps docker03 and docker04 from udp 9789: allow that there"),
    *((f"{protocol} {port} taken", taken("docker04", protocol, port), {},
       f"{protocol} {port} of docker04 is held by other: stop that program")
      for protocol, port in (("tcp", 7946), ("udp", 7946), ("udp", 4789))),
    ("the managers' port taken", taken("docker03", "tcp", 2377), {},
     "tcp 2377 of docker03 is held by other: stop that program there"),
    ("a data path port of one's own taken", taken("docker05", "udp", 9789),
     {"data_path_port": 9789}, "udp 9789 of docker05 is held by other: stop that program there"),
    ("a pool that meets a route", routed("docker04", "10.99.4.0/24 wg0"),
     {"address_pool": "10.99.0.0/16"},
     "crosshost:swarm.address_pool 10.99.0.0/16 meets routes of docker04 (10.99.4.0/24 by wg0), "
     "which containers there could then not reach: write e.g. 10.201.0.0/16"),
    ("no pool that is free", routed("docker04", "10.0.0.0/8 a0", "172.20.0.0/14 a1", "172.17.0.0/16 a2",
                                    "172.18.0.0/15 a3", "172.24.0.0/13 a4", "192.168.0.0/16 a5"), {},
     "every private subnet meets routes of the hosts or networks of the stack: write one that none of "
     "them uses, a /24 or larger, as `crosshost:swarm: {address_pool: ...}`"),
    ("a subnet that meets a route", routed("docker04", "172.16.0.0/16 wg0"), {},
     "ol1: subnet 172.16.1.0/24 meets routes of docker04 (172.16.0.0/16 by wg0)"),
    ("a subnet that meets Docker's bridge", routed("docker05", "172.16.0.0/16 docker0"), {},
     "ol1: subnet 172.16.1.0/24 meets routes of docker05 (172.16.0.0/16 by docker0)"),
    ("a subnet that meets the bridge of overlays", routed("docker05", "172.16.0.0/16 docker_gwbridge"),
     {}, "ol1: subnet 172.16.1.0/24 meets routes of docker05 (172.16.0.0/16 by docker_gwbridge)"),
    ("clocks apart", {"docker05": host_text("docker05", skew=61)}, {},
     "are 61 s apart: set that of docker05, which is 61 s ahead"),
    ("equal hostnames", {"docker05": host_text("docker05").replace(b64("docker05"), b64("Docker04"))},
     {}, "docker04, docker05 all call themselves 'docker04'"),
    ("two swarms", {**alone("docker03", "c1"), **alone("docker05", "c2")}, {},
     "docker05 is in another swarm than docker03"),
    ("a locked swarm", {"docker03": host_text("docker03", locked())}, {},
     "the swarm on docker03 waits for its key"),
    ("a NIC that is not there", {}, {"advertise": "ens34"},
     "docker03 has no network interface ens34 with an IPv4 address"),
    ("a swarm on another data path port", fleet_texts(("docker03",), hosts=HOSTS, port=9789), {},
     "the swarm of docker03 carries overlays on udp 9789"),
    ("live-restore", {"docker04": host_text("docker04", engine={"LiveRestoreEnabled": True})}, {},
     "docker04 has live-restore on, which Swarm forbids: take it out of its daemon.json"),
    ("a cluster store", {"docker04": host_text("docker04", engine={"ClusterStore": "consul://x"})},
     {}, "docker04 lives on the cluster store consul://x, which an engine cannot combine"),
]  # fmt: skip


def run(monkeypatch: Any, tmp_path: Any, facts: dict[str, str], **swarm: Any) -> RecordingEngine:
    values = stack_values("lab-swarm")
    values["swarm"] |= swarm
    return run_program(monkeypatch, tmp_path, values, {**BARE, **facts})


@pytest.mark.parametrize(
    ("facts", "swarm", "sentence"), [c[1:] for c in ON_HOSTS], ids=[c[0] for c in ON_HOSTS]
)
def test_up_stops_before_any_change_and_names_host_and_remedy(
    monkeypatch, tmp_path, facts, swarm, sentence
):
    with pytest.raises(pulumi.RunError) as caught:
        run(monkeypatch, tmp_path, facts, **swarm)
    assert sentence in str(caught.value)
    assert str(caught.value).startswith("nothing was changed:")


def test_a_preview_where_no_pool_is_free_warns(monkeypatch, tmp_path):
    warned: list[str] = []
    monkeypatch.setattr("pulumi.log.warn", lambda text, **_: warned.append(text))
    everything = routed("docker03", "10.0.0.0/8 a0", "172.16.0.0/12 a1", "192.168.0.0/16 a2")
    engine = run_program(
        monkeypatch, tmp_path, stack_values("lab-swarm"), {**BARE, **everything}, preview=True
    )
    assert any("every private subnet meets routes" in text for text in warned)
    assert " pool=none\n" in engine.of_type("command:local:Command")["swarm@docker03"]["stdin"]


HARMLESS = [
    ("VXLAN's own port shut where another carries", shut("docker04", "udp", 4789),
     {"data_path_port": 9789}),
    ("VXLAN's own port taken where another carries", taken("docker04", "udp", 4789),
     {"data_path_port": 9789}),
    ("the managers' port shut on a worker", shut("docker04", "tcp", 2377), {}),
    ("the managers' port taken on a worker", taken("docker04", "tcp", 2377), {}),
    ("the kernel on the port of overlays", {"docker04": host_text("docker04", more=(
        listening("udp UNCONN 0 0 0.0.0.0:4789 0.0.0.0:*"),))}, {}),
    ("routes that meet Docker's own pool", routed("docker04", "10.0.0.0/24 ens33"), {}),
    ("a pool that meets a route of a swarm that is there",
     fleet_texts(("docker03",), hosts=HOSTS), {"address_pool": "10.0.0.0/16"}),
    ("clocks nearly apart", {"docker05": host_text("docker05", skew=60)}, {}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "swarm"), [c[1:] for c in HARMLESS], ids=[c[0] for c in HARMLESS]
)
def test_is_no_reason_to_stop(monkeypatch, tmp_path, facts, swarm):
    assert "web03@docker05" in run(monkeypatch, tmp_path, facts, **swarm).resources


def network_there(stack: str) -> str:
    return networks(
        {"id": "n1", "name": "ol1", "driver": "overlay", "scope": "swarm", "stack": stack}
    )


@pytest.mark.parametrize("bridge", ["docker_gwbridge", "docker0", "br-0123456789ab"])
def test_bridges_that_came_after_an_overlay_are_no_fault_of_its_subnet(
    monkeypatch, tmp_path, bridge
):
    facts = {
        **fleet_texts(("docker03",), hosts=HOSTS),
        "docker04": host_text("docker04", more=(network_there("test"),)),
        **routed("docker05", f"172.16.0.0/16 {bridge}"),
    }
    assert run(monkeypatch, tmp_path, facts).resources
    facts["docker04"] = host_text("docker04", more=(network_there("somebody-elses"),))
    with pytest.raises(pulumi.RunError, match="meets routes of docker05"):
        run(monkeypatch, tmp_path, facts)


def test_a_subnet_that_the_bridge_of_overlays_would_get_is_refused_before_it_does(
    monkeypatch, tmp_path
):
    values = changed("lab-swarm", "networks/ol1/subnet", "172.18.1.0/24")
    del values["networks"]["ol1"]["gateway"]
    docker0 = routed("docker04", "172.17.0.0/16 docker0")
    with pytest.raises(pulumi.RunError) as caught:
        run_program(monkeypatch, tmp_path, values, {**BARE, **docker0})
    assert (
        "ol1: subnet 172.18.1.0/24 meets 172.18.0.0/16, which Docker on docker04 will give "
        "docker_gwbridge"
    ) in str(caught.value)
    there = host_text("docker05", more=(network_there("test"),))
    assert run_program(
        monkeypatch, tmp_path, values, {**BARE, **docker0, "docker05": there}
    ).resources


@pytest.mark.parametrize(("port", "swarm"), [
    ("2377:80", {}), ("7946:80", {}), ("7946:80/udp", {}), ("4789:80/udp", {}),
    ("9789:80/udp", {"data_path_port": 9789}),
])  # fmt: skip
def test_ports_that_the_engines_need_are_not_published(port, swarm):
    values = changed("lab-swarm", "containers/web01/ports", [port])
    values["swarm"] |= swarm
    ((where, sentence),) = problems(values)
    assert where == "crosshost:containers.web01.ports[0]"
    assert "of docker03 is taken by the engine for overlays: publish another one" in sentence


def test_the_first_host_is_the_manager_where_none_is_named():
    values = changed("lab-swarm", "containers/web01/ports", ["2377:80"])
    del values["swarm"]
    assert [where for where, _ in problems(values)] == ["crosshost:containers.web01.ports[0]"]


@pytest.mark.parametrize(("container", "port", "swarm"), [
    ("web02", "2377:80", {}), ("web01", "4789:80", {}), ("web01", "4789:80/udp", {"data_path_port": 9789}),
])  # fmt: skip
def test_ports_that_the_engines_leave_free_are_published(container, port, swarm):
    values = changed("lab-swarm", f"containers/{container}/ports", [port])
    values["swarm"] |= swarm
    assert parse(values).containers[container].ports


def test_a_manager_without_an_overlay_is_held_to_the_same(monkeypatch, tmp_path):
    values = stack_values("lab-swarm")
    values["networks"]["ol1"]["hosts"] = ["docker03", "docker04"]
    values["swarm"]["managers"] = ["docker05"]
    del values["containers"]["web03"]
    info = {"LiveRestoreEnabled": True}
    bad = host_text("docker05", skew=-100, more=(closed("udp", 7946),), engine=info)
    with pytest.raises(pulumi.RunError) as caught:
        run_program(monkeypatch, tmp_path, values, {**BARE, "docker05": bad})
    for sentence in (
        "docker05 has live-restore on, which Swarm forbids",
        "docker05's own firewall keeps docker03 and docker04 from udp 7946",
        "the clocks of docker05 and docker03 are 100 s apart",
    ):
        assert sentence in str(caught.value)


@pytest.mark.parametrize(("nic", "mtu", "stops"), [
    (1500, 1450, False), (1500, 1451, True), (9000, 8950, False), (1400, 1400, True),
])  # fmt: skip
@pytest.mark.parametrize("advertise", [None, "ens33"])
def test_an_mtu_that_does_not_pass_the_nic_is_refused(
    monkeypatch, tmp_path, nic, mtu, stops, advertise
):
    values = changed("lab-swarm", "networks/ol1/mtu", mtu)
    values["swarm"] |= {"advertise": advertise} if advertise else {}
    facts = {name: host_text(name, mtu=nic) for name in HOSTS}
    if not stops:
        assert run_program(monkeypatch, tmp_path, values, facts).resources
        return
    with pytest.raises(pulumi.RunError) as caught:
        run_program(monkeypatch, tmp_path, values, facts)
    assert (
        f"ol1: mtu {mtu} does not pass ens33 of docker03, whose packets have {nic} bytes, 50 of "
        f"them VXLAN's: write {nic - 50} or less"
    ) in str(caught.value)


def test_encryption_is_refused_where_a_kernel_lacks_it(monkeypatch, tmp_path):
    values = changed("lab-swarm", "networks/ol1/encrypted", True)
    facts = {**BARE, "docker04": host_text("docker04", more=("module esp4 missing",))}
    with pytest.raises(pulumi.RunError, match=r"ol1: the kernel of docker04 .* no module esp4"):
        run_program(monkeypatch, tmp_path, values, facts)
    assert run_program(monkeypatch, tmp_path, values, BARE).resources
