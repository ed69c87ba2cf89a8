"""What people have on a host already is refused by name before an up makes anything."""

from __future__ import annotations

import pytest

from tests.lab.host_state import look

BY_HAND = """
docker network create --subnet 10.44.0.0/24 net1
docker run -d --name web01 -p 8070-8071:70-71 busybox:1 sleep 1d
systemd-run --quiet --unit=squatter perl -MIO::Socket::INET -e \
    '@s = (IO::Socket::INET->new(LocalPort => 8074, Listen => 1) or die); sleep 600'
"""
UNDO = "docker rm -fv web01; docker network rm net1; systemctl stop squatter"
REFUSALS = [
    "networks.net1: docker01 has a network of that name already, which crosshost did not make",
    "containers.web01: docker01 has a container web01 already, which crosshost did not make",
    "containers.web01.ports: tcp 8071 of docker01 is held by container web01, which crosshost did not",
    "containers.web02.ports: tcp 8074 of docker01 is held by perl",
]


@pytest.mark.long
@pytest.mark.parametrize("engine", ["20.10.5", "28.5.2"])
def test_names_and_ports_that_people_have_are_refused_before_anything_is_made(request, engine):
    if engine == "20.10.5":
        stack = request.getfixturevalue("environment")("lab-modes")
    else:
        stack = request.getfixturevalue("newer_environment")
    lab = stack.lab
    stack.config["networks"] = {
        "net1": {"strategy": "macvlan", "parent": "ens33", "subnet": "10.0.44.0/24",
                 "hosts": ["docker01"]}
    }  # fmt: skip
    words = {"host": "docker01", "image": "busybox:1", "command": ["sleep", "1d"], "init": True}
    stack.config["containers"] = {
        "web01": {**words, "ports": ["8071:71"]},
        "web02": {**words, "ports": ["8074:74"]},
        "web03": {**words, "network": "net1", "ip": "10.0.44.9"},
    }
    stack.write()
    lab.ssh("docker01", BY_HAND)
    try:
        before = look(lab, "docker01")
        refused = stack.up(check=False)
        assert look(lab, "docker01") == before
    finally:
        lab.ssh("docker01", UNDO)
    assert [sentence for sentence in REFUSALS if sentence not in refused.text] == []
    stack.up()
    assert stack.up().changes == {}
