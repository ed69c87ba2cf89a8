"""What `docker info` and `docker node ls` tell of a swarm, as facts."""

from __future__ import annotations

from planning.facts import parse
from planning.facts.swarm import Node, SwarmFacts
from tests.unit.fleet import b64, facts_text
from tests.unit.swarms import HOSTS, host, leaderless, locked, manager, nodes, worker


def test_an_engine_in_no_swarm_is_no_member():
    for told in (None, {"LocalNodeState": "inactive", "RemoteManagers": None, "Cluster": None}):
        seen = host("docker01", told).swarm
        assert seen == SwarmFacts()
        assert not seen.member


def test_a_worker_knows_itself_and_its_managers():
    seen = host("docker02", worker("docker02", ("docker01", "docker03"))).swarm
    assert (seen.state, seen.node, seen.address) == ("active", "node-docker02", "10.0.0.12")
    assert seen.managers == {
        "node-docker01": "10.0.0.11:2377",
        "node-docker03": "10.0.0.13:2377",
    }
    assert (seen.manager, seen.cluster, seen.nodes) == (False, "", [])
    assert seen.member


def test_a_manager_knows_the_swarm_and_its_nodes():
    told = manager("docker01", HOSTS[:2], "c7", autolock=True, port=9789)
    seen = host("docker01", told, more=(nodes(HOSTS, HOSTS[:2]),)).swarm
    assert (seen.manager, seen.cluster, seen.autolock, seen.data_path_port) == (
        True, "c7", True, 9789,
    )  # fmt: skip
    assert [(n.hostname, n.manager) for n in seen.nodes] == [
        ("docker01", "Leader"), ("docker02", "Reachable"), ("docker03", ""),
    ]  # fmt: skip
    assert not any(node.down for node in seen.nodes)


def test_an_engine_that_names_no_data_path_port_has_dockers_own():
    assert host("docker01", manager("docker01", port=0)).swarm.data_path_port == 4789


def test_a_locked_engine_is_a_member_that_knows_nothing():
    seen = host("docker01", locked()).swarm
    assert (seen.state, seen.manager, seen.node, seen.member) == ("locked", False, "", True)


def test_a_manager_without_a_leader_has_no_cluster_and_a_reason():
    seen = host("docker01", leaderless("docker01", HOSTS)).swarm
    assert (seen.manager, seen.cluster, seen.nodes) == (True, "", [])
    assert "does not have a leader" in seen.error


def test_a_node_may_be_down_and_a_list_that_is_cut_off_counts_as_not_read():
    rows = [
        '{"id": "a", "hostname": "docker01", "status": "Ready", "manager": "Leader"}',
        '{"id": "b", "hostname": "docker02", "status": "Down", "manager": ""}',
    ]
    seen = parse(facts_text(more=("nodes " + b64("\n".join(rows)),))).swarm
    assert seen.nodes == [
        Node(id="a", hostname="docker01", status="Ready", manager="Leader"),
        Node(id="b", hostname="docker02", status="Down", manager=""),
    ]
    assert [node.down for node in seen.nodes] == [False, True]
    cut = parse(facts_text(more=("nodes " + b64("\n".join(rows)[:-7]),)))
    assert cut.swarm.nodes == []
    assert cut.unread == {"nodes": "form"}
