"""Each stack of the lab registers the resources that its graph lists, below and after the same ones.

Another name, parent or order is another thing to a stack that is up. Where that is meant:
``lab/python -m pytest tests/unit/test_graphs.py --write-graphs``.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.fleet import RecordingEngine, facts_text, run_program, stack_values

FOLDER = Path(__file__).parent / "graphs"
STACKS = (
    "lab-macvlan",
    "lab-overlay",
    "lab-modes",
    "lab-swarm",
    "lab-auto",
    "lab-vxlan",
    "lab-vxlan-encrypted",
    "lab-lan",
)


def graph(engine: RecordingEngine) -> str:
    """A line for each resource: its type and name, its parent, what it comes after."""
    return "".join(
        f"{called}\n    in {parent}\n" + "".join(f"    after {other}\n" for other in sorted(after))
        for called, (parent, after) in sorted(engine.graph.items())
        if not called.startswith("pulumi:pulumi:Stack ")
    )


@pytest.mark.parametrize("stack", STACKS)
def test_a_stack_registers_what_its_graph_lists(monkeypatch, tmp_path, stack, request):
    values = stack_values(stack)
    facts = {
        name: facts_text(hostname=name, address=host["address"])
        for name, host in values["hosts"].items()
    }
    found = graph(run_program(monkeypatch, tmp_path, values, facts))
    file = FOLDER / f"{stack}.txt"
    if request.config.getoption("--write-graphs"):
        file.write_text(found)
    assert found == file.read_text()
