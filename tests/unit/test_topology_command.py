"""The command topology: what it reads, what it says where something is missing, what it writes."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from crosshost import state as states
from crosshost import topology as fleets
from crosshost.__main__ import app
from reports.topology.model import HostLink, Status
from stacks import files
from stacks.settings import parse
from tests.unit.fleet import stack_values
from tests.unit.topologies import Chart

pytestmark = pytest.mark.usefixtures("key_file")
NO_STACK = "pulumi stack export failed: error: no stack named 'lab-macvlan' found"
OUTPUTS = {
    "hosts": {
        "docker01": {"address": "10.0.0.11", "engine": "20.10.5"},
        "docker09": {"address": "10.0.0.19", "engine": None},
    },
    "networks": {
        "ol1": {"strategy": "overlay", "control_plane": "consul", "hosts": ["docker01"]},
        "old": {"strategy": "macvlan", "parent": {"docker01": "ens33"}, "hosts": ["docker01"]},
    },
    "containers": {
        "web01": {"host": "docker01", "mode": "ol1", "addresses": {"ol1": "172.16.1.7"}},
        "gone": {"host": "docker09", "mode": "host", "addresses": {}},
    },
}


@pytest.fixture
def draw(monkeypatch):
    """Runs the command on a stack with these outputs, or a reason why there is no state: its result."""

    def run(*options, stack="lab-overlay", state=OUTPUTS):
        def export(_stack):
            if isinstance(state, str):
                raise SystemExit(state)
            resources = [{"type": "pulumi:pulumi:Stack", "urn": "x", "outputs": state}]
            return {"deployment": {"resources": resources if state is not None else None}}

        monkeypatch.setattr(states, "export", export)
        return CliRunner().invoke(app, ["topology", "-s", stack, *options])

    return run


def fleet(stack, last=OUTPUTS, change=lambda values: None):
    values = stack_values(stack)
    change(values)
    return fleets.topology(stack, parse(values), last)


def labels(result):
    assert result.exit_code == 0, result.output
    return Chart(result.stdout).labels()


def test_what_an_up_found_out_is_on_the_picture(draw):
    shown = "\n".join(labels(draw()))
    assert "172.16.1.7" in shown
    assert "Docker 20.10.5" in shown
    assert "overlay on Consul" in shown
    assert "Consul server, port 8500" in shown
    assert fleets.FROM_FILE not in shown


@pytest.mark.parametrize("state", [None, {}, NO_STACK, "there is no pulumi command"])
def test_a_stack_that_was_never_up_is_drawn_from_its_file_and_says_so(draw, state):
    result = draw(stack="lab-macvlan", state=state)
    shown = "\n".join(labels(result))
    assert "ssh01\nmacvlan_1 10.0.0.100" in shown
    assert "ens33, promiscuous" in shown
    assert "not up yet" not in shown
    why = state or "it was never up, or nothing is left of it"
    assert f"{fleets.FROM_FILE}: {why}" in shown
    assert f"lab-macvlan: {fleets.FROM_FILE}: {why}" in result.stderr


def test_what_the_next_up_makes_and_removes_is_told_apart():
    of = fleet("lab-overlay")
    status = {one.name: one.status for one in (*of.hosts, *of.networks, *of.containers)}
    assert status == {
        "docker01": Status.THERE, "docker02": Status.NEW, "docker09": Status.GONE,
        "ol1": Status.THERE, "old": Status.GONE,
        "web01": Status.THERE, "web02": Status.NEW, "gone": Status.GONE,
    }  # fmt: skip
    old = next(one for one in of.networks if one.name == "old")
    assert old.links == {"docker01": HostLink("ens33")}


def test_a_container_that_moves_is_not_up_yet_where_it_goes():
    def move(values):
        values["containers"]["web01"]["host"] = "docker02"

    moved = fleet("lab-overlay", change=move).containers[0]
    assert (moved.host, moved.status) == ("docker02", Status.NEW)
    assert moved.addresses == {"ol1": None}


def test_a_containers_ipv6_address_is_the_chosen_one_or_that_of_the_last_up():
    def choose(values):
        values["networks"]["mesh"]["subnet6"] = "fd00::/64"
        values["containers"]["web01"]["ip6"] = "fd00::1:53"

    known = {"host": "docker02", "ipv6_addresses": {"mesh": "fd00::12"}}
    one, other = fleet("lab-vxlan", {"containers": {"web02": known}}, choose).containers
    assert (one.addresses6, other.addresses6) == ({"mesh": "fd00::1:53"}, {"mesh": "fd00::12"})


def test_a_hosts_block_of_a_macvlan_is_its_slice():
    def give(values):
        values["networks"]["macvlan_1"]["ip_range"] = {"docker01": "10.0.0.64/28"}

    (network,) = fleet("lab-macvlan", {}, give).networks
    assert network.links["docker01"] == HostLink("ens33, promiscuous", "10.0.0.64/28")
    assert network.links["docker02"] == HostLink("ens33, promiscuous")


def test_managers_are_those_of_the_last_up_else_those_of_the_file():
    def roles(last):
        return {host.name: host.roles for host in fleet("lab-swarm", last).hosts if host.roles}

    assert roles({}) == {"docker03": ("swarm manager",)}
    assert roles({"swarm": {"managers": ["docker04"], "workers": ["docker05"]}}) == {
        "docker04": ("swarm manager",),
        "docker05": ("swarm worker",),
    }


def test_an_open_control_plane_is_named_once_it_is_chosen():
    (network,) = fleet("lab-auto", {}).networks
    assert network.strategy == "overlay"
    (network,) = fleet("lab-auto", {"networks": {"ol1": {"control_plane": "swarm"}}}).networks
    assert network.strategy == "overlay on Swarm"


@pytest.mark.parametrize("odd", ["x", 1, [], None, {"4dabf18193072939515e22adb298388d": "x"}])
@pytest.mark.parametrize("section", ["hosts", "networks", "containers", "swarm"])
def test_outputs_of_another_form_are_as_if_unknown(section, odd):
    def told(of):
        every = (*of.hosts, *of.networks, *of.containers)
        return {one.name: one.status for one in every if one.status is not Status.THERE}

    changed = told(fleet("lab-overlay", OUTPUTS | {section: odd}))
    parts = {
        "hosts": {"docker02", "docker09"},
        "networks": {"old"},
        "containers": {"web02", "gone"},
    }
    assert changed.keys() == set().union(*parts.values()) - parts.get(section, set())
    rows = {"web01": odd, "docker01": odd, "ol1": odd, "managers": odd}
    assert fleet("lab-overlay", OUTPUTS | {section: rows}).hosts
    assert fleet("lab-swarm", {"swarm": rows}).hosts


def test_broken_paths_of_a_file_are_red(draw, tmp_path):
    row = {
        "from": "web01", "from_host": "docker01", "to": "web02", "to_host": "docker02", "ms": 1,
        "network": "ol1", "kind": "tcp", "expected": "yes", "observed": "no", "cause": "who knows",
    }  # fmt: skip
    (tmp_path / "rows.json").write_text(json.dumps([row]))
    result = draw("--reachability", str(tmp_path / "rows.json"))
    assert any("who knows" in label for label in labels(result))
    assert len(Chart(result.stdout).red) == 1


@pytest.mark.parametrize(
    ("name", "said"),
    [("rows.json", "is no JSON list of the rows"), ("nothing.json", "No such file"), (".", "Is a dir")],
)  # fmt: skip
def test_a_file_of_rows_that_is_none_is_one_sentence(draw, tmp_path, name, said):
    (tmp_path / "rows.json").write_text('[{"from": "web01"}]')
    result = draw("--reachability", str(tmp_path / name))
    assert result.exit_code == 1
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_stack_without_a_file_is_told_with_those_that_have_one(draw):
    result = draw(stack="../etc/passwd")
    assert result.exit_code == 1
    assert "those that have one: " in result.stderr


def test_the_picture_is_written_to_a_file_whose_ending_says_how(draw, tmp_path):
    for name, options, start in (
        ("a.svg", (), "<svg"),
        ("a.mmd", (), "%%{init"),
        ("b", ("--format", "svg"), "<svg"),
        ("b.svg", ("--format", "mermaid"), "%%{init"),
    ):
        result = draw("--output", str(tmp_path / name), *options)
        assert result.exit_code == 0, result.output
        assert result.stdout == ""
        assert (tmp_path / name).read_text().startswith(start)
    result = draw("--output", str(tmp_path))
    assert result.exit_code == 1
    assert f"{tmp_path} cannot be written: Is a directory" in result.stderr


def test_names_to_keep_are_passed_on(draw, monkeypatch):
    values = stack_values("lab-swarm")
    host = values["hosts"]["docker03"]
    values["hosts"] = {f"docker{i:02d}": host | {"address": f"10.0.1.{i}"} for i in range(3, 40)}
    monkeypatch.setattr(files, "read", lambda stack: parse(values))
    result = draw("--keep", "docker33", "--keep", "web02", stack="lab-swarm", state={})
    assert set(Chart(result.stdout).subgraphs.values()) == {"docker33", "docker04"}
    assert result.stderr.count("to keep") == 0
    result = draw("--keep", "docker34", "--keep", "web99", stack="lab-swarm", state={})
    assert "lab-swarm has no host, network or container 'web99' to keep" in result.stderr
