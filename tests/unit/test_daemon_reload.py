"""What a change of daemon.json takes, by key and by engine."""

from __future__ import annotations

import pytest

from planning.daemon_reload import action, leaving, restarting

OLD, NEW = "20.10.5+dfsg1", "28.5.2+dfsg3"


@pytest.mark.parametrize("version", [OLD, "26.1.5", NEW])
@pytest.mark.parametrize(
    ("key", "what"),
    [
        ("debug", "reload"), ("labels", "reload"), ("live-restore", "reload"),
        ("registry-mirrors", "reload"), ("max-download-attempts", "reload"),
        ("log-driver", "restart"), ("log-opts", "restart"), ("default-address-pools", "restart"),
        ("hosts", "restart"), ("tlscert", "restart"), ("mtu", "restart"), ("nonsense", "restart"),
    ],
)  # fmt: skip
def test_a_change_takes_what_docker_documents(version, key, what):
    assert action([key], version, before={}, after={key: 1}) == what


def test_nothing_takes_nothing_and_one_key_is_enough_for_a_restart():
    assert action([], OLD, before={}, after={}) == "none"
    after = {"labels": ["a=b"], "bip": "10.1.0.1/16"}
    assert action(after, OLD, before={}, after=after) == "restart"
    assert restarting(after, OLD, before={}, after=after) == ["bip"]


def test_a_store_is_set_by_a_reload_and_left_by_a_restart_on_engines_that_have_it():
    keys = {"cluster-store": "consul://a:1", "cluster-advertise": "b:0"}
    assert action(keys, OLD, before={}, after=keys) == "reload"
    assert action(keys, OLD, before={}, after=keys, had_cluster_store=True) == "restart"
    assert action(keys, NEW, before={}, after=keys) == "restart"
    assert leaving(keys, OLD, original={}) == "restart"


def test_of_the_features_only_buildkit_is_taken_while_the_daemon_runs():
    def features(before, after):
        return action(["features"], NEW, before={"features": before}, after={"features": after})

    assert features({}, {"buildkit": True}) == "reload"
    assert features({"buildkit": True}, {"containerd-snapshotter": True}) == "restart"
    assert action(["features"], NEW, before={}, after={"features": {"cdi": True}}) == "restart"


def test_leaving_takes_what_the_way_back_takes():
    assert leaving({"debug": True}, OLD, original={}) == "reload"
    assert leaving({"log-driver": "local"}, OLD, original={}) == "restart"
    assert leaving({"log-driver": "local"}, OLD, original={"log-driver": "local"}) == "none"
