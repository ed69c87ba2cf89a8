"""Ports between hosts that a firewall shuts, on real hosts: the up fails with the host and the rule."""

from __future__ import annotations

import pytest

from tests.lab.firewall_packages import install
from tests.lab.proofs import asked, failed, proven, rows, wrong

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]
NFT = "nft add table inet shut && nft 'add chain inet shut mine {{ type filter hook {} priority -5; }}' && nft add rule inet shut mine {} drop"


def of_iptables(chain, words):
    return f"iptables -I {chain} {words} -j DROP", f"iptables -D {chain} {words} -j DROP"


def of_nft(hook, words):
    return NFT.format(hook, words), "nft delete table inet shut"


def own(host, peer, port):
    return f"{host}'s own firewall keeps {peer} from {port}: allow that there"


HARMS = {
    "4789 by iptables": (
        "docker02", *of_iptables("INPUT", "-p udp -m udp --dport 4789"),
        own("docker02", "docker01", "udp 4789"), "the rule `-A INPUT -p udp -m udp --dport 4789 -j DROP` drops it",
    ),
    "4789 by nftables": (
        "docker02", *of_nft("input", "udp dport 4789"),
        own("docker02", "docker01", "udp 4789"), "nft insert rule inet shut mine ip saddr 10.0.0.11 udp dport 4789 accept",
    ),
    "7946 tcp by iptables": (
        "docker01", *of_iptables("INPUT", "-p tcp -m tcp --dport 7946"),
        own("docker01", "docker02", "tcp 7946"), "the rule `-A INPUT -p tcp -m tcp --dport 7946 -j DROP` drops it",
    ),
    "7946 by nftables": (
        "docker02", *of_nft("input", "meta l4proto '{ tcp, udp }' th dport 7946"),
        own("docker02", "docker01", "tcp 7946 and udp 7946"), "as the rule with handle",
    ),
    "8500 by iptables": (
        "docker01", *of_iptables("DOCKER-USER", "-p tcp -m tcp --dport 8500"),
        "docker01's chain DOCKER-USER keeps docker02 from tcp 8500: allow that there", "iptables -I DOCKER-USER",
    ),
    "8500 by nftables": (
        "docker02", *of_nft("output", "tcp dport 8500"),
        "docker02's own firewall keeps it from tcp 8500 of docker01: allow that there",
        "nft insert rule inet shut mine ip daddr 10.0.0.11 tcp dport 8500 accept",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def overlay(lab, shared_environment):
    """The notes' overlay, with nftables' command on docker02, which has a new disk afterwards."""
    stack = proven(shared_environment, "lab-overlay")
    install(lab, "docker02")
    stack.up()
    yield stack
    stack.destroy()
    lab.reset("docker02")


@pytest.mark.parametrize("name", HARMS)
def test_a_port_that_is_shut_fails_the_up_with_the_host_and_the_rule(lab, overlay, name):
    host, harm, mend, cause, rule = HARMS[name]
    lab.ssh(host, harm)
    try:
        text = failed(overlay)
        shown = asked(overlay).stdout
    finally:
        lab.ssh(host, mend)
    print(text, shown)
    assert cause in text
    assert rule in text
    if "4789" in name:
        assert cause in shown
    overlay.up()
    assert wrong(rows(overlay)) == []
