"""What holds for the contract of every strategy and control plane, those to come included."""

from __future__ import annotations

import re
from typing import get_args

import pytest
from pydantic import TypeAdapter

from components.networks import STRATEGIES, AnyNetwork, contracts
from components.networks.base import NetworkSettings
from components.networks.network import Network
from components.networks.overlay.plane import ControlPlane
from components.networks.overlay.planes import PLANES, PlaneName
from components.networks.overlay.settings import OverlaySettings
from components.networks.strategy import Strategy
from lab.fleets import FLEETS
from planning.contract import Contract, Reach
from planning.facts import HostFacts, parse, script
from reports.verdicts import judge
from stacks.settings import parse as parse_settings
from tests.unit.fleet import ROOT, facts_text, stack_values
from tests.unit.swarms import host, manager, worker

# Contract -> why no environment of the lab can have it.
WITHOUT_LAB: dict[str, str] = {}
EACH = pytest.mark.parametrize("contract", contracts(), ids=lambda contract: contract.key)
PLANE = pytest.mark.parametrize("name", sorted(PLANES))
TEXTS = ("title", "engines", "addresses", "changes", "networks", "undo")
FLEET = (
    parse(facts_text()),
    parse(facts_text(version=None)),
    parse(facts_text(version="28.5.2", backends=())),
    parse(facts_text(info={"LiveRestoreEnabled": True})),
    parse(facts_text(info={"ClusterStore": "consul://10.0.0.11:8500"})),
    host("docker01", manager("docker01")),
    host("docker01", worker("docker01", ("docker02",))),
)


def sentence(text: str) -> bool:
    """One line that says what is wrong and, after a colon, what to do."""
    return bool(re.fullmatch(r"[^\n]{10,}: [^\n]{10,}[^.\n]", text))


def test_keys_and_titles_are_unique():
    for field in ("key", "title"):
        found = [getattr(contract, field) for contract in contracts()]
        assert len(set(found)) == len(found)


@EACH
def test_its_key_is_a_plain_word(contract: Contract):
    assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", contract.key)


@EACH
@pytest.mark.parametrize("field", TEXTS)
def test_its_texts_are_there_and_fit_a_cell_of_a_table(contract: Contract, field: str):
    text = getattr(contract, field)
    assert re.fullmatch(r"[ -{}~]+", text), "plain text, of which | is no part"
    assert text == text.strip().rstrip(".")


@EACH
def test_it_promises_or_denies_every_way_of_a_packet(contract: Contract):
    assert set(contract.reach) == set(Reach)
    assert all(isinstance(promise, bool) for promise in contract.reach.values())
    assert contract.reach[Reach.ACROSS], "which crosshost is for"


@EACH
def test_its_ports_and_modules_are_well_formed(contract: Contract):
    assert len(set(contract.ports)) == len(contract.ports)
    for protocol, number in contract.ports:
        assert protocol in ("tcp", "udp")
        assert 0 < number < 1 << 16
    assert len(set(contract.modules)) == len(contract.modules)
    for module in contract.modules:
        assert re.search(rf"^module {module} [A-Z_]+$", script(), re.M), "facts must tell of it"


@EACH
def test_a_host_without_one_of_its_modules_is_refused_with_a_remedy(contract: Contract):
    for module in contract.modules:
        seen = parse(facts_text(more=(f"module {module} missing",)))
        found = [text for text in contract.refusals("docker07", seen) if module in text]
        assert len(found) == 1
        assert "docker07" in found[0]
        assert "install a kernel that has it" in found[0]


@EACH
@pytest.mark.parametrize("seen", FLEET, ids=range(len(FLEET)))
def test_its_refusals_are_sentences_that_name_the_host_and_a_way_out(
    contract: Contract, seen: HostFacts
):
    for text in contract.refusals("docker07", seen):
        assert sentence(text), text
        assert "docker07" in text


@EACH
def test_a_host_that_tells_little_is_not_refused(contract: Contract):
    assert list(contract.refusals("docker07", parse(facts_text(version=None)))) == []


@EACH
def test_some_engine_can_have_it(contract: Contract):
    assert any(not list(contract.refusals("docker07", seen)) for seen in FLEET[:3])


@EACH
def test_the_doctor_judges_it(contract: Contract):
    assert contract.title in judge({"docker01": FLEET[0]}, {"docker01": "10.0.0.11"})["docker01"]


@pytest.mark.usefixtures("key_file")
@EACH
def test_it_has_an_environment_in_the_lab_or_a_reason(contract: Contract):
    having = {
        settings.contract.key
        for stack in FLEETS
        for settings in parse_settings(stack_values(stack)).networks.values()
        if getattr(settings, "control_plane", None) != "auto"
    }
    assert (contract.key in having) != bool(WITHOUT_LAB.get(contract.key))


@EACH
def test_the_documentation_knows_it(contract: Contract):
    reference = (ROOT / "docs" / "stack-file.md").read_text()
    strategy, _, plane = contract.key.partition("-")
    assert f"with strategy: {strategy}" in reference
    assert f"`{plane or strategy}`" in reference
    table = ROOT / "docs" / "strategies.md"
    if table.exists():
        assert contract.title in table.read_text()


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda s: s.settings.__name__)
def test_every_strategy_is_in_the_union_under_its_own_word(strategy: Strategy[NetworkSettings]):
    settings = strategy.settings
    (word,) = get_args(settings.model_fields["strategy"].annotation)
    schema = TypeAdapter(AnyNetwork).json_schema()
    assert schema["discriminator"]["mapping"][word].endswith(f"/{settings.__name__}")
    assert len(schema["discriminator"]["mapping"]) == len(STRATEGIES)
    assert settings.contracts
    assert all(contract.key.split("-")[0] == word for contract in settings.contracts)


@pytest.mark.parametrize("component", Network.__subclasses__(), ids=lambda c: c.__name__)
def test_every_strategys_component_says_all_that_containers_ask_of_it(component: type[Network]):
    for name in ("attach", "identity_on", "resources_on", "made_on", "outputs"):
        assert getattr(component, name) is not getattr(Network, name), name


def test_the_control_planes_are_those_that_a_stack_file_may_name():
    assert set(get_args(PlaneName)) == set(PLANES)
    named = TypeAdapter(OverlaySettings).json_schema()["properties"]["control_plane"]
    words = {word for kind in named.get("anyOf", [named]) for word in _words(kind)}
    assert words == {"auto", *PLANES}


def _words(kind: dict[str, object]) -> list[str]:
    found = kind.get("enum", [kind.get("const")])
    assert isinstance(found, list)
    return [str(word) for word in found]


@PLANE
def test_an_overlay_on_a_plane_is_under_the_planes_contract(name: PlaneName):
    settings = OverlaySettings.model_validate(
        {"strategy": "overlay", "subnet": "172.16.1.0/24", "control_plane": name}
    )
    assert settings.contract is PLANES[name].contract
    assert settings.contract.key == f"overlay-{name}"
    assert settings.contract in contracts()


@PLANE
def test_a_control_plane_makes_what_its_base_asks_for(name: PlaneName):
    assert issubclass(PLANES[name], ControlPlane)
    assert not getattr(PLANES[name], "__abstractmethods__", None)
