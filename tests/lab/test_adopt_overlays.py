"""Overlays on a swarm that people made are taken over as they are, with the containers on several hosts."""

from __future__ import annotations

from functools import partial

import pytest
import yaml

from tests.lab.conftest import WORKER, lab_of_its_own
from tests.lab.pings import Pings
from tests.lab.reader import Reader
from tests.lab.waiting import wait

HOSTS = {"docker01": ("web", "10.9.0.11"), "docker02": ("db", "10.9.0.12")}
pytestmark = pytest.mark.long


@pytest.fixture
def lab(request, lab):
    """The lab, or one of its own with two hosts of the engine that a test asks for."""
    engine = getattr(request, "param", None)
    if engine is None:
        yield lab
        return
    with lab_of_its_own(f"test-{WORKER}-adopt-{engine}", engine=engine, hosts=2) as other:
        yield other


@pytest.fixture
def by_hand(lab):
    """A swarm of two managed by docker01, an overlay with a container on each, a service on another overlay."""
    lab.ssh("docker01", "docker swarm init --advertise-addr 10.0.0.11")
    token = lab.ssh("docker01", "docker swarm join-token -q worker").stdout.strip()
    lab.ssh("docker02", f"docker swarm join --token {token} 10.0.0.11:2377")
    lab.ssh(
        "docker01",
        "docker network create -d overlay --attachable --subnet 10.9.0.0/24 backend && "
        "docker network create -d overlay --attachable --subnet 10.8.0.0/24 services && "
        "docker service create --detach --name clock --network services busybox:1 sleep 1d && "
        "docker network create -d overlay closed && docker network create front",
    )
    for host, (name, address) in HOSTS.items():
        lab.ssh(
            host,
            f"docker run -d --init --network backend --ip {address} --env TZ=UTC --name {name} "
            "--restart unless-stopped busybox:1 sleep 1d",
        )
    yield
    for host, (name, _) in HOSTS.items():
        lab.ssh(host, f"docker rm -f {name}", check=False)
    lab.ssh("docker01", "docker service rm clock; docker network rm front", check=False)
    for host in reversed(HOSTS):
        lab.ssh(host, "docker swarm leave --force; docker network rm docker_gwbridge", check=False)


@pytest.fixture
def reader(lab, by_hand, tmp_path):
    one = Reader(lab, tmp_path, "operations.md", "prod")
    yield one
    one.leaves()


def running(lab):
    form = "{{.Id}} {{.State.StartedAt}}"
    return {h: lab.ssh(h, f"docker inspect -f '{form}' {n}").stdout for h, (n, _) in HOSTS.items()}


def swarm(lab):
    """Whether each host's node is the same, with the same role."""
    form = "{{.ID}} {{.Hostname}} {{.Status}} {{.ManagerStatus}}"
    return sorted(lab.ssh("docker01", f"docker node ls --format '{form}'").stdout.splitlines())


def networks(lab):
    form = "docker network ls --filter driver=overlay --format '{{.Name}}'"
    return set(lab.ssh("docker01", form).stdout.split())


def succeeds(lab, host, command):
    return lab.ssh(host, command, check=False).returncode == 0


def reached(lab):
    for host, one, other in (("docker01", "web", "db"), ("docker02", "db", "web")):
        wait(partial(succeeds, lab, host, f"docker exec {one} ping -c 1 -W 2 {other}"), 20)


def words(reader):
    config = yaml.safe_load(reader.file.read_text())["config"]
    return {key.removeprefix("crosshost:"): value for key, value in config.items()}


def taken_over(reader):
    reader.writes("Take over what runs already")
    return reader.does("Take over what runs already")


@pytest.mark.parametrize("lab", [None, "28", "29"], indirect=True)
def test_an_overlay_that_was_made_by_hand_is_taken_over_and_no_packet_is_lost(lab, reader):
    reached(lab)
    before, nodes = running(lab), swarm(lab)
    with Pings(lab, "docker01", "web", "10.9.0.12") as pings:
        said = taken_over(reader)
    assert pings.sent > 50
    assert pings.lost == []
    assert running(lab) == before
    assert (
        "network backend of the swarm of docker01, which crosshost did not make, is taken" in said
    )
    assert "network services of the swarm: service clock is on it, which only Swarm can run" in said
    assert "network closed of the swarm: it is for services alone (not attachable)" in said
    assert "network front on docker01: of driver bridge, only macvlan and overlays" in said
    assert words(reader)["swarm"] == {"managers": ["docker01"]}
    assert words(reader)["networks"] == {
        "backend": {
            "strategy": "overlay", "control_plane": "swarm", "adopt": True, "subnet": "10.9.0.0/24",
            "gateway": "10.9.0.1",
        }
    }  # fmt: skip
    assert words(reader)["containers"]["db"] == {
        "host": "docker02", "adopt": True, "image": "busybox:1", "network": "backend",
        "ip": "10.9.0.12", "command": ["sleep", "1d"], "environment": {"TZ": "UTC"}, "init": True,
        "restart": "unless-stopped",
    }  # fmt: skip
    reader.nothing_is_left_to_do()
    reader.types("pulumi preview -s prod --refresh --expect-no-changes")
    reader.types("python -m crosshost status -s prod")
    # It stays the stack's without the word, too.
    reader.file.write_text(reader.file.read_text().replace("      adopt: true\n", ""))
    reader.nothing_is_left_to_do()
    reader.leaves()
    assert networks(lab) == {"ingress", "services", "closed"}
    assert swarm(lab) == nodes
    assert not {"web", "db"} & set(
        lab.ssh("docker01", "docker ps -a --format {{.Names}}").stdout.split()
    )


def test_the_first_change_of_a_container_and_of_the_network_makes_them_anew(lab, reader):
    taken_over(reader)
    before, nodes = running(lab), swarm(lab)
    reader.file.write_text(reader.file.read_text().replace("TZ: UTC", "TZ: CET", 1))
    reader.types("pulumi up -s prod")
    after = running(lab)
    assert [after[host] != before[host] for host in HOSTS] == [True, False]
    reached(lab)
    reader.nothing_is_left_to_do()

    gateway = '      gateway: "10.9.0.1"\n'
    text = reader.file.read_text()
    assert gateway in text
    reader.file.write_text(text.replace(gateway, f"{gateway}      mtu: 1400\n"))
    reader.types("pulumi preview -s prod --diff")
    reader.types("pulumi up -s prod")
    assert not set(running(lab).values()) & set(after.values())
    reached(lab)
    reader.nothing_is_left_to_do()
    reader.leaves()
    assert networks(lab) == {"ingress", "services", "closed"}
    assert swarm(lab) == nodes


def test_a_network_that_another_stack_has_taken_over_is_that_ones(lab, reader):
    taken_over(reader)
    text = reader.file.read_text()
    other = reader.file.with_name("Pulumi.other.yaml")
    other.write_text(
        "".join(x for x in text.splitlines(True) if not x.startswith("encryptionsalt"))
    )
    said = reader.types(
        "pulumi stack select --create other && pulumi preview -s other", check=False
    )
    assert "docker01 has a network of that name already, of stack prod" in said
    assert "docker01 has a container web already, of stack prod" in said
    reader.types("pulumi stack rm -s other --yes && pulumi stack select prod")
