"""Hosts that cannot be worked with: preview warns, up stops before it changes anything."""

from __future__ import annotations

import pytest

from lab.keys import host_key


@pytest.fixture(scope="module")
def shared(shared_environment):
    return shared_environment("lab-macvlan")


@pytest.fixture
def stack(shared):
    """The notes' macvlan, whose stack file the test may change; nothing of it is ever made."""
    shared.reset()
    return shared


@pytest.fixture
def expect(lab):
    """Checks that up stops with a sentence, that preview warns with it, and nothing was made."""

    def check(stack, sentence):
        preview = stack.preview()
        assert sentence in preview.text, preview.text
        assert "warning" in preview.text
        up = stack.up(check=False)
        assert up.code != 0
        assert sentence in up.text, up.text
        assert "Traceback" not in up.text
        assert (
            "ssh01"
            not in lab.ssh("docker01", "docker ps -a; ls /var/lib/crosshost 2>&1 || true").stdout
        )

    return check


def test_a_host_that_is_switched_off(lab, stack, expect):
    stack.config["hosts"]["docker02"]["address"] = "10.0.0.99"
    stack.write()
    expect(
        stack,
        "docker02 (10.0.0.99) does not answer on SSH port 22 (No route to host): start it, or "
        "correct crosshost:hosts.docker02; if it is gone for good, `python -m crosshost forget`",
    )


def test_a_wrong_host_key(lab, stack, expect):
    stack.config["hosts"]["docker02"]["host_key"] = host_key("docker77")
    stack.write()
    expect(stack, "docker02 (10.0.0.12) shows another SSH host key than the stack file says")


@pytest.mark.long
def test_a_wrong_key(lab, stack, expect, tmp_path):
    lab.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "other")])
    stack.config["ssh"]["private_key_file"] = str(tmp_path / "other")
    stack.write()
    expect(stack, "refuses the SSH login of root")


@pytest.mark.long
def test_a_nic_that_is_not_there(lab, stack, expect):
    stack.config["networks"]["macvlan_1"]["parent"] = "eth7"
    stack.write()
    expect(stack, "there is no network interface eth7 on docker01: write one that it has (ens33)")


@pytest.mark.long
def test_a_dead_daemon(lab, stack, expect):
    lab.ssh("docker02", "systemctl stop docker.socket docker.service")
    try:
        expect(stack, "the Docker daemon of docker02 does not answer to root")
    finally:
        lab.ssh("docker02", "systemctl start docker.socket docker.service")


@pytest.mark.long
def test_an_engine_without_the_consul_back_end(lab, environment):
    lab.up_numbered({7: "bookworm"})
    stack = environment("lab-overlay")
    stack.config["hosts"]["docker07"] = {"address": "10.0.0.17", "host_key": host_key("docker07")}
    stack.write()
    sentence = "on docker07 has no Consul back end (cluster-store back ends: etcd, zookeeper)"
    assert sentence in stack.preview().text
    up = stack.up(check=False)
    assert up.code != 0
    assert sentence in up.text
    assert "consul" not in lab.ssh("docker01", "docker ps -a").stdout


def test_bad_input_is_said_with_its_place_before_any_host_is_contacted(stack):
    stack.config["containers"]["ssh01"]["ip"] = "10.0.9.1"
    stack.config["networks"]["macvlan_1"]["gatway"] = "10.0.0.2"
    stack.write()
    up = stack.up(check=False)
    assert up.code != 0
    assert "2 problem(s) in the stack file; nothing was changed:" in up.text
    assert (
        "crosshost:networks.macvlan_1.gatway: unknown key 'gatway': did you mean 'gateway'?"
        in up.text
    )
    assert "Traceback" not in up.text
