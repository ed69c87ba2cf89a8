"""Numbers of VXLAN networks and of Docker's overlays on real hosts, where the kernel gives each out once a port."""

from __future__ import annotations

import pytest

from tests.lab.host_state import difference, look
from tests.lab.meshes import HOSTS, device, pids, pinged, second


@pytest.mark.long
def test_the_number_of_an_overlay_of_dockers_is_refused_as_the_kernel_takes_it_once(
    lab, environment
):
    stack = environment("lab-vxlan")
    second(stack)
    lab.ssh("docker01", "docker pull -q centos_ssh:v2")
    before = {host: look(lab, host) for host in HOSTS}
    try:
        lab.ssh(
            "docker01",
            f"docker swarm init --advertise-addr {lab.address('docker01')} "
            "--default-addr-pool 172.29.0.0/16 && "
            "docker network create -d overlay --attachable taken && "
            "docker run -d --name other --network taken centos_ssh:v2 sleep 999",
        )
        form = '{{index .Options "com.docker.network.driver.overlay.vxlanid_list"}}'
        number = lab.ssh("docker01", f"docker network inspect -f '{form}' taken").stdout.strip()
        add = f"ip link add vxprobe type vxlan id {number} dstport 4789"
        assert "specified VNI already exists" in lab.ssh("docker01", add, check=False).stderr

        stack.config["networks"]["second"]["vni"] = int(number)
        stack.write()
        refused = stack.up(check=False)
        assert refused.code != 0
        said = f"VNI {number} at udp 4789 is taken on docker01 by taken, an overlay of Docker's"
        assert said in refused.text

        stack.config["networks"]["second"]["port"] = 4790
        stack.write()
        stack.up()
        assert pinged(lab, [("docker01", "app01", "172.16.8.18")])
        stack.destroy()
    finally:
        lab.ssh(
            "docker01",
            "docker rm -f other; docker swarm leave --force; docker network rm docker_gwbridge",
            check=False,
        )
    assert not difference(before, {host: look(lab, host) for host in HOSTS})


@pytest.mark.long
def test_a_stack_with_an_overlay_leaves_docker_its_numbers_and_a_device_that_went_comes_back(
    lab, environment
):
    before = {host: look(lab, host) for host in HOSTS}
    stack = environment("lab-vxlan")
    ol1 = {"strategy": "overlay", "control_plane": "swarm", "subnet": "172.16.9.0/24"}
    stack.config["networks"]["mesh"]["vni"] = 4100
    stack.config["networks"]["ol1"] = ol1
    stack.write()
    refused = stack.up(check=False)
    assert refused.code != 0
    assert "mesh: VNI 4100 at udp 4789 is one that Docker on docker01 may give" in refused.text
    assert not difference(before, {host: look(lab, host) for host in HOSTS})
    # What is there stays, with its number, when an overlay comes beside it.
    del stack.config["networks"]["ol1"]
    stack.write()
    stack.up()
    stack.config["networks"]["ol1"] = ol1
    stack.write()
    stack.up()
    lab.ssh("docker01", f"ip link delete {device(lab).split(': ')[1]}")
    stack.up()
    assert pinged(lab)
    assert stack.preview().changes == {}
    stack.destroy()
    assert not difference(before, {host: look(lab, host) for host in HOSTS})


@pytest.mark.long
def test_an_overlay_that_docker_gave_a_taken_number_is_said_to_have_it_and_works_once_it_is_free(
    lab, environment
):
    before = {host: look(lab, host) for host in HOSTS}
    mesh, overlay = environment("lab-vxlan"), environment("lab-overlay")
    # The first that a new swarm gives.
    mesh.config["networks"]["mesh"]["vni"] = 4097
    mesh.restart_containers()
    mesh.up()
    running = pids(lab)
    name = device(lab).split(": ")[1]
    del overlay.config["consul"]
    overlay.config["networks"]["ol1"]["control_plane"] = "swarm"
    overlay.config["containers"] = {
        name.replace("web", "ol"): one for name, one in overlay.config["containers"].items()
    }
    overlay.write()
    failed = overlay.up(check=False)
    assert failed.code != 0
    assert (
        f"Docker gave network ol1 VNI 4097, which {name} has here at udp 4789: no container of it would start"
        in failed.text
    )
    assert "context deadline exceeded" not in failed.text
    assert "ol01" not in lab.ssh("docker01", "docker ps -a").stdout

    refused = overlay.up(check=False)
    assert refused.code != 0
    for host in HOSTS:
        assert f"ol1: Docker gave it VNI 4097, which {name} has on {host} at" in refused.text
    # The mesh itself goes on, and hears of it.
    assert pinged(lab)
    heard = mesh.preview().text
    assert "VNI 4097 at udp 4789 is taken on docker01 by ol1, an overlay of Docker's" in heard
    mesh.config["networks"]["mesh"]["vni"] = 4100
    mesh.write()
    refused = mesh.up(check=False)
    assert refused.code != 0
    assert "VNI 4100 at udp 4789 is one that Docker on docker01 may give" in refused.text
    mesh.config["networks"]["mesh"]["vni"] = 9000
    mesh.write()
    mesh.up()
    overlay.up()
    lab.ssh("docker01", "docker exec ol01 ping -c 1 -W 2 ol02")
    assert pinged(lab)
    assert pids(lab) == running
    for stack in (mesh, overlay):
        assert stack.preview().changes == {}
    overlay.destroy()
    mesh.destroy()
    assert not difference(before, {host: look(lab, host) for host in HOSTS})


@pytest.mark.long
def test_a_new_overlay_on_consul_is_refused_beside_a_number_that_docker_may_give_it(
    lab, environment
):
    before = {host: look(lab, host) for host in HOSTS}
    stack = environment("lab-overlay")
    lab.ssh("docker02", "ip link add vxother type vxlan id 256 dstport 4789")
    try:
        said = (
            "ol1: vxother has VNI 256 on docker02 at udp 4789, which Docker may give this overlay"
        )
        assert said in stack.preview().text
        refused = stack.up(check=False)
        assert refused.code != 0
        assert said in refused.text
    finally:
        lab.ssh("docker02", "ip link delete vxother")
    assert not difference(before, {host: look(lab, host) for host in HOSTS})
    stack.up()
    # What is up already has its number.
    lab.ssh("docker02", "ip link add vxother type vxlan id 300 dstport 4789")
    assert stack.preview().changes == {}
    lab.ssh("docker02", "ip link delete vxother")
    stack.destroy()
    assert not difference(before, {host: look(lab, host) for host in HOSTS})
