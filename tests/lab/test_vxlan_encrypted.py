"""Encrypted VXLAN networks on real hosts: what the LAN sees, what they outlive, and new keys.

The lab's kernel has no module wireguard: devices are wireguard-go's.
"""

from __future__ import annotations

import json
import re

import pytest

from tests.lab.forged import Victim, forged_arrive
from tests.lab.meshes import device, entries, pinged
from tests.lab.pings import Pings
from tests.lab.tunnels import ENDS, FIRST, SECOND, devices, keys, pids, reached, started
from tests.lab.waiting import wait

# tests/lab/test_contracts.py has what is tried each time.
pytestmark = pytest.mark.long
PATTERN = "c0ffeec0ffee"


@pytest.fixture(scope="module")
def running(lab, shared_environment):
    """The lab's network; tests leave it as it is."""
    return started(lab, shared_environment)


def dumped(lab, nic):
    """What tcpdump shows of a host's NIC while marked packets go to the other host and back."""
    capture = f"docker run --rm --net host centos_ssh:v2 timeout 4 tcpdump -plntxx -i {nic} ip"
    pings = f"docker exec web01 ping -c 5 -i 0.3 -s 200 -p {PATTERN} 172.16.2.18"
    done = lab.ssh(FIRST, f"(sleep 1.5; {pings}) >/dev/null 2>&1 & {capture}", check=False)
    return done.stdout


def marked(dump):
    """Whether the dump has the mark; its lines have 16 bytes each, in words of two."""
    digits = "".join(
        line.partition(":")[2].replace(" ", "") for line in dump.splitlines() if "0x" in line
    )
    return PATTERN in digits


def test_it_is_no_change_again_and_after_a_refresh(lab, running):
    reached(lab)
    assert entries(lab, FIRST) == {"172.16.2.17"}
    assert running.up().changes == {}
    preview = running.preview("--refresh")
    assert preview.changes == {}
    assert "warning" not in preview.text


def test_the_lan_sees_packets_of_wireguard_and_nothing_of_what_is_inside(lab, running):
    reached(lab)
    lan = dumped(lab, "ens33")
    assert "10.0.0.17.51820 > 10.0.0.18.51820: UDP" in lan
    assert not marked(lan)
    assert not re.search(r"\.4789[ :]", lan)
    assert marked(dumped(lab, devices(lab)[0]))


def test_the_largest_packet_passes_unfragmented_and_no_larger_one(lab, running):
    ping = "docker exec web01 ping -c 1 -W 1 -M do 172.16.2.18 -s "
    lab.ssh(FIRST, ping + "1342")
    assert lab.ssh(FIRST, ping + "1343", check=False).returncode != 0


def test_nothing_that_is_not_encrypted_comes_in(lab, running):
    sockets = lab.ssh(FIRST, "ss -Hlun").stdout
    assert ":4789 " not in sockets
    words = device(lab, FIRST).split()
    vni, port = words[words.index("id") + 1], words[words.index("dstport") + 1]
    assert port == "14789"
    mac = lab.ssh(FIRST, "docker exec web01 cat /sys/class/net/eth0/address").stdout.strip()
    victim = Victim(FIRST, "web01", vni, port, mac, "172.16.2.2")
    assert not forged_arrive(lab, victim)
    rules = lab.ssh(FIRST, "iptables -t raw -S CROSSHOST-udp-14789").stdout
    # It is the rule that keeps it out.
    allow = "iptables -t raw {} CROSSHOST-udp-14789 -s 10.0.0.2 -j RETURN"
    lab.ssh(FIRST, f"systemctl stop crosshost-firewall-{running.name}; {allow.format('-I')}")
    assert forged_arrive(lab, victim)
    lab.ssh(FIRST, f"{allow.format('-D')}; systemctl start crosshost-firewall-{running.name}")
    assert lab.ssh(FIRST, "iptables -t raw -S CROSSHOST-udp-14789").stdout == rules


def test_private_keys_are_roots_alone_and_nowhere_but_on_their_hosts(lab, running):
    folder = f"/var/lib/crosshost/{running.name}"
    files = f"{folder}/wireguard/mesh/private {folder}/vxlan/mesh/key"
    modes = lab.ssh(FIRST, f"stat -c '%a %U' {files}").stdout.split("\n")
    assert modes[:2] == ["600 root"] * 2
    private = lab.ssh(FIRST, f"cat {folder}/wireguard/mesh/private").stdout.strip()
    assert len(private) == 44
    state = running.state()
    assert keys(lab)[0] in state
    assert private not in state
    assert keys(lab)[0] in json.dumps(running.outputs()["networks"])
    assert private not in lab.ssh(SECOND, f"grep -rh . {folder}").stdout
    assert private not in lab.ssh(FIRST, "cat /proc/[0-9]*/cmdline | tr '\\0' ' '").stdout


def test_a_reboot_of_a_host_keeps_it(lab, running):
    before = keys(lab)
    lab.power_off(SECOND)
    lab.power_on(SECOND)
    wait(lambda: pinged(lab, ENDS), 40)
    assert keys(lab) == before
    preview = running.preview()
    assert preview.changes == {}
    assert "warning" not in preview.text


def test_a_restart_of_docker_keeps_it(lab, running):
    lab.ssh(FIRST, "systemctl restart docker")
    wait(lambda: pinged(lab, ENDS), 40)
    assert running.preview().changes == {}


def test_wireguard_go_that_ends_is_started_again_with_all_that_stood_on_it(lab, running):
    lab.ssh(FIRST, f"systemctl kill -s KILL crosshost-{devices(lab)[0]}.service")
    wait(lambda: device(lab, FIRST) and pinged(lab, ENDS), 40)
    assert running.preview().changes == {}


@pytest.mark.parametrize(
    "harm",
    [
        "ip link del $device",
        "systemctl stop crosshost-$tunnel.service",
        "wg set $tunnel peer $(wg show $tunnel peers) remove",
        "wg set $tunnel listen-port 51821",
        "wg genkey >/root/key; wg set $tunnel private-key /root/key; rm /root/key",
        "chmod 644 $state/wireguard/mesh/private",
        "rm -r $state/wireguard",
    ],
)
def test_what_is_lost_or_changed_is_repaired_and_no_container_is_touched(lab, running, harm):
    before = pids(lab)
    words = {"device": device(lab, FIRST).split(": ")[1], "tunnel": devices(lab)[0]}
    words["state"] = f"/var/lib/crosshost/{running.name}"
    lab.ssh(FIRST, "; ".join([*(f"{k}={v}" for k, v in words.items()), harm]))
    assert running.preview().changes != {}
    running.up()
    reached(lab)
    assert pids(lab) == before
    assert running.up().changes == {}


def test_new_keys_by_a_command_and_an_up_touch_no_container(lab, running):
    reached(lab)
    before, had = pids(lab), keys(lab)
    rotate = ["python", "-m", "crosshost", "rotate-keys", "-s", running.name, "--yes"]
    said = lab.run(rotate).stdout
    assert "docker08: a new key for mesh" in said
    assert keys(lab) == had
    assert pinged(lab, ENDS)
    assert "mesh-key@docker07" in running.preview().text
    with Pings(lab, FIRST, "web01", "172.16.2.18") as pings:
        running.up()
    assert len(pings.lost) < 80
    assert not set(keys(lab)) & set(had)
    assert pids(lab) == before
    assert running.up().changes == {}
