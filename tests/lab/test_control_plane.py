"""Which control plane an overlay is on where the stack file leaves it open, on real hosts."""

from __future__ import annotations

import pytest

from lab.keys import host_key


@pytest.mark.long
def test_what_hosts_live_on_is_kept_and_a_host_that_cannot_join_is_named(lab, environment):
    stack = environment("lab-overlay")
    stack.up()
    del stack.config["networks"]["ol1"]["control_plane"]
    stack.write()
    preview = stack.preview()
    assert preview.changes == {}
    assert (
        "overlays are on Consul: docker01 and docker02 joined its cluster store at an earlier up"
        in preview.text
    )
    # A host with an engine of today comes: nothing is rebuilt, a person decides.
    lab.up_for("lab-swarm")
    stack.config["hosts"]["docker03"] = {"address": "10.0.0.13", "host_key": host_key("docker03")}
    stack.write()
    outcome = stack.up(check=False)
    assert outcome.code != 0
    assert (
        "the overlays are on the Consul cluster store of docker01 and docker02, which docker03 "
        "(Docker 28.5.2+dfsg4) has no back end for" in outcome.text
    )
    assert "`pulumi destroy` with the stack file and engines as they were" in outcome.text
    # The way that leaves things as they are.
    stack.config["networks"]["ol1"]["hosts"] = ["docker01", "docker02"]
    stack.write()
    stack.up()
    lab.ssh("docker01", "docker exec web01 ping -c 1 -W 2 web02")


def test_consul_by_name_is_refused_where_an_engine_has_no_back_end_for_it(lab, environment):
    lab.up_for("lab-swarm")
    stack = environment("lab-swarm")
    stack.config["networks"]["ol1"]["control_plane"] = "consul"
    stack.config["consul"] = {"host": "docker03", "image": "consul:1.8.7"}
    stack.write()
    outcome = stack.up(check=False)
    assert outcome.code != 0
    for host in ("docker03", "docker04", "docker05"):
        assert f"Docker 28.5.2+dfsg4 on {host} has no Consul back end" in outcome.text


@pytest.mark.long
def test_a_mixed_fleet_gets_swarm_and_is_told_why(lab, environment):
    lab.up_for("lab-auto")
    stack = environment("lab-auto")
    first = stack.up()
    assert "overlays are on Swarm: every engine has it" in first.text
    for source, host in (("web01", "docker06"), ("web02", "docker07"), ("web03", "docker08")):
        for target in ("web01", "web02", "web03"):
            lab.ssh(
                host, f"until docker exec {source} ping -c 1 -W 1 {target}; do :; done", timeout=20
            )
    again = stack.up()
    assert again.changes == {}
    assert "docker06, docker07 and docker08 joined one at an earlier up" in again.text


@pytest.mark.long
def test_a_host_that_is_set_up_anew_joins_again_and_changes_no_network(lab, environment):
    lab.up_for("lab-auto")
    stack = environment("lab-auto")
    stack.up()
    network = lab.ssh("docker06", "docker network inspect -f {{.Id}} ol1").stdout
    lab.reset("docker07")
    stack.up("--refresh")
    assert lab.ssh("docker06", "docker network inspect -f {{.Id}} ol1").stdout == network
    lab.ssh("docker07", "until docker exec web02 ping -c 1 -W 1 web01; do :; done", timeout=20)
    assert stack.up().changes == {}
