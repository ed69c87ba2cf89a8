"""An overlay on Consul that nobody uses for ten minutes, also after crafted packets from the LAN."""

from __future__ import annotations

import time

import pytest

from tests.lab.forged import Victim, forge, forged_arrive

IDLE = 600
# Each container asks for the other one's name and sends it packets.
PAIRS = {
    "ol1": (("docker01", "web01", "web02"), ("docker02", "web02", "web01")),
    "quiet": (("docker01", "db01", "db02"), ("docker02", "db02", "db01")),
}


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_names_and_traffic_are_there_after_ten_idle_minutes_with_and_without_crafted_packets(
    lab, environment
):
    stack = environment("lab-overlay")
    stack.config["firewall"] = {"mode": "off"}
    stack.write()
    stack.up()
    # One overlay is met by crafted packets, the other one on the same hosts is not.
    victim = Victim.find(lab, "docker01", "web01")
    stack.config["networks"]["quiet"] = {
        "strategy": "overlay", "control_plane": "consul", "subnet": "172.16.2.0/24",
    }  # fmt: skip
    for name, host in (("db01", "docker01"), ("db02", "docker02")):
        stack.config["containers"][name] = {
            "host": host, "image": "centos_ssh:v2", "network": "quiet",
        }  # fmt: skip
    stack.write()
    stack.up()
    assert forged_arrive(lab, victim)

    end = time.monotonic() + IDLE
    while time.monotonic() < end:
        forge(lab, victim)
        time.sleep(1)
    for pairs in PAIRS.values():
        for host, one, other in pairs:
            # The first packet may wait until the peer was asked where the address is.
            ping = f"timeout 8 docker exec {one} ping -c 3 -W 2 {other}"
            answer = lab.ssh(host, ping, check=False)
            assert answer.returncode == 0, (one, other, answer.stdout, answer.stderr)
    assert stack.preview().changes == {}
