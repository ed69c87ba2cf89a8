"""A state without a host that is gone: whole, in order, and what is shared goes on."""

from __future__ import annotations

from typing import Any

import pytest

from components.networks.overlay.state import Overlay, attached, overlays
from components.networks.overlay.traces import consul
from components.preflight import reach
from planning.state import hosts, name
from planning.state_without_host import Forgotten, without_host

PROJECT = "urn:pulumi:test::crosshost::"
STACK = f"{PROJECT}pulumi:pulumi:Stack::crosshost-test"
HOST, DOCKER = "crosshost:host:Host", "pulumi:providers:docker"
OVERLAY, CONTAINER = "crosshost:networks:OverlayNetwork", "crosshost:container:Container"
IN_OVERLAY = f"{OVERLAY}$docker:index/network:Network"
IN_CONTAINER = f"{CONTAINER}$docker:index/container:Container"

HOSTS = ("docker01", "docker02")


def forget(deployment: dict[str, Any], host: str) -> Forgotten:
    return without_host(deployment, host, overlays(deployment))


def urn(types: str, name: str) -> str:
    return f"{PROJECT}{types}::{name}"


def resource(types: str, name: str, parent: str = STACK, **more: Any) -> dict[str, Any]:
    typ = types.rpartition("$")[2]
    custom = not typ.startswith("crosshost:")
    found = {"urn": urn(types, name), "type": typ, "custom": custom, "parent": parent, **more}
    return {**found, "id": f"id-of-{name}"} if custom else found


def provider(host: str) -> str:
    return f"{urn(f'{HOST}${DOCKER}', f'docker@{host}')}::id-of-docker@{host}"


def host_resources(host: str, number: int) -> list[dict[str, Any]]:
    above = urn(HOST, host)
    inputs = {"address": f"10.0.0.1{number}", "user": "root", "port": 22}
    return [
        resource(HOST, host, inputs=inputs),
        resource(f"{HOST}${DOCKER}", f"docker@{host}", above),
        resource(f"{HOST}$command:remote:Command", f"scripts@{host}", above),
    ]


def container(name: str, host: str, network: str) -> list[dict[str, Any]]:
    return [
        resource(CONTAINER, name, inputs={"host": host}),
        resource(
            IN_CONTAINER,
            f"{name}@{host}",
            urn(CONTAINER, name),
            provider=provider(host),
            inputs={"name": name, "networksAdvanced": [{"name": "ol1"}]},
            dependencies=[network, urn(f"{HOST}$command:remote:Command", "scripts@docker01")],
            propertyDependencies={"name": None, "networksAdvanced": [network]},
        ),
    ]


@pytest.fixture
def deployment() -> dict[str, Any]:
    """An overlay that docker01 made, a container on each of its hosts, Consul on a third."""
    network = urn(IN_OVERLAY, "ol1@docker01")
    return {
        "manifest": {"magic": "x"},
        "resources": [
            {"urn": STACK, "type": "pulumi:pulumi:Stack", "custom": False},
            *host_resources("docker01", 1),
            resource(
                OVERLAY,
                "ol1",
                inputs={"control_plane": "consul"},
                outputs={"hosts": ["docker01", "docker02"]},
            ),
            resource(
                IN_OVERLAY,
                "ol1@docker01",
                urn(OVERLAY, "ol1"),
                provider=provider("docker01"),
                inputs={"name": "ol1", "driver": "overlay"},
                dependencies=[],
            ),
            *container("web01", "docker01", network),
            *host_resources("docker02", 2),
            resource(
                "crosshost:consul:ConsulServer",
                "consul",
                inputs={"host": "docker09", "container_name": "consul"},
            ),
            *container("web02", "docker02", network),
        ],
    }


def names(deployment: dict[str, Any]) -> list[str]:
    return [name(one) for one in deployment["resources"]]


def by_name(deployment: dict[str, Any], called: str) -> dict[str, Any]:
    return next(one for one in deployment["resources"] if name(one) == called)


def assert_whole(deployment: dict[str, Any]) -> None:
    """As Pulumi checks it: what a resource names is there, and before it."""
    seen: set[str] = set()
    for one in deployment["resources"]:
        needs = [one.get("parent"), (one.get("provider") or "").rpartition("::")[0]]
        needs += one.get("dependencies") or []
        needs += [
            u for urns in (one.get("propertyDependencies") or {}).values() for u in urns or []
        ]
        assert {need for need in needs if need} <= seen, one["urn"]
        assert one["urn"] not in seen
        seen.add(one["urn"])


def test_all_of_a_host_goes_with_components_that_have_nothing_left(deployment):
    left = forget(deployment, "docker02").deployment
    assert_whole(left)
    assert names(left) == [
        "crosshost-test", "docker01", "docker@docker01", "scripts@docker01", "ol1",
        "ol1@docker01", "web01", "web01@docker01", "consul",
    ]  # fmt: skip


def test_a_network_that_others_use_is_handed_to_the_next_of_its_hosts(deployment):
    result = forget(deployment, "docker01")
    assert_whole(result.deployment)
    network = by_name(result.deployment, "ol1@docker02")
    assert network["id"] == "id-of-ol1@docker01"
    assert network["provider"] == provider("docker02")
    web02 = by_name(result.deployment, "web02@docker02")
    assert web02["dependencies"] == [network["urn"]]
    assert web02["propertyDependencies"] == {"name": [], "networksAdvanced": [network["urn"]]}
    assert "taint" not in web02
    assert result.moved == ["network ol1 to docker02"]
    assert not any(name.endswith("docker01") for name in names(result.deployment))


def test_networks_are_lost_with_their_control_plane_and_containers_on_them_made_anew(deployment):
    by_name(deployment, "consul")["inputs"]["host"] = "docker01"
    result = forget(deployment, "docker01")
    assert_whole(result.deployment)
    assert not any(name.startswith("ol1") for name in names(result.deployment))
    assert by_name(result.deployment, "web02@docker02")["taint"] is True
    assert result.anew == ["web02"]


def test_consul_losing_its_host_takes_no_network_of_another_control_plane(deployment):
    by_name(deployment, "consul")["inputs"]["host"] = "docker01"
    by_name(deployment, "ol1")["inputs"]["control_plane"] = "swarm"
    result = forget(deployment, "docker01")
    assert result.moved == ["network ol1 to docker02"]
    assert result.anew == []


def test_what_was_begun_on_the_host_is_forgotten_and_what_was_begun_elsewhere_is_not(deployment):
    begun = [
        {"resource": {**by_name(deployment, f"web0{n}@docker0{n}")}, "type": "creating"}
        for n in (1, 2)
    ]
    left = forget(deployment | {"pending_operations": begun}, "docker02").deployment
    assert left["pending_operations"] == begun[:1]


def test_a_network_is_not_handed_to_a_host_that_is_forgotten_already(deployment):
    deployment["resources"] += host_resources("docker03", 3)
    by_name(deployment, "ol1")["outputs"]["hosts"].append("docker03")
    left = forget(forget(deployment, "docker02").deployment, "docker01")
    assert left.moved == ["network ol1 to docker03"]
    assert_whole(left.deployment)


def test_a_host_whose_name_ends_alike_is_another_one(deployment):
    deployment["resources"] += host_resources("old-docker02", 3)
    left = forget(deployment, "docker02").deployment
    assert {"old-docker02", "docker@old-docker02", "scripts@old-docker02"} <= set(names(left))


def test_a_state_of_the_hosts_and_overlays_is_read(deployment):
    assert hosts(deployment)["docker02"]["address"] == "10.0.0.12"
    assert attached(deployment, "docker02") == [
        (Overlay("ol1", "consul", HOSTS, HOSTS, "docker09"), "web02")
    ]


def test_traces_of_a_host_are_cleaned_at_its_peers_and_in_consul(deployment):
    endpoint, node = consul(deployment, "docker02", "10.0.0.12")
    assert (endpoint.host, endpoint.what) == ("docker01", "takes web02 off network ol1")
    assert endpoint.command.endswith("docker network disconnect --force ol1 web02")
    assert (node.host, node.what) == ("docker09", "takes 10.0.0.12 out of Consul")
    assert list(consul(deployment, "docker09", "10.0.0.19")) == [], "nothing is left to clean"


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("ssh: connect to host 10.0.0.12 port 22: No route to host\r", "No route to host"),
        ("ssh: connect to host 10.0.0.12 port 22: Connection timed out", "Connection timed out"),
        ("channel 0: open failed: connect failed: No route to host\nstdio forwarding failed",
         "No route to host"),
        ("ssh: connect to host 10.0.0.12 port 22: Connection refused", None),
        ("root@10.0.0.12: Permission denied (publickey).", None),
        ("Host key verification failed.", None),
    ],
)  # fmt: skip
def test_a_host_that_answers_only_to_refuse_is_not_gone(said, why):
    assert reach.silence(said) == why
