"""Two stacks on the same hosts: one leaves and the other does not notice, the last one leaves no trace."""

from __future__ import annotations

import pytest

from tests.lab.host_state import difference, look
from tests.lab.pings import Pings

NEWER = ("docker03", "docker04")


@pytest.fixture
def macvlans(lab, environment):
    """Two stacks with a promiscuous macvlan each on the NIC of docker03 and docker04."""
    lab.up_for("lab-swarm")
    made = []
    for number in (1, 2):
        stack = environment("lab-swarm")
        del stack.config["swarm"]
        net = f"10.0.{200 + number}"
        stack.config["hosts"] = {host: stack.config["hosts"][host] for host in NEWER}
        stack.config["networks"] = {
            f"mac{number}": {"strategy": "macvlan", "parent": "ens33", "promiscuous": True,
                             "subnet": f"{net}.0/24", "gateway": f"{net}.1"}
        }  # fmt: skip
        stack.config["containers"] = {
            f"c{number}{host}": {
                "host": host, "image": "centos_ssh:v2", "network": f"mac{number}",
                "ip": f"{net}.{10 + i}",
            }
            for i, host in enumerate(NEWER)
        }  # fmt: skip
        stack.write()
        made.append(stack)
    return made


@pytest.mark.parametrize("first_out", [0, pytest.param(1, marks=pytest.mark.long)])
def test_a_promiscuous_nic_stays_so_until_the_last_macvlan_stack_leaves(lab, macvlans, first_out):
    before = {host: look(lab, host) for host in NEWER}
    for stack in macvlans:
        stack.up()
        assert "PROMISC" in lab.ssh("docker03", "ip link show ens33").stdout
    leaves, stays = macvlans[first_out], macvlans[1 - first_out]
    number = 2 - first_out
    with Pings(lab, "docker03", f"c{number}docker03", f"10.0.{200 + number}.11") as pings:
        leaves.destroy()
    assert pings.sent > 5
    assert pings.lost == []
    for host in NEWER:
        assert "PROMISC" in lab.ssh(host, "ip link show ens33").stdout
    assert stays.preview().changes == {}
    # Back again: do, undo, redo.
    leaves.up()
    assert stays.preview().changes == {}
    leaves.destroy()
    stays.destroy()
    assert not difference(before, {host: look(lab, host) for host in NEWER})


@pytest.mark.long
@pytest.mark.parametrize("first_out", [0, 1])
def test_what_the_version_before_kept_of_a_nic_by_stack_is_taken_over(lab, macvlans, first_out):
    before = {host: look(lab, host) for host in NEWER}
    for stack, was in zip(macvlans, ("off", "on"), strict=True):
        stack.up()
        for host in NEWER:
            lab.ssh(host, f"echo {was} >/var/lib/crosshost/{stack.name}/nic/ens33/before")
    for host in NEWER:
        lab.ssh(host, "rm -r /var/lib/crosshost/@host")
    macvlans[first_out].destroy()
    for host in NEWER:
        assert "PROMISC" in lab.ssh(host, "ip link show ens33").stdout
    assert macvlans[1 - first_out].preview().changes == {}
    macvlans[1 - first_out].destroy()
    assert not difference(before, {host: look(lab, host) for host in NEWER})
