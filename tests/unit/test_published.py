"""Published ports: how they are written, what the plugin is given, and which exclude others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from planning.problems import ProblemsError
from planning.published import Port, Ports, in_order, without_order
from stacks.settings import parse
from tests.unit.fleet import facts_text, run_program, stack_values
from tests.unit.meshes import fleet as fleet_of_meshes

pytestmark = pytest.mark.usefixtures("key_file")
FACTS = {name: facts_text(hostname=name) for name in ("docker01", "docker02")}


def read(*entries) -> list[Port]:
    return TypeAdapter(Ports).validate_python(list(entries))


def fleet(**containers):
    values = stack_values("lab-modes")
    values["containers"] = {
        name: {"host": "docker01", "image": "busybox:1", "ports": ports}
        for name, ports in containers.items()
    }
    return values


@pytest.mark.parametrize(
    ("entry", "ports"),
    [
        ("8080:80", ["8080:80/tcp"]),
        ("127.0.0.1:53:53/udp", ["127.0.0.1:53:53/udp"]),
        ("127.0.0.1::80", ["127.0.0.1::80/tcp"]),
        ("80", ["80/tcp"]),
        (80, ["80/tcp"]),
        ("8000-8002:9000-9002/udp", ["8000:9000/udp", "8001:9001/udp", "8002:9002/udp"]),
        ("10.0.0.11:80-81:80-81", ["10.0.0.11:80:80/tcp", "10.0.0.11:81:81/tcp"]),
        ("3000-3001", ["3000/tcp", "3001/tcp"]),
        ({"target": 80, "published": 8080, "host_ip": "127.0.0.1"}, ["127.0.0.1:8080:80/tcp"]),
        ("[::1]:8080:80", ["[::1]:8080:80/tcp"]),
        ("[2001:DB8::1]::80/udp", ["[2001:db8::1]::80/udp"]),
        ("[::]:80-81:80-81", ["[::]:80:80/tcp", "[::]:81:81/tcp"]),
        ({"target": 80, "host_ip": "::"}, ["[::]::80/tcp"]),
    ],
)
def test_ports_are_read_in_their_forms(entry, ports):
    assert [str(port) for port in read(entry)] == ports


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ("http", "'http' is no port"),
        ("::1:8080:80", "has an IPv6 address without brackets"),
        ("[::1:8080:80", "'[::1:8080:80' is no port"),
        ("[2001:db8::g]:80:80", "'[2001:db8::g]:80:80' is no port"),
        ("[1:2]:80:80", "no IPv6 address"),
        ("[10.0.0.11]:80:80", "'[10.0.0.11]:80:80' is no port"),
        ("[fe80::1]:80:80", "fe80::1 is none that Docker publishes on"),
        ({"target": 80, "host_ip": "fe80::1%ens33"}, "has a zone"),
        ("[::ffff:10.0.0.1]:80:80", "is none that Docker publishes on"),
        ("8000-8010:80", "has 11 port(s) of the host for 1 of the container"),
        ("8000:80-81", "has 1 port(s) of the host for 2 of the container"),
        ("90-80", "90-80 is no range of ports"),
        ("0-65536", "0-65536 is no range of ports"),
        ("65536", "65536 is no range of ports"),
        ("10.0.0.256:80:80", "no IPv4 address"),
    ],
)
def test_a_port_that_docker_would_not_publish_is_refused(entry, sentence):
    with pytest.raises(ValidationError) as caught:
        read(entry)
    assert sentence in str(caught.value)


IPV6 = ["[fd99::11]:8080:80", "[::]:8081:81", "[::1]:8082:82", "8080:80"]


def on_mesh(**mesh):
    values = stack_values("lab-vxlan")
    values["networks"]["mesh"] |= mesh
    values["containers"]["web01"]["ports"] = IPV6
    return values


def test_ipv6_addresses_are_for_containers_that_have_one(monkeypatch, tmp_path):
    values = on_mesh(subnet6="fd12:3456:789a:2::/64")
    engine = run_program(monkeypatch, tmp_path, values, fleet_of_meshes())
    inputs = engine.of_type("docker:index/container:Container")["web01@docker01"]
    assert {port["ip"] for port in inputs["ports"]} == {"fd99::11", "::", "::1", "0.0.0.0"}
    with pytest.raises(
        ProblemsError, match=r"web01.ports.0.: fd99::11 is an IPv6 address, on which"
    ):
        parse(on_mesh())
    values["networks"]["old"] = {"strategy": "vxlan", "subnet": "172.16.3.0/24"}
    del values["containers"]["web01"]["network"], values["containers"]["web01"]["ip"]
    values["containers"]["web01"]["networks"] = ["mesh", "old"]
    with pytest.raises(ProblemsError, match="and no other without"):
        parse(values)
    values["networks"]["old"] = {
        "strategy": "macvlan", "subnet": "10.0.0.0/24", "parent": "ens33", "gateway": "10.0.0.2",
        "ip_range": {"docker01": "10.0.0.64/28"},
    }  # fmt: skip
    parse(values)


@pytest.mark.parametrize(
    ("one", "other", "refused"),
    [
        ("8072:72", "[::]:8072:72", False),
        ("[fd00::1]:8072:72", "[fd00::2]:8072:72", False),
        ("[fd00::1]:8072:72", "[::]:8072:73", True),
    ],
)
def test_families_have_ports_of_their_own(one, other, refused):
    values = on_mesh(subnet6="fd12:3456:789a:2::/64")
    values["containers"]["web01"]["ports"] = [one, other]
    if not refused:
        parse(values)
        return
    with pytest.raises(ProblemsError, match="port 8072/tcp of docker01 is taken by web01"):
        parse(values)


def test_the_policy_of_ports_sees_ipv6_ones_that_others_reach(monkeypatch, tmp_path):
    values = on_mesh(subnet6="fd12:3456:789a:2::/64")
    values["policies"] = {"no_lan_ports": True, "lan_ports": ["8080"]}
    with pytest.raises(ProblemsError) as caught:
        parse(values)
    assert [problem.sentence for problem in caught.value.problems] == [
        "opens [::]:8081:81/tcp of docker01 to the LAN: publish it on 127.0.0.1, or list 8081 in lan_ports "
        "(policy no_lan_ports of this stack)"
    ]


def test_the_plugin_is_given_ports_in_the_order_in_which_it_reads_them_back(monkeypatch, tmp_path):
    values = fleet(one=["8081:81", "80", "53/udp", "9:100", "8053:53"])
    engine = run_program(monkeypatch, tmp_path, values, FACTS)
    inputs = engine.of_type("docker:index/container:Container")["one@docker01"]
    ports = [(p["internal"], p["protocol"], p.get("external")) for p in inputs["ports"]]
    assert ports == [
        (53, "tcp", 8053), (53, "udp", None), (80, "tcp", None), (81, "tcp", 8081), (100, "tcp", 9),
    ]  # fmt: skip
    assert "crosshost.ports" not in {label["label"] for label in inputs["labels"]}


def test_ports_whose_order_is_dockers_are_a_label_that_replaces(monkeypatch, tmp_path):
    values = fleet(one=["8093:92", "8092:92", "127.0.0.1:1:1"])
    engine = run_program(monkeypatch, tmp_path, values, FACTS)
    inputs = engine.of_type("docker:index/container:Container")["one@docker01"]
    labels = {label["label"]: label["value"] for label in inputs["labels"]}
    assert labels["crosshost.ports"] == "127.0.0.1:1:1/tcp 8092:92/tcp 8093:92/tcp"


PORT = st.builds(
    lambda target, published, ip, protocol: Port(
        target=target, published=published, host_ip=ip, protocol=protocol
    ),
    st.integers(1, 4),
    st.one_of(st.none(), st.integers(1, 4)),
    st.sampled_from(["0.0.0.0", "10.0.0.11", "127.0.0.1", "::", "fd00::11"]),
    st.sampled_from(["tcp", "udp"]),
)


@given(
    st.lists(PORT, max_size=6).flatmap(
        lambda ports: st.tuples(st.just(ports), st.permutations(ports))
    )
)
def test_the_order_in_the_stack_file_is_no_difference(two):
    one, other = ([str(port) for port in in_order(ports)] for ports in two)
    assert one == other
    assert without_order(two[0]) == without_order(two[1])


@pytest.mark.parametrize(
    ("one", "other", "refused"),
    [
        ("127.0.0.1:8072:72", "10.0.0.11:8072:72", False),
        ("8072:72/udp", "8072:72", False),
        ("8072:72", "10.0.0.11:8072:72", True),
        ("10.0.0.11:8072:72", "0.0.0.0:8072:73", True),
        ("10.0.0.11:8072:72", "10.0.0.11:8072:73", True),
        ("8070-8075:70-75", "8072:80", True),
    ],
)
@pytest.mark.parametrize("containers", [1, 2])
def test_one_port_of_a_host_is_published_once_on_an_address(one, other, refused, containers):
    values = fleet(one=[one, other]) if containers == 1 else fleet(one=[one], two=[other])
    if not refused:
        parse(values)
        return
    with pytest.raises(ProblemsError) as caught:
        parse(values)
    place = "one.ports[1]" if containers == 1 else "two.ports[0]"
    assert [(p.where, p.sentence) for p in caught.value.problems] == [
        (
            f"crosshost:containers.{place}",
            "port 8072/tcp of docker01 is taken by one: publish another one",
        )
    ]
