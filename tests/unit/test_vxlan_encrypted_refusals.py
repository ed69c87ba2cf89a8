"""Encrypted VXLAN networks that cannot be are refused before anything is changed, with what would do."""

from __future__ import annotations

import pytest

from components.networks.vxlan.device import tunnel_name
from planning.problems import ProblemsError
from stacks.settings import parse as parse_settings
from tests.unit.fleet import iptables, listening, put_key, run_program
from tests.unit.meshes import fleet, refusal, seen, values

TUNNEL = tunnel_name("test", "mesh")
NO_MODULE = "module wireguard missing"


def encrypted(**more):
    return values(encrypted=True, **more)


def with_first(*more: str, **other):
    return {**fleet(), "docker01": seen("docker01", more=more, **other)}


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (
            ("without_wireguard wg",),
            "docker01 has no WireGuard: install the package wireguard-tools there",
        ),
        (
            (NO_MODULE, "without_wireguard wg", "without_wireguard wireguard-go"),
            "docker01 has no WireGuard and no module for it in its kernel (6.1): install the packages "
            "wireguard-tools and wireguard-go there, or a kernel that has the module",
        ),
        (
            (NO_MODULE, "without_wireguard tun"),
            "no module wireguard, and no /dev/net/tun, which wireguard-go needs: install a kernel",
        ),
        (
            (
                listening(
                    'udp UNCONN 0 0 0.0.0.0:51820 0.0.0.0:* users:(("wireguard-go",pid=1,fd=3))'
                ),
            ),
            "udp 51820 of docker01 is taken by wireguard-go: write another `port`",
        ),
        (
            (listening("udp UNCONN 0 0 0.0.0.0:51820 0.0.0.0:*"),),
            "udp 51820 of docker01 is taken: write another `port`",
        ),
        (
            (
                iptables(
                    "-P INPUT DROP",
                    "-A INPUT -p udp -m udp --dport 51820 -j ACCEPT",
                ),
            ),
            f"docker01's own firewall keeps out what comes from docker02 by {TUNNEL}, its WireGuard "
            f"device, to udp 14789: allow that there, e.g. `iptables -I INPUT -i {TUNNEL}",
        ),
        (
            (iptables("-P INPUT DROP"),),
            "docker01's own firewall keeps docker02 from udp 51820",
        ),
    ],
    ids=["tools", "packages", "no tun", "program", "kernel's", "inside", "outside"],
)
def test_a_host_that_cannot_have_it_is_refused(monkeypatch, tmp_path, more, words):
    assert words in refusal(monkeypatch, tmp_path, encrypted(), with_first(*more))
    run_program(monkeypatch, tmp_path, encrypted(), with_first(*more), preview=True)


@pytest.mark.parametrize(
    "more",
    [
        (NO_MODULE,),
        ("module wireguard loadable", "without_wireguard wireguard-go", "without_wireguard tun"),
        (iptables("-P INPUT DROP", "-A INPUT -p udp -m udp -s 10.0.0.0/24 -j ACCEPT",
                  f"-A INPUT -i {TUNNEL} -j ACCEPT"),),
    ],
    ids=["wireguard-go", "module", "open"],
)  # fmt: skip
def test_a_host_that_can_have_it_is_not_refused(monkeypatch, tmp_path, more):
    run_program(monkeypatch, tmp_path, encrypted(), with_first(*more))


def test_a_port_that_is_this_stacks_own_is_not_taken(monkeypatch, tmp_path):
    engine = run_program(monkeypatch, tmp_path, encrypted(), fleet())
    record = {"vxlan/mesh": engine.resources["mesh-vxlan@docker01"].inputs["stdin"]}
    more = listening("udp UNCONN 0 0 0.0.0.0:51820 0.0.0.0:*")
    run_program(monkeypatch, tmp_path, encrypted(), with_first(more, records=record))


def test_an_mtu_that_does_not_pass_is_refused(monkeypatch, tmp_path):
    said = refusal(monkeypatch, tmp_path, encrypted(mtu=1371), fleet())
    assert "130 of them VXLAN's and WireGuard's: write 1370 or less" in said
    run_program(monkeypatch, tmp_path, encrypted(mtu=1370), fleet())


def file_problem(monkeypatch, tmp_path, stack, words):
    put_key(monkeypatch, tmp_path)
    with pytest.raises(ProblemsError, match=words):
        parse_settings(stack)


def test_two_encrypted_networks_of_a_host_need_two_ports(monkeypatch, tmp_path):
    stack = encrypted()
    stack["networks"]["other"] = {**stack["networks"]["mesh"], "subnet": "172.16.9.0/24"}
    file_problem(monkeypatch, tmp_path, stack, "udp 51820 is that of mesh too")
    stack["networks"]["other"]["port"] = 51821
    parse_settings(stack)
    stack["networks"]["other"] |= {"port": 51820, "encrypted": False}
    file_problem(monkeypatch, tmp_path, stack, "udp 51820 is that of mesh too")


def test_the_port_inside_is_no_other_networks(monkeypatch, tmp_path):
    file_problem(
        monkeypatch, tmp_path, values(port=14789), "14789 is where encrypted networks have"
    )


def test_it_is_not_without_the_guard_of_ports(monkeypatch, tmp_path):
    stack = encrypted()
    stack["firewall"] = {"mode": "off"}
    file_problem(monkeypatch, tmp_path, stack, "what is not encrypted would be let into it")
    parse_settings({**values(), "firewall": {"mode": "off"}})
