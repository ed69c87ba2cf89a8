"""Causes of a broken network that the proof names, on real hosts, beside those of test_reachability.py."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.lab import wrong_checksums
from tests.lab.proofs import ask, asked, failed, proven, rows, within, wrong
from tests.lab.waiting import wait


@pytest.fixture
def one_mac_per_port(lab):
    """The LAN's switch lets only the NIC's own MAC address through on docker02's port."""
    shown = lab.run(["ip", "-o", "link", "show", "type", "veth"]).stdout
    port = next(
        name
        for line in shown.splitlines()
        if (name := line.split()[1].partition("@")[0]).startswith("vb-docker02")
    )
    nic = lab.ssh("docker02", "cat /sys/class/net/ens33/address").stdout.strip()

    def refuse():
        lab.run(["bridge", "link", "set", "dev", port, "learning", "off", "flood", "off"])
        lab.run(["bridge", "fdb", "replace", nic, "dev", port, "master", "static"])
        for line in lab.run(["bridge", "fdb", "show", "dev", port]).stdout.splitlines():
            mac = line.split()[0]
            if "master" in line and "permanent" not in line and mac != nic:
                lab.run(["bridge", "fdb", "del", mac, "dev", port, "master"], check=False)

    yield refuse
    lab.run(["bridge", "link", "set", "dev", port, "learning", "on", "flood", "on"])
    lab.run(["bridge", "fdb", "del", nic, "dev", port, "master"], check=False)


@pytest.mark.long
def test_a_switch_that_lets_one_mac_address_per_port_through_is_named(
    lab, environment, one_mac_per_port
):
    stack = proven(environment, "lab-macvlan")
    stack.up()
    one_mac_per_port()
    text = failed(stack)
    assert "ssh02 on docker02 does not reach docker01 (10.0.0.11)" in text
    assert "the switch or hypervisor lets one MAC address per port through" in text


@pytest.mark.long
@pytest.mark.parametrize("rule", ["OUTPUT -d 127.0.0.11 -j DROP", "INPUT -d 127.0.0.11 -j DROP"])
def test_a_name_server_that_does_not_answer_is_named(lab, environment, rule):
    stack = proven(environment, "lab-overlay")
    stack.up()
    assert wrong(rows(stack)) == []
    lab.ssh("docker01", within("web01", f"iptables -I {rule}"))
    text = failed(stack)
    assert "web02 is reached by address: no name server answers web01" in text
    lab.ssh("docker01", within("web01", f"iptables -D {rule}"))
    stack.up()


def containers(lab):
    return lab.ssh("docker01", "docker ps -aq").stdout.split()


@pytest.mark.long
def test_a_host_without_tools_is_proven_with_those_of_an_image(lab, environment):
    stack = proven(environment, "lab-overlay")
    stack.config["prove"] |= {"image": "centos_ssh:v2", "strict": True}
    stack.write()
    hidden = ("/usr/bin/ping", "/usr/bin/unshare", "/usr/bin/perl")
    lab.ssh("docker01", "; ".join(f"mount --bind /dev/null {path}" for path in hidden))
    try:
        stack.up()
        assert wrong(rows(stack)) == []
        # The tables of overlays take nsenter; the probes do not.
        lab.ssh("docker01", "mount --bind /dev/null /usr/bin/nsenter")
        shown = asked(stack)
        lab.ssh("docker01", "umount /usr/bin/nsenter")
        assert "the host has no command nsenter" in shown.stdout
        assert "does not reach" not in shown.stdout
        assert len(containers(lab)) == 2
        # One that docker run made and did not start, as its script was killed.
        pid = "$(cat /proc/sys/kernel/pid_max)"
        lab.ssh("docker01", f"docker create --label crosshost.probe={pid} centos_ssh:v2")
        assert asked(stack).returncode == 0
        assert len(containers(lab)) == 2
        killed = ask(stack, start_new_session=True, stdout=subprocess.DEVNULL)
        wait(lambda: len(containers(lab)) > 2, 30)
        os.killpg(killed.pid, signal.SIGKILL)
        killed.wait()
        wait(lambda: len(containers(lab)) == 2, 60)
    finally:
        lab.ssh("docker01", "; ".join(f"umount {path}" for path in hidden))


@contextmanager
def checksums_are_wrong(lab, host, container):
    """All TCP to a container comes with wrong checksums, as from a NIC that does not make them right."""
    namespace = lab.ssh(host, within(container, "readlink /proc/self/ns/net")).stdout.strip()
    file = next(
        file for file in Path("/proc").glob("[0-9]*/ns/net") if str(file.readlink()) == namespace
    )
    script = Path(wrong_checksums.__file__)
    with subprocess.Popen(
        ["nsenter", f"--net={file}", sys.executable, script], text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield
        process.communicate("")


@pytest.mark.long
def test_a_nic_that_sends_wrong_checksums_is_named(lab, environment):
    stack = proven(environment, "lab-macvlan")
    stack.up()
    lab.ssh("docker01", "perl", "-e", wrong_checksums.SET_TX, "ens33", "0")
    try:
        with checksums_are_wrong(lab, "docker02", "ssh02"):
            text = failed(stack)
    finally:
        lab.ssh("docker01", "perl", "-e", wrong_checksums.SET_TX, "ens33", "1")
    assert "ssh01 on docker01 does not reach by TCP ssh02 on docker02" in text
    assert "TCP comes with wrong checksums, which a NIC or its driver makes" in text
    assert "does not reach ssh02" not in text
    stack.up()
