"""Ports on IPv6 addresses of hosts, on Docker 20.10.5 and beside Docker 28."""

from __future__ import annotations

import pytest

from tests.lab.host_state import difference, look
from tests.lab.test_ipv6 import HOSTS, address6, mixed, reached_from_lan

LOOPBACK = "[::1]:8085:22"


def connects(lab, address, port):
    """Whether a machine of the LAN is answered by sshd there: docker-proxy takes connections for nobody, too."""
    read = f"exec 3<>/dev/tcp/{address}/{port} && head -c 3 <&3"
    return lab.run(["timeout", "3", "bash", "-c", read], check=False).stdout == "SSH"


def opened(lab, stack):
    """Host -> those of its published ports that a machine of the LAN reaches, by family."""
    found = {}
    for host in HOSTS.values():
        number = host[-2:]
        addresses = {"IPv4": stack.config["hosts"][host]["address"], "IPv6": f"fd99::{number}"}
        for family, address in addresses.items():
            ports = (8081, 8082, 8083, 8085)
            found[host, family] = [port for port in ports if connects(lab, address, port)]
    return found


def give_addresses(lab):
    lab.run(["ip", "-6", "address", "replace", "fd99::1/64", "dev", "lan0", "nodad"])
    for host in HOSTS.values():
        lab.ssh(host, f"ip -6 address replace fd99::{host[-2:]}/64 dev ens33 nodad")


@pytest.fixture
def addressed(lab):
    """Hosts and the LAN have no IPv6 addresses afterwards."""
    yield
    for host in HOSTS.values():
        lab.ssh(host, f"ip -6 address del fd99::{host[-2:]}/64 dev ens33", check=False)
    lab.run(["ip", "-6", "address", "del", "fd99::1/64", "dev", "lan0"], check=False)


@pytest.mark.long
@pytest.mark.usefixtures("addressed")
def test_they_are_open_on_engines_old_and_new_and_nothing_else_is(lab, environment):
    stack = mixed(lab, environment)
    give_addresses(lab)
    before = {host: look(lab, host) for host in HOSTS.values()}
    del stack.config["dns"]
    stack.config["prove"] = {"when": "never"}
    for name, host in HOSTS.items():
        one = f"[fd99::{host[-2:]}]:8081:22"
        stack.config["containers"][name]["ports"] = [one, "[::]:8082:22", "8083:22", LOOPBACK]
    stack.write()
    stack.up()
    assert stack.up().changes == {}
    assert stack.preview("--refresh").changes == {}
    assert opened(lab, stack) == {
        (host, family): [8083] if family == "IPv4" else [8081, 8082]
        for host in HOSTS.values()
        for family in ("IPv4", "IPv6")
    }
    for name, host in HOSTS.items():
        assert (
            lab.ssh(host, "timeout 3 bash -c 'exec 3<>/dev/tcp/::1/8085 && head -c 3 <&3'").stdout
            == "SSH"
        )
        assert not reached_from_lan(lab, address6(stack, name), host)
    give_addresses(lab)
    for container in stack.config["containers"].values():
        container["ports"] = ["8083:22"]
    stack.write()
    stack.up()
    assert all(
        ports == ([8083] if family == "IPv4" else [])
        for (_, family), ports in opened(lab, stack).items()
    )
    stack.destroy()
    assert not difference(before, {host: look(lab, host) for host in HOSTS.values()})
