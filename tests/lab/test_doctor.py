"""The doctor on real hosts of all engines: healthy ones, and ones that something is wrong with."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
import yaml

from lab.keys import host_key
from lab.lab import Lab
from tests.unit.fleet import ROOT, stack_values

ENGINES = {
    "docker01": ("20", "20.10.5+dfsg1", "Debian 11 (bullseye)"),
    "docker02": ("20.10.24", "20.10.24+dfsg1", "Debian 12 (bookworm)"),
    "docker03": ("26", "26.1.5+dfsg1", "Debian 13 (trixie)"),
    "docker04": ("28", "28.5.2+dfsg4", "Debian"),
}
STACK = "test-doctor"
FOLDERS = "/etc /usr /opt /root /home /tmp /var/tmp /var/lib/systemd /var/lib/dpkg"
STATE = "iptables -S; iptables -t nat -S; ip -o link | sed 's/ qlen.*//'; ls -a /var/lib /run"


@pytest.fixture(scope="module")
def hosts(tmp_path_factory) -> Iterator[Lab]:
    """A lab of its own: a host of each engine."""
    lab = Lab.for_checkout(tmp_path_factory.mktemp("doctor"))
    lab.up(hosts=len(ENGINES), engines=[engine for engine, _, _ in ENGINES.values()])
    yield lab
    lab.clean()


@pytest.fixture
def doctor(hosts):
    """Runs the doctor on a stack of these hosts, like one of stacks/."""
    file = ROOT / "stacks" / f"Pulumi.{STACK}.yaml"

    def run(names=tuple(ENGINES), like="lab-macvlan"):
        values = stack_values(like)
        values["hosts"] = {
            name: {"address": hosts.address(name), "host_key": host_key(name)} for name in names
        }
        values["containers"] = {}
        config = {f"crosshost:{key}": value for key, value in values.items()}
        file.write_text(yaml.safe_dump({"config": config}))
        words = [sys.executable, "-m", "crosshost", "doctor", "-s", STACK]
        return hosts.run(words, cwd=ROOT, check=False, timeout=60)

    yield run
    file.unlink(missing_ok=True)


def rows(done: subprocess.CompletedProcess[str], host: str) -> list[str]:
    return [line for line in done.stdout.splitlines() if line.startswith(host)]


@pytest.mark.long
def test_healthy_hosts_of_all_engines_give_no_false_alarm_and_stay_as_they_are(hosts, doctor):
    before = {name: hosts.ssh(name, f"touch /run/before; {STATE}").stdout for name in ENGINES}
    done = doctor()
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"nothing stands in the way of {STACK}" in done.stdout
    for name, (_, version, system) in ENGINES.items():
        engine, machine, verdict = rows(done, name)[:3]
        assert f"yes      {system}" in engine
        assert version in engine
        assert "ens33 10.0.0.1" in machine
        assert "right  docker" in machine
        # The lab's hosts have the machine's kernel, with ESP or without.
        assert re.search(r"open      (none|esp4 \(for encrypted overlays\))", machine), machine
        assert verdict.split()[1:] == ["yes", "yes" if name == "docker01" else "no", "yes", "yes"]
        if name != "docker01":
            assert f"{name} cannot have overlay on Consul: Docker {version} on {name} has no" in (
                done.stdout
            )
    written = f"find {FOLDERS} -xdev -newer /run/before"
    for name in ENGINES:
        assert hosts.ssh(name, STATE).stdout == before[name]
        assert hosts.ssh(name, written).stdout == ""


def test_a_host_that_is_off_and_one_without_the_back_end_are_told_with_remedies(hosts, doctor):
    hosts.power_off("docker04")
    try:
        done = doctor(like="lab-overlay")
    finally:
        hosts.power_on("docker04")
    assert done.returncode == 1
    assert f"3 problem(s) for {STACK}:" in done.stdout
    assert "docker04 (10.0.0.14) does not answer on SSH port 22" in done.stdout
    assert "20.10.24+dfsg1 on docker02 has no Consul back end" in done.stdout
    assert "26.1.5+dfsg1 on docker03 has no Consul back end" in done.stdout
    assert "docker04 cannot have macvlan, " in done.stdout
    assert ": it does not answer" in rows(done, "docker04")[-1]


def test_a_firewall_in_the_way_is_told_and_its_remedy_works(hosts, doctor):
    hosts.ssh("docker01", "iptables -A INPUT -p udp --dport 4789 -j DROP")
    try:
        done = doctor(["docker01", "docker02"])
        shut = "docker01's own firewall keeps docker02 from udp 4789: allow that there, e.g. `"
        lines = [line for line in rows(done, "docker01") if f": {shut}" in line]
        assert len(lines) == 1, done.stdout
        assert lines[0].startswith("docker01 cannot have overlay on Consul, ")
        assert done.returncode == 0, "macvlan needs no port"
        overlay = doctor(["docker01", "docker02"], "lab-overlay")
        assert overlay.returncode == 1
        remedy = overlay.stdout.partition(f"  {shut}")[2].partition("`")[0]
        hosts.ssh("docker01", remedy)
        assert shut not in doctor(["docker01", "docker02"], "lab-overlay").stdout
        hosts.ssh("docker01", remedy.replace(" -I ", " -D "))
    finally:
        hosts.ssh("docker01", "iptables -D INPUT -p udp --dport 4789 -j DROP")


def test_a_program_on_consuls_port_and_a_dead_daemon_are_told(hosts, doctor):
    hosts.ssh("docker03", "systemctl stop docker.socket docker.service")
    hosts.ssh("docker01", "systemd-run --quiet --unit=squatter perl -MIO::Socket::INET -e "
              "'@s = (IO::Socket::INET->new(LocalPort => 8500, Listen => 1) or die); sleep 600'")  # fmt: skip
    try:
        done = doctor(["docker01", "docker03"], "lab-overlay")
    finally:
        hosts.ssh("docker01", "systemctl stop squatter")
        hosts.ssh("docker03", "systemctl start docker.socket docker.service")
    assert done.returncode == 1
    assert "tcp 8500 of docker01 is held by perl: stop that program there" in done.stdout
    assert "the Docker daemon of docker03 does not answer to root" in done.stdout
