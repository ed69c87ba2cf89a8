"""IPv6 subnets on Docker 29, and inside WireGuard."""

from __future__ import annotations

import pytest

from tests.lab.conftest import WORKER, lab_of_its_own
from tests.lab.environment import Environment
from tests.lab.host_state import difference, look
from tests.lab.proofs import proven, rows

# The first run on a machine builds the daemon.
pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

NAME = f"test-{WORKER}-29"
MESH = "fd12:3456:789a:2::"


def held(stack):
    """The kinds of what was tried by IPv6 and is as promised; nothing else is otherwise."""
    found = rows(stack)
    assert [row for row in found if row["expected"] != row["observed"]] == []
    return {row["kind"] for row in found if row["family"] == "IPv6"}


@pytest.mark.parametrize("like", ["lab-vxlan", "lab-macvlan"])
def test_docker_29_carries_both_families_and_it_is_no_change_again(like):
    with lab_of_its_own(NAME, engine="29") as lab:
        stack = Environment(lab, f"{NAME}-{like.removeprefix('lab-')}", like)
        try:
            before = {"docker01": look(lab, "docker01")}
            stack.variables["CROSSHOST_LAB_NAME"] = NAME
            stack.config["hosts"] = {"docker01": stack.config["hosts"]["docker01"]}
            for network in stack.config["networks"].values():
                network["subnet6"] = f"{MESH}/64"
            for number, container in enumerate(stack.config["containers"].values()):
                network = stack.config["networks"][container["network"]]
                start = network["subnet"].rpartition(".")[0]
                container |= {"host": "docker01", "ip": f"{start}.{5 + number}"}
            stack.config["prove"] = {"when": "always"}
            stack.write()
            stack.up()
            assert "ping" in held(stack)
            stack.config["prove"] = {"when": "never"}
            stack.write()
            stack.up()
            assert stack.up().changes == {}
            assert stack.preview("--refresh").changes == {}
            stack.destroy()
            assert not difference(before, {"docker01": look(lab, "docker01")})
        finally:
            stack.remove()


def test_an_encrypted_network_carries_both_families(lab, environment):
    lab.up_for("lab-vxlan-encrypted")
    stack = proven(environment, "lab-vxlan-encrypted")
    for network in stack.config["networks"].values():
        network["subnet6"] = f"{MESH}/64"
    stack.write()
    stack.up()
    assert {"ping", "tcp", "transfer", "size"} <= held(stack)
