"""What Docker says of a container that was made by hand, in the words of a stack file."""

from __future__ import annotations

import pytest

from components.container.settings import ContainerSettings
from planning.by_hand import Surroundings, container

IMAGE = {"Env": ["PATH=/bin"], "Cmd": ["sshd"], "Labels": {"of": "image"}, "WorkingDir": "/srv"}
AROUND = Surroundings({"b" * 64: "web"}, frozenset({"macvlan_1"}))


def inspect(config=None, host=None, networks=None, **more):
    alone = (host or {}).get("NetworkMode", "").startswith(("host", "container:"))
    bridge = {} if alone else {"bridge": {"IPAddress": "172.17.0.2"}}
    return {
        "Id": "a" * 64,
        "Name": "/db",
        "Config": {"Image": "db:1", "Hostname": "a" * 12, **IMAGE, **(config or {})},
        "HostConfig": {"NetworkMode": "default", "ShmSize": 64 << 20, **(host or {})},
        "NetworkSettings": {"Networks": networks or bridge},
        **more,
    }


def words(**more):
    found = container(inspect(**more), IMAGE, AROUND)
    assert found.refused == ()
    ContainerSettings.model_validate({"host": "docker01", **found.words})
    return {key: value for key, value in found.words.items() if key != "image"}


def refused(**more):
    return " ".join(container(inspect(**more), IMAGE, AROUND).refused)


def test_what_the_image_and_docker_say_by_themselves_is_not_written():
    assert words() == {}


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"Env": ["PATH=/bin", "TZ=UTC"]}, {"environment": {"TZ": "UTC"}}),
        ({"Cmd": ["sleep", "1d"]}, {"command": ["sleep", "1d"]}),
        (
            {"Entrypoint": ["tini"]},
            {"entrypoint": ["tini"], "command": ["sshd"]},
        ),
        ({"Labels": {"of": "image", "a": "b", "com.docker.compose.x": "1"}}, {"labels": {"a": "b"}}),
        ({"User": "www", "WorkingDir": "/"}, {"user": "www", "working_dir": "/"}),
        ({"Hostname": "db01", "Tty": True}, {"hostname": "db01", "tty": True}),
        ({"StopTimeout": 60}, {"stop_grace_period": "60s"}),
        (
            {"Healthcheck": {"Test": ["CMD", "true"], "Interval": 30_000_000_000, "Retries": 2}},
            {"healthcheck": {"test": ["CMD", "true"], "interval": "30000ms", "retries": 2}},
        ),
    ],
)  # fmt: skip
def test_words_of_the_process(config, expected):
    assert words(config=config) == expected


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ({"RestartPolicy": {"Name": "always"}}, {"restart": "always"}),
        (
            {"RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 3}},
            {"restart": "on-failure:3"},
        ),
        ({"RestartPolicy": {"Name": "no"}, "IpcMode": "private"}, {}),
        ({"Memory": 64 << 20, "MemorySwap": 128 << 20}, {"mem_limit": "67108864b"}),
        (
            {"Memory": 64 << 20, "MemorySwap": -1},
            {"mem_limit": "67108864b", "memswap_limit": -1},
        ),
        ({"NanoCpus": 1_500_000_000}, {"cpus": 1.5}),
        ({"CapAdd": ["CAP_NET_ADMIN"], "CapDrop": ["MKNOD"]}, {"cap_add": ["NET_ADMIN"], "cap_drop": ["MKNOD"]}),
        ({"Ulimits": [{"Name": "nofile", "Soft": 1, "Hard": 2}]}, {"ulimits": {"nofile": {"soft": 1, "hard": 2}}}),
        ({"Tmpfs": {"/run": "", "/tmp": "size=64m"}}, {"tmpfs": ["/run", "/tmp:size=64m"]}),
        ({"LogConfig": {"Type": "json-file", "Config": {"max-size": "10m"}}}, {"logging": {"options": {"max-size": "10m"}}}),
        ({"LogConfig": {"Type": "journald"}}, {"logging": {"driver": "journald"}}),
        (
            {"PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": "8080"}], "53/udp": [{"HostIp": "127.0.0.1", "HostPort": "53"}]}},
            {"ports": ["8080:80", "127.0.0.1:53:53/udp"]},
        ),
        ({"PortBindings": {"80/tcp": [{"HostIp": "fd00::1", "HostPort": "80"}]}}, {"ports": ["[fd00::1]:80:80"]}),
        ({"Devices": [{"PathOnHost": "/dev/a", "PathInContainer": "/dev/b", "CgroupPermissions": "rwm"}]}, {"devices": ["/dev/a:/dev/b:rwm"]}),
        ({"NetworkMode": "host"}, {"network": "host"}),
        ({"NetworkMode": f"container:{'b' * 64}"}, {"network": "container:web"}),
    ],
)  # fmt: skip
def test_words_of_the_host_config(host, expected):
    assert words(host=host) == expected


def test_volumes_are_written_as_they_are_mounted():
    mounts = [
        {"Type": "bind", "Source": "/srv/a", "Destination": "/a", "RW": False, "Mode": "ro", "Propagation": "rprivate"},
        {"Type": "volume", "Name": "data", "Destination": "/data", "RW": True, "Mode": "z", "Driver": "local"},
    ]  # fmt: skip
    assert words(Mounts=mounts) == {"volumes": ["/srv/a:/a:ro", "data:/data:z"]}


def test_a_container_on_a_network_keeps_its_address_also_where_docker_chose_it():
    networks = {"macvlan_1": {"IPAddress": "10.0.0.100", "Aliases": ["a" * 12]}}
    assert words(networks=networks, host={"NetworkMode": "macvlan_1"}) == {
        "network": "macvlan_1", "ip": "10.0.0.100",
    }  # fmt: skip


def test_what_may_be_secret_is_left_out_and_named():
    found = container(inspect(config={"Env": ["DB_PASSWORD=x", "TZ=UTC"]}), IMAGE, AROUND)
    assert found.words["environment"] == {"TZ": "UTC"}
    assert found.secrets == ("DB_PASSWORD",)


@pytest.mark.parametrize(
    ("found", "named"),
    [
        ({"host": {"PidsLimit": 100}}, "pids_limit: the docker provider cannot set it"),
        ({"host": {"Links": ["/a:/b"]}}, "links: names come from networks"),
        ({"host": {"AutoRemove": True}}, "--rm"),
        ({"config": {"Image": "sha256:" + "0" * 64}}, "its image has no name"),
        ({"config": {"MacAddress": "02:42:0a:00:00:01"}}, "mac_address: "),
        ({"networks": {"front": {}}, "host": {"NetworkMode": "front"}}, "network front: it is not taken over"),
        ({"host": {"NetworkMode": f"container:{'c' * 64}"}}, "which does not run"),
        ({"Mounts": [{"Type": "volume", "Name": "0" * 64, "Destination": "/data", "RW": True}]}, "the one at /data has no name"),
        ({"Mounts": [{"Type": "bind", "Source": "/a", "Destination": "/a", "RW": True, "Propagation": "rshared"}]}, "propagation rshared"),
    ],
)  # fmt: skip
def test_what_a_stack_file_has_no_word_for_is_named(found, named):
    assert named in refused(**found)
