"""Previews in a row leave nothing behind: no process, socket or file, on the hosts or here."""

from __future__ import annotations

import re
import resource
import subprocess

import pytest

HOSTS = ("docker01", "docker02")
# Commands of all processes with a count each, those of kernel threads and of this very look left out.
PROCESSES = "ps -e -o ppid=,args= | grep -vE '^ *2 |^ *0 |ps -e|grep|sort|sed|sshd|sh -c' | sed 's/^ *[0-9]* //' | sort"
FILES = "find / -xdev -type f -newer /run/crosshost-test-mark ! -path '/proc/*' ! -path '/var/log/*' | sort"
SOCKETS = "ss -Hxatu | awk '$2 != \"TIME-WAIT\" {print $1, $2}' | sort | uniq -c"


def of_controller():
    """ssh and plugin processes of this user."""
    shown = subprocess.run(["ps", "-e", "-o", "args="], capture_output=True, text=True, check=True)
    return sorted(
        re.findall(r"^(?:ssh |.*pulumi-resource-|.*pulumi-language-).*", shown.stdout, re.M)
    )


@pytest.mark.long
@pytest.mark.timeout(600)
def test_thirty_previews_leave_no_process_no_socket_and_no_file(lab, environment):
    stack = environment("lab-overlay")
    stack.up()
    for _ in range(3):
        stack.preview()
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    before = {host: lab.ssh(host, PROCESSES).stdout for host in HOSTS}
    sockets = {host: lab.ssh(host, SOCKETS).stdout for host in HOSTS}
    here = of_controller()
    for host in HOSTS:
        lab.ssh(host, "touch /run/crosshost-test-mark")
    for _ in range(30):
        assert stack.preview().changes == {}
    for host in HOSTS:
        assert lab.ssh(host, PROCESSES).stdout == before[host], host
        assert lab.ssh(host, SOCKETS).stdout == sockets[host], host
        # What Docker itself writes of its containers is not ours.
        written = lab.ssh(host, FILES).stdout.splitlines()
        assert [path for path in written if not path.startswith("/var/lib/docker/")] == [], host
    assert of_controller() == here
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < most * 1.1
