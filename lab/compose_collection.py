"""How many services of a folder of Compose files are taken: docs/compose.md says it of one.

    lab/python -m lab.compose_collection FOLDER

FOLDER has a folder for each application, with its Compose file in it. Each is read as a stack of one host,
with a network for each of the file's. No host is contacted.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from planning.problems import Problem, ProblemsError
from stacks.settings import parse

_NAMES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
_HOST = {"address": "192.0.2.1", "host_key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + "A" * 43}
_KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\n"
_DEFAULT = "of_the_file"
_BUILT = "example.com/built:1"


def main(folder: Path) -> None:
    """Print what is refused of services with an image, and the counts."""
    files = sorted(_files(folder))
    services = images = plain = placed = all_taken = 0
    for file in files:
        whole: dict[str, Any] = yaml.safe_load(file.read_text())
        built = [name for name, words in whole["services"].items() if not words.get("image")]
        services += len(whole["services"])
        images += len(whole["services"]) - len(built)
        plain += len(_taken(whole, _refused(file, whole, {})))
        with_folder: dict[str, Any] = {"project_directory": "/srv/app"}
        placed += len(_taken(whole, _refused(file, whole, with_folder)))
        with_images = {**with_folder, "images": dict.fromkeys(built, _BUILT)}
        refused = _refused(file, whole, with_images)
        all_taken += len(_taken(whole, refused))
        for name, problem in ((n, p) for n, found in refused.items() for p in found):
            print(f"{file.parent.name}: {name or 'the file'}: {problem.where}: {problem.sentence}")
    print(f"{len(files)} files, {services} services, of which {images} have an image")
    print(f"taken with `on` and `networks` only: {plain}")
    print(
        f"with `project_directory`, too: {placed}; with `images` for what is built, too: {all_taken}"
    )


def _files(folder: Path) -> Iterator[Path]:
    for each in folder.iterdir():
        found = [each / name for name in _NAMES if (each / name).is_file()]
        yield from found[:1]


def _taken(whole: dict[str, Any], refused: dict[str, list[Problem]]) -> list[str]:
    """The services of which nothing is refused; ``""`` there is the whole file."""
    return [name for name in whole["services"] if name not in refused and "" not in refused]


def _refused(
    file: Path, whole: dict[str, Any], placement: dict[str, Any]
) -> dict[str, list[Problem]]:
    """Service -> what is refused of it; ``""`` -> of the file as a whole."""
    networks = {name: words or {} for name, words in (whole.get("networks") or {}).items()}
    networks[_DEFAULT] = {}
    values = {
        "hosts": {"docker01": _HOST},
        "networks": {
            name: {"strategy": "vxlan", "subnet": _subnet(words, i), "vni": 100 + i}
            for i, (name, words) in enumerate(networks.items())
        },
        "compose": {
            "file": file.name, "on": "docker01", "networks": {"default": _DEFAULT}, **placement,
        },
    }  # fmt: skip
    found: dict[str, list[Problem]] = {}
    with tempfile.NamedTemporaryFile("w") as key:
        key.write(_KEY)
        key.flush()
        try:
            parse({**values, "ssh": {"private_key_file": key.name}}, base=file.parent)
        except ProblemsError as error:
            for problem in error.problems:
                service = str(problem.path[1]) if problem.path[:1] == ("services",) else ""
                found.setdefault(service, []).append(problem)
    return found


def _subnet(network: dict[str, Any], number: int) -> str:
    config = (network.get("ipam") or {}).get("config") or [{}]
    return str(config[0].get("subnet") or f"172.31.{number}.0/24")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
