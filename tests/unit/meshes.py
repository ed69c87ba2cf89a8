"""Hosts with VXLAN networks for tests: stack files, facts, and what the program tells each host."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
import pytest

from components.networks.vxlan.device import bridge_name, device_name, own_number
from planning import records
from tests.unit.fleet import b64, facts_text, run_program, stack_values

COMMAND, NETWORK = "command:remote:Command", "docker:index/network:Network"
HOSTS = {"docker01": "10.0.0.11", "docker02": "10.0.0.12", "docker03": "10.0.0.13"}
DEVICE, BRIDGE = device_name("test", "mesh"), bridge_name("test", "mesh")


def values(count: int = 2, **mesh: Any) -> dict[str, Any]:
    """The lab's stack with its network changed, without addresses of containers."""
    found = stack_values("lab-vxlan")
    key = found["hosts"]["docker01"]["host_key"]
    found["hosts"] = {
        name: {"address": HOSTS[name], "host_key": key} for name in list(HOSTS)[:count]
    }
    found["networks"]["mesh"] |= mesh
    for container in found["containers"].values():
        del container["ip"]
    return found


def seen(name: str, **more: Any) -> str:
    return facts_text(hostname=name, address=HOSTS[name], **more)


def fleet(hosts: int = 2, **more: Any) -> dict[str, Any]:
    return {name: seen(name, **more) for name in list(HOSTS)[:hosts]}


def device(
    peers: tuple[str, ...], vni: int = 0, name: str = DEVICE, **other: Any
) -> tuple[str, ...]:
    """The facts of a host with a device like ours."""
    now = {
        "mtu": 1450,
        "port": 4789,
        "local": "10.0.0.11",
        "bridge": BRIDGE,
        "flags": "UP,LOWER_UP",
    }
    now |= other
    link = (
        f"7: {name}: <BROADCAST,MULTICAST,{now['flags']}> mtu {now['mtu']} qdisc noqueue master {now['bridge']} "
        "state UNKNOWN mode DEFAULT group default qlen 1000\\    link/ether 66:47:35:28:5f:04 brd "
        "ff:ff:ff:ff:ff:ff promiscuity 1 minmtu 68 maxmtu 65535 \\    vxlan id "
        f"{vni or own_number('test', 'mesh')} local {now['local']} {_lower(now)}srcport 0 0 dstport {now['port']} ttl auto "
        "ageing 300 udpcsum noudp6zerocsumtx \\    alias crosshost test/mesh\n"
    )
    rows = "".join(f"00:00:00:00:00:00 dev {name} dst {peer} self permanent\n" for peer in peers)
    return (f"vxlan {b64(link)}", f"vxlan_fdb {b64(rows)}")


def _lower(now: Mapping[str, Any]) -> str:
    return f"dev {now['lower']} " if now.get("lower") else ""


def sent(engine: Any, host: str) -> tuple[dict[str, str], str]:
    """The header and the content of the change that makes the device of a host."""
    stdin = engine.resources[f"mesh-vxlan@{host}"].inputs["stdin"]
    return records.header_fields(stdin), records.body(stdin)


def refusal(monkeypatch, tmp_path, stack, facts, **more):
    with pytest.raises(pulumi.RunError) as caught:
        run_program(monkeypatch, tmp_path, stack, facts, **more)
    return str(caught.value)


def recorded(monkeypatch, tmp_path, hosts: int = 2) -> dict[str, dict[str, str]]:
    """Host -> its record after an up, some time ago."""
    engine = run_program(monkeypatch, tmp_path, values(hosts), fleet(hosts))
    found = {}
    for name in list(HOSTS)[:hosts]:
        _, _, rest = engine.resources[f"mesh-vxlan@{name}"].inputs["stdin"].partition(" ")
        found[name] = {"vxlan/mesh": f"planned=2020-01-01T00:00:00Z {rest}"}
    return found
