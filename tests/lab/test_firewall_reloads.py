"""The guard beside the firewalls that admins have: Debian's own ufw, firewalld and nftables."""

from __future__ import annotations

import pytest

from tests.lab.firewall_packages import install
from tests.lab.forged import Victim, forged_arrive, knock
from tests.lab.test_firewall import overlay_that_restarts, rules
from tests.lab.waiting import wait


@pytest.fixture(scope="module")
def with_firewalls(lab, shared_environment):
    """The notes' overlay, with the packages on docker02, which has a new disk afterwards."""
    stack = overlay_that_restarts(shared_environment("lab-overlay"))
    install(lab, "docker02")
    yield stack
    stack.destroy()
    lab.reset("docker02")


def runs(lab):
    """Whether the container has its address on the overlay."""
    return lab.ssh("docker02", "docker exec web02 ip addr show eth0", check=False).returncode == 0


def kept_out(lab):
    return not forged_arrive(lab, Victim.find(lab, "docker02", "web02")) and (
        knock(lab, "docker02", 7946) == "dropped"
    )


@pytest.mark.long
def test_ufw_may_be_switched_on_reloaded_and_off(lab, with_firewalls):
    expected = rules(lab, "docker02")
    # Otherwise the rules would be made again before they are looked at.
    watcher = f"crosshost-firewall-{with_firewalls.name}"
    lab.ssh("docker02", f"systemctl stop {watcher}")
    for command in (
        "ufw allow 22/tcp && ufw allow from 10.0.0.11 && ufw --force enable",
        "ufw reload",
        "sed -i s/MANAGE_BUILTINS=no/MANAGE_BUILTINS=yes/ /etc/default/ufw && ufw reload",
        "ufw --force disable",
    ):
        lab.ssh("docker02", command)
        assert rules(lab, "docker02") == expected, command
    lab.ssh("docker02", f"systemctl start {watcher}; systemctl restart docker")
    wait(lambda: runs(lab), 30)
    assert kept_out(lab)


@pytest.mark.long
@pytest.mark.parametrize(
    "command",
    [
        "systemctl start firewalld",
        "firewall-cmd --reload",
        "systemctl stop firewalld",
        "systemctl restart nftables",
        "nft flush ruleset",
    ],
)
def test_what_empties_all_tables_opens_the_ports_for_seconds_only(lab, with_firewalls, command):
    expected = rules(lab, "docker02")
    assert expected
    lab.ssh("docker02", command)
    wait(lambda: rules(lab, "docker02") == expected, 15)
    # For good: firewalld goes on for a moment after its command has ended.
    wait(lambda: rules(lab, "docker02") == expected and kept_out(lab), 15)
    assert with_firewalls.preview().changes == {}
