"""What the facts script prints, as facts."""

from __future__ import annotations

import ast
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.facts import understood
from components.processes import Ended
from planning import facts
from planning.facts.firewall import Firewall
from tests.unit.fleet import CLOCK, b64, containers, facts_text, listening, networks

FOLDER = Path(facts.__file__).parent
SHELL = [
    "$(touch x)",
    "`x`",
    "a;b",
    "a b",
    "a\nb",
    "a\tb",
    "\x1b[31m",
    "-rf",
    "a'b",
    'a"b',
    "a|b",
    "",
    "x" * 300,
]


@pytest.mark.parametrize("text", SHELL)
def test_a_container_with_a_name_that_docker_does_not_give_makes_the_list_unread(text):
    row = {"id": "i", "name": text, "state": "running", "status": "Up", "stack": "s"}
    seen = facts.parse(facts_text(more=(containers(row),)))
    assert seen.containers is None
    assert seen.unread == {"containers": "form"}


@pytest.mark.parametrize("text", SHELL)
def test_labels_and_states_are_text_without_control_characters(text):
    row = {"id": "i", "name": "web", "state": "exited", "status": text, "stack": text}
    net = {"id": "i", "name": text, "driver": text, "scope": "local", "stack": text}
    seen = facts.parse(facts_text(hostname=text, more=(containers(row), networks(net))))
    assert seen.containers
    assert seen.networks
    for value in (seen.containers[0].status, seen.networks[0].name, seen.hostname):
        assert value.isprintable()
        assert value == text or not text.isprintable()


@pytest.mark.parametrize(
    "info",
    [
        {"Swarm": "str"}, {"Swarm": {"NodeID": "a;b"}}, {"Swarm": {"RemoteManagers": "x"}},
        {"Swarm": {"RemoteManagers": [{"NodeID": "a", "Addr": "$(x)"}]}},
        {"Swarm": {"NodeAddr": "10.0.0.1\n"}}, {"Swarm": {"Cluster": []}}, {"ServerVersion": ["1"]},
        {"ServerVersion": "\x1b[31m"}, {"LiveRestoreEnabled": "perhaps"}, {"ClusterStore": {}},
    ],
)  # fmt: skip
def test_nonsense_from_docker_info_is_a_docker_that_was_not_read(info):
    seen = facts.parse(facts_text(info=info))
    assert seen.engine is None
    assert seen.unread == {"info": "form"}


@pytest.mark.parametrize("text", ["no JSON", "[]", "null", "3"])
def test_what_is_no_object_is_nonsense_too(text):
    seen = facts.parse(facts_text(version=None, more=(f"info {b64(text)}",)))
    assert seen.unread == {"info": "form"}


def test_what_the_script_could_not_read_is_told_with_its_reason():
    more = ("unread containers time", "unread networks size", "unread links 127")
    seen = facts.parse(facts_text(more=more))
    assert (seen.containers, seen.networks) == (None, None)
    assert seen.unread == {"containers": "time", "networks": "size", "links": "127"}


@pytest.mark.parametrize("text", [text for text in SHELL if set(text) & set("$`;\t\x1b'\"|")])
def test_a_record_with_shell_text_in_its_header_counts_as_lost(text):
    seen = facts.parse(facts_text(records={"swarm": f"planned=x role=worker via={text}\n"}))
    assert seen.records == {}
    assert seen.unread == {"record/swarm": "form"}


@pytest.mark.parametrize(
    "rows", ["links", "addresses", "routes", "units", "docker_unit", "listening"]
)
@given(st.text(max_size=60))
def test_no_nonsense_of_any_tool_ends_the_reading(rows, text):
    assert facts.parse(facts_text(more=(f"{rows} {b64(text, errors='surrogatepass')}",)))


@given(st.text(max_size=300))
def test_no_line_that_a_host_may_print_ends_the_reading(text):
    ended = Ended(0, f"version 1\nuid 0\n{text}\nend 1\n".encode(errors="replace"), b"")
    assert isinstance(understood(ended, (0, 0)), facts.HostFacts | facts.Unreachable)


def test_facts_are_read_as_printed():
    seen = facts.parse(
        facts_text(
            daemon_json='{"a": 1}',
            records={"daemon": "planned=x\n{}", "nic/ens33": "planned=y\n"},
            nics={"ens33": "<BROADCAST,PROMISC,UP>", "lo": "<LOOPBACK,UP>"},
            info={"ClusterStore": "consul://10.0.0.11:8500", "LiveRestoreEnabled": True},
        )
    )
    assert seen.engine is not None
    assert seen.engine.version == "20.10.5+dfsg1"
    assert seen.engine.cluster_store == "consul://10.0.0.11:8500"
    assert seen.engine.live_restore
    assert seen.daemon_json == '{"a": 1}'
    assert seen.records == {"daemon": "planned=x\n{}", "nic/ens33": "planned=y\n"}
    assert seen.nics["ens33"].promiscuous
    assert not seen.nics["lo"].promiscuous
    assert str(seen.nics["ens33"].addresses[0]) == "10.0.0.11/24"
    assert seen.backends == {"consul", "etcd", "zookeeper"}


def test_a_host_without_a_daemon_json_is_told_from_one_with_an_empty_one():
    assert facts.parse(facts_text()).daemon_json is None
    assert facts.parse(facts_text(daemon_json="")).daemon_json == ""


UNITS = """\
ExecStart={ path=/usr/sbin/dockerd ; argv[]=/usr/sbin/dockerd -H fd:// ; ignore_errors=no ; pid=60 }
Id=docker.service
ActiveState=active
FragmentPath=/lib/systemd/system/docker.service
DropInPaths=/etc/systemd/system/docker.service.d/a.conf /etc/systemd/system/docker.service.d/b.conf

Id=firewalld.service
ActiveState=inactive
FragmentPath=
DropInPaths=
"""
CAT = """\
# /lib/systemd/system/docker.service
[Service]
# /etc/default/docker is read
ExecStart=/usr/sbin/dockerd

# /etc/systemd/system/docker.service.d/a.conf
[Service]
ExecStart=

ExecStart=/usr/sbin/dockerd -H fd://

# /etc/systemd/system/docker.service.d/b.conf
[Unit]
"""


def test_docker_service_is_read_with_its_command_line_and_its_drop_ins():
    seen = facts.parse(facts_text(more=(f"units {b64(UNITS)}", f"docker_unit {b64(CAT)}")))
    assert seen.unit is not None
    assert seen.unit.fragment == "/lib/systemd/system/docker.service"
    assert seen.unit.exec_start == "/usr/sbin/dockerd -H fd://"
    assert seen.unit.drop_ins == {
        "/etc/systemd/system/docker.service.d/a.conf": (
            "[Service]\nExecStart=\n\nExecStart=/usr/sbin/dockerd -H fd://\n"
        ),
        "/etc/systemd/system/docker.service.d/b.conf": "[Unit]\n",
    }
    assert seen.firewall.firewalld is False


def test_listeners_are_read_with_their_programs_as_far_as_ss_tells():
    seen = facts.parse(
        facts_text(
            more=(
                listening(
                    'tcp   LISTEN 0      4096         0.0.0.0:8500 0.0.0.0:* users:(("docker-proxy",pid=1,fd=4))',
                    "udp   UNCONN 0      0                  *:4789       *:*",
                    'tcp   LISTEN 0      128             [::]:22      [::]:* users:(("sshd",pid=52,fd=4))',
                ),
            )
        )
    )
    assert [(s.protocol, s.address, s.port, s.program) for s in seen.listeners or []] == [
        ("tcp", "0.0.0.0", 8500, "docker-proxy"),
        ("udp", "*", 4789, None),
        ("tcp", "[::]", 22, "sshd"),
    ]


def test_what_a_host_does_not_tell_is_none_and_never_a_default():
    seen = facts.parse(facts_text())
    assert seen.unit is None
    assert seen.listeners is None
    assert seen.free_docker is None
    assert seen.free_etc is None
    assert seen.sudo is None
    assert seen.skew is None
    assert seen.modules == {}
    assert seen.firewall == Firewall(iptables="-P INPUT ACCEPT\n")
    assert seen.guard is None


def test_free_space_modules_and_sudo_are_read():
    more = ("free_docker 100", "free_etc 200", "module vxlan missing", "module veth builtin")
    seen = facts.parse(facts_text(more=(*more, "sudo 0")))
    assert (seen.free_docker, seen.free_etc) == (102400, 204800)
    assert seen.modules == {"vxlan": "missing", "veth": "builtin"}
    assert seen.sudo is False


@pytest.mark.parametrize(
    ("off", "asked", "skew"),
    [(0, (0, 0), 0), (5, (0, 5), 0), (6, (0, 5), 1), (-7, (0, 5), -7), (3600, (0, 40), 3560)],
)
def test_skew_counts_only_what_the_time_of_asking_does_not_explain(off, asked, skew):
    seen = facts.parse(facts_text(skew=off), (CLOCK + asked[0], CLOCK + asked[1]))
    assert seen.skew == skew


@pytest.mark.parametrize("lost", [1, 5, 12])
def test_facts_that_are_cut_off_are_refused(lost):
    text = "".join(facts_text().splitlines(keepends=True)[:-lost])
    with pytest.raises(ValueError, match="did not run to its end"):
        facts.parse(text)


def test_a_fragment_stands_beside_every_topic_and_in_the_script_once():
    for topic in facts.topics():
        text = facts.fragment(topic).read_text().removeprefix("# shellcheck shell=sh\n")
        assert facts.script().count(text) == 1, topic
    fragments = {facts.fragment(topic) for topic in facts.topics()}
    assert {*FOLDER.glob("*.sh")} == {*fragments, FOLDER / "frame.sh"}


def test_no_two_topics_have_a_fact_of_the_same_name():
    names = [name for topic in facts.topics() for name in topic.model_fields]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.stem)
def test_every_field_of_facts_has_its_line_of_documentation(path):
    bases = {"Facts", "Topic", *(topic.__name__ for topic in facts.topics())}
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.ClassDef) or not {ast.unparse(b) for b in node.bases} & bases:
            continue
        assert ast.get_docstring(node), node.name
        for field, after in pairwise([*node.body, None]):
            if isinstance(field, ast.AnnAssign):
                text = ast.literal_eval(after.value) if isinstance(after, ast.Expr) else ""
                assert text.strip().endswith("."), f"{node.name}.{ast.unparse(field.target)}"
