"""Stacks with an overlay of their own each, on the same hosts as each other."""

from __future__ import annotations

from collections.abc import Sequence

from tests.lab.environment import Environment


def own_overlay(
    stack: Environment, name: str, number: int, control_plane: str, hosts: Sequence[str], first: int
) -> None:
    """Gives a stack overlay NAME NUMBER, and on it a container WEB NUMBER I on each host.

    ``first``: the I of the first host's.
    """
    network = f"{name}{number}"
    stack.config["networks"] = {
        network: {"strategy": "overlay", "control_plane": control_plane,
                  "subnet": f"172.16.{number}.0/24", "gateway": f"172.16.{number}.254"}
    }  # fmt: skip
    stack.config["containers"] = {
        f"web{number}{i}": {"host": host, "image": "centos_ssh:v2", "network": network}
        for i, host in enumerate(hosts, first)
    }
    stack.write()
