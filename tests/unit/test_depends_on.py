"""What containers wait for: the order of an up, and what is said of what cannot be waited for."""

from __future__ import annotations

from typing import Any

import pytest

from planning.problems import ProblemsError
from stacks.settings import parse
from tests.unit.fleet import facts_text, run_program, stack_values

pytestmark = pytest.mark.usefixtures("key_file")
FACTS = {name: facts_text(hostname=name) for name in ("docker01", "docker02")}
CONTAINER = "docker:index/container:Container"
HEALTHY = {"condition": "service_healthy"}
COMPLETED = {"condition": "service_completed_successfully"}


def stack(**containers: dict[str, Any]) -> dict[str, Any]:
    """A stack with these containers, the second one on another host, all on one overlay."""
    values = stack_values("lab-overlay")
    values["containers"] = {
        name: {"host": f"docker0{min(i, 2)}", "image": "a:1", "network": "ol1", **words}
        for i, (name, words) in enumerate(containers.items(), 1)
    }
    return values


def problem(values: dict[str, Any]) -> str:
    with pytest.raises(ProblemsError) as caught:
        parse(values)
    (found,) = caught.value.problems
    return f"{found.where}: {found.sentence}"


def test_a_container_comes_after_those_that_it_depends_on(monkeypatch, tmp_path):
    values = stack(web={"depends_on": ["db"]}, db={})
    engine = run_program(monkeypatch, tmp_path, values, FACTS)
    assert "db@docker02" in engine.after["web@docker01"]
    assert "web@docker01" not in engine.after["db@docker02"]


def test_healthy_is_asked_of_the_host_once_for_all_who_wait(monkeypatch, tmp_path):
    values = stack(
        web={"depends_on": {"db": HEALTHY}}, db={"container_name": "store"},
        more={"depends_on": {"db": HEALTHY}},
    )  # fmt: skip
    engine = run_program(monkeypatch, tmp_path, values, FACTS)
    wait = engine.of_type("command:remote:Command")["healthy-db@docker02"]
    assert wait["create"].endswith("dependency.sh healthy")
    assert wait["stdin"] == "id=id-of-db@docker02 name=store\n"
    assert "db@docker02" in engine.after["healthy-db@docker02"]
    for name in ("web@docker01", "more@docker02"):
        assert "healthy-db@docker02" in engine.after[name]


def test_one_that_is_to_end_is_not_expected_to_run(monkeypatch, tmp_path):
    values = stack(
        web={"depends_on": {"setup": COMPLETED}, "ports": ["81:80"]}, setup={"ports": ["82:80"]}
    )
    engine = run_program(monkeypatch, tmp_path, values, FACTS)
    assert engine.of_type(CONTAINER)["setup@docker02"]["mustRun"] is False
    commands = engine.of_type("command:remote:Command")
    assert "completed-setup@docker02" in engine.after["web@docker01"]
    assert " setup " in commands["present@docker02"]["stdin"].partition("\nended ")[2]
    proof = engine.of_type("command:local:Command")["reachability"]["stdin"]
    assert "web" in proof
    assert "setup" not in proof


def test_restart_makes_the_dependent_anew_with_what_it_depends_on(monkeypatch, tmp_path):
    values = stack(web={"depends_on": {"db": {"restart": True}}}, db={})
    labels = run_program(monkeypatch, tmp_path, values, FACTS).of_type(CONTAINER)["web@docker01"][
        "labels"
    ]
    assert {"label": "crosshost.after", "value": "id-of-db@docker02"} in labels


def test_what_is_not_required_may_be_missing(monkeypatch, tmp_path):
    values = stack(web={"depends_on": {"db": {"required": False}}})
    assert parse(values).containers["web"].depends_on
    run_program(monkeypatch, tmp_path, values, FACTS)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (stack(web={"depends_on": ["bd"]}, db={}), "web.depends_on.bd: there is no container 'bd'"),
        (stack(web={"depends_on": ["web"]}), "web.depends_on.web: a container cannot wait for itself"),
        (
            stack(a1={"depends_on": ["b1"]}, b1={"depends_on": ["c1"]}, c1={"depends_on": ["a1"]}),
            "a1.depends_on: these wait for each other, so none can begin: a1 -> b1 -> c1 -> a1",
        ),
        (
            stack(web={"depends_on": {"db": COMPLETED}}, db={"restart": "always"}),
            "web.depends_on.db: db never ends for good, as it has `restart: always`",
        ),
        (stack(web={"depends_on": {"db": {"condition": "healthy"}}}, db={}), "depends_on.db.condition"),
        (stack(web={"depends_on": ["db", "db"]}, db={}), "names a service twice"),
        (stack(web={"depends_on": [["db"]]}, db={}), "must be a list of names"),
    ],
)  # fmt: skip
def test_what_cannot_be_waited_for_is_refused(values, said):
    assert said in problem(values)


def test_a_host_of_another_platform_is_refused(monkeypatch, tmp_path):
    facts = {**FACTS, "docker01": facts_text(info={"Architecture": "aarch64"})}
    values = stack(web={"platform": "linux/amd64"}, db={"platform": "linux/amd64"})
    with pytest.raises(
        Exception, match="web wants the platform linux/amd64, and docker01 is linux/arm64"
    ):
        run_program(monkeypatch, tmp_path, values, facts)
    values["containers"]["web"]["platform"] = "linux/arm64/v8"
    run_program(monkeypatch, tmp_path, values, facts)
