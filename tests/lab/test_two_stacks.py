"""Two stacks on the same hosts: one leaves and the other does not notice, the last one leaves no trace."""

from __future__ import annotations

import json
import random

import pytest

from components import facts, scripts
from lab import inside
from planning import daemon_plan
from planning.facts import HostFacts
from tests.lab.host_state import difference, look, look_without_records
from tests.lab.neighbours import own_overlay
from tests.lab.pings import Pings

NOTES = ("docker01", "docker02")
NEWER = ("docker03", "docker04")


@pytest.fixture
def macvlans(lab, environment):
    """Two stacks with a promiscuous macvlan each on the NIC of docker03 and docker04."""
    lab.up_for("lab-swarm")
    made = []
    for number in (1, 2):
        stack = environment("lab-swarm")
        del stack.config["swarm"]
        net = f"10.0.{200 + number}"
        stack.config["hosts"] = {host: stack.config["hosts"][host] for host in NEWER}
        stack.config["networks"] = {
            f"mac{number}": {"strategy": "macvlan", "parent": "ens33", "promiscuous": True,
                             "subnet": f"{net}.0/24", "gateway": f"{net}.1"}
        }  # fmt: skip
        stack.config["containers"] = {
            f"c{number}{host}": {
                "host": host, "image": "centos_ssh:v2", "network": f"mac{number}",
                "ip": f"{net}.{10 + i}",
            }
            for i, host in enumerate(NEWER)
        }  # fmt: skip
        stack.write()
        made.append(stack)
    return made


@pytest.mark.long
@pytest.mark.parametrize("first_out", [0, 1])
def test_a_promiscuous_nic_stays_so_until_the_last_macvlan_stack_leaves(lab, macvlans, first_out):
    before = {host: look(lab, host) for host in NEWER}
    for stack in macvlans:
        stack.up()
        assert "PROMISC" in lab.ssh("docker03", "ip link show ens33").stdout
    leaves, stays = macvlans[first_out], macvlans[1 - first_out]
    number = 2 - first_out
    with Pings(lab, "docker03", f"c{number}docker03", f"10.0.{200 + number}.11") as pings:
        leaves.destroy()
    assert pings.sent > 5
    assert pings.lost == []
    for host in NEWER:
        assert "PROMISC" in lab.ssh(host, "ip link show ens33").stdout
    assert stays.preview().changes == {}
    # Back again: do, undo, redo.
    leaves.up()
    assert stays.preview().changes == {}
    leaves.destroy()
    stays.destroy()
    assert not difference(before, {host: look(lab, host) for host in NEWER})


@pytest.mark.long
@pytest.mark.parametrize("first_out", [0, 1])
def test_what_the_version_before_kept_of_a_nic_by_stack_is_taken_over(lab, macvlans, first_out):
    before = {host: look(lab, host) for host in NEWER}
    for stack, was in zip(macvlans, ("off", "on"), strict=True):
        stack.up()
        for host in NEWER:
            lab.ssh(host, f"echo {was} >/var/lib/crosshost/{stack.name}/nic/ens33/before")
    for host in NEWER:
        lab.ssh(host, "rm -r /var/lib/crosshost/@host")
    macvlans[first_out].destroy()
    for host in NEWER:
        assert "PROMISC" in lab.ssh(host, "ip link show ens33").stdout
    assert macvlans[1 - first_out].preview().changes == {}
    macvlans[1 - first_out].destroy()
    assert not difference(before, {host: look(lab, host) for host in NEWER})


@pytest.fixture
def overlays(lab, environment):
    """Two stacks with an overlay each on docker01 and docker02, in the Consul of the first."""
    made = [environment("lab-overlay") for _ in range(2)]
    for number, stack in enumerate(made, 1):
        own_overlay(stack, "ol", number, "consul", NOTES, 1)
    made[1].config["consul"] = {"host": "docker01", "stack": made[0].name}
    made[1].write()
    return made


@pytest.mark.long
def test_two_stacks_keep_their_overlays_in_one_consul(lab, overlays):
    first, second = overlays
    before = {host: look(lab, host) for host in NOTES}
    # Who comes first has none to use, and who wants a server of its own there is told of the other.
    nobody = second.up(check=False)
    assert f"docker01 has no container consul of stack {first.name}: run" in nobody.text
    first.up()
    second.config["consul"] = {"host": "docker01", "image": "consul:1.8.7"}
    second.write()
    refused = second.up(check=False)
    assert f"consul on docker01 is the Consul of stack {first.name}: write" in refused.text
    second.config["consul"] = {"host": "docker02", "image": "consul:1.8.7"}
    second.write()
    refused = second.up(check=False)
    assert f"docker02 keeps the overlays of stack {first.name} in" in refused.text
    second.config["consul"] = {"host": "docker01", "stack": first.name}
    second.write()
    daemons = {host: lab.ssh(host, "pidof dockerd").stdout for host in NOTES}
    with Pings(lab, "docker01", "web11", address(lab, "docker02", "web12")) as pings:
        preview = second.preview().text
        assert "restarted" not in preview
        second.up()
        lab.ssh("docker01", "docker exec web21 ping -c 1 -W 2 web22")
        assert first.preview().changes == {}
        assert second.preview().changes == {}
        second.destroy()
    assert pings.sent > 20
    assert pings.lost == []
    assert {host: lab.ssh(host, "pidof dockerd").stdout for host in NOTES} == daemons
    assert first.preview().changes == {}
    # Do, undo, redo; and the stack whose Consul it is cannot take it from the other.
    second.up()
    del first.config["consul"], first.config["networks"], first.config["containers"]
    first.write()
    refused = first.up(check=False)
    assert (
        f"stack {second.name} keeps its overlays on docker01 in the Consul of this stack"
        in refused.text
    )
    first.reset()
    second.destroy()
    first.destroy()
    assert not difference(before, {host: look(lab, host) for host in NOTES})


@pytest.mark.long
@pytest.mark.timeout(400)
def test_after_a_lost_state_folder_who_leaves_cuts_nobody_off(lab, overlays):
    first, second = overlays
    before = {host: look_without_records(lab, host) for host in NOTES}
    first.up()
    second.up()
    lab.ssh("docker01", "rm -r /var/lib/crosshost")
    with Pings(lab, "docker01", "web11", address(lab, "docker02", "web12")) as pings:
        second.destroy()
    assert pings.lost == []
    lab.ssh("docker01", "docker exec web11 ping -c 1 -W 2 web12")
    first.up()
    assert first.preview().changes == {}
    first.destroy()
    assert not difference(before, {host: look_without_records(lab, host) for host in NOTES})


@pytest.mark.long
@pytest.mark.parametrize("first_out", [0, 1])
def test_what_the_version_before_kept_of_daemon_json_by_stack_is_taken_over(
    lab, overlays, first_out
):
    before = {host: look(lab, host) for host in NOTES}
    _first, second = overlays
    second.config["networks"], second.config["containers"] = {}, {}
    del second.config["consul"]
    second.config["daemon"] = {"settings": {"labels": ["site=a"]}}
    second.write()
    for stack in overlays:
        for host in NOTES:
            lab.ssh(host, "cp -p /etc/docker/daemon.json /root/original")
        stack.up()
        for host in NOTES:
            folder = f"/var/lib/crosshost/{stack.name}/daemon"
            lab.ssh(host, f"mv /root/original {folder}")
    for host in NOTES:
        lab.ssh(host, "rm -r /var/lib/crosshost/@host")
    assert second.preview().changes == {}
    out, stays = overlays[first_out], overlays[1 - first_out]
    out.destroy()
    assert stays.preview().changes == {}
    stays.destroy()
    assert not difference(before, {host: look(lab, host) for host in NOTES})


def address(lab, host, container):
    """The address of a container on the one network that it is on, docker_gwbridge aside."""
    form = "{{range $name, $net := .NetworkSettings.Networks}}{{println $net.IPAddress}}{{end}}"
    return lab.ssh(host, f"docker inspect -f '{form}' {container}").stdout.split()[0]


class Stack:
    """What one stack does to a host's daemon.json, by its plan and the scripts, without Pulumi."""

    def __init__(self, lab, name):
        self._lab, self.name = lab, name
        self.settings: dict[str, object] | None = None

    def _ssh(self, command, text):
        return self._lab.ssh("docker01", command, input=text, timeout=120)

    def plan(self, settings):
        ssh = ["ssh", "-F", str(self._lab.folder / "ssh_config"), "docker01"]
        seen = facts.ask([*inside.prefix(self._lab.namespace), *ssh, f"sh -s {self.name}"])
        assert isinstance(seen, HostFacts)
        return daemon_plan.plan(seen, settings, None, self.name)

    def apply(self, settings):
        self._ssh(f"sh -s install {self.name}", f"planned=x host=docker01\n{scripts.installer()}")
        plan = self.plan(settings)
        if not plan.unchanged:
            self._ssh(f"sh /var/lib/crosshost/{self.name}/scripts/daemon.sh apply", plan.stdin)
        self.settings, self.undo = settings, plan.undo

    def leave(self):
        if self.settings is not None:
            self._ssh(f"sh /var/lib/crosshost/{self.name}/scripts/daemon.sh leave", self.undo)
            self._ssh(f"sh -s remove {self.name}", scripts.remover())
        self.settings = None


# All of them take a reload, so that many are done in a test.
KEYS = {"debug": True, "labels": ["site=a"], "shutdown-timeout": 20, "max-concurrent-downloads": 2,
        "insecure-registries": ["10.0.0.9:5000"]}  # fmt: skip
SHOW = "docker info -f '{{json .Labels}} {{.Debug}} {{json .RegistryConfig.InsecureRegistryCIDRs}}'"


@pytest.mark.parametrize("seed", [1, *(pytest.param(n, marks=pytest.mark.long) for n in (2, 3, 4))])
def test_stacks_that_share_keys_of_daemon_json_come_and_go_in_any_order(lab, seed):
    say = random.Random(seed)
    if seed % 2:
        # As crosshost writes it: taking keys out gives the bytes that were there, but not the time.
        as_it_is = json.loads(lab.ssh("docker01", "cat /etc/docker/daemon.json").stdout)
        written = json.dumps(as_it_is, indent=4) + "\n"
        lab.ssh("docker01", "cat >/etc/docker/daemon.json", input=written)
    before, info = look(lab, "docker01"), lab.ssh("docker01", SHOW).stdout
    daemon = lab.ssh("docker01", "pidof dockerd").stdout
    stacks = [Stack(lab, f"try-{seed}-{name}") for name in "abc"]
    first = json.loads(lab.ssh("docker01", "cat /etc/docker/daemon.json").stdout)
    for _ in range(9):
        stack = say.choice(stacks)
        if say.random() < 0.7:
            stack.apply({key: KEYS[key] for key in say.sample(sorted(KEYS), say.randint(0, 3))})
        else:
            stack.leave()
        wanted: dict[str, object] = {
            k: v for one in stacks for k, v in (one.settings or {}).items()
        }
        now = json.loads(lab.ssh("docker01", "cat /etc/docker/daemon.json").stdout)
        assert now == {**first, **wanted}
        for one in stacks:
            if one.settings is not None:
                plan = one.plan(one.settings)
                assert (plan.unchanged, plan.undo) == (True, one.undo)
        held = lab.ssh("docker01", "ls /var/lib/crosshost/@host/daemon.json/holders", check=False)
        assert held.stdout.split() == [one.name for one in stacks if one.settings is not None]
    for stack in say.sample(stacks, 3):
        stack.leave()
    assert look(lab, "docker01") == before
    # The daemon has taken it, too, and was never restarted.
    assert lab.ssh("docker01", SHOW).stdout == info
    assert lab.ssh("docker01", "pidof dockerd").stdout == daemon


@pytest.mark.long
def test_daemons_are_left_alone_where_another_stack_wants_the_same(lab, environment):
    before = {host: look(lab, host) for host in NOTES}
    started = "systemctl show -p ExecMainStartTimestampMonotonic --value docker"
    stacks = [environment("lab-macvlan") for _ in range(2)]
    added: list[dict[str, object]] = [{"debug": True}, {"labels": ["site=a"]}]
    for stack, more in zip(stacks, added, strict=True):
        stack.config["networks"], stack.config["containers"] = {}, {}
        stack.config["daemon"] = {"settings": {"log-driver": "local", **more}}
        stack.write()
    stacks[0].up()
    since = {host: lab.ssh(host, started).stdout for host in NOTES}
    preview = stacks[1].preview().text
    assert "daemon.json (+ labels" in preview
    assert "restarted" not in preview
    stacks[1].up()
    stacks[0].destroy()
    assert stacks[1].preview().changes == {}
    assert {host: lab.ssh(host, started).stdout for host in NOTES} == since
    daemon_json = json.loads(lab.ssh("docker02", "cat /etc/docker/daemon.json").stdout)
    assert daemon_json == {
        "registry-mirrors": ["http://10.0.0.2:5000"], "log-driver": "local", "labels": ["site=a"],
    }  # fmt: skip
    assert (
        lab.ssh("docker02", "docker info -f '{{.LoggingDriver}} {{.Debug}}'").stdout
        == "local false\n"
    )
    stacks[1].destroy()
    assert not difference(before, {host: look(lab, host) for host in NOTES})


@pytest.mark.long
def test_two_ups_at_once_write_one_daemon_json(lab, environment):
    before = {host: look(lab, host) for host in NOTES}
    stacks = [environment("lab-macvlan") for _ in range(2)]
    for stack, settings in zip(stacks, ({"debug": True}, {"labels": ["site=a"]}), strict=True):
        stack.config["networks"], stack.config["containers"] = {}, {}
        stack.config["daemon"] = {"settings": settings}
        stack.write()
    runs = [stack.start("up", "--yes", "--skip-preview") for stack in stacks]
    for run in runs:
        said, _ = run.communicate(timeout=120)
        assert run.returncode == 0, said
    for host in NOTES:
        daemon_json = json.loads(lab.ssh(host, "cat /etc/docker/daemon.json").stdout)
        assert {"debug": True, "labels": ["site=a"]}.items() <= daemon_json.items()
    for stack in stacks:
        assert stack.preview().changes == {}
    for stack in stacks:
        stack.destroy()
    assert not difference(before, {host: look(lab, host) for host in NOTES})
