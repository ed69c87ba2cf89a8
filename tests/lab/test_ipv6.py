"""IPv6 subnets beside IPv4 ones, on Docker 20.10.5 and beside Docker 28: what reaches what, and what does not."""

from __future__ import annotations

import json

import pytest

from tests.lab.host_state import difference, look
from tests.lab.meshes import second
from tests.lab.pings import pinged6
from tests.lab.proofs import asked, failed, proven, rows, within
from tests.lab.waiting import wait

LAN, MESH = "fd12:3456:789a:1::", "fd12:3456:789a:2::"
HOSTS = {"web01": "docker06", "web03": "docker08"}
FORWARDING = "cat /proc/sys/net/ipv6/conf/all/forwarding"


def wrong(found):
    return [row for row in found if row["expected"] != row["observed"]]


def of_ipv6(found):
    return {(row["kind"], row["expected"]) for row in found if row["family"] == "IPv6"}


@pytest.mark.long
def test_a_macvlan_network_has_both_families_proven_and_goes_without_a_trace(lab, environment):
    before = {host: look(lab, host) for host in ("docker01", "docker02")}
    stack = proven(environment, "lab-macvlan")
    stack.config["networks"]["macvlan_1"] |= {"subnet6": f"{LAN}/64"}
    stack.write()
    stack.up()
    assert pinged6(lab, "docker01", "ssh01", f"{LAN}c8", size=1452)
    assert pinged6(lab, "docker02", "ssh02", f"{LAN}64")
    assert wrong(rows(stack)) == []
    assert {("ping", "yes"), ("tcp", "yes"), ("transfer", "yes"), ("size", "yes")} <= of_ipv6(
        rows(stack)
    )
    stack.config["prove"] = {"when": "never"}
    stack.write()
    stack.up()
    assert stack.up().changes == {}
    assert stack.preview("--refresh").changes == {}
    stack.destroy()
    assert not difference(before, {host: look(lab, host) for host in before})


def mixed(lab, make):
    """A vxlan network on hosts with Docker 20.10.5 and 28, with names."""
    lab.up_for("lab-auto")
    stack = proven(make, "lab-auto")
    stack.config["hosts"].pop("docker07")
    stack.config["networks"] = {
        "mesh": {"strategy": "vxlan", "subnet": "172.16.2.0/24", "subnet6": f"{MESH}/64"}
    }
    stack.config["dns"] = {"image": "dnsmasq:2.85"}
    del stack.config["containers"]["web02"]
    for container in stack.config["containers"].values():
        container["network"] = "mesh"
    stack.restart_containers()
    return stack


@pytest.fixture(scope="module")
def mesh(lab, shared_environment):
    """The mixed network, proven by the up; tests leave it as it is."""
    stack = mixed(lab, shared_environment)
    assert {lab.ssh(host, FORWARDING).stdout for host in HOSTS.values()} == {"0\n"}
    stack.up()
    return stack


def address6(stack, name):
    return stack.outputs()["containers"][name]["ipv6_addresses"]["mesh"]


@pytest.mark.long
def test_engines_old_and_new_carry_both_families_with_names_proven(lab, mesh):
    found = rows(mesh)
    assert wrong(found) == []
    kinds = {("ping", "yes"), ("tcp", "yes"), ("transfer", "yes"), ("size", "yes"), ("name", "yes")}
    assert kinds <= of_ipv6(found)
    assert ("route", "yes") in {(row["kind"], row["observed"]) for row in found}
    assert pinged6(lab, "docker06", "web01", address6(mesh, "web03"), size=1402)
    assert not pinged6(lab, "docker06", "web01", address6(mesh, "web03"), size=1403)
    said = lab.ssh("docker08", "docker exec web03 getent ahostsv6 web01.mesh").stdout
    assert said.split()[0] == address6(mesh, "web01")
    assert lab.ssh("docker08", f"ping -6 -c 1 -W 2 {address6(mesh, 'web01')}").returncode == 0


def connects(lab, address):
    """Whether a machine of the LAN gets a connection to port 22."""
    words = ["timeout", "3", "bash", "-c", f"exec 3<>/dev/tcp/{address}/22"]
    return lab.run(words, check=False).returncode == 0


def reached_from_lan(lab, address, host):
    """Whether a machine of the LAN with a route by a host reaches a container."""
    way = f"fd99::{host[-2:]}"
    lab.run(["ip", "-6", "address", "replace", "fd99::1/64", "dev", "lan0", "nodad"])
    lab.ssh(host, f"ip -6 address replace {way}/64 dev ens33 nodad")
    lab.run(["ip", "-6", "route", "replace", f"{address}/128", "via", way])
    try:
        wait(lambda: connects(lab, way), 10)
        return connects(lab, address)
    finally:
        lab.run(["ip", "-6", "route", "del", f"{address}/128", "via", way])
        lab.run(["ip", "-6", "address", "del", "fd99::1/64", "dev", "lan0"])
        lab.ssh(host, f"ip -6 address del {way}/64 dev ens33")


@pytest.mark.long
def test_the_lan_reaches_no_container_and_would_on_an_old_engine_without_our_rule(lab, mesh):
    for name, host in HOSTS.items():
        assert not reached_from_lan(lab, address6(mesh, name), host)
    service = f"crosshost-firewall-{mesh.name}"
    lab.ssh("docker06", f"systemctl stop {service}; ip6tables -t raw -F CROSSHOST")
    assert reached_from_lan(lab, address6(mesh, "web01"), "docker06")
    lab.ssh("docker06", f"systemctl start {service}")
    wait(lambda: not reached_from_lan(lab, address6(mesh, "web01"), "docker06"), 30)


@pytest.mark.long
def test_what_breaks_ipv6_alone_fails_the_proof_and_is_named(lab, mesh):
    to = address6(mesh, "web03")
    lab.ssh("docker06", within("web01", f"ip -6 route add blackhole {to}/128"))
    text = failed(mesh)
    assert f"({to}) on mesh by IPv6" in text
    shown = asked(mesh, "--json")
    broken = wrong(json.loads(shown.stdout))
    assert broken
    assert {row["family"] for row in broken if row["kind"] == "ping"} == {"IPv6"}
    lab.ssh("docker06", within("web01", f"ip -6 route del blackhole {to}/128"))
    assert asked(mesh).returncode == 0
    mesh.up()


@pytest.mark.long
def test_it_outlives_a_reboot_and_a_restart_of_docker(lab, mesh):
    to = address6(mesh, "web03")
    lab.ssh("docker06", "systemctl restart docker")
    wait(lambda: pinged6(lab, "docker06", "web01", to), 40)
    lab.power_off("docker08")
    lab.power_on("docker08")
    wait(lambda: pinged6(lab, "docker06", "web01", to), 60)
    assert asked(mesh).returncode == 0
    assert not reached_from_lan(lab, to, "docker08")


@pytest.mark.long
def test_it_is_added_changed_and_taken_away_and_the_preview_says_who_is_made_anew(lab, environment):
    before = {host: look(lab, host) for host in ("docker01", "docker02")}
    stack = environment("lab-vxlan")
    stack.up()
    mesh = stack.config["networks"]["mesh"]
    for subnet6 in (f"{MESH}/64", "fd12:3456:789a:3::/64", None):
        mesh.pop("subnet6", None)
        mesh |= {"subnet6": subnet6} if subnet6 else {}
        stack.write()
        preview = stack.preview()
        assert preview.changes["to replace"] == 4, preview.text
        for name in ("web01@docker01", "web02@docker02"):
            assert name in preview.text
        stack.up()
        assert stack.up().changes == {}
        assert lab.ssh("docker01", FORWARDING).stdout == ("1\n" if subnet6 else "0\n")
        rules = lab.ssh("docker01", "ip6tables -t raw -S CROSSHOST").stdout
        assert [
            line.split(" -d ")[1].split()[0] for line in rules.splitlines() if " -d " in line
        ] == ([subnet6] if subnet6 else [])
        if subnet6:
            assert pinged6(lab, "docker01", "web01", subnet6.replace("/64", "12"))
    stack.destroy()
    assert not difference(before, {host: look(lab, host) for host in before})


@pytest.mark.long
def test_of_two_stacks_the_last_one_turns_forwarding_off_again(lab, environment):
    before = {host: look(lab, host) for host in ("docker01", "docker02")}
    stacks = [environment("lab-vxlan"), environment("lab-vxlan")]
    second(stacks[1])
    for number, stack in enumerate(stacks):
        for network in stack.config["networks"].values():
            network["subnet6"] = f"fd12:3456:789a:{number + 2}::/64"
        stack.write()
        stack.up()
    assert pinged6(lab, "docker01", "app01", "fd12:3456:789a:3::12")
    stacks[0].destroy()
    assert lab.ssh("docker01", FORWARDING).stdout == "1\n"
    assert pinged6(lab, "docker01", "app01", "fd12:3456:789a:3::12")
    stacks[1].destroy()
    assert lab.ssh("docker01", FORWARDING).stdout == "0\n"
    assert not difference(before, {host: look(lab, host) for host in before})
