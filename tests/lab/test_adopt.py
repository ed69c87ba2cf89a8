"""Networks and containers that were made by hand are taken over as they are."""

from __future__ import annotations

import pytest
import yaml

from tests.lab.reader import Reader

HOSTS = {"docker01": ("ssh01", "10.0.0.100"), "docker02": ("ssh02", "10.0.0.200")}
pytestmark = pytest.mark.long


@pytest.fixture
def by_hand(lab):
    """The macvlan of docs/walkthrough.md, made by hand; what is left of it is removed afterwards."""
    for host, (name, address) in HOSTS.items():
        lab.ssh(
            host,
            "docker network create --driver macvlan --subnet 10.0.0.0/24 --gateway 10.0.0.2 "
            "-o parent=ens33 macvlan_1 && "
            f"docker run -d --network macvlan_1 --ip={address} --name {name} --env TZ=UTC "
            "--restart unless-stopped centos_ssh:v2",
        )
    lab.ssh(
        "docker01",
        "docker network create front && docker run -d --network front --name odd centos_ssh:v2 && "
        "docker run -d --pids-limit 50 --name few --env DB_PASSWORD=x centos_ssh:v2",
    )
    yield
    lab.ssh("docker01", "docker rm -f odd few; docker network rm front", check=False)
    for host, (name, _) in HOSTS.items():
        lab.ssh(host, f"docker rm -f {name}; docker network rm macvlan_1", check=False)


def running(lab):
    form = "{{.Id}} {{.State.StartedAt}}"
    return {h: lab.ssh(h, f"docker inspect -f '{form}' {n}").stdout for h, (n, _) in HOSTS.items()}


@pytest.fixture
def reader(lab, by_hand, tmp_path):
    one = Reader(lab, tmp_path, "operations.md", "prod")
    yield one
    one.leaves()


def test_what_was_made_by_hand_is_taken_over_by_the_pages_commands_and_an_edit_makes_it_anew(
    lab, reader
):
    before = running(lab)
    reader.writes("Take over what runs already")
    said = reader.does("Take over what runs already")
    assert "container ssh01 on docker01, which crosshost did not make, is taken over" in said
    assert (
        "network front on docker01: of driver bridge, only macvlan and overlays on Swarm are taken over"
        in said
    )
    assert "container odd on docker01: network front: it is not taken over" in said
    assert "container few on docker01: pids_limit: the docker provider cannot set it" in said
    assert running(lab) == before
    assert words(reader)["networks"] == {
        "macvlan_1": {
            "strategy": "macvlan", "adopt": True, "subnet": "10.0.0.0/24", "gateway": "10.0.0.2",
            "parent": "ens33",
        }
    }  # fmt: skip
    assert words(reader)["containers"]["ssh02"] == {
        "host": "docker02", "adopt": True, "image": "centos_ssh:v2", "network": "macvlan_1",
        "ip": "10.0.0.200", "environment": {"TZ": "UTC"}, "restart": "unless-stopped",
    }  # fmt: skip
    reader.nothing_is_left_to_do()
    reader.types("pulumi preview -s prod --refresh --expect-no-changes")
    reader.types("python -m crosshost status -s prod")

    reader.file.write_text(reader.file.read_text().replace("TZ: UTC", "TZ: CET", 1))
    assert "to replace" in reader.types("pulumi up -s prod")
    after = running(lab)
    assert (after["docker01"] != before["docker01"], after["docker02"]) == (
        True,
        before["docker02"],
    )
    assert "TZ=CET" in lab.ssh("docker01", "docker exec ssh01 env").stdout
    lab.ssh("docker01", "docker exec ssh01 ping -c 1 -W 2 10.0.0.200")
    reader.nothing_is_left_to_do()

    # A network that is made anew takes those along that nobody has edited yet, too.
    text = reader.file.read_text().replace(
        "      parent: ens33\n", "      parent: ens33\n      ip_range: {docker02: 10.0.0.192/27}\n"
    )
    reader.file.write_text(text)
    said = reader.types("pulumi up -s prod")
    assert "container ssh02 on docker02 is removed first: it is on network macvlan_1" in said
    assert running(lab)["docker01"] == after["docker01"]
    assert running(lab)["docker02"] != after["docker02"]
    lab.ssh("docker01", "docker exec ssh01 ping -c 1 -W 2 10.0.0.200")
    reader.nothing_is_left_to_do()
    reader.leaves()
    for host in HOSTS:
        assert "macvlan_1" not in lab.ssh(host, "docker network ls").stdout
    assert lab.ssh("docker01", "docker ps --format '{{.Names}}' | sort").stdout.split() == [
        "few",
        "odd",
    ]


def test_what_is_taken_over_is_no_other_stacks_and_is_made_anew_where_it_is_gone(
    lab, reader, environment
):
    reader.writes("Take over what runs already")
    reader.does("Take over what runs already")
    other = environment("lab-macvlan")
    other.config["networks"]["macvlan_1"]["adopt"] = True
    for container in other.config["containers"].values():
        container["adopt"] = True
    other.write()
    refused = other.up(check=False)
    assert refused.code != 0
    assert "docker01 has a container ssh01 already, of stack prod" in refused.text
    assert "docker01 has a network of that name already, of stack prod" in refused.text

    # It stays the stack's without the word, too.
    reader.file.write_text(reader.file.read_text().replace("      adopt: true\n", ""))
    reader.nothing_is_left_to_do()
    before = running(lab)
    lab.ssh("docker01", "docker rm -f ssh01")
    assert "container ssh01 is gone from docker01: up makes it anew" in reader.types(
        "pulumi preview -s prod"
    )
    reader.types("pulumi up -s prod")
    assert running(lab)["docker02"] == before["docker02"]
    lab.ssh("docker01", "docker exec ssh01 ping -c 1 -W 2 10.0.0.200")
    reader.nothing_is_left_to_do()


def words(reader):
    config = yaml.safe_load(reader.file.read_text())["config"]
    return {key.removeprefix("crosshost:"): value for key, value in config.items()}
