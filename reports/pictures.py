"""Writes docs/pictures: a packet's way for each contract, and the picture of an example fleet.

Run it after a change of the contracts or of how things are drawn: ``lab/python -m reports.pictures``.
"""

from __future__ import annotations

from pathlib import Path

from components.networks import contracts
from planning.contract import Contract
from reports import packet_ways
from reports.topology import example, svg

FOLDER = Path(__file__).parent.parent / "docs" / "pictures"


def packet_way(contract: Contract) -> str:
    """The file name of the picture of a packet's way."""
    return f"way-{contract.key}.svg"


def pictures() -> dict[str, str]:
    """File name in docs/pictures -> SVG."""
    ways = {packet_way(contract): packet_ways.svg(contract) for contract in contracts()}
    return {**ways, "topology.svg": svg.text(example.FLEET, example.ROWS)}


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, text in pictures().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
