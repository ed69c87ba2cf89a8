"""What hosts run already, gathered as entries of a stack file, and what is left alone and why."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from components.container.settings import ContainerSettings
from crosshost.start import taken_overlays as overlays
from planning import adoption, by_hand
from planning.answers import printable
from planning.by_hand import Surroundings
from planning.facts import HostFacts


@dataclass
class Taken:
    """What is taken over, by name, and sentences on what is not; ``secrets``: container -> variables.

    ``swarm``: the words of `crosshost:swarm`, where a network is of one.
    """

    networks: dict[str, dict[str, Any]] = field(default_factory=dict)
    containers: dict[str, dict[str, Any]] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)
    secrets: dict[str, tuple[str, ...]] = field(default_factory=dict)
    swarm: dict[str, Any] = field(default_factory=dict)


def networks(facts: Mapping[str, HostFacts], taken: Taken) -> None:
    """Put the macvlan networks of hosts into what is taken; say which others are left."""
    for host, seen in facts.items():
        for found in seen.networks or []:
            if (
                found.stack
                or (adoption.is_of_swarm(found) and found.name != "ingress")
                or (
                    found.driver in ("bridge", "host", "null")
                    and found.name in ("bridge", "host", "none")
                )
            ):
                continue
            where = f"network {found.name} on {host}"
            if found.driver != "macvlan":
                why = (
                    "the swarm's own"
                    if found.name in ("ingress", "docker_gwbridge")
                    else f"of driver {found.driver}, only macvlan and overlays on Swarm are taken over"
                )
                taken.left.append(f"{where}: {why}")
                continue
            made = seen.macvlans[found.id]
            configs = made.configs or []
            more = set(made.options or {}) - {"parent"}
            odd = (
                len(configs) != 1
                or not configs[0].get("Subnet")
                or {k for k, v in configs[0].items() if v}
                - {
                    "Subnet",
                    "Gateway",
                    "IPRange",
                }
            )
            if odd or more or not made.parent:
                why = ", ".join(filter(None, [
                    "subnets " + json.dumps(configs) if odd else "",
                    "options " + " ".join(sorted(more)) if more else "",
                    "" if made.parent else "no parent",
                ]))  # fmt: skip
                taken.left.append(f"{where}: {printable(why)} has no word in a stack file")
                continue
            _join(found.name, host, made.parent, configs[0], seen, taken)
    for words in taken.networks.values():
        if "parent" not in words:
            continue
        parents = words["parent"]
        if len(set(parents.values())) == 1:
            words["parent"] = next(iter(parents.values()))
        if set(words["hosts"]) == set(facts):
            del words["hosts"]
        if not words["ip_range"]:
            del words["ip_range"]


def swarm_networks(
    facts: Mapping[str, HostFacts], addresses: Mapping[str, str], said: overlays.Said, taken: Taken
) -> None:
    """Put the overlays on Swarm into what is taken; say which are left, and why."""
    for name, words in overlays.overlays(facts, said):
        if isinstance(words, str):
            taken.left.append(f"network {name} of the swarm: {words}")
        elif name in taken.networks:
            taken.left.append(f"network {name} of the swarm: a macvlan network has that name")
        else:
            taken.networks[name] = words
            taken.swarm = overlays.swarm_words(facts, addresses)


def _join(
    name: str, host: str, parent: str, config: Mapping[str, str], seen: HostFacts, taken: Taken
) -> None:
    """Add a host to a network of the name, or say why it is another network."""
    words = taken.networks.setdefault(
        name,
        {
            "strategy": "macvlan", "adopt": True, "subnet": config["Subnet"],
            "gateway": config.get("Gateway") or "", "parent": {}, "ip_range": {}, "hosts": [],
        },
    )  # fmt: skip
    if (config["Subnet"], config.get("Gateway") or "") != (words["subnet"], words["gateway"]):
        taken.left.append(
            f"network {name} on {host}: another one of that name has another subnet or gateway"
        )
        return
    words["parent"][host] = parent
    words["hosts"].append(host)
    if config.get("IPRange"):
        words["ip_range"][host] = config["IPRange"]
    nic = seen.nics.get(parent.partition(".")[0])
    if nic and nic.promiscuous:
        words["promiscuous"] = True


def containers(host: str, facts: HostFacts, said: list[tuple[str, Any]], taken: Taken) -> None:
    """Put the containers of a host into what is taken; say which are left, and why."""
    images = {data["Id"]: data.get("Config") or {} for kind, data in said if kind == "image"}
    driver = next(data for kind, data in said if kind == "driver")
    running = [data for kind, data in said if kind == "container"]
    here = frozenset(n for n, words in taken.networks.items() if host in words.get("hosts", [host]))
    around = Surroundings(
        {data["Id"]: data["Name"].lstrip("/") for data in running},
        here, driver["LoggingDriver"], driver["DefaultRuntime"],
    )  # fmt: skip
    ours = {one.id for one in facts.containers or [] if one.stack}
    for one in facts.containers or []:
        if one.state != "running" and not one.stack:
            taken.left.append(f"container {one.name} on {host}: it is {one.state}")
    for data in running:
        if data["Id"] in ours:
            continue
        name = printable(data["Name"].lstrip("/"))
        found = by_hand.container(data, images.get(data["Image"], {}), around)
        words = {"host": host, "adopt": True, **found.words}
        if refused := [*found.refused, *_misfits(words)]:
            taken.left.append(f"container {name} on {host}: {printable('; '.join(refused), 500)}")
            continue
        key = name
        if name in taken.containers:
            key, words["container_name"] = f"{name}-{host}", name
        taken.containers[key] = words
        if found.secrets:
            taken.secrets[key] = found.secrets


def _misfits(words: Mapping[str, Any]) -> Iterator[str]:
    """Why the stack file would refuse the words."""
    try:
        ContainerSettings.model_validate(words)
    except ValidationError as error:
        for one in error.errors():
            where = ".".join(map(str, one["loc"]))
            yield f"{where}: {one['msg'].removeprefix('Value error, ')}".removeprefix(": ")
