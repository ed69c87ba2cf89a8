"""The notes' macvlan on real hosts."""

from __future__ import annotations

import re
import shutil
import threading
import time

import pytest

from tests.lab.host_state import difference, look
from tests.unit.fleet import ROOT


@pytest.fixture(scope="module")
def running(shared_environment):
    """The notes' macvlan, up; tests leave it as it is."""
    stack = shared_environment("lab-macvlan")
    stack.restart_containers()
    stack.up()
    return stack


def test_the_notes_macvlan_works_and_goes_without_a_trace(lab, environment):
    lab.ssh("docker01", "docker pull -q centos_ssh:v2")
    lab.ssh("docker02", "docker image rm -f centos_ssh:v2")
    before = {host: look(lab, host) for host in ("docker01", "docker02")}
    stack = environment("lab-macvlan")

    stack.up()
    # Containers reach each other by address, both ways.
    lab.ssh("docker01", "docker exec ssh01 ping -c 1 -W 2 10.0.0.200")
    lab.ssh("docker02", "docker exec ssh02 ping -c 1 -W 2 10.0.0.100")
    # tcpdump in one sees the icmp of the other.
    pinging = threading.Thread(
        target=lab.ssh, args=("docker01", "sleep 1; docker exec ssh01 ping -c 3 10.0.0.200")
    )
    pinging.start()
    seen = lab.ssh("docker02", "docker exec ssh02 timeout 8 tcpdump -lnc 2 -i eth0 icmp").stdout
    pinging.join()
    assert "10.0.0.100 > 10.0.0.200: ICMP echo request" in seen
    # From the LAN ssh goes straight to the container; its own host cannot reach it.
    assert "10.0.0.100/24" in lab.ssh("10.0.0.100", "ip -brief address show eth0").stdout
    assert lab.ssh("docker01", "ping -c 1 -W 1 10.0.0.100", check=False).returncode == 1
    # The NIC is promiscuous.
    assert "PROMISC" in lab.ssh("docker01", "ip link show ens33").stdout
    assert stack.outputs()["containers"]["ssh02"]["addresses"] == {"macvlan_1": "10.0.0.200"}

    assert stack.up().changes == {}
    assert stack.preview("--refresh").changes == {}

    stack.destroy()
    assert not difference(before, {host: look(lab, host) for host in before})


def test_a_lost_promiscuous_flag_shows_in_the_preview_and_only_it_is_repaired(lab, running):
    lab.ssh("docker02", "ip link set ens33 promisc off")
    preview = running.preview()
    assert preview.changes == {"to update": 1}
    assert "promiscuous-ens33@docker02" in preview.text
    assert running.up().changes == {"updated": 1}
    assert "PROMISC" in lab.ssh("docker02", "ip link show ens33").stdout
    assert running.up().changes == {}


@pytest.mark.long
def test_a_container_that_moves_is_deleted_there_and_created_here(lab, running):
    running.config["containers"]["ssh02"]["host"] = "docker01"
    running.write()
    running.up()
    assert "ssh02" in lab.ssh("docker01", "docker ps").stdout
    assert "ssh02" not in lab.ssh("docker02", "docker ps -a").stdout
    lab.ssh("docker01", "docker exec ssh01 ping -c 1 -W 2 10.0.0.200")
    running.reset()
    running.restart_containers()
    running.up()


@pytest.mark.long
def test_two_stacks_share_hosts_and_one_goes_without_harm_to_the_other(lab, running, environment):
    overlay = environment("lab-overlay")
    overlay.up()
    pid = lab.ssh("docker01", "docker inspect -f {{.State.Pid}} ssh01").stdout
    overlay.destroy()
    assert lab.ssh("docker01", "docker inspect -f {{.State.Pid}} ssh01").stdout == pid
    lab.ssh("docker01", "docker exec ssh01 ping -c 1 -W 2 10.0.0.200")
    assert running.up().changes == {}


def test_a_fleet_previews_empty_from_another_checkout(lab, running, tmp_path):
    checkout = tmp_path / "checkout"
    shutil.copytree(ROOT, checkout, ignore=shutil.ignore_patterns(".*", "__pycache__"))
    preview = ["pulumi", "--non-interactive", "--stack", running.name, "preview", "--diff"]
    said = lab.run([*preview, "--expect-no-changes"], cwd=checkout).stdout
    assert "warning" not in said
    assert (checkout / ".crosshost" / running.name / "ssh_config").exists()


@pytest.mark.long
def test_a_reboot_of_every_host_keeps_promiscuous_mode_and_is_no_change(lab, running):
    hosts = ("docker01", "docker02")
    for host in hosts:
        lab.power_off(host)
    for host in hosts:
        lab.power_on(host)
    deadline = time.monotonic() + 20
    for host in hosts:
        booted = "ip link show ens33; docker ps"
        while not {"PROMISC", "ssh0"} <= set(
            re.findall("PROMISC|ssh0", lab.ssh(host, booted).stdout)
        ):
            assert time.monotonic() < deadline, f"{host} is not as before after a reboot"
            time.sleep(0.5)
    preview = running.preview()
    assert preview.changes == {}
    assert "warning" not in preview.text


def mode(lab, nic, host="docker01"):
    return "on" if "PROMISC" in lab.ssh(host, f"ip link show {nic}").stdout else "off"


@pytest.mark.long
def test_at_boot_a_nic_that_is_gone_keeps_no_other_from_its_mode(lab, running):
    state = f"/var/lib/crosshost/{running.name}"
    lab.ssh("docker01", f"mkdir {state}/nic/aaa0 {state}/nic/zzz0")
    for nic in ("aaa0", "zzz0"):
        lab.ssh("docker01", f"echo planned=x nic={nic} promiscuous=on >{state}/nic/{nic}/record")
    lab.ssh("docker01", "ip link set ens33 promisc off")
    boot = threading.Thread(
        target=lab.ssh, args=("docker01", f"sh {state}/scripts/nic.sh boot >/tmp/boot 2>&1; echo $? >>/tmp/boot")
    )  # fmt: skip
    boot.start()
    deadline = time.monotonic() + 10
    while mode(lab, "ens33") == "off":
        assert time.monotonic() < deadline, "ens33 waits for a NIC that is not there"
        time.sleep(0.2)
    boot.join()
    said = lab.ssh("docker01", "cat /tmp/boot; rm /tmp/boot").stdout.splitlines()
    lab.ssh("docker01", f"rm -r {state}/nic/aaa0 {state}/nic/zzz0")
    assert said == ["nic not made at this boot: aaa0 zzz0; all others are", "1"]
    assert running.preview().changes == {}
