"""Two stacks with a shim each on the same hosts, on one parent: what each of them keeps when the other goes."""

from __future__ import annotations

import pytest

from tests.lab import vlans
from tests.lab.host_state import difference, look
from tests.lab.waiting import wait

pytestmark = pytest.mark.long
HOSTS = ("docker03", "docker04")
LAN = {"subnet": "10.0.0.0/24", "gateway": "10.0.0.2", "pool": "10.0.0.128/27", "parent": "ens33"}
# How the second stack's network differs from that of the first.
BESIDE = {
    "subnet": {"subnet": "10.9.0.0/24", "gateway": "10.9.0.2", "pool": "10.9.0.128/27"},
    "gateway": {"gateway": "10.0.0.3", "pool": "10.0.0.160/27"},
}
VLAN = {
    "parent": "ens33.20",
    "subnet": "10.20.0.0/24",
    "gateway": "10.20.0.2",
    "pool": "10.20.0.128/27",
}


@pytest.fixture(scope="module")
def tagged(lab):
    lab.up_for("lab-lan")
    with vlans.on(lab, HOSTS):
        yield lab


@pytest.fixture
def stacks(tagged, environment):
    """Makes two stacks like lab-lan, each with a container on each host, of what their networks say."""

    def make(*networks):
        made = []
        for number, network in enumerate(networks, 1):
            stack = environment("lab-lan")
            del stack.config["dns"]
            (lan,) = stack.config["networks"].values()
            stack.config["networks"] = {f"lan{number}": {**lan, **network}}
            stack.config["containers"] = {
                f"s{number}{host}": {
                    "host": host, "image": "centos_ssh:v2", "network": f"lan{number}",
                    "restart": "unless-stopped",
                }
                for host in HOSTS
            }  # fmt: skip
            stack.write()
            made.append(stack)
        return made

    return make


def addresses(stack, number):
    given = stack.outputs()["containers"]
    return {host: given[f"s{number}{host}"]["addresses"][f"lan{number}"] for host in HOSTS}


def reach(lab, stack, number):
    """Whether each host reaches its own container of a stack and is reached, and containers each other."""
    there = addresses(stack, number)
    shims = stack.outputs()["networks"][f"lan{number}"]["shims"]
    other = {HOSTS[0]: HOSTS[1], HOSTS[1]: HOSTS[0]}
    return all(
        lab.ssh(host, command, check=False).returncode == 0
        for host in HOSTS
        for command in (
            f"ping -c 1 -W 1 {there[host]}",
            f"docker exec s{number}{host} ping -c 1 -W 1 {shims[host]}",
            f"docker exec s{number}{host} ping -c 1 -W 1 {there[other[host]]}",
        )
    )


CASES = {
    "another subnet": (LAN, {**LAN, **BESIDE["subnet"]}),
    "another gateway": (LAN, {**LAN, **BESIDE["gateway"]}),
    "a VLAN": (VLAN, {**VLAN, "gateway": "10.20.0.3", "pool": "10.20.0.160/27"}),
}


@pytest.mark.parametrize("first_out", [0, 1])
@pytest.mark.parametrize("networks", CASES.values(), ids=CASES)
def test_each_host_reaches_its_containers_of_both_until_the_last_stack_leaves(
    tagged, stacks, networks, first_out
):
    lab, both = tagged, stacks(*networks)
    before = {host: look(lab, host) for host in HOSTS}
    for number, stack in enumerate(both, 1):
        stack.up()
        assert reach(lab, stack, number)
    assert reach(lab, both[0], 1)
    for stack in both:
        assert stack.preview().changes == {}
    lab.power_off(HOSTS[0])
    lab.power_on(HOSTS[0])
    wait(lambda: all(reach(lab, stack, number) for number, stack in enumerate(both, 1)), 60)

    leaves, stays = both[first_out], both[1 - first_out]
    leaves.destroy()
    assert reach(lab, stays, 2 - first_out)
    assert stays.preview().changes == {}
    leaves.up()
    assert reach(lab, leaves, first_out + 1)
    stays.destroy()
    assert reach(lab, leaves, first_out + 1)
    leaves.destroy()
    assert not difference(before, {host: look(lab, host) for host in HOSTS})


def test_what_an_engine_or_a_lan_has_once_is_refused_and_the_first_stack_goes_on(tagged, stacks):
    lab = tagged
    first, second = stacks(LAN, {**LAN, "pool": "10.0.0.160/27"})
    first.up()
    before = {host: look(lab, host) for host in HOSTS}
    refused = second.up(check=False)
    assert refused.code != 0
    for host in HOSTS:
        assert (
            f"lan2: 10.0.0.0/24 is on {host} the subnet of the network lan1 there, of stack {first.name}, and "
            "an engine gives their gateway, 10.0.0.2, to one network" in refused.text
        )
    second.config["networks"]["lan2"] |= {"gateway": "10.0.0.3", "pool": LAN["pool"]}
    second.write()
    refused = second.up(check=False)
    assert refused.code != 0
    for host, block in zip(HOSTS, ("10.0.0.128/29", "10.0.0.136/29"), strict=True):
        assert (
            f"lan2: {block} of {host} meets {block}, which the network lan1 on {host} gives its containers "
            f"addresses of, of stack {first.name}: write another `pool`" in refused.text
        )
    assert not difference(before, {host: look(lab, host) for host in HOSTS})
    assert reach(lab, first, 1)
    assert first.up().changes == {}
