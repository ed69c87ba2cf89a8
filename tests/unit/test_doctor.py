"""The doctor's report from facts, and stack files read without an engine."""

from __future__ import annotations

import copy
import re

import pytest
import yaml
from typer.testing import CliRunner

from components.facts import command
from components.networks import contracts
from components.ssh import SshAccess
from crosshost.__main__ import app
from crosshost.look import doctor
from planning.facts import HostFacts, Unreachable
from reports.verdicts import judge
from stacks import files
from tests.unit.fleet import CLOCK, b64, facts_text, iptables, seen_by, stack_values

pytestmark = pytest.mark.usefixtures("key_file")
OUTSIDE = {
    "docker01": facts_text(),
    "docker02": facts_text(hostname="docker02", address="10.0.0.12"),
}
ADDRESSES = {"docker01": "10.0.0.11", "docker02": "10.0.0.12"}


def seen(hosts):
    """Facts; ``hosts``: host -> what the facts script printed, or (status, error)."""
    return {name: seen_by(answer) for name, answer in hosts.items()}


def write(folder, values, name="prod"):
    config = {f"crosshost:{key}": value for key, value in values.items()}
    (folder / f"Pulumi.{name}.yaml").write_text(yaml.safe_dump({"config": config}))


@pytest.fixture
def report(monkeypatch):
    """Runs the doctor on a stack with hosts that answer like these: (exit code, output)."""

    def run(hosts, stack="lab-overlay"):
        monkeypatch.setattr(doctor, "read_hosts", lambda access: seen(OUTSIDE | hosts))
        result = CliRunner().invoke(app, ["doctor", "-s", stack])
        return result.exit_code, result.output

    return run


def test_hosts_that_can_do_what_the_stack_asks_are_reported_as_such(report):
    code, text = report({})
    assert code == 0, text
    assert "nothing stands in the way of lab-overlay" in text
    rows = [line.split() for line in text.splitlines() if line.startswith("docker0")]
    assert ["docker01", *["yes"] * len(contracts())] in rows
    assert rows[0][:3] == ["docker01", "10.0.0.11", "yes"]


def test_a_problem_of_the_stack_ends_with_1_and_says_what_to_do(report):
    code, text = report(
        {"docker02": (255, "ssh: connect to host 10.0.0.12 port 22: No route to host")}
    )
    assert code == 1
    assert "1 problem(s) for lab-overlay:" in text
    assert (
        "docker02 (10.0.0.12) does not answer on SSH port 22 (No route to host): start it" in text
    )


def test_a_host_without_the_back_end_is_a_problem_for_the_overlay_alone(report):
    old = facts_text(hostname="docker02", address="10.0.0.12", backends=("etcd",))
    code, text = report({"docker02": old})
    assert code == 1
    assert "ol1: Docker 20.10.5+dfsg1 on docker02 has no Consul back end" in text
    code, text = report({"docker02": old}, "lab-macvlan")
    assert code == 0
    assert (
        "docker02 cannot have overlay on Consul: Docker 20.10.5+dfsg1 on docker02 has no Consul "
        "back end" in text
    )


def test_the_tables_show_what_a_host_told(report):
    more = ("free_docker 2097152", "module macvlan missing", "ufw 1", iptables("-P INPUT DROP"))
    _, text = report({"docker02": facts_text(address="10.0.0.12", skew=-7, more=more)})
    row = next(line for line in text.splitlines() if line.startswith("docker02  ens33"))
    assert "10.0.0.12/24 mtu 1500" in row
    assert "-7 s" in row
    assert "docker 2.0 GB" in row
    assert "ufw" in row
    assert "macvlan" in row
    assert "shut: tcp 7946, udp 7946, udp 4789" in text


def test_what_a_host_says_is_no_markup(report):
    system = "os_release " + b64('PRETTY_NAME="[bold]20[/nothing]"\n')
    _, text = report({"docker02": facts_text(more=(system,))})
    assert "[bold]20[/nothing]" in text


def test_verdicts_are_given_for_strategies_that_the_stack_does_not_use():
    facts = seen(OUTSIDE | {"docker02": facts_text(address="10.0.0.12", more=(
        iptables("-P INPUT ACCEPT", "-A INPUT -p udp --dport 4789 -j DROP"),))})  # fmt: skip
    found = judge(facts, ADDRESSES)
    assert found["docker01"]["overlay on Consul"].able
    assert found["docker02"]["macvlan"].able
    assert "keeps docker01 from udp 4789" in found["docker02"]["overlay on Consul"].reasons[0]


def test_one_reason_against_several_strategies_is_one_line(report):
    shut = iptables("-P INPUT ACCEPT", "-A INPUT -p udp --dport 4789 -j DROP")
    _, text = report({"docker02": facts_text(address="10.0.0.12", more=(shut,))}, "lab-macvlan")
    row = next(line for line in text.splitlines() if re.fullmatch("docker02( +(yes|no))+ *", line))
    assert row.split()[1:] == ["yes", "no", "no", "no", "yes"]
    told = [line for line in text.splitlines() if "own firewall keeps docker01 from" in line]
    assert len(told) == 1
    assert told[0].startswith("docker02 cannot have overlay on Consul, overlay on Swarm and vxlan")


def test_a_host_that_does_not_answer_is_able_to_do_nothing():
    found = judge({"docker01": Unreachable(reason="x")}, ADDRESSES)
    assert {j.able for j in found["docker01"].values()} == {False}


def test_the_time_of_asking_is_taken_into_account_for_a_hosts_clock():
    late = seen_by(facts_text(skew=30), (CLOCK, CLOCK + 10))
    assert isinstance(late, HostFacts)
    assert late.skew == 20


def test_a_host_with_sudo_is_asked_with_sudo(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    write(tmp_path, stack_values("lab-macvlan"))
    say = files.read("prod", tmp_path)
    ssh = say.ssh.model_copy(update={"user": "admin", "sudo": True})
    access = SshAccess(ssh, say.hosts, stack="prod")
    for name, endpoint in access.endpoints.items():
        assert command(access, endpoint)[-6:] == [name, "sudo", "-n", "sh", "-s", "prod"]


def test_without_a_stack_those_that_have_a_file_are_listed():
    result = CliRunner().invoke(app, ["doctor"])
    assert result.exit_code == 0
    assert "lab-macvlan, lab-modes, lab-overlay" in result.output


def test_a_stack_without_a_file_is_told_with_those_that_have_one():
    result = CliRunner().invoke(app, ["doctor", "-s", "../etc/passwd"])
    assert result.exit_code == 1
    assert "stack '../etc/passwd' has no file in stacks/; those that have one: " in result.output
    assert "Traceback" not in result.output


def test_secrets_in_a_stack_file_do_not_matter(tmp_path):
    values = copy.deepcopy(stack_values("lab-modes"))
    values["containers"]["alone"]["environment"] = {"PASSWORD": {"secure": "v1:abc:def"}}
    values["containers"]["onhost"]["command"] = ["run", {"secure": "v1:abc:def"}]
    write(tmp_path, values)
    say = files.read("prod", tmp_path)
    assert say.containers["alone"].environment == {"PASSWORD": files.SECRET}
    values["containers"] = {"secure": "v1:abc:def"}
    write(tmp_path, values)
    assert files.read("prod", tmp_path).hosts.keys() == {"docker01", "docker02"}


def test_errors_of_a_stack_file_with_secrets_have_their_lines(tmp_path):
    values = copy.deepcopy(stack_values("lab-modes"))
    values["containers"]["alone"]["environment"] = {"PASSWORD": {"secure": "v1:abc:def"}}
    values["containers"]["bridged"]["imagee"] = "x"
    write(tmp_path, values)
    with pytest.raises(files.StackFileError) as caught:
        files.read("prod", tmp_path)
    lines = (tmp_path / "Pulumi.prod.yaml").read_text().splitlines()
    number = next(i for i, line in enumerate(lines, 1) if "imagee" in line)
    assert f"{tmp_path.name}/Pulumi.prod.yaml:{number}: crosshost:containers.bridged" in str(
        caught.value
    )


@pytest.mark.parametrize("text", ["", "config: []\n", "a: [\n", "- 1\n", "\x00"])
def test_a_file_that_is_no_stack_file_is_said_so(tmp_path, text):
    (tmp_path / "Pulumi.prod.yaml").write_text(text)
    with pytest.raises(
        files.StackFileError, match=r"Pulumi.prod.yaml (has no `config:`|cannot be read)"
    ):
        files.read("prod", tmp_path)
