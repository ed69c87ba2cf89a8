"""What reading the facts costs a host, and what they find on a real one."""

from __future__ import annotations

import shlex

import pytest

from components import facts
from lab import inside

VERBOSE = "sed -i '1iLogLevel VERBOSE' /etc/ssh/sshd_config && systemctl reload ssh"
QUIET = "sed -i '1{/^LogLevel VERBOSE$/d}' /etc/ssh/sshd_config && systemctl reload ssh"
COUNT = "journalctl -u ssh | grep -c 'Starting session'"


@pytest.fixture
def seen(lab):
    """Reads the facts of a host: as root or as another user, or behind other words."""

    def read(host="docker01", user="", words=()):
        if user:
            words = ["runuser", "-u", user, "--"]
        ssh = ["ssh", "-F", str(lab.folder / "ssh_config"), host]
        script = shlex.join([*words, "sh", "-s", "x"])
        return facts.ask([*inside.prefix(lab.namespace), *ssh, script])

    return read


def test_a_preview_without_changes_makes_one_ssh_session_a_host(lab, environment):
    stack = environment("lab-macvlan")
    stack.up()
    config = f".crosshost/{stack.name}/ssh_config"
    for host in ("docker01", "docker02"):
        lab.ssh(host, VERBOSE)
        # A connection that is open keeps the log level that it began with.
        lab.run(["ssh", "-F", config, "-O", "exit", host], check=False)
    try:
        stack.preview("--expect-no-changes")
        before = {host: int(lab.ssh(host, COUNT).stdout) for host in ("docker01", "docker02")}
        stack.preview("--expect-no-changes")
        after = {host: int(lab.ssh(host, COUNT).stdout) for host in before}
    finally:
        for host in ("docker01", "docker02"):
            lab.ssh(host, QUIET)
    # The second counting is a session, too.
    assert {host: after[host] - before[host] - 1 for host in before} == dict.fromkeys(before, 1)


def test_a_real_hosts_unit_and_its_drop_ins_are_found(lab, seen):
    folder = "/etc/systemd/system/docker.service.d"
    drop_in = '[Service]\n# $(touch /tmp/x) "quoted"\nEnvironment=A=b\n'
    lab.ssh(
        "docker01",
        f"mkdir -p {folder}; cat >{folder}/a.conf; systemctl daemon-reload",
        input=drop_in,
    )
    try:
        unit = seen().unit
    finally:
        lab.ssh("docker01", f"rm -r {folder}; systemctl daemon-reload")
    assert unit is not None
    assert unit.drop_ins == {f"{folder}/a.conf": drop_in}
    assert unit.exec_start.startswith("/usr/sbin/dockerd -H fd://")
    assert seen().unit.drop_ins == {}


def test_who_listens_and_what_is_free_is_found(seen):
    found = seen()
    assert ("tcp", 22, "sshd") in {(s.protocol, s.port, s.program) for s in found.listeners}
    assert found.free_docker > 0
    assert found.free_etc > 0
    assert found.modules["macvlan"] in ("loaded", "builtin", "loadable")
    assert found.firewall.iptables.startswith("-P INPUT ACCEPT\n")
    assert found.firewall.firewalld is False


def test_a_user_who_may_not_do_much_gets_facts_all_the_same(seen):
    found = seen(user="nobody")
    assert found.sudo is False
    assert found.engine is None
    assert found.firewall.iptables is None
    assert found.nics.keys() >= {"ens33", "lo"}
    assert found.unit is not None


def test_a_host_without_the_tools_that_are_not_essential_gives_the_other_facts(seen):
    hide = "".join(
        f"mount --bind /bin/false $(readlink -f $(command -v {tool}));"
        for tool in ("ss", "iptables", "modprobe", "systemctl")
    )
    found = seen(words=["unshare", "-m", "sh", "-c", f'{hide} exec "$@"', "sh"])
    assert found.listeners is None
    assert found.firewall.iptables is None
    assert found.unit is None
    assert found.engine is not None


CACHE = "/var/lib/crosshost/x/backends"


@pytest.fixture
def of_the_stack(lab):
    """The folder of stack x on docker01."""
    lab.ssh("docker01", "mkdir -p -m 700 /var/lib/crosshost /var/lib/crosshost/x")
    yield
    lab.ssh("docker01", "rm -r /var/lib/crosshost/x; rmdir /var/lib/crosshost || :")


def test_reading_a_host_without_the_stack_leaves_nothing_there(lab, seen):
    assert seen().backends == {"consul", "etcd", "zookeeper"}
    assert lab.ssh("docker01", "ls -d /var/lib/crosshost/x", check=False).returncode != 0


def test_dockerd_is_searched_once_and_again_when_it_is_another_file(lab, of_the_stack, seen):
    assert seen().backends == {"consul", "etcd", "zookeeper"}
    kept = lab.ssh("docker01", f"cat {CACHE}").stdout
    lab.ssh("docker01", f"sed -i 's/ consul / /' {CACHE}")
    assert seen().backends == {"etcd", "zookeeper"}
    lab.ssh("docker01", "touch $(readlink -f $(command -v dockerd))")
    assert seen().backends == {"consul", "etcd", "zookeeper"}
    assert lab.ssh("docker01", f"cat {CACHE}").stdout not in ("", kept)


@pytest.mark.parametrize(
    "edit",
    ["s/consul/$(touch x)/", "s/consul/*/", "s/consul.*//", "s/^/x/", "s/.*//"],
)
def test_a_cache_that_is_not_as_it_was_written_is_not_believed(lab, of_the_stack, seen, edit):
    seen()
    kept = lab.ssh("docker01", f"cat {CACHE}").stdout
    lab.ssh("docker01", f"sed -i '{edit}' {CACHE}")
    assert seen().backends == {"consul", "etcd", "zookeeper"}
    assert lab.ssh("docker01", f"cat {CACHE}").stdout == kept


@pytest.mark.parametrize("spoil", ["chmod 777", "chown nobody"])
def test_nothing_is_written_where_others_may_write(lab, of_the_stack, seen, spoil):
    lab.ssh("docker01", f"{spoil} /var/lib/crosshost/x")
    assert seen().backends == {"consul", "etcd", "zookeeper"}
    assert lab.ssh("docker01", f"ls {CACHE}", check=False).returncode != 0
