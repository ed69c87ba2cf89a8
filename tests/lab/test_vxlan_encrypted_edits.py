"""Encrypted VXLAN networks on real hosts: edits of the stack file, other stacks, and what is left."""

from __future__ import annotations

import pytest

from tests.lab.host_state import difference, look
from tests.lab.meshes import back, device, entries, pinged, second
from tests.lab.tunnels import ENDS, FIRST, HOSTS, SECOND, devices, pids, reached, started

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def running(lab, shared_environment):
    """The lab's network; tests leave it as it is."""
    return started(lab, shared_environment)


def test_it_is_switched_off_and_on_in_one_up_each(lab, running):
    running.config["networks"]["mesh"]["encrypted"] = False
    running.write()
    running.up()
    reached(lab)
    assert entries(lab, FIRST) == {"10.0.0.18"}
    assert devices(lab) == []
    assert "wireguard" not in lab.ssh(FIRST, f"ls /var/lib/crosshost/{running.name}").stdout
    assert running.up().changes == {}
    back(running)
    reached(lab)
    assert len(devices(lab)) == 1
    assert running.up().changes == {}


def test_where_the_mtu_is_given_a_switch_touches_no_container(lab, running):
    running.config["networks"]["mesh"]["mtu"] = 1300
    running.write()
    running.up()
    before = pids(lab)
    for encrypted in (False, True):
        running.config["networks"]["mesh"]["encrypted"] = encrypted
        running.write()
        running.up()
        reached(lab)
        assert running.up().changes == {}
    assert pids(lab) == before
    back(running)
    reached(lab)


def test_another_port_touches_no_container(lab, running):
    before = pids(lab)
    running.config["networks"]["mesh"]["port"] = 51999
    running.write()
    running.up()
    reached(lab)
    assert ":51999 " in lab.ssh(FIRST, "ss -Hlun").stdout
    back(running)
    reached(lab)
    assert pids(lab) == before
    assert running.up().changes == {}


def test_a_host_that_leaves_and_comes_back_touches_no_container_of_the_other(lab, running):
    before = pids(lab)
    del running.config["containers"]["web02"], running.config["hosts"][SECOND]
    running.write()
    running.up()
    assert entries(lab, FIRST) == set()
    assert devices(lab, SECOND) == []
    assert running.up().changes == {}
    back(running)
    reached(lab)
    assert pids(lab)[0] == before[0]
    assert running.up().changes == {}


def test_a_second_stack_needs_a_port_of_its_own_and_goes_without_a_trace(lab, running, environment):
    ids = pids(lab)
    before = {host: look(lab, host) for host in HOSTS}
    stack = environment("lab-vxlan-encrypted")
    second(stack)
    stack.config["networks"]["second"]["encrypted"] = True
    stack.write()
    refused = stack.up(check=False)
    assert refused.code != 0
    assert "udp 51820 of docker07 is taken by wireguard-go: write another `port`" in refused.text
    stack.config["networks"]["second"]["port"] = 51821
    stack.write()
    stack.up()
    reached(lab, [(FIRST, "app01", "172.16.8.18"), (SECOND, "app02", "172.16.8.2")])
    assert not pinged(lab, [(FIRST, "app01", "172.16.2.18")])
    assert running.preview().changes == {}
    stack.destroy()
    assert pinged(lab, ENDS)
    assert pids(lab) == ids
    assert not difference(before, {host: look(lab, host) for host in HOSTS})


def test_a_host_without_wireguard_is_refused_in_a_preview_with_the_packages(lab, environment):
    stack = environment("lab-vxlan-encrypted")
    second(stack)
    stack.config["networks"]["second"] |= {"encrypted": True, "port": 51821}
    stack.write()
    hide, show = ((a, b) for a, b in (("", ".away"), (".away", "")))
    move = "for tool in wg wireguard-go; do mv /usr/bin/$tool{} /usr/bin/$tool{}; done"
    lab.ssh(SECOND, move.format(*hide))
    try:
        words = "docker08 has no WireGuard and no module for it in its kernel"
        packages = "install the packages wireguard-tools and wireguard-go there"
        for outcome in (stack.preview(), stack.up(check=False)):
            assert words in outcome.text
            assert packages in outcome.text
        assert outcome.code != 0
    finally:
        lab.ssh(SECOND, move.format(*show))


def test_a_destroy_leaves_no_trace_and_needs_nothing_that_is_kept_on_hosts(lab, environment):
    stack = environment("lab-vxlan-encrypted")
    second(stack)
    stack.config["networks"]["second"] |= {"encrypted": True, "port": 51821}
    stack.write()
    lab.ssh(FIRST, "docker pull -q centos_ssh:v2")
    before = {host: look(lab, host) for host in HOSTS}
    stack.up()
    assert len(device(lab, FIRST).splitlines()) == 2
    lab.ssh(FIRST, f"rm -r /var/lib/crosshost/{stack.name}")
    stack.destroy()
    assert not difference(before, {host: look(lab, host) for host in HOSTS})
