"""What another stack has on the same hosts stands in the way of another value, and is named."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping

import pulumi
import pytest

from tests.unit.fleet import b64, containers, facts_text, run_program, stack_values

pytestmark = pytest.mark.usefixtures("key_file")
STORE = {"cluster-store": "consul://10.0.0.11:8500", "cluster-advertise": "10.0.0.12:0"}


def host(number: int, held: Mapping[str, object] | None = None, *rows: dict[str, str]) -> str:
    """The facts of docker0NUMBER with what stack `first` holds in its daemon.json."""
    more = [containers(*rows)]
    if held is not None:
        more += [f"held daemon.json/before {b64('see original')}",
                 f"held daemon.json/holders/first {b64(json.dumps(held))}"]  # fmt: skip
    return facts_text(
        hostname=f"docker0{number}",
        address=f"10.0.0.1{number}",
        backends=("consul",),
        more=tuple(more),
    )


def consul(stack: str) -> dict[str, str]:
    return {"id": "c0", "name": "consul", "state": "running", "status": "Up", "stack": stack}


def values(**of_consul: object) -> dict[str, object]:
    found = copy.deepcopy(stack_values("lab-overlay"))
    found["consul"] = {"host": "docker01", **of_consul}
    return found


def refusal(monkeypatch, tmp_path, stack_file, facts):
    with pytest.raises(pulumi.RunError) as caught:
        run_program(monkeypatch, tmp_path, stack_file, facts)
    return str(caught.value)


def test_a_store_that_the_overlays_of_another_stack_are_not_in_is_refused(monkeypatch, tmp_path):
    theirs = {**STORE, "cluster-store": "consul://10.0.0.99:8500"}
    said = refusal(
        monkeypatch, tmp_path, values(), {"docker01": host(1), "docker02": host(2, theirs)}
    )
    assert 'docker02 keeps the overlays of stack first in "consul://10.0.0.99:8500"' in said


def test_a_consul_of_another_stack_must_be_named_to_be_used(monkeypatch, tmp_path):
    facts = {"docker01": host(1, None, consul("first")), "docker02": host(2, STORE)}
    said = refusal(monkeypatch, tmp_path, values(), facts)
    assert (
        "consul on docker01 is the Consul of stack first: write `crosshost:consul: {stack: f"
        in said
    )
    said = refusal(monkeypatch, tmp_path, values(stack="other"), facts)
    assert "docker01 has no container consul of stack other: run `pulumi up` for that one" in said
    said = refusal(monkeypatch, tmp_path, values(stack="test"), facts)
    assert "crosshost:consul.stack is test, this stack itself: take it out" in said


def test_a_consul_of_another_stack_is_used_and_not_made(monkeypatch, tmp_path):
    facts = {"docker01": host(1, None, consul("first")), "docker02": host(2, STORE)}
    engine = run_program(monkeypatch, tmp_path, values(stack="first"), facts)
    made = {
        inputs["name"] for inputs in engine.of_type("docker:index/container:Container").values()
    }
    assert "consul" not in made
    assert not engine.of_type("docker:index/volume:Volume")
    leader = engine.of_type("command:remote:Command")["consul-leader@docker01"]
    assert " container=consul port=8500" in leader["stdin"]


def test_a_consul_that_another_stack_uses_is_not_taken_away(monkeypatch, tmp_path):
    record = f"record consul {b64('planned=x container=c0 port=8500' + chr(10))}"
    ours = host(1, None, consul("test")).replace("end 1", f"{record}\nend 1")
    stack_file = values()
    stack_file["consul"] = {"host": "docker02"}
    said = refusal(
        monkeypatch, tmp_path, stack_file, {"docker01": ours, "docker02": host(2, STORE)}
    )
    assert (
        "stack first keeps its overlays on docker02 in the Consul of this stack on docker01: leave"
    ) in said


@pytest.mark.parametrize("held", [True, False])
def test_a_store_that_another_stack_has_overlays_in_is_not_left_for_a_swarm(
    monkeypatch, tmp_path, held
):
    theirs = host(2, STORE if held else None)
    if not held:
        record = "planned=x own=cluster-advertise,cluster-store\n" + json.dumps(STORE)
        theirs = theirs.replace("end 1", f"daemon_record first {b64(record)}\nend 1")
    stack_file = values()
    del stack_file["consul"]
    overlay = {"strategy": "overlay", "control_plane": "swarm", "subnet": "172.16.1.0/24"}
    stack_file["networks"] = {"ol1": overlay}
    said = refusal(monkeypatch, tmp_path, stack_file, {"docker01": host(1), "docker02": theirs})
    assert "stack first has its overlays in a cluster store on docker02, which an engine" in said


@pytest.mark.parametrize("held", [True, False])
def test_a_swarm_that_another_stack_has_overlays_in_is_not_left_for_a_store(
    monkeypatch, tmp_path, held
):
    more = (
        f"held swarm/before {b64('role=none')}\nheld swarm/holders/first {b64('role=worker')}"
        if held
        else f"swarm_record first {b64('planned=x role=worker adopted=no' + chr(10))}"
    )
    theirs = host(2).replace("end 1", f"{more}\nend 1")
    said = refusal(monkeypatch, tmp_path, values(), {"docker01": host(1), "docker02": theirs})
    assert "stack first has its overlays in the swarm of docker02, which an engine" in said
