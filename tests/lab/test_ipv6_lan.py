"""IPv6 addresses on the LAN, where others have some too: who is asked, and who is kept."""

from __future__ import annotations

import pytest

from tests.lab.host_state import difference, look
from tests.lab.pings import pinged6
from tests.lab.proofs import proven, rows, wrong

LAN = "fd12:3456:789a:1::"
LINK_LOCAL = {"docker01": "fe80::11/64", "docker02": "fe80::12/64"}
PINGS = "/proc/sys/net/ipv6/icmp/echo_ignore_all"


@pytest.fixture
def ipv6_on_parents(lab):
    """Hosts with a link-local address on the LAN, as they have by default elsewhere."""
    for host, address in LINK_LOCAL.items():
        lab.ssh(host, f"ip -6 address add {address} dev ens33 nodad")
    yield
    for host, address in LINK_LOCAL.items():
        lab.ssh(host, f"ip -6 address del {address} dev ens33")


@pytest.fixture
def stranger(lab):
    """A machine of the LAN, which answers no ping: takes an address and gives it back, by `words`."""

    def run(words, address):
        lab.run(["ip", "-6", "address", words, f"{address}/64", "dev", "lan0", *end[words]])

    end = {"add": ["nodad"], "del": []}
    lab.run(["sh", "-c", f"echo 1 >{PINGS}"])
    yield run
    lab.run(["sh", "-c", f"echo 0 >{PINGS}"])
    lab.run(["ip", "-6", "address", "flush", "dev", "lan0", "to", f"{LAN}/64"])


@pytest.mark.long
@pytest.mark.usefixtures("ipv6_on_parents")
def test_an_address_of_somebody_is_refused_with_the_mac_that_answers(lab, environment, stranger):
    mac = lab.run(["ip", "-o", "link", "show", "lan0"]).stdout.split("link/ether ")[1].split()[0]
    before = {host: look(lab, host) for host in LINK_LOCAL}
    stack = environment("lab-macvlan")
    stack.config["networks"]["macvlan_1"] |= {"subnet6": f"{LAN}/64"}
    stack.write()
    stranger("add", f"{LAN}c8")
    refused = stack.up(check=False)
    said = (
        f"{LAN}c8, which ssh02 is to have on macvlan_1, is somebody's on the LAN: {mac} answers docker01 "
        "for it: write an IPv6 address of its own (`ip6`), or another one than 10.0.0.200, at whose place it is"
    )
    assert refused.code != 0
    assert said in refused.text
    assert said in stack.preview().text
    for host in LINK_LOCAL:
        assert "/128" not in lab.ssh(host, "ip -6 route show dev ens33").stdout
        assert lab.ssh(host, f"ip -6 route show {LAN}c8").stdout == ""
    assert not difference(before, {host: look(lab, host) for host in LINK_LOCAL})
    stranger("del", f"{LAN}c8")
    stack.up()
    assert pinged6(lab, "docker01", "ssh01", f"{LAN}c8")
    assert stack.up().changes == {}
    stack.destroy()
    assert not difference(before, {host: look(lab, host) for host in LINK_LOCAL})


@pytest.fixture
def addressed(lab):
    """Host -> an IPv6 address that this machine reaches it at."""
    addresses = {host: f"fd99::1:{host[-2:]}" for host in LINK_LOCAL}
    lab.run(["ip", "-6", "address", "replace", "fd99::1/64", "dev", "lan0", "nodad"])
    for host, address in addresses.items():
        lab.ssh(host, f"ip -6 address replace {address}/64 dev ens33 nodad")
    yield addresses
    for host, address in addresses.items():
        lab.ssh(host, f"ip -6 address del {address}/64 dev ens33")
    lab.run(["ip", "-6", "address", "del", "fd99::1/64", "dev", "lan0"])


@pytest.mark.long
def test_hosts_of_a_macvlan_network_may_be_known_by_ipv6_addresses(lab, environment, addressed):
    before = {host: look(lab, host) for host in addressed}
    stack = proven(environment, "lab-macvlan")
    for host, address in addressed.items():
        stack.config["hosts"][host]["address"] = address
    stack.write()
    stack.up()
    found = rows(stack)
    assert wrong(found) == []
    assert {"ping", "tcp", "transfer", "size"} <= {row["kind"] for row in found}
    stack.destroy()
    assert not difference(before, {host: look(lab, host) for host in addressed})
