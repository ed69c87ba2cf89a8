"""What facts.sh prints, as facts."""

from __future__ import annotations

import pytest

from planning import facts, system_facts
from tests.unit.fleet import CLOCK, b64, facts_text, listening


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
    assert seen.firewall == system_facts.Firewall()


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
