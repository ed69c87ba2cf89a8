"""Overlays of a swarm that people made, gathered as entries of a stack file, with the swarm that they are in."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from components.networks.overlay.mtu import ENCAPSULATION
from components.networks.overlay.settings import MTU_OPTION
from planning import adoption
from planning.answers import printable
from planning.facts import HostFacts, NetworkFacts
from planning.facts.networks import Overlay
from planning.vxlan_numbers import PORT

Said = Mapping[str, list[tuple[str, Any]]]
_OWN = ("ingress", "docker_gwbridge")
_OPTIONS = {MTU_OPTION, "encrypted"}
_SERVICE = "com.docker.swarm.service.name"


def overlays(
    facts: Mapping[str, HostFacts], said: Said
) -> Iterator[tuple[str, dict[str, Any] | str]]:
    """Name and words of each overlay on Swarm that can be taken over, or why it is left.

    ``said``: what runs there, by host (by_hand.sh).
    """
    found: dict[str, tuple[NetworkFacts, list[str]]] = {}
    for host, seen in facts.items():
        for net in seen.networks or []:
            if adoption.is_of_swarm(net) and net.name not in _OWN and not net.stack:
                found.setdefault(net.id, (net, []))[1].append(host)
    inside = members(facts)
    for id_, (net, hosts) in found.items():
        rows = [facts[host].overlays[id_] for host in hosts if id_ in facts[host].overlays]
        swarm = {host for host in inside if not set(hosts).isdisjoint(inside)}
        why = list(_refused(net, rows, {facts[h].swarm.address for h in swarm}, said))
        if not swarm:
            why = ["no host of the file manages its swarm"]
        if why:
            yield net.name, "; ".join(why)
            continue
        config, options = (rows[0].configs or [{}])[0], adoption.own_options(rows[0])
        words: dict[str, Any] = {
            "strategy": "overlay", "control_plane": "swarm", "adopt": True,
            "subnet": config["Subnet"], "gateway": config["Gateway"],
        }  # fmt: skip
        if MTU_OPTION in options:
            words["mtu"] = int(options[MTU_OPTION]) - ENCAPSULATION
        if "encrypted" in options:
            words["encrypted"] = True
        if swarm != set(facts):
            words["hosts"] = [host for host in facts if host in swarm]
        yield net.name, words


def members(facts: Mapping[str, HostFacts]) -> list[str]:
    """The hosts of the swarm that the first manager among them has; none where none manages."""
    first = next((f.swarm for f in facts.values() if f.swarm.manager and f.swarm.cluster), None)
    if first is None:
        return []
    nodes = {node.id for node in first.nodes}
    return [host for host, seen in facts.items() if seen.swarm.member and seen.swarm.node in nodes]


def swarm_words(facts: Mapping[str, HostFacts], addresses: Mapping[str, str]) -> dict[str, Any]:
    """`crosshost:swarm` for the swarm as it is. ``addresses``: of the hosts."""
    inside = members(facts)
    leading = {n.id for f in facts.values() for n in f.swarm.nodes if n.leads}
    managers = [host for host in inside if facts[host].swarm.manager]
    managers.sort(key=lambda host: facts[host].swarm.node not in leading)
    words: dict[str, Any] = {"managers": managers}
    port = facts[managers[0]].swarm.data_path_port
    if port != PORT:
        words["data_path_port"] = port
    known = {host: facts[host].swarm.address for host in inside}
    other = {host: at for host, at in known.items() if at != addresses.get(host)}
    if other:
        words["advertise"] = other
    return words


def _refused(net: NetworkFacts, rows: list[Overlay], inside: set[str], said: Said) -> Iterator[str]:
    if not rows:
        yield "what it is made of could not be read"
        return
    made = rows[0]
    configs, options = made.configs or [], adoption.own_options(made)
    if not made.attachable:
        yield "it is for services alone (not attachable)"
    if made.internal:
        yield "internal has no word in a stack file"
    given = {key for config in configs for key, value in config.items() if value}
    if len(configs) != 1 or given != {"Subnet", "Gateway"}:
        yield f"subnets {printable(json.dumps(configs), 200)} has no word in a stack file"
    mtu = options.get(MTU_OPTION, "1500")
    odd = sorted(set(options) - _OPTIONS)
    if odd or not mtu.isdecimal() or options.get("encrypted", "true") != "true":
        yield f"options {printable(json.dumps(options), 200)} has no word in a stack file"
    others = sorted({peer.IP for row in rows for peer in row.peers or []} - inside)
    if others:
        yield f"{', '.join(others)} has containers on it, too, and is no host of the file: add it there"
    services = {
        str(labels[_SERVICE])
        for lines in said.values()
        for kind, data in lines
        if kind == "container"
        and net.name in ((data.get("NetworkSettings") or {}).get("Networks") or {})
        and _SERVICE in (labels := data["Config"].get("Labels") or {})
    }
    if services:
        yield f"service {printable(', '.join(sorted(services)))} is on it, which only Swarm can run"
