"""The real program under mocks: what is registered, on which provider, in which order."""

from __future__ import annotations

from tests.unit.fleet import facts_text, run_program, stack_values

HEALTHY = {name: facts_text(hostname=name) for name in ("docker01", "docker02")}
CONTAINER = "docker:index/container:Container"
NETWORK = "docker:index/network:Network"
COMMAND = "command:remote:Command"


def test_macvlan_makes_a_network_and_a_container_on_each_host(monkeypatch, tmp_path):
    engine = run_program(monkeypatch, tmp_path, stack_values("lab-macvlan"), HEALTHY)
    networks = engine.of_type(NETWORK)
    assert set(networks) == {"macvlan_1@docker01", "macvlan_1@docker02"}
    assert networks["macvlan_1@docker01"]["options"] == {"parent": "ens33"}
    containers = engine.of_type(CONTAINER)
    assert containers["ssh01@docker01"]["networksAdvanced"] == [
        {"name": "macvlan_1", "ipv4Address": "10.0.0.100"}
    ]


def test_every_docker_resource_is_on_the_provider_of_the_host_in_its_name(monkeypatch, tmp_path):
    engine = run_program(monkeypatch, tmp_path, stack_values("lab-overlay"), HEALTHY)
    docker = {n: a for n, a in engine.resources.items() if a.typ.startswith("docker:")}
    assert len(docker) > 5
    for name, args in docker.items():
        host = name.rpartition("@")[2]
        assert f"docker@{host}" in (args.provider or ""), name


def test_the_overlay_is_made_once_and_every_daemon_names_the_store_first(monkeypatch, tmp_path):
    engine = run_program(monkeypatch, tmp_path, stack_values("lab-overlay"), HEALTHY)
    assert list(engine.of_type(NETWORK)) == ["ol1@docker01"]
    stdin = engine.of_type(COMMAND)["daemon@docker02"]["stdin"]
    assert '"cluster-store": "consul://10.0.0.11:8500"' in stdin
    assert '"cluster-advertise": "10.0.0.12:0"' in stdin
    order = list(engine.resources)
    assert order.index("consul-leader@docker01") < order.index("daemon@docker01")
    assert order.index("daemon@docker02") < order.index("ol1@docker01")


def test_the_four_modes_reach_docker_as_they_are_written(monkeypatch, tmp_path):
    engine = run_program(monkeypatch, tmp_path, stack_values("lab-modes"), HEALTHY)
    modes = {n: i["networkMode"] for n, i in engine.of_type(CONTAINER).items()}
    assert modes == {
        "alone@docker01": "none",
        "onhost@docker01": "host",
        "bridged@docker01": "bridge",
        "beside@docker01": "container:id-of-bridged@docker01",
    }
