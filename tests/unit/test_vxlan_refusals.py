"""VXLAN networks that cannot be are refused before anything is changed, with what would do."""

from __future__ import annotations

import pytest

from planning.problems import ProblemsError
from stacks.settings import parse as parse_settings
from tests.unit.fleet import b64, facts_text, put_key, routes, run_program
from tests.unit.meshes import (
    BRIDGE,
    device,
    fleet,
    recorded,
    refusal,
    seen,
    values,
)


@pytest.mark.parametrize(
    ("mesh", "words"),
    [
        ({"gateway": "172.16.2.1"}, "each host is the gateway of its own containers"),
        ({"subnet": "172.16.2.0/30"}, "has no room for slices"),
        ({"slice": 24}, "slice: 24 is no part of 172.16.2.0/24: write more than 24"),
        ({"slice": 31}, "less than or equal to 30"),
        ({"vni": 0}, "greater than or equal to 1"),
        ({"vni": 1 << 24}, "less than or equal to 16777215"),
        ({"port": 0}, "greater than or equal to 1"),
        ({"mtu": 100}, "greater than or equal to 576"),
        ({"ip_range": {"docker01": "172.16.3.0/28"}}, "172.16.3.0/28 is no part of 172.16.2.0/24"),
        ({"ip_range": {"docker01": "172.16.2.0/31"}}, "is too small"),
        ({"ip_range": {"nobody": "172.16.2.0/28"}}, "nobody"),
        (
            {"ip_range": {"docker01": "172.16.2.0/28", "docker02": "172.16.2.8/29"}},
            "two engines would give the same address",
        ),
    ],
)
def test_a_network_that_cannot_be_is_refused_in_the_file(monkeypatch, tmp_path, mesh, words):
    put_key(monkeypatch, tmp_path)
    with pytest.raises(ProblemsError, match=words.replace("/", ".")):
        parse_settings(values(**mesh))


def test_two_networks_of_one_number_are_refused(monkeypatch, tmp_path):
    put_key(monkeypatch, tmp_path)
    stack = values(vni=42)
    stack["networks"]["other"] = {"strategy": "vxlan", "subnet": "172.16.9.0/24", "vni": 42}
    with pytest.raises(ProblemsError, match="42 is that of mesh too"):
        parse_settings(stack)
    stack["networks"]["other"]["port"] = 4790
    parse_settings(stack)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("172.16.2.99", "172.16.2.99 is outside of 172.16.2.0/28, the slice of mesh that docker01"),
        ("172.16.2.1", "172.16.2.1 is the gateway of mesh on docker01"),
        ("172.16.2.17", "172.16.2.17 is the gateway of mesh on docker02"),
    ],
)
def test_an_address_that_is_not_of_the_hosts_slice_is_refused(
    monkeypatch, tmp_path, address, words
):
    put_key(monkeypatch, tmp_path)
    ranges = {"docker01": "172.16.2.0/28", "docker02": "172.16.2.16/28"}
    stack = values(ip_range=ranges)
    stack["containers"]["web01"]["ip"] = address
    with pytest.raises(ProblemsError, match=words.replace("/", ".")):
        parse_settings(stack)
    # The same where the slices are those that hosts have.
    kept = recorded(monkeypatch, tmp_path)
    stack = values()
    stack["containers"]["web01"]["ip"] = address
    facts = {name: seen(name, records=kept[name]) for name in kept}
    if "gateway" not in words:
        assert words in refusal(monkeypatch, tmp_path, stack, facts)


def test_more_hosts_than_slices_are_refused_with_what_would_fit(monkeypatch, tmp_path):
    said = refusal(monkeypatch, tmp_path, values(3, slice=25), fleet(3))
    assert "mesh: 172.16.2.0/24 has no slice of /25 for docker03" in said
    assert "write `slice: 26`, or a larger subnet" in said


def test_more_containers_than_addresses_are_refused_with_what_would_fit(monkeypatch, tmp_path):
    stack = values(slice=30)
    for number in range(3):
        stack["containers"][f"more{number}"] = dict(stack["containers"]["web01"])
    said = refusal(monkeypatch, tmp_path, stack, fleet())
    assert "docker01 has 4 containers on it and its slice 172.16.2.0/30 has addresses for 2" in said
    assert "write `slice: 29`" in said
    stack["networks"]["mesh"]["slice"] = 29
    run_program(monkeypatch, tmp_path, stack, fleet())


REFUSED = [
    (
        "a route into the subnet",
        {},
        {"more": (routes("172.16.0.0/16 ens34"),)},
        "subnet 172.16.2.0/24 meets routes of docker01 (172.16.0.0/16 by ens34)",
    ),
    (
        "a route to one address of it",
        {},
        {"more": (routes("172.16.2.5 ens34"),)},
        "subnet 172.16.2.0/24 meets routes of docker01 (172.16.2.5/32 by ens34)",
    ),
    (
        "no tools",
        {},
        {"more": ("without_tool bridge",)},
        "docker01 has no bridge, which make the VXLAN device: install the package iproute2",
    ),
    (
        "the port of a program",
        {"port": 8472},
        {
            "more": (
                "listening "
                + b64('udp UNCONN 0 0 0.0.0.0:8472 0.0.0.0:* users:(("flanneld",pid=1,fd=3))\n'),
            )
        },
        "udp 8472 of docker01 is held by flanneld",
    ),
    (
        "a kernel without the module",
        {},
        {"more": ("module vxlan missing",)},
        "has no module vxlan",
    ),
    (
        "packets that the NIC does not carry",
        {"mtu": 1460},
        {},
        "mtu 1460 does not pass ens33 of docker01, whose packets have 1500 bytes",
    ),
    (
        "an address that the host has not",
        {},
        {"address": "10.9.9.9"},
        "no NIC of docker01 has 10.0.0.11, which its peers would send to",
    ),
]


@pytest.mark.parametrize(
    ("mesh", "more", "words"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED]
)
def test_a_host_that_cannot_have_it_is_refused(monkeypatch, tmp_path, mesh, more, words):
    facts = fleet()
    facts["docker01"] = facts_text(**{"hostname": "docker01", "address": "10.0.0.11", **more})
    assert words in refusal(monkeypatch, tmp_path, values(**mesh), facts)


def test_a_host_known_by_name_is_refused(monkeypatch, tmp_path):
    stack = values()
    stack["hosts"]["docker01"]["address"] = "docker01.example.com"
    said = refusal(monkeypatch, tmp_path, stack, fleet())
    assert "docker01 is known by docker01.example.com, and its peers need an IPv4 address" in said
    run_program(monkeypatch, tmp_path, stack, fleet(), preview=True)


def test_what_is_there_of_this_stack_is_no_reason_to_refuse_it(monkeypatch, tmp_path):
    kept = recorded(monkeypatch, tmp_path)
    more = (*device(("10.0.0.12",), vni=42), routes(f"172.16.2.0/24 {BRIDGE}"))
    facts = {
        "docker01": seen("docker01", records=kept["docker01"], more=more),
        "docker02": seen("docker02"),
    }
    run_program(monkeypatch, tmp_path, values(vni=42), facts)
    # Nor under another name, as what is there goes first.
    stack = values(vni=42)
    stack["networks"]["renamed"] = stack["networks"].pop("mesh")
    for container in stack["containers"].values():
        container["network"] = "renamed"
    run_program(monkeypatch, tmp_path, stack, facts)
