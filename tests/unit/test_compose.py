"""The words of a Compose service, and what the plugin is given for them."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from planning.field_types import parse_duration, parse_size
from planning.mounts import VolumeMount
from planning.service import Service
from tests.unit.fleet import facts_text, run_program, stack_values

FACTS = {name: facts_text(hostname=name) for name in ("docker01", "docker02")}


def inputs(monkeypatch, tmp_path, **keys):
    values = stack_values("lab-modes")
    values["containers"] = {"one": {"host": "docker01", "image": "busybox:1", **keys}}
    engine = run_program(monkeypatch, tmp_path, values, FACTS)
    return engine.of_type("docker:index/container:Container")["one@docker01"]


def test_volumes_are_read_in_their_short_form():
    bind = VolumeMount.model_validate("/srv/x:/x:ro")
    assert (bind.type, bind.source, bind.target, bind.read_only) == ("bind", "/srv/x", "/x", True)
    named = VolumeMount.model_validate("data:/data")
    assert (named.type, named.source) == ("volume", "data")


def test_sizes_and_durations_are_composes():
    assert parse_size("64m") == 64 << 20
    assert parse_size("1gb") == 1 << 30
    assert parse_duration("1m30s") == 90
    assert parse_duration("500ms") == 0.5


def test_memory_comes_with_its_swap_so_that_a_second_up_is_empty(monkeypatch, tmp_path):
    given = inputs(monkeypatch, tmp_path, mem_limit="64m")
    assert (given["memory"], given["memorySwap"]) == (64, 128)
    assert inputs(monkeypatch, tmp_path, mem_limit="64m", memswap_limit=-1)["memorySwap"] == -1


def test_capabilities_are_written_as_docker_reads_them_back(monkeypatch, tmp_path):
    given = inputs(monkeypatch, tmp_path, cap_add=["NET_ADMIN", "cap_sys_time"], cap_drop=["ALL"])
    assert given["capabilities"] == {"adds": ["CAP_NET_ADMIN", "CAP_SYS_TIME"], "drops": ["ALL"]}


def test_a_removed_key_is_a_change_because_the_keys_are_a_label():
    before = Service.model_validate({"image": "a", "user": "1", "healthcheck": {"test": "x"}})
    after = Service.model_validate({"image": "a", "healthcheck": {"test": "x", "interval": "1s"}})
    assert before.given_keys() == ["healthcheck.test", "image", "user"]
    assert after.given_keys() == ["healthcheck.interval", "healthcheck.test", "image"]


def test_environment_is_a_map_or_a_list(monkeypatch, tmp_path):
    for form in ({"A": 1, "B": True}, ["A=1", "B=true"]):
        assert inputs(monkeypatch, tmp_path, environment=form)["envs"] == ["A=1", "B=true"]


def test_secret_containers_keep_their_environment_out_of_sight(monkeypatch, tmp_path):
    values = stack_values("lab-modes")
    values["containers"] = {
        "one": {"host": "docker01", "image": "busybox:1", "environment": {"PASSWORD": "hunter2"}}
    }
    engine = run_program(monkeypatch, tmp_path, values, FACTS, secret_keys=("containers",))
    envs = engine.of_type("docker:index/container:Container")["one@docker01"]["envs"]
    assert envs != ["PASSWORD=hunter2"], "the environment went to the engine as plain text"


@pytest.mark.parametrize("keys", [{"mem_limit": "1m"}, {"memswap_limit": "64m"}, {"cpus": 0}])
def test_impossible_limits_are_refused(keys):
    with pytest.raises(ValidationError):
        Service.model_validate({"image": "a", **keys})
