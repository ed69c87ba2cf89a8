"""VXLAN networks on real hosts: what they outlive, what an edit touches, and what strangers may do."""

from __future__ import annotations

import pytest

from tests.lab.forged import Victim, forged_arrive
from tests.lab.host_state import difference, look
from tests.lab.pings import Pings
from tests.lab.waiting import wait

HOSTS = ("docker01", "docker02")
ENDS = (("docker01", "web01", "172.16.2.18"), ("docker02", "web02", "172.16.2.2"))


@pytest.fixture(scope="module")
def running(lab, shared_environment):
    """The lab's network, with containers that run again after a boot; tests leave it as it is."""
    stack = shared_environment("lab-vxlan")
    stack.restart_containers()
    stack.up()
    return stack


def back(stack):
    """The stack file is as it was, and the hosts too."""
    stack.reset()
    stack.restart_containers()
    stack.up()


def pinged(lab, ends=ENDS):
    """Whether each container reaches the other's address."""
    return all(
        lab.ssh(host, f"docker exec {name} ping -c 1 -W 1 {to}", check=False).returncode == 0
        for host, name, to in ends
    )


def pids(lab):
    """Of the containers: one that goes on has the same."""
    form = "docker inspect -f {{.State.Pid}} "
    return [lab.ssh(host, form + name).stdout for host, name, _ in ENDS]


def device(lab, host="docker01"):
    return lab.ssh(host, "ip -d -o link show type vxlan").stdout


def entries(lab, host="docker01"):
    shown = lab.ssh(host, "bridge fdb show | grep ^00:00:00:00:00:00 || :").stdout
    return {line.split(" dst ")[1].split()[0] for line in shown.splitlines()}


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


@pytest.mark.long
def test_containers_come_and_go_without_a_touch_of_others(lab, running):
    before = pids(lab)
    more = {
        f"more{n}": {**running.config["containers"][f"web0{n}"], "ip": f"172.16.2.{ip}"}
        for n, ip in ((1, 9), (2, 25))
    }
    del more["more1"]["ip"]
    running.config["containers"] |= more
    running.write()
    running.up()
    address = running.outputs()["containers"]["more1"]["addresses"]["mesh"]
    assert address.startswith("172.16.2.")
    assert 2 < int(address.rpartition(".")[2]) < 16
    assert pinged(lab, [("docker02", "more2", address), ("docker01", "more1", "172.16.2.25")])
    assert pinged(lab)
    back(running)
    assert pids(lab) == before


@pytest.mark.long
def test_another_number_or_port_touches_no_container(lab, running):
    before = pids(lab)
    running.config["networks"]["mesh"] |= {"vni": 42, "port": 4790}
    running.write()
    running.up()
    assert "vxlan id 42 local 10.0.0.11 " in device(lab)
    assert " dstport 4790 " in device(lab)
    assert pinged(lab)
    assert "udp-4790" in lab.ssh("docker01", "iptables -t raw -S").stdout
    assert running.up().changes == {}
    back(running)
    assert pinged(lab)
    assert "udp-4790" not in lab.ssh("docker01", "iptables -t raw -S").stdout
    assert pids(lab) == before


@pytest.mark.long
def test_another_mtu_or_subnet_is_made_in_one_up_and_back(lab, running):
    running.config["networks"]["mesh"]["mtu"] = 1400
    running.write()
    running.up()
    assert pinged(lab)
    assert "mtu 1400" in lab.ssh("docker01", "docker exec web01 ip link show eth0").stdout
    running.config["networks"]["mesh"] = {"strategy": "vxlan", "subnet": "172.16.7.0/24"}
    for container in running.config["containers"].values():
        container["ip"] = container["ip"].replace("16.2.", "16.7.")
    running.write()
    running.up()
    moved = [(host, name, to.replace("16.2.", "16.7.")) for host, name, to in ENDS]
    assert pinged(lab, moved)
    assert running.up().changes == {}
    back(running)
    assert pinged(lab)
    assert " mtu 1450 " in device(lab)


@pytest.mark.long
def test_a_host_that_leaves_and_comes_back_touches_no_container_of_the_other(lab, running):
    before = pids(lab)
    del running.config["containers"]["web02"], running.config["hosts"]["docker02"]
    running.write()
    running.up()
    assert entries(lab) == set()
    assert device(lab, "docker02") == ""
    assert running.up().changes == {}
    back(running)
    assert pinged(lab)
    assert pids(lab)[0] == before[0]


@pytest.mark.long
def test_another_name_or_strategy_in_one_up_and_back(lab, running):
    running.config["networks"]["other"] = running.config["networks"].pop("mesh") | {"vni": 42}
    for container in running.config["containers"].values():
        container["network"] = "other"
    running.write()
    running.up()
    assert pinged(lab)
    running.config["networks"]["other"] = {
        "strategy": "overlay", "control_plane": "swarm", "subnet": "172.16.2.0/24",
    }  # fmt: skip
    running.write()
    running.up()
    assert device(lab) == ""
    wait(lambda: pinged(lab), 15)
    running.config["networks"]["other"] = {"strategy": "vxlan", "subnet": "172.16.2.0/24"}
    running.write()
    running.up()
    assert pinged(lab)
    back(running)
    assert pinged(lab)


def victim(lab):
    words = device(lab).split()
    inside = lab.ssh("docker01", "docker exec web01 cat /sys/class/net/eth0/address").stdout.strip()
    vni, port = words[words.index("id") + 1], words[words.index("dstport") + 1]
    return Victim("docker01", "web01", vni, port, inside, "172.16.2.2")


@pytest.mark.long
def test_crafted_packets_reach_containers_without_the_guard_and_do_not_with_it(lab, running):
    assert not forged_arrive(lab, victim(lab))
    running.config["firewall"] = {"mode": "off"}
    running.write()
    running.up()
    assert forged_arrive(lab, victim(lab))
    back(running)
    assert not forged_arrive(lab, victim(lab))
    assert pinged(lab)


def second(stack):
    """Beside the lab's own: another subnet, and other names."""
    stack.config["networks"] = {"second": {"strategy": "vxlan", "subnet": "172.16.8.0/24"}}
    stack.config["containers"] = {
        name.replace("web", "app"): {
            **one,
            "network": "second",
            "ip": one["ip"].replace("16.2.", "16.8."),
        }
        for name, one in stack.config["containers"].items()
    }
    stack.write()


@pytest.mark.long
def test_two_stacks_on_the_same_hosts_do_not_meet_and_one_goes_without_a_trace(
    lab, running, environment
):
    before = {host: look(lab, host) for host in HOSTS}
    ids = pids(lab)
    stack = environment("lab-vxlan")
    second(stack)
    containers = stack.config.pop("containers")
    stack.config["networks"]["second"]["subnet"] = "172.16.2.128/25"
    stack.write()
    refused = stack.up(check=False)
    assert refused.code != 0
    assert "subnet 172.16.2.128/25 meets routes of docker01 (172.16.2.0/24 by br-vx" in refused.text

    number = device(lab).split(" vxlan id ")[1].split()[0]
    stack.config["networks"]["second"] |= {"subnet": "172.16.8.0/24", "vni": int(number)}
    stack.write()
    refused = stack.up(check=False)
    assert refused.code != 0
    assert f"VNI {number} at udp 4789 is taken on docker01 by vx" in refused.text

    del stack.config["networks"]["second"]["vni"]
    stack.config["containers"] = containers
    stack.write()
    stack.up()
    assert pinged(lab, [("docker01", "app01", "172.16.8.18"), ("docker02", "app02", "172.16.8.2")])
    # Networks of one host are apart, and so are those of hosts.
    for to in ("172.16.2.2", "172.16.2.18"):
        assert not pinged(lab, [("docker01", "app01", to)])
    assert running.preview().changes == {}
    with Pings(lab, "docker01", "web01", "172.16.2.18") as pings:
        stack.destroy()
    assert pings.lost == []
    assert pids(lab) == ids
    assert not difference(before, {host: look(lab, host) for host in HOSTS})


@pytest.mark.long
def test_a_destroy_needs_nothing_that_is_kept_on_hosts(lab, environment):
    stack = environment("lab-vxlan")
    second(stack)
    lab.ssh("docker01", "docker pull -q centos_ssh:v2")
    before = {host: look(lab, host) for host in HOSTS}
    stack.up()
    lab.ssh("docker01", f"rm -r /var/lib/crosshost/{stack.name}")
    stack.destroy()
    assert not difference(before, {host: look(lab, host) for host in HOSTS})


@pytest.mark.long
def test_engines_of_any_age_share_a_network_and_the_proof_holds(lab, environment):
    hosts = ("docker06", "docker07", "docker08")
    lab.up_for("lab-auto")
    before = {host: look(lab, host) for host in hosts}
    stack = environment("lab-auto")
    stack.config["networks"] = {"mesh": {"strategy": "vxlan", "subnet": "172.16.2.0/24"}}
    for container in stack.config["containers"].values():
        container["network"] = "mesh"
    del stack.config["prove"]
    stack.write()
    stack.up()
    for host in hosts:
        assert len(entries(lab, host)) == 2
    assert stack.up().changes == {}
    assert stack.preview("--refresh").changes == {}
    stack.destroy()
    assert not difference(before, {host: look(lab, host) for host in hosts})
