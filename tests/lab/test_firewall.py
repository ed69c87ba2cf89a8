"""Who reaches the ports of overlays on real hosts: the stack's own, and with the guard nobody else."""

from __future__ import annotations

import pytest

from tests.lab.forged import Victim, dropped, forged_arrive, knock, send_udp
from tests.lab.host_state import difference, look
from tests.lab.pings import Pings
from tests.lab.waiting import wait

HOSTS = ("docker01", "docker02")
RULES = "{ iptables -t raw -S; ip6tables -t raw -S; } | grep CROSSHOST"
SERVICE = "crosshost-firewall-$(ls /var/lib/crosshost | grep -v @host)"
# Consul's store from within a container, by the address that its hosts use.
WRITE = "curl -sS -m 3 -X PUT -d x http://10.0.0.11:8500/v1/kv/docker/forged"


def rules(lab, host="docker01"):
    return lab.ssh(host, RULES, check=False).stdout


def all_is_well(lab):
    lab.ssh("docker01", "docker exec web01 ping -c 1 -W 2 web02")
    lab.ssh("docker02", "docker exec web02 ping -c 1 -W 2 web01")


def guarded(lab):
    """A stranger gets nowhere, peers and names go on."""
    for host, container in (("docker01", "web01"), ("docker02", "web02")):
        assert not forged_arrive(lab, Victim.find(lab, host, container))
        assert knock(lab, host, 7946) == "dropped"
        before = dropped(lab, host, "udp-7946")
        send_udp(lab, host, 7946)
        assert dropped(lab, host, "udp-7946") == before + 1
    assert knock(lab, "docker01", 8500) == "dropped"
    all_is_well(lab)


def overlay_that_restarts(stack):
    """Has the notes' overlay up, with containers that run again after a boot or the daemon's restart."""
    stack.restart_containers()
    stack.up()
    return stack


@pytest.fixture(scope="module")
def running(lab, shared_environment):
    """The notes' overlay with the guard, for the tests that take nothing away from it."""
    return overlay_that_restarts(shared_environment("lab-overlay"))


@pytest.mark.long
def test_crafted_packets_reach_containers_without_the_guard_and_do_not_with_it(lab, environment):
    before = {host: look(lab, host) for host in HOSTS}
    stack = environment("lab-overlay")
    stack.config["firewall"] = {"mode": "off"}
    stack.write()
    text = stack.up().text
    assert "everybody who reaches 10.0.0.11:8500 can write to Consul" in text
    # The fault.
    assert forged_arrive(lab, Victim.find(lab, "docker01", "web01"))
    assert knock(lab, "docker02", 7946) == "open"
    assert knock(lab, "docker01", 8500) == "open"
    assert lab.run(["curl", "-sS", *WRITE.split()[2:]]).stdout == "true"
    assert rules(lab) == ""

    del stack.config["firewall"]
    stack.write()
    preview = stack.preview().text
    assert "docker01 will let only docker02 reach udp 4789, tcp 7946, udp 7946, tcp 8500" in preview
    assert "can write to Consul" not in preview
    with Pings(lab, "docker01", "web01", Victim.find(lab, "docker02", "web02").address) as pings:
        stack.up()
    assert pings.lost == []
    assert stack.up().changes == {}
    guarded(lab)
    # Nor do containers of the hosts reach what only engines need.
    for host in HOSTS:
        for network in ("bridge", "host"):
            run = f"docker run --rm --network {network} centos_ssh:v2 timeout 3 bash -c"
            tried = lab.ssh(host, f"{run} '</dev/tcp/10.0.0.11/8500'", check=False)
            assert (tried.returncode == 0) == (network == "host"), (host, network)

    # And back: no rule is left, and the fault is there again.
    stack.config["firewall"] = {"mode": "off"}
    stack.write()
    stack.up()
    assert rules(lab) == ""
    assert knock(lab, "docker02", 7946) == "open"
    stack.destroy()
    assert not difference(before, {host: look(lab, host) for host in HOSTS})


@pytest.mark.long
def test_a_host_is_let_in_before_it_joins_and_out_after_it_left(lab, environment):
    before = {host: look(lab, host) for host in HOSTS}
    stack = environment("lab-overlay")
    whole = dict(stack.config["hosts"]), dict(stack.config["containers"])
    for section in ("hosts", "containers"):
        last = max(stack.config[section])
        del stack.config[section][last]
    stack.write()
    stack.up()
    assert "10.0.0.12" not in rules(lab)
    alone = look(lab, "docker02")

    stack.config["hosts"], stack.config["containers"] = (dict(part) for part in whole)
    stack.write()
    assert "docker01 will let only docker02 reach udp 4789" in stack.preview().text
    stack.up()
    all_is_well(lab)
    guarded(lab)
    assert stack.up().changes == {}

    del stack.config["hosts"]["docker02"], stack.config["containers"]["web02"]
    stack.write()
    stack.up()
    # It left the store in good order, which it needs its peers for.
    assert look(lab, "docker02") == alone
    assert "10.0.0.12" not in rules(lab)
    assert (
        lab.ssh("docker01", "ls /var/lib/crosshost/@host/firewall/holders | wc -l").stdout.strip()
        == "1"
    )
    assert stack.up().changes == {}
    stack.destroy()
    assert not difference(before, {host: look(lab, host) for host in HOSTS})


@pytest.mark.long
def test_a_restart_of_the_daemon_and_flushed_rules_do_not_open_the_ports(lab, running):
    expected = rules(lab)
    assert "CROSSHOST-udp-4789" in expected
    # Without its store, whose server it starts itself, Docker 20.10 takes up to a minute and more.
    lab.ssh("docker01", "systemctl restart docker", timeout=150)
    assert rules(lab) == expected
    lab.ssh("docker01", "iptables -F INPUT; iptables -t mangle -F")
    assert rules(lab) == expected
    # What flushes all tables is made good within seconds.
    lab.ssh(
        "docker01",
        "for t in raw mangle; do iptables -t $t -F; iptables -t $t -X; done; ip6tables -t raw -F",
    )
    assert rules(lab) != expected
    wait(lambda: rules(lab) == expected, 12)
    wait(
        lambda: (
            lab.ssh("docker02", "docker exec web02 ping -c 1 -W 2 web01", check=False).returncode
            == 0
        ),
        30,
    )
    guarded(lab)
    assert running.up().changes == {}


def test_rules_that_were_removed_for_good_show_in_the_preview_and_come_back(lab, running):
    expected = rules(lab)
    lab.ssh(
        "docker01", f"systemctl disable --now {SERVICE}; iptables -t raw -D PREROUTING -j CROSSHOST"
    )
    preview = running.preview()
    assert preview.changes == {"to update": 1}
    assert (
        "docker01: the rules that keep strangers from its engine's ports are gone" in preview.text
    )
    running.up()
    assert rules(lab) == expected
    assert lab.ssh(
        "docker01", f"systemctl is-active {SERVICE}; systemctl is-enabled {SERVICE}"
    ).stdout.split() == ["active", "enabled"]
    assert running.up().changes == {}


@pytest.mark.long
def test_a_reboot_opens_no_port(lab, running):
    for host in HOSTS:
        lab.power_off(host)
        lab.power_on(host)
    ping = "timeout 5 docker exec web01 ping -c 1 -W 2 web02"
    wait(lambda: lab.ssh("docker01", ping, check=False).returncode == 0, 150)
    guarded(lab)
    assert running.up().changes == {}
