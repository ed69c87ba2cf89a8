"""Whatever a stack file says is data: refused with a sentence, or carried through unchanged."""

from __future__ import annotations

import copy
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planning.problems import ProblemsError
from stacks.settings import parse
from tests.unit.fleet import facts_text, run_program, stack_values

pytestmark = pytest.mark.usefixtures("key_file")
FACTS = {name: facts_text(hostname=name) for name in ("docker01", "docker02")}
CANARY = "touch /tmp/crosshost-canary"
NASTY = [
    f"$({CANARY})", f"`{CANARY}`", f"'; {CANARY}; '", f'"; {CANARY}; "', f"x\n{CANARY}\n",
    f"| {CANARY}", f"&& {CANARY}", "${IFS}", "%s%n", "\\", "''", '""', "-rf", "--help", "../../etc",
    "END_OF_CROSSHOST_SCRIPT\n", "\u00e4\u4e2d\U0001f600", "\u202e", "\x00", "\x1b[2J", "\ud800",
    " ", "\t", "~nobody-here/x", "*", "x" * 65536, "x" * 65537, "", "null", "1e400", "NaN",
]  # fmt: skip
TEXT = st.one_of(
    st.sampled_from(NASTY),
    st.text(max_size=40),
    st.tuples(st.text(max_size=8), st.sampled_from(NASTY)).map("".join),
)
SCALAR = st.one_of(TEXT, st.none(), st.booleans(), st.integers(), st.floats())
ANYTHING = st.recursive(
    SCALAR,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXT, inner, max_size=3)),
    max_leaves=5,
)
STACKS = ("lab-macvlan", "lab-overlay", "lab-modes", "lab-swarm", "lab-auto", "lab-vxlan")
# StackModel of a container that take any text; each with how it stands among the inputs.
FREE = {
    "command": lambda t: (["run", t], "command", ["run", t]),
    "entrypoint": lambda t: (["run", t], "entrypoints", ["run", t]),
    "environment": lambda t: ({"NAME": t}, "envs", [f"NAME={t}"]),
    "working_dir": lambda t: (f"/{t}", "workingDir", f"/{t}"),
    "dns_search": lambda t: ([t], "dnsSearches", [t]),
    "sysctls": lambda t: ({"net.x": t}, "sysctls", {"net.x": t}),
    "security_opt": lambda t: ([t], "securityOpts", [t]),
}


def places(values: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every setting."""
    found = [path] if path else []
    items = values.items() if isinstance(values, dict) else ()
    for key, value in items:
        found += places(value, (*path, key))
    return found


def replaced(values: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(values)
    node = changed
    for part in path[:-1]:
        node = node[part]
    node[path[-1]] = value
    return changed


def refused_or_read(values: dict[str, Any]) -> None:
    """Anything but a ProblemsError is a fault."""
    with suppress(ProblemsError):
        parse(values)


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_any_setting_may_be_anything(data):
    values = stack_values(data.draw(st.sampled_from(STACKS)))
    path = data.draw(st.sampled_from(places(values)))
    refused_or_read(replaced(values, path, data.draw(ANYTHING)))


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_any_name_may_be_anything(data):
    values = stack_values(data.draw(st.sampled_from(STACKS)))
    sections = [s for s in ("hosts", "networks", "containers") if s in values]
    section = data.draw(st.sampled_from(sections))
    old = data.draw(st.sampled_from(sorted(values[section])))
    values[section][data.draw(TEXT)] = values[section].pop(old)
    refused_or_read(values)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(word=st.text(max_size=10), value=ANYTHING)
def test_any_word_of_a_container_may_be_anything(word, value):
    from components.container.settings import ContainerSettings

    for name in (word, *ContainerSettings.model_fields):
        refused_or_read(replaced(stack_values("lab-modes"), ("containers", "alone", name), value))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(word=st.text(max_size=10), value=ANYTHING)
def test_any_word_of_the_swarm_and_of_an_overlay_may_be_anything(word, value):
    from components.networks.overlay.settings import OverlaySettings
    from components.networks.overlay.swarm.settings import SwarmSettings

    values = stack_values("lab-swarm")
    for name in (word, *SwarmSettings.model_fields):
        refused_or_read(replaced(values, ("swarm", name), value))
    for name in (word, *OverlaySettings.model_fields):
        refused_or_read(replaced(values, ("networks", "ol1", name), value))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    managers=st.lists(st.sampled_from(["docker03", "docker04", "docker05"]), max_size=4),
    advertise=st.one_of(
        st.none(), TEXT, st.dictionaries(st.sampled_from(["docker03", "docker04"]), TEXT)
    ),
    port=st.integers(0, 70000),
    autolock=st.booleans(),
    pool=st.one_of(st.none(), st.sampled_from(["10.9.0.0/16", "172.16.0.0/16", "0.0.0.0/0"])),
)
def test_a_swarm_that_is_read_reaches_scripts_as_fields_without_spaces(
    managers, advertise, port, autolock, pool
):
    values = stack_values("lab-swarm")
    values["swarm"] = {
        "managers": managers, "advertise": advertise, "data_path_port": port,
        "autolock": autolock, "address_pool": pool,
    }  # fmt: skip
    try:
        said = parse(values)
    except ProblemsError:
        return
    addresses = {name: host.address for name, host in said.hosts.items()}
    spec = said.swarm.spec(list(addresses), addresses)
    assert set(spec.managers) <= set(spec.hosts) == set(addresses)
    for text in (*spec.managers, *spec.advertise.values()):
        assert re.fullmatch(r"[A-Za-z0-9_.:@-]+", text), text


@pytest.mark.parametrize("text", [t for t in NASTY if t not in ("", "null", "NaN", "1e400")])
@pytest.mark.parametrize(
    ("word", "form"),
    [
        ("managers", lambda text: [text]),
        ("advertise", lambda text: text),
        ("advertise", lambda text: {"docker03": text}),
        ("advertise", lambda text: {text: "ens33"}),
        ("data_path_port", lambda text: text),
        ("autolock", lambda text: text),
        ("address_pool", lambda text: text),
    ],
    ids=("managers", "nic", "address", "host", "port", "lock", "pool"),
)
def test_nothing_of_a_shells_language_gets_into_a_swarm(word, form, text):
    with pytest.raises(ProblemsError):
        parse(replaced(stack_values("lab-swarm"), ("swarm", word), form(f"{text}a")))


@pytest.mark.parametrize("path", [
    ("hosts", "docker01", "address"), ("hosts", "docker01", "user"), ("ssh", "user"),
    ("networks", "macvlan_1", "parent"), ("containers", "ssh01", "image"),
    ("containers", "ssh01", "container_name"), ("containers", "ssh01", "hostname"),
    ("containers", "ssh01", "network"), ("containers", "ssh01", "user"),
], ids=".".join)  # fmt: skip
@pytest.mark.parametrize("text", [t for t in NASTY if t not in ("", "null", "NaN", "1e400")])
def test_what_names_things_on_a_host_takes_nothing_of_a_shells_language(path, text):
    values = replaced(stack_values("lab-macvlan"), path, f"{text}a")
    with pytest.raises(ProblemsError):
        parse(values)


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_free_text_arrives_unchanged_and_never_in_a_command(monkeypatch, tmp_path, text):
    values = stack_values("lab-macvlan")
    expected = {}
    for word, form in FREE.items():
        given_value, name, result = form(text)
        changed = replaced(values, ("containers", "ssh01", word), given_value)
        with suppress(ProblemsError):
            parse(changed)
            values, expected[name] = changed, result
    if text and "\0" not in text and "\ud800" not in text and len(text) <= 65536:
        assert "command" in expected, "text was refused"
    engine = run_program(monkeypatch, tmp_path, values, FACTS)
    container = engine.of_type("docker:index/container:Container")["ssh01@docker01"]
    assert {name: container[name] for name in expected} == expected
    for command in engine.of_type("command:remote:Command").values():
        for verb in ("create", "delete"):
            assert CANARY not in command.get(verb, "")
            assert len(command.get(verb, "")) < 200


def test_no_setting_reaches_the_text_of_a_command(monkeypatch, tmp_path):
    engine = run_program(monkeypatch, tmp_path, stack_values("lab-overlay"), FACTS)
    for command in engine.of_type("command:remote:Command").values():
        for verb in ("create", "delete"):
            words = command.get(verb, "").split()
            for word in words:
                assert word in (
                    "sh",
                    "-s",
                    "install",
                    "remove",
                    "apply",
                    "undo",
                    "leave",
                    "test",
                    "hosts",
                ) or (
                    word.startswith("/var/lib/crosshost/test/scripts/")
                    and Path(word).suffix == ".sh"
                ), command
