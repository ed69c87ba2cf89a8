"""Bad stack files: each error is one sentence with its place, and all come at once."""

from __future__ import annotations

import copy
from typing import Any

import pulumi
import pytest

from lab.fleets import FLEETS
from planning.problems import ProblemsError
from stacks.settings import parse
from tests.unit.fleet import facts_text, iptables, listening, run_program, stack_values

pytestmark = pytest.mark.usefixtures("key_file")


def changed(stack: str, path: str, value: Any) -> dict[str, Any]:
    """The stack's sections with one setting set (or, with ``...``, removed)."""
    values = copy.deepcopy(stack_values(stack))
    *parents, last = path.split("/")
    node = values
    for part in parents:
        node = node.setdefault(part, {})
    if value is ...:
        del node[last]
    else:
        node[last] = value
    return values


def problems(values: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(ProblemsError) as caught:
        parse(values)
    return [(p.where, p.sentence) for p in caught.value.problems]


KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMDiBLryL5561Efx3XKB+rK/77e73Wg6a+3QKagle+HK"
BAD = [
    ("unknown key", "lab-macvlan", "networks/macvlan_1/parrent", "ens33",
     "crosshost:networks.macvlan_1.parrent", "did you mean 'parent'?"),
    ("unknown word of a container", "lab-modes", "containers/alone/imagee", "x",
     "crosshost:containers.alone.imagee", "did you mean 'image'?"),
    ("unknown key of a host", "lab-macvlan", "hosts/docker01/adress", "10.0.0.1",
     "crosshost:hosts.docker01.adress", "did you mean 'address'?"),
    ("wrong address", "lab-macvlan", "containers/ssh01/ip", "10.0.0.256",
     "crosshost:containers.ssh01.ip", "no IPv4 address"),
    ("wrong host address", "lab-macvlan", "hosts/docker01/address", "10.0.0.300",
     "crosshost:hosts.docker01.address", "no IP address or DNS name"),
    ("address outside the subnet", "lab-macvlan", "containers/ssh01/ip", "10.0.1.100",
     "crosshost:containers.ssh01.ip", "outside of the subnet 10.0.0.0/24"),
    ("address is the gateway", "lab-macvlan", "containers/ssh01/ip", "10.0.0.2",
     "crosshost:containers.ssh01.ip", "the gateway"),
    ("address is a host's", "lab-macvlan", "containers/ssh01/ip", "10.0.0.12",
     "crosshost:containers.ssh01.ip", "Docker host docker02"),
    ("gateway outside the subnet", "lab-overlay", "networks/ol1/gateway", "172.16.2.254",
     "crosshost:networks.ol1", "gateway 172.16.2.254 is outside"),
    ("subnet with host bits", "lab-overlay", "networks/ol1/subnet", "172.16.1.1/24",
     "crosshost:networks.ol1.subnet", "write 172.16.1.0/24"),
    ("two containers with one address", "lab-macvlan", "containers/ssh02/ip", "10.0.0.100",
     "crosshost:containers.ssh02.ip", "the address of ssh01"),
    ("two containers with one name", "lab-macvlan", "containers/ssh02/container_name", "ssh01",
     "crosshost:containers.ssh02.container_name", "that of ssh01"),
    ("container named like the Consul server", "lab-overlay", "containers/web01/container_name",
     "consul", "crosshost:containers.web01.container_name", "the Consul server"),
    ("unknown host", "lab-macvlan", "containers/ssh01/host", "docker09",
     "crosshost:containers.ssh01.host", "there is no host 'docker09': write one of docker01, docker02"),
    ("unknown network", "lab-macvlan", "containers/ssh01/network", "macvlan_2",
     "crosshost:containers.ssh01.network", "one of the stack's (macvlan_1)"),
    ("no address on macvlan", "lab-macvlan", "containers/ssh01/ip", ...,
     "crosshost:containers.ssh01.ip", "ip_range: {docker01: 10.0.0.64/26, docker02: "),
    ("overlay without Consul", "lab-overlay", "consul", ...,
     "crosshost:networks.ol1.control_plane", "add `crosshost:consul: {host: docker01}`"),
    ("Consul on an unknown host", "lab-overlay", "consul/host", "docker03",
     "crosshost:consul.host", "there is no host 'docker03'"),
    ("missing host key", "lab-macvlan", "hosts/docker02/host_key", ...,
     "crosshost:hosts.docker02", "host_key is missing (Public host key, as ssh-keyscan prints it)"),
    ("fingerprint instead of a host key", "lab-macvlan", "hosts/docker02/host_key", "SHA256:abc",
     "crosshost:hosts.docker02.host_key", "ssh-keyscan -t ed25519"),
    ("host names that differ in case", "lab-macvlan", "hosts/Docker01",
     {"address": "10.0.0.13", "host_key": KEY}, "crosshost:hosts.Docker01", "only in case"),
    ("two hosts with one address", "lab-macvlan", "hosts/docker02/address", "10.0.0.11",
     "crosshost:hosts.docker02.address", "the address of docker01"),
    ("overlapping networks", "lab-overlay", "networks/ol2",
     {"strategy": "overlay", "subnet": "172.16.0.0/16"},
     "crosshost:networks.ol2.subnet", "overlaps 172.16.1.0/24 of ol1"),
    ("unknown strategy", "lab-overlay", "networks/ol1/strategy", "flannel",
     "crosshost:networks.ol1.strategy", "write macvlan or overlay"),
    ("no strategy", "lab-overlay", "networks/ol1/strategy", ...,
     "crosshost:networks.ol1", "strategy is missing: write macvlan or overlay"),
    ("a network of Docker's own", "lab-overlay", "networks/bridge",
     {"strategy": "overlay", "subnet": "172.20.0.0/16"}, "crosshost:networks.bridge",
     "network of Docker's own"),
    ("container of another host's namespace", "lab-modes", "containers/beside/host", "docker02",
     "crosshost:containers.beside.network", "must run on one host"),
    ("container that joins nobody", "lab-modes", "containers/beside/network", "container:nobody",
     "crosshost:containers.beside.network", "there is no container 'nobody'"),
    ("ports without a network", "lab-modes", "containers/alone/ports", ["80:80"],
     "crosshost:containers.alone.ports", "network: none"),
    ("ports of a shared namespace", "lab-modes", "containers/beside/ports", ["80:80"],
     "crosshost:containers.beside.ports", "belongs to container bridged"),
    ("a port published twice", "lab-modes", "containers/beside",
     {"host": "docker01", "image": "busybox:1", "ports": ["8080:81"]},
     "crosshost:containers.beside.ports[0]", "port 8080/tcp of docker01 is taken by bridged"),
    ("no port", "lab-modes", "containers/bridged/ports", ["http"],
     "crosshost:containers.bridged.ports[0]", "is no port"),
    ("no image", "lab-modes", "containers/alone/image", ...,
     "crosshost:containers.alone", "image is missing"),
    ("no size", "lab-modes", "containers/alone/mem_limit", "64x",
     "crosshost:containers.alone.mem_limit", "is no size"),
    ("restart policy", "lab-modes", "containers/alone/restart", "sometimes",
     "crosshost:containers.alone.restart", "is no restart policy"),
    ("relative volume", "lab-modes", "containers/alone/volumes", ["./data:/data"],
     "crosshost:containers.alone.volumes[0]", "absolute path on the Docker host"),
    ("both ways to join", "lab-overlay", "containers/web01/networks", ["ol1"],
     "crosshost:containers.web01.networks", "stands beside `network`"),
    ("parent map that leaves a host out", "lab-macvlan", "networks/macvlan_1/parent",
     {"docker01": "ens33"}, "crosshost:networks.macvlan_1.parent", "names no NIC for docker02"),
    ("a block that holds a host's address", "lab-macvlan", "networks/macvlan_1/ip_range",
     {"docker01": "10.0.0.0/27", "docker02": "10.0.0.32/27"}, "crosshost:networks.macvlan_1.ip_range.docker01",
     "10.0.0.0/27 holds 10.0.0.12, the address of the Docker host docker02, which a container could "
     "get: write e.g. `docker01: 10.0.0.128/26`"),
    ("a block that holds another host's container", "lab-macvlan", "networks/macvlan_1/ip_range",
     {"docker01": "10.0.0.192/26", "docker02": "10.0.0.32/27"}, "crosshost:networks.macvlan_1.ip_range.docker01",
     "10.0.0.192/26 holds 10.0.0.200 of container ssh02 on docker02, which the engine of docker01 does "
     "not know of and could give again: write e.g. `docker01: 10.0.0.128/26`, or another address for ssh02"),
    ("a host without a block", "lab-macvlan", "containers/auto",
     {"host": "docker02", "image": "busybox:1", "networks": {"ranged": None}},
     "crosshost:networks.ranged.ip_range",
     "has no block for docker02, whose engine would take an address for container auto from all of "
     "10.9.0.0/24: write e.g. `docker02: 10.9.0.128/26`, or give it an address"),
    ("shell in a NIC name", "lab-macvlan", "networks/macvlan_1/parent", "ens33; reboot",
     "crosshost:networks.macvlan_1.parent", "is no network interface name"),
    ("no way to log in", "lab-macvlan", "ssh", {"user": "root"},
     "crosshost:ssh", "private_key_file"),
    ("key file that is not there", "lab-macvlan", "ssh/private_key_file", "/no/such/key",
     "crosshost:ssh.private_key_file", "cannot be read"),
    ("variable that is not set", "lab-macvlan", "ssh/private_key_file", "${NO_SUCH}/key",
     "crosshost:ssh.private_key_file", "environment variable NO_SUCH"),
    ("a store among the daemon's settings", "lab-overlay", "daemon",
     {"settings": {"cluster-store": "consul://x"}}, "crosshost:daemon.settings",
     "cluster-store is crosshost's own: it comes with an overlay network on Consul"),
    ("hosts among the daemon's settings", "lab-overlay", "daemon", {"settings": {"hosts": []}},
     "crosshost:daemon.settings", "hosts is crosshost's own: write `api: {port: 2376"),
    ("TLS among the daemon's settings", "lab-overlay", "daemon", {"settings": {"tlsverify": True}},
     "crosshost:daemon.settings", "tlsverify is crosshost's own: write `api:"),
    ("a daemon's setting without a value", "lab-overlay", "daemon", {"settings": {"mtu": None}},
     "crosshost:daemon.settings", "mtu has no value: write one, or remove the key"),
    ("a number that JSON lacks", "lab-overlay", "daemon", {"settings": {"log-opts": {"a": float("nan")}}},
     "crosshost:daemon.settings", "log-opts.a is nan, which JSON does not have"),
    ("no key of daemon.json", "lab-overlay", "daemon", {"settings": {"log driver\n": "x"}},
     "crosshost:daemon.settings", "is no key of daemon.json: they are lower-case words"),
    ("an API that is open to all", "lab-overlay", "daemon", {"api": {"port": 2376}},
     "crosshost:daemon.api", "has no tls, and whoever reaches the port would own the host: write `tls: {"),
    ("an API that is both", "lab-overlay", "daemon",
     {"api": {"insecure_anyone_who_reaches_the_port_owns_the_host": True,
              "tls": {"ca": "a", "cert": "b", "key": "c"}}},
     "crosshost:daemon.api", "remove one of them"),
    ("certificates that are not there", "lab-overlay", "daemon",
     {"api": {"tls": {"ca": "/no/ca.pem", "cert": "/no/{host}.pem", "key": "/no/key.pem"}}},
     "crosshost:daemon.api.tls", "ca: /no/ca.pem cannot be read (No such file or directory): write"),
    ("a certificate without its key's file", "lab-overlay", "daemon", {"api": {"tls": {"ca": "a", "cert": "b"}}},
     "crosshost:daemon.api.tls", "key is missing (The daemon's private key, without passphrase)"),
    ("a rollout of none at a time", "lab-overlay", "daemon", {"rollout": {"max_unavailable": 0}},
     "crosshost:daemon.rollout.max_unavailable", "greater than or equal to 1"),
    ("hosts as a list", "lab-macvlan", "hosts", ["docker01"], "crosshost:hosts", "must be a map"),
    ("a host as text", "lab-macvlan", "hosts/docker01", "10.0.0.11",
     "crosshost:hosts.docker01", "must be a map"),
    ("a host's line without an address", "lab-modes", "containers/alone/extra_hosts", ["x"],
     "crosshost:containers.alone.extra_hosts", "'x' is no NAME:ADDRESS: write each entry so, or a map"),
    ("a host's line with a name for an address", "lab-modes", "containers/alone/extra_hosts", {"x": "y"},
     "crosshost:containers.alone.extra_hosts.x", "'y' is no IP address, nor host-gateway"),
    ("a host's line for no name", "lab-modes", "containers/alone/extra_hosts", {"x y": "10.0.0.1"},
     "crosshost:containers.alone.extra_hosts.x y", "'x y' is no name of a host"),
    ("a host's line twice", "lab-modes", "containers/alone/extra_hosts", ["x:1.1.1.1", "x:1.1.1.2"],
     "crosshost:containers.alone.extra_hosts", "x is there twice: remove one"),
    ("a variable twice", "lab-modes", "containers/alone/environment", ["A=1", "A=2"],
     "crosshost:containers.alone.environment", "A is there twice: remove one"),
    ("a label without a value", "lab-modes", "containers/alone/labels", {"b": None},
     "crosshost:containers.alone.labels", "b needs a text or number as its value"),
    ("a label of crosshost's own", "lab-modes", "containers/alone/labels", ["crosshost.stack=x"],
     "crosshost:containers.alone.labels", "crosshost.stack would be one of crosshost's own labels"),
    ("several networks as one", "lab-modes", "containers/alone/network", ["a"],
     "crosshost:containers.alone.network", "must be one name: write several as `networks: [lan, backend]`"),
    ("no name of a network", "lab-overlay", "containers/web01/networks", [None],
     "crosshost:containers.web01.networks", "None is no name of a network: write e.g. [lan, backend]"),
    ("a network twice", "lab-overlay", "containers/web01/networks", ["ol1", "ol1"],
     "crosshost:containers.web01.networks", "names a network twice"),
    ("a list for text", "lab-modes", "containers/alone/hostname", ["a"],
     "crosshost:containers.alone.hostname", "must be text, not a list"),
    ("nothing for text", "lab-modes", "containers/alone/image", None,
     "crosshost:containers.alone.image", "must be text, but has no value: write one, or remove the key"),
    ("text for a list", "lab-modes", "containers/alone/devices", "/dev/null",
     "crosshost:containers.alone.devices", "must be a list, e.g. [a, b], not '/dev/null'"),
    ("no group", "lab-modes", "containers/alone/group_add", [None],
     "crosshost:containers.alone.group_add[0]", "None is no group: write its name or number"),
    ("a quote without its end", "lab-modes", "containers/alone/command", "echo it's",
     "crosshost:containers.alone.command", "has a quote or backslash without its end"),
    ("an empty word", "lab-modes", "containers/alone/command", ["sh", ""],
     "crosshost:containers.alone.command", "has an empty word, which the docker provider refuses"),
    ("a colon in a volume's path", "lab-modes", "containers/alone/volumes",
     [{"type": "bind", "source": "/a:b", "target": "/c"}],
     "crosshost:containers.alone.volumes[0]", "'/a:b' holds a colon"),
    ("a Docker name of one letter", "lab-modes", "containers/x", {"host": "docker01", "image": "b:1"},
     "crosshost:containers.x", "'x' would be the container's name, and Docker's have two characters"),
    ("a number for text", "lab-modes", "containers/alone/command", [1, 2],
     "crosshost:containers.alone.command[0]", "put it in quotes"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("stack", "path", "value", "where", "sentence"),
    [case[1:] for case in BAD],
    ids=[case[0] for case in BAD],
)
def test_is_refused_with_its_place_and_what_to_write(stack, path, value, where, sentence):
    values = changed(stack, path, value)
    if "ranged" in str(value):
        values["networks"]["ranged"] = {
            "strategy": "macvlan", "parent": "ens34", "subnet": "10.9.0.0/24",
            "ip_range": {"docker01": "10.9.0.64/26"},
        }  # fmt: skip
    found = problems(values)
    assert any(w == where and sentence in s for w, s in found), found


@pytest.mark.parametrize("stack", sorted(FLEETS))
def test_the_stacks_beside_the_program_are_right(stack):
    assert parse(stack_values(stack)).hosts


def test_a_block_may_hold_the_gateway_and_its_own_hosts_containers():
    values = changed("lab-macvlan", "networks/macvlan_1/ip_range", {
        "docker01": "10.0.0.64/26", "docker02": "10.0.0.192/26",
    })  # fmt: skip
    values["networks"]["macvlan_1"]["gateway"] = "10.0.0.65"
    values["containers"]["auto"] = {
        "host": "docker01",
        "image": "busybox:1",
        "network": "macvlan_1",
    }
    assert parse(values).containers["auto"].ip is None


def test_a_host_without_a_block_may_have_containers_with_addresses_of_their_own():
    assert parse(
        changed("lab-macvlan", "networks/macvlan_1/ip_range", {"docker01": "10.0.0.64/26"})
    )


def test_a_container_that_docker_calls_otherwise_may_have_a_name_of_one_letter():
    values = changed("lab-modes", "containers/x", {
        "host": "docker01", "image": "busybox:1", "container_name": "longer",
    })  # fmt: skip
    values["containers"]["beside"]["network"] = "container:x"
    assert set(parse(values).containers) >= {"x"}


def test_what_is_likeliest_is_named_first():
    values = changed("lab-swarm", "containers/web03/host", "doker5")
    assert "write one of docker05, " in problems(values)[0][1]
    values = changed(
        "lab-modes", "containers/alone/healthcheck", {"test": "x", "time_between_two": "3s"}
    )
    assert "the keys here are timeout, " in problems(values)[0][1]


def test_all_errors_come_at_once():
    values = changed("lab-overlay", "networks/ol1/gateway", "1.2.3.4")
    del values["hosts"]["docker01"]["host_key"]
    values["containers"]["web01"]["network"] = "ol9"
    values["containers"]["web02"]["imagee"] = "x"
    assert len(problems(values)) == 4


def test_an_error_in_an_entry_is_not_followed_by_errors_about_its_name():
    found = problems(changed("lab-macvlan", "hosts/docker01/host_key", ...))
    assert [where for where, _ in found] == ["crosshost:hosts.docker01"]


def test_bad_input_ends_the_program_before_any_host_is_contacted(monkeypatch, tmp_path):
    engine_calls: list[str] = []
    monkeypatch.setattr("components.fleet.read_facts", lambda access: engine_calls.append("read"))
    with pytest.raises(pulumi.RunError) as caught:
        run_program(
            monkeypatch, tmp_path, changed("lab-macvlan", "containers/ssh01/ip", "1.2.3.4"), {}
        )
    assert "crosshost:containers.ssh01.ip: 1.2.3.4 is outside" in str(caught.value)
    assert engine_calls == []


FACTS = {name: facts_text(hostname=name) for name in ("docker01", "docker02")}
ON_HOSTS = [
    ("a host that is down", (255, "ssh: connect to host 10.0.0.12 port 22: No route to host"),
     "docker02 (10.0.0.12) does not answer on SSH port 22 (No route to host)"),
    ("a wrong key", (255, "root@10.0.0.12: Permission denied (publickey)."),
     "refuses the SSH login of root"),
    ("a wrong host key", (255, "Host key verification failed."),
     "shows another SSH host key than the stack file says"),
    ("no Docker", facts_text(hostname="docker02", docker_cli=False, version=None),
     "docker02 has no docker command"),
    ("a dead daemon", facts_text(hostname="docker02", version=None),
     "the Docker daemon of docker02 does not answer"),
    ("an engine without the back end", facts_text(
        hostname="docker02", version="20.10.24+dfsg1", backends=("etcd", "zookeeper")),
     "Docker 20.10.24+dfsg1 on docker02 has no Consul back end (cluster-store back ends: etcd, "),
    ("a broken daemon.json", facts_text(hostname="docker02", daemon_json='{"a": '),
     "/etc/docker/daemon.json of docker02 is not valid JSON"),
    ("a host name twice", facts_text(hostname="docker01"),
     "docker01, docker02 all call themselves 'docker01'"),
    ("a host in a swarm", facts_text(
        hostname="docker02", info={"Swarm": {"LocalNodeState": "active"}}),
     "docker02 is in a swarm"),
    ("a firewall that drops the overlay", facts_text(hostname="docker02", address="10.0.0.12", more=(
        iptables("-P INPUT DROP", "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT"),)),
     "docker02's own firewall keeps docker01 from tcp 7946, udp 7946 and udp 4789: allow that "
     "there, e.g. `iptables -I INPUT -p tcp --dport 7946 -s 10.0.0.11 -j ACCEPT`"),
    ("ufw that drops the overlay's data", facts_text(hostname="docker02", address="10.0.0.12", more=(
        "ufw 1", iptables("-P INPUT ACCEPT", "-A INPUT -p udp --dport 4789 -j DROP"))),
     "docker02's own firewall keeps docker01 from udp 4789: allow that there, e.g. "
     "`ufw allow proto udp from 10.0.0.11 to any port 4789`"),
    ("a clock that is wrong", facts_text(hostname="docker02", skew=-90),
     "the clocks of docker02 and docker01 are 90 s apart: set that of docker02, which is 90 s behind"),
    ("a full disk", facts_text(hostname="docker02", more=("free_docker 40960",)),
     "docker02 has 40 MB left for Docker's data: make room there"),
    ("a full /etc", facts_text(hostname="docker02", more=("free_etc 1024",)),
     "docker02 has 1 MB left for /etc: make room there"),
    ("no room for what is kept there", facts_text(hostname="docker02", more=("free_state 800",)),
     "docker02 has 800 kB left for /var/lib/crosshost: make room there"),
    ("a folder of somebody else", facts_text(
        hostname="docker02", more=("state_folder 1000 755 directory",)),
     "/var/lib/crosshost of docker02 belongs to user 1000, who could change what root runs from "),
    ("a folder that others write to", facts_text(
        hostname="docker02", more=("state_folder 0 1777 directory",)),
     "/var/lib/crosshost of docker02 can be written by others, who could change what root runs "),
    ("a link that leads nowhere", facts_text(hostname="docker02", more=("state_folder ",)),
     "/var/lib/crosshost of docker02 is no folder (it leads nowhere)"),
    ("a file instead of a folder", facts_text(
        hostname="docker02", more=("state_folder 0 644 regular file",)),
     "/var/lib/crosshost of docker02 is no folder (regular file)"),
    ("a read-only disk", facts_text(hostname="docker02", more=("read_only state /var/lib",)),
     "/var/lib of docker02 is read-only, and crosshost has to write there"),
    ("a read-only /etc", facts_text(hostname="docker02", more=("read_only daemon_json /etc/docker",)),
     "/etc/docker of docker02 is read-only, and crosshost has to write there"),
    ("a kernel without VXLAN", facts_text(hostname="docker02", more=("module vxlan missing",)),
     "ol1: the kernel of docker02 (6.1) has no module vxlan: install a kernel that has it"),
    ("a port of the overlay in other hands", facts_text(hostname="docker02", more=(
        listening("tcp LISTEN 0 128 *:7946 *:* users:((\"consul\",pid=9,fd=3))"),)),
     "tcp 7946 of docker02 is held by consul: stop that program there"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "sentence"), [case[1:] for case in ON_HOSTS], ids=[case[0] for case in ON_HOSTS]
)
def test_up_stops_before_any_change_and_names_host_and_remedy(
    monkeypatch, tmp_path, facts, sentence
):
    with pytest.raises(pulumi.RunError) as caught:
        run_program(
            monkeypatch, tmp_path, stack_values("lab-overlay"), {**FACTS, "docker02": facts}
        )
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("facts", "sentence"), [case[1:] for case in ON_HOSTS], ids=[case[0] for case in ON_HOSTS]
)
def test_preview_warns_and_goes_on(monkeypatch, tmp_path, facts, sentence):
    warnings: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", lambda text, *_, **__: warnings.append(text))
    engine = run_program(
        monkeypatch,
        tmp_path,
        stack_values("lab-overlay"),
        {**FACTS, "docker02": facts},
        preview=True,
    )
    assert any(sentence in warning for warning in warnings), warnings
    assert "web02@docker02" in engine.resources


def test_consuls_port_in_other_hands_and_behind_a_rule_of_docker_user_is_named(
    monkeypatch, tmp_path
):
    held = listening('tcp LISTEN 0 128 0.0.0.0:8500 0.0.0.0:* users:(("nginx",pid=9,fd=3))')
    rules = iptables(
        "-P INPUT ACCEPT", "-N DOCKER-USER", "-A DOCKER-USER -p tcp --dport 8500 -j DROP"
    )
    facts = {**FACTS, "docker01": facts_text(hostname="docker01", more=(held, rules))}
    with pytest.raises(pulumi.RunError) as caught:
        run_program(monkeypatch, tmp_path, stack_values("lab-overlay"), facts)
    assert "tcp 8500 of docker01 is held by nginx" in str(caught.value)
    assert "docker01's chain DOCKER-USER keeps docker02 from tcp 8500" in str(caught.value)


def test_a_kernel_without_macvlan_is_refused_and_one_that_says_nothing_is_not(
    monkeypatch, tmp_path
):
    facts = {**FACTS, "docker02": facts_text(hostname="docker02", more=("module macvlan missing",))}
    with pytest.raises(pulumi.RunError, match=r"docker02 .* has no module macvlan"):
        run_program(monkeypatch, tmp_path, stack_values("lab-macvlan"), facts)
    assert run_program(monkeypatch, tmp_path, stack_values("lab-macvlan"), FACTS).resources


HARMLESS = [
    ("ports that peers are let in to", iptables(
        "-P INPUT DROP", "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
        "-A INPUT -s 10.0.0.0/24 -p udp -m multiport --dports 4789,7946 -j ACCEPT",
        "-A INPUT -s 10.0.0.11/32 -i ens33 -p tcp --dport 7000:8000 -j ACCEPT")),
    ("rules that nobody here understands", iptables(
        "-P INPUT DROP", "-A INPUT -m set --match-set peers src -j ACCEPT")),
    ("a rule about another NIC", iptables("-P INPUT ACCEPT", "-A INPUT -i wan0 -j DROP")),
    ("the daemon on its own port", listening(
        'tcp LISTEN 0 128 *:7946 *:* users:(("dockerd",pid=9,fd=3))')),
    ("a clock a minute off", None),
    ("a program on Consul's port of a host without Consul", listening(
        'tcp LISTEN 0 128 *:8500 *:* users:(("nginx",pid=9,fd=3))')),
]  # fmt: skip


@pytest.mark.parametrize("fact", [c[1] for c in HARMLESS], ids=[c[0] for c in HARMLESS])
def test_is_no_reason_to_stop(monkeypatch, tmp_path, fact):
    seen = facts_text(
        hostname="docker02",
        address="10.0.0.12",
        skew=60 if fact is None else 0,
        more=(fact,) if fact else (),
    )
    engine = run_program(
        monkeypatch, tmp_path, stack_values("lab-overlay"), {**FACTS, "docker02": seen}
    )
    assert "web02@docker02" in engine.resources


def test_a_macvlan_parent_that_a_host_lacks_is_named_with_those_it_has(monkeypatch, tmp_path):
    facts = {**FACTS, "docker02": facts_text(hostname="docker02", nics={"eth0": "<UP>"})}
    with pytest.raises(pulumi.RunError, match=r"no network interface ens33 on docker02.*\(eth0\)"):
        run_program(monkeypatch, tmp_path, stack_values("lab-macvlan"), facts)
