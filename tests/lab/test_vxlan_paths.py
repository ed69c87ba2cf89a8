"""VXLAN networks on real hosts with less between them than their NICs carry, or with a filter; and overlays."""

from __future__ import annotations

import pytest

from tests.lab.host_state import difference, look
from tests.lab.meshes import HOSTS, device, pids, pinged, second
from tests.lab.waiting import wait

pytestmark = pytest.mark.long


@pytest.fixture
def narrow(lab):
    """Frames of more than 1400 bytes (and Ethernet's header) do not get to docker02; nothing says so."""
    links = lab.run(["ip", "-brief", "link"]).stdout.split()
    link = next(word.partition("@")[0] for word in links if word.startswith("vb-docker02"))
    lab.run(["ip", "link", "set", link, "mtu", "1400"])
    yield
    lab.run(["ip", "link", "set", link, "mtu", "1500"])


def test_the_mtu_is_what_the_path_carries_and_is_kept(lab, environment, narrow):
    stack = environment("lab-vxlan")
    second(stack)
    preview = stack.preview()
    assert (
        "mtu of second: 1350, as packets of more than 1400 bytes do not get from docker01 to docker02"
        in preview.text
    )
    stack.up()
    assert " mtu 1350 " in device(lab).splitlines()[-1]
    ends = [("docker01", "app01", "172.16.8.18"), ("docker02", "app02", "172.16.8.2")]
    wait(lambda: pinged(lab, ends), 15)
    ping = "docker exec app01 ping -c 1 -W 1 -M do 172.16.8.18 -s "
    lab.ssh("docker01", ping + "1322")
    assert lab.ssh("docker01", ping + "1323", check=False).returncode != 0
    again = stack.preview()
    assert again.changes == {}
    assert "mtu of second" not in again.text


@pytest.fixture
def between(lab):
    """Drops UDP to a port of docker02 on the way there, as a security group does."""
    root = str(lab.folder / "hosts/docker01/root")

    def rules(*words):
        lab.run(["chroot", root, "iptables", *words])

    def drop(port):
        rules("-F", "FORWARD")
        if port is not None:
            rules("-A", "FORWARD", "-p", "udp", "--dport", str(port), "-d", lab.address("docker02"), "-j", "DROP")  # fmt: skip

    yield drop
    drop(None)


def test_a_port_that_is_filtered_on_the_way_is_refused_before_anything_is_changed(
    lab, environment, between
):
    before = {host: look(lab, host) for host in HOSTS}
    stack = environment("lab-vxlan")
    between(4789)
    said = "udp {} does not get from docker01 to docker02: datagrams leave the one"
    assert said.format(4789) in stack.preview().text
    refused = stack.up(check=False)
    assert refused.code != 0
    assert said.format(4789) in refused.text
    assert not difference(before, {host: look(lab, host) for host in HOSTS})

    # What the host's own firewall drops comes to it; that is said by its rules.
    between(None)
    lab.ssh("docker02", "iptables -I INPUT -p udp --dport 4789 -j DROP")
    shut = stack.preview().text
    lab.ssh("docker02", "iptables -D INPUT -p udp --dport 4789 -j DROP")
    assert "docker02's own firewall keeps docker01 from udp 4789" in shut
    assert "does not get" not in shut

    stack.up()
    assert pinged(lab)
    running = pids(lab)
    between(4790)
    stack.config["networks"]["mesh"]["port"] = 4790
    stack.write()
    refused = stack.up(check=False)
    assert refused.code != 0
    assert said.format(4790) in refused.text
    assert pinged(lab)
    stack.config["networks"]["mesh"] |= {"port": 51900, "encrypted": True}
    stack.write()
    between(51900)
    assert said.format(51900) in stack.preview().text
    del stack.config["networks"]["mesh"]["encrypted"]
    del stack.config["networks"]["mesh"]["port"]
    stack.write()
    assert stack.preview().changes == {}
    assert pids(lab) == running
    stack.destroy()
    assert not difference(before, {host: look(lab, host) for host in HOSTS})


@pytest.mark.parametrize("plane", ["consul", "swarm"])
def test_the_port_of_overlays_that_is_filtered_on_the_way_is_refused_before_anything_is_changed(
    lab, environment, between, plane
):
    before = {host: look(lab, host) for host in HOSTS}
    stack = environment("lab-overlay")
    if plane == "swarm":
        del stack.config["consul"]
    stack.config["networks"]["ol1"]["control_plane"] = plane
    stack.write()
    between(4789)
    said = "udp 4789 does not get from docker01 to docker02: datagrams leave the one"
    assert said in stack.preview().text
    refused = stack.up(check=False)
    assert refused.code != 0
    assert said in refused.text
    assert not difference(before, {host: look(lab, host) for host in HOSTS})
    between(None)
    stack.up()
    lab.ssh("docker01", "docker exec web01 ping -c 1 -W 2 web02")
    # Hosts that have it are not asked again: the proof finds what comes later.
    between(4789)
    assert stack.preview().changes == {}
    between(None)
    stack.destroy()
    assert not difference(before, {host: look(lab, host) for host in HOSTS})
