"""The proof on real hosts: it fails with the right cause where the network is broken, and only there."""

from __future__ import annotations

import json
import time

import pytest

from planning.reachability.probes import TABLES
from tests.lab.proofs import asked, failed, proven, rows, within, wrong
from tests.lab.swarm_hosts import HOSTS as SWARM_HOSTS

HOSTS = ("docker01", "docker02")


@pytest.fixture(scope="module")
def overlay(shared_environment):
    stack = proven(shared_environment, "lab-overlay")
    stack.config["containers"]["web"] = {
        "host": "docker01", "image": "busybox:1", "command": ["httpd", "-f", "-p", "80"], "init": True,
        "network": "ol1", "ports": ["8080:80", "127.0.0.1:8081:80"],
    }  # fmt: skip
    stack.config["prove"]["promises"] = [
        {"from": "web02", "to": "web", "port": 80},
        {"from": "web02", "to": "web", "port": 81, "reach": False},
    ]
    stack.write()
    stack.up()
    return stack


def test_a_healthy_overlay_is_proven_and_a_proof_that_was_made_is_not_made_again(overlay):
    found = rows(overlay)
    assert {row["kind"] for row in found} == {
        "ping", "tcp", "transfer", "name", "size", "port", "published", *TABLES,
    }  # fmt: skip
    assert wrong(found) == []
    assert {(row["to"], row["expected"]) for row in found if row["kind"] == "published"} == {
        ("web", "yes"), ("web", "no"),
    }  # fmt: skip
    overlay.config["prove"]["when"] = "changed"
    overlay.write()
    overlay.up()
    assert overlay.up().changes == {}
    overlay.config["prove"]["when"] = "always"
    overlay.write()


BREAKS = {
    "a tunnel port that iptables drops": (
        "docker02", "iptables -I INPUT -p udp --dport 4789 -j DROP",
        "iptables -D INPUT -p udp --dport 4789 -j DROP",
        "docker02's own firewall keeps docker01 from udp 4789",
    ),
    "a smaller MTU on the way": (
        "docker02", "ip link set ens33 mtu 1400", "ip link set ens33 mtu 1500", "bytes get lost on the way",
    ),
    "forwarding that drops everything": (
        "docker02", "iptables -I FORWARD -j DROP", "iptables -D FORWARD -j DROP",
        "chain FORWARD of docker02 lets nothing through",
    ),
    "a container whose stack answers nothing": (
        "docker02", within("web02", "iptables -I INPUT -j DROP"),
        within("web02", "iptables -D INPUT -j DROP"),
        "on docker01 does not reach web02 on docker02",
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    "name", [next(iter(BREAKS)), *(pytest.param(n, marks=pytest.mark.long) for n in [*BREAKS][1:])]
)
def test_a_broken_overlay_fails_the_up_with_its_cause_and_is_proven_when_it_is_mended(
    lab, overlay, name
):
    host, breaking, mending, words = BREAKS[name]
    lab.ssh(host, breaking)
    try:
        assert words in failed(overlay)
    finally:
        lab.ssh(host, mending)
        # What the kernels learned of the way's MTU.
        for name, container in (("docker01", "web"), ("docker01", "web01"), ("docker02", "web02")):
            lab.ssh(name, f"ip route flush cache; {within(container, 'ip route flush cache')}")
    overlay.up()
    assert wrong(rows(overlay)) == []


@pytest.mark.long
def test_an_entry_that_leads_astray_is_named(lab, overlay):
    target = next(row for row in rows(overlay) if row["to"] == "web02" and row["kind"] == "ping")
    assert target
    address = overlay.outputs()["containers"]["web02"]["addresses"]["ol1"]
    entry = f"ip neigh replace {address} lladdr 02:00:00:00:00:99 dev eth0 nud permanent"
    lab.ssh("docker01", within("web01", entry))
    try:
        assert f"an old entry on docker01 sends {address} to 02:00:00:00:00:99" in failed(overlay)
    finally:
        lab.ssh("docker01", within("web01", f"ip neigh del {address} dev eth0"))
    overlay.up()


@pytest.mark.long
def test_a_missing_tool_is_not_known_and_fails_only_a_strict_proof(lab, overlay):
    hide = "mount --bind /dev/null /bin/ping"
    lab.ssh("docker01", hide)
    try:
        overlay.up()
        unknown = [row for row in rows(overlay) if row["observed"] == "unknown"]
        assert unknown
        assert {row["from_host"] for row in unknown} == {"docker01"}
        overlay.config["prove"]["strict"] = True
        overlay.write()
        assert "not known: the host has no command ping" in failed(overlay)
    finally:
        lab.ssh("docker01", "umount /bin/ping")
        del overlay.config["prove"]["strict"]
        overlay.write()
    overlay.up()


def test_the_command_shows_the_matrix_and_has_an_exit_code_for_gates(lab, overlay, tmp_path):
    shown = asked(overlay)
    assert shown.returncode == 0, shown.stderr
    assert "promises and denials hold" in shown.stdout
    assert "docker02" in shown.stdout
    report = tmp_path / "junit.xml"
    found = asked(overlay, "--json", "--all-pairs", "--junit", str(report))
    found = json.loads(found.stdout)
    assert {(row["from"], row["to"]) for row in found} >= {("web", "web01"), ("web02", "web")}
    assert 'failures="0"' in report.read_text()
    lab.ssh("docker02", "iptables -I INPUT -p udp --dport 4789 -j DROP")
    try:
        broken = asked(overlay)
    finally:
        lab.ssh("docker02", "iptables -D INPUT -p udp --dport 4789 -j DROP")
    assert broken.returncode == 1
    assert "docker02's own firewall keeps docker01 from udp 4789" in broken.stdout


@pytest.mark.long
def test_an_address_that_somebody_on_the_lan_has_is_named_with_its_mac(lab, environment):
    stack = proven(environment, "lab-macvlan")
    stack.up()
    assert wrong(rows(stack)) == []
    # Another machine: a namespace behind a macvlan of docker02's NIC that answers for ssh02's address.
    make = (
        "ip netns add taker && ip link add taker0 link ens33 netns taker type macvlan mode bridge && "
        "ip -n taker link set taker0 address 02:00:00:00:00:99 up && "
        "ip -n taker addr add 10.0.0.200/24 dev taker0"
    )
    lab.ssh("docker02", f"docker pause ssh02; {make}")
    lab.ssh("docker02", within("ssh02", "ip link set eth0 down"))
    lab.ssh("docker01", within("ssh01", "ip neigh flush dev eth0"))
    try:
        assert "10.0.0.200 is taken by another machine, 02:00:00:00:00:99" in failed(stack)
    finally:
        lab.ssh("docker02", "ip netns del taker; docker unpause ssh02")
        lab.ssh("docker02", within("ssh02", "ip link set eth0 up"))
        lab.ssh("docker01", within("ssh01", "ip neigh flush dev eth0"))
    time.sleep(1)
    stack.up()


@pytest.fixture
def busy(lab):
    """Hosts whose processors have four times as much to do."""
    burn = "for n in 1 2 3 4; do timeout 600 sh -c 'while :; do :; done' & done"
    for host in HOSTS:
        lab.ssh(
            host,
            f'systemd-run -q -p KillSignal=SIGKILL --unit crosshost-test-burn sh -c "{burn}; wait"',
        )
    yield
    for host in HOSTS:
        lab.ssh(host, "systemctl stop crosshost-test-burn")


@pytest.mark.long
@pytest.mark.timeout(900)
def test_twenty_proofs_of_a_busy_healthy_fleet_raise_no_alarm(overlay, busy):
    for _ in range(20):
        shown = asked(overlay, "--json")
        assert wrong(json.loads(shown.stdout)) == [], shown.stderr
        assert shown.returncode == 0


@pytest.mark.long
@pytest.mark.timeout(600)
def test_an_up_of_a_busy_healthy_fleet_raises_no_alarm_and_tells_of_no_interruption(overlay, busy):
    overlay.config["prove"]["strict"] = True
    overlay.write()
    try:
        for _ in range(3):
            assert "did not reach each other" not in overlay.up().text
            assert wrong(rows(overlay)) == []
    finally:
        del overlay.config["prove"]["strict"]
        overlay.write()


@pytest.mark.long
def test_an_overlay_on_swarm_is_proven_and_a_shut_port_is_named(lab, environment):
    lab.up_for("lab-swarm")
    stack = proven(environment, "lab-swarm")
    stack.up()
    assert wrong(rows(stack)) == []
    host = SWARM_HOSTS[1]
    lab.ssh(host, "iptables -I INPUT -p udp --dport 4789 -j DROP")
    try:
        assert f"{host}'s own firewall keeps" in failed(stack)
    finally:
        lab.ssh(host, "iptables -D INPUT -p udp --dport 4789 -j DROP")
    stack.up()
