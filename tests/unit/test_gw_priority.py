"""`gw_priority`: by which of its networks a container's default route is."""

from __future__ import annotations

import pulumi
import pytest

from planning.problems import ProblemsError
from stacks.settings import parse
from tests.unit.fleet import facts_text, run_program, stack_values

pytestmark = pytest.mark.usefixtures("key_file")


def values(priority):
    found = stack_values("lab-macvlan")
    found["networks"]["mesh"] = {"strategy": "vxlan", "subnet": "172.16.2.0/24"}
    container = found["containers"]["ssh01"]
    del container["network"], container["ip"]
    container["networks"] = {
        "mesh": {}, "macvlan_1": {"ipv4_address": "10.0.0.100", "gw_priority": priority},
    }  # fmt: skip
    return found


def facts(version="28.5.2"):
    return {
        name: facts_text(hostname=name, address=f"10.0.0.1{name[-1]}", version=version)
        for name in ("docker01", "docker02")
    }


@pytest.mark.parametrize(("given", "passed"), [(1, 1), (-5, -5), (0, None), (None, None)])
def test_it_is_passed_to_the_engine(monkeypatch, tmp_path, given, passed):
    engine = run_program(monkeypatch, tmp_path, values(given), facts())
    mesh, lan = engine.resources["ssh01@docker01"].inputs["networksAdvanced"]
    assert "gwPriority" not in mesh
    assert lan.get("gwPriority") == passed


@pytest.mark.parametrize("version", ["20.10.5+dfsg1", "27.5.1"])
def test_an_engine_that_takes_no_notice_of_it_is_refused(monkeypatch, tmp_path, version):
    with pytest.raises(pulumi.RunError) as caught:
        run_program(monkeypatch, tmp_path, values(10), facts(version))
    assert (
        f"ssh01 has `gw_priority` on macvlan_1, which Docker {version} of docker01 takes no notice of: use "
        "Docker 28 or newer there, or take it out and leave ssh01 one network with a gateway"
    ) in str(caught.value)
    assert "ssh02" not in str(caught.value)


@pytest.mark.parametrize("given", [1 << 31, "first", 1.5])
def test_what_is_no_whole_number_is_refused(given):
    with pytest.raises(ProblemsError, match="gw_priority"):
        parse(values(given))
