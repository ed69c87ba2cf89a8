"""VXLAN networks on real hosts: what they carry, what they outlive, and how what is lost is repaired."""

from __future__ import annotations

import pytest

from tests.lab.meshes import device, entries, pids, pinged, started
from tests.lab.waiting import wait


@pytest.fixture(scope="module")
def running(shared_environment):
    """The lab's network; tests leave it as it is."""
    return started(shared_environment)


def test_it_is_no_change_again_and_after_a_refresh(lab, running):
    assert pinged(lab)
    assert entries(lab) == {"10.0.0.12"}
    assert running.up().changes == {}
    assert running.preview("--refresh").changes == {}


def test_the_largest_packet_passes_unfragmented_and_no_larger_one(lab, running):
    ping = "docker exec web01 ping -c 1 -W 1 -M do 172.16.2.18 -s "
    lab.ssh("docker01", ping + "1422")
    assert lab.ssh("docker01", ping + "1423", check=False).returncode != 0


def test_what_containers_send_each_other_keeps_its_addresses(lab, running):
    lab.ssh(
        "docker02", "docker exec -d web02 sh -c 'timeout 6 tcpdump -lnc 1 -i eth0 icmp >/tmp/seen'"
    )
    lab.ssh("docker01", "docker exec web01 ping -c 3 172.16.2.18")
    seen = lab.ssh("docker02", "docker exec web02 cat /tmp/seen").stdout
    assert "172.16.2.2 > 172.16.2.18: ICMP echo request" in seen


def test_a_reboot_of_a_host_keeps_it(lab, running):
    lab.power_off("docker02")
    lab.power_on("docker02")
    wait(lambda: pinged(lab), 40)
    preview = running.preview()
    assert preview.changes == {}
    assert "warning" not in preview.text


def test_a_restart_of_docker_keeps_it(lab, running):
    lab.ssh("docker01", "systemctl restart docker")
    wait(lambda: pinged(lab), 40)
    assert running.preview().changes == {}


@pytest.mark.long
def test_a_bridge_that_docker_made_anew_gets_its_device_again(lab, running):
    bridge = device(lab).split(" master ")[1].split()[0]
    lab.ssh(
        "docker01",
        f"systemctl stop docker.socket docker; ip link del {bridge}; systemctl start docker",
    )
    wait(lambda: pinged(lab), 40)
    assert running.preview().changes == {}


@pytest.mark.parametrize(
    "harm",
    [
        "ip link del $device",
        *(
            pytest.param(harm, marks=pytest.mark.long)
            for harm in (
                "ip link set $device nomaster",
                "ip link set $device down",
                "bridge fdb del 00:00:00:00:00:00 dev $device dst 10.0.0.12",
                "bridge fdb append 00:00:00:00:00:00 dev $device dst 10.0.0.99",
                "rm /etc/systemd/system/crosshost-vxlan-*.service",
                "cd /etc/systemd/system && systemctl disable crosshost-vxlan-*.service",
            )
        ),
    ],
)
def test_what_is_lost_or_changed_shows_in_a_preview_and_only_it_is_repaired(lab, running, harm):
    before = pids(lab)
    name = device(lab).split(": ")[1]
    lab.ssh("docker01", f"device={name}; {harm}")
    preview = running.preview()
    assert preview.changes == {"to update": 1}
    assert "mesh-vxlan@docker01" in preview.text
    assert running.up().changes == {"updated": 1}
    assert (
        lab.ssh("docker01", f"systemctl is-enabled crosshost-vxlan-{running.name}.service").stdout
        == "enabled\n"
    )
    assert pinged(lab)
    assert entries(lab) == {"10.0.0.12"}
    assert pids(lab) == before
    assert running.up().changes == {}


@pytest.mark.long
def test_what_a_cut_off_change_left_is_undone_by_the_networks_name_alone(lab, running):
    script = f"/var/lib/crosshost/{running.name}/scripts/vxlan.sh"
    lab.ssh("docker01", f"rm {script.replace('scripts/vxlan.sh', 'vxlan/mesh/record')}")
    lab.ssh("docker01", f"echo network=mesh | sh {script} undo")
    assert device(lab) == ""
    assert "crosshost-vxlan" not in lab.ssh("docker01", "ls /etc/systemd/system").stdout
    assert running.up().changes == {"updated": 1}
    assert pinged(lab)
