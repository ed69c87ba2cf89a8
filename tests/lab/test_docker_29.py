"""Docker 29: what is new in it, on a host of its own."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from lab import dockerd
from lab.lab import Lab
from tests.lab.conftest import WORKER, lab_of_its_own
from tests.lab.environment import Environment
from tests.lab.host_state import look

# The first run on a machine builds the daemon.
pytestmark = pytest.mark.timeout(900)

NAME = f"test-{WORKER}-29"
HOST = "docker01"
DAEMON_JSON = "/etc/docker/daemon.json"
STRANGER = "docker run -d --name stranger --init busybox:1 sleep 1d"
STARTED = "docker inspect -f {{.State.StartedAt}} stranger"
# As Docker 29.0 to 29.2 had it: moby#52060.
LOSES_ADDRESSES = dockerd.Change(
    "daemon/reload.go",
    "copystructure.Copiers[reflect.TypeFor[netip.Addr]()] = func",
    "_, _ = reflect.TypeFor[netip.Addr](), func",
)


@pytest.fixture(scope="module")
def today() -> Iterator[Lab]:
    with lab_of_its_own(NAME, engine="29") as lab:
        yield lab


@pytest.fixture
def stack(today: Lab) -> Iterator[Environment]:
    one = Environment(today, f"{NAME}-stack", "lab-macvlan")
    one.variables["CROSSHOST_LAB_NAME"] = NAME
    one.config["hosts"] = {HOST: one.config["hosts"][HOST]}
    del one.config["containers"]["ssh02"]
    one.write()
    yield one
    one.remove()


@pytest.fixture
def stranger(today: Lab) -> Iterator[None]:
    """A container of somebody else's, without a restart policy."""
    today.ssh(HOST, STRANGER)
    yield
    today.ssh(HOST, "docker rm -f stranger")


def daemons_only(stack: Environment) -> Environment:
    stack.config["networks"], stack.config["containers"] = {}, {}
    stack.write()
    return stack


def info(lab: Lab, what: str) -> str:
    return lab.ssh(HOST, f"docker info -f '{{{{{what}}}}}'").stdout.strip()


@pytest.mark.long
def test_settings_are_taken_by_a_reload_or_a_restart_and_nothing_that_runs_stops(
    today, stack, stranger
):
    before, started = look(today, HOST), today.ssh(HOST, STARTED).stdout
    daemons_only(stack).config["daemon"] = {"settings": {"min-api-version": "1.56"}}
    stack.write()
    # The docker command beside it is Debian's, of 28.
    refused = stack.up(check=False)
    assert refused.code != 0
    assert "the docker command of docker01 (28.5.2+dfsg4) may not speak the API" in refused.text

    stack.config["daemon"] = {"settings": {"debug": True}}
    stack.write()
    assert "the Docker daemon will be reloaded" in stack.preview().text
    stack.up()
    assert info(today, ".Debug") == "true"

    stack.config["daemon"]["settings"]["log-driver"] = "local"
    stack.write()
    stack.up()
    assert (info(today, ".LoggingDriver"), info(today, ".LiveRestoreEnabled")) == ("local", "false")
    assert stack.up().changes == {}
    assert today.ssh(HOST, STARTED).stdout == started

    stack.destroy()
    assert look(today, HOST) == before
    assert today.ssh(HOST, STARTED).stdout == started


@pytest.mark.long
def test_a_container_on_macvlan_has_the_gateway_which_docker_29_gives_to_none_by_itself(
    today, stack
):
    # What crosshost must not rely on: the first address of the subnet is no gateway any more.
    today.ssh(
        HOST,
        "docker network create -d macvlan -o parent=ens33 --subnet 10.0.0.0/24 without && "
        "docker run --rm --network without --ip 10.0.0.99 busybox:1 ip route >/root/routes; "
        "docker network rm without",
    )
    assert "default via" not in today.ssh(HOST, "cat /root/routes").stdout
    stack.up()
    routes = today.ssh(HOST, "docker exec ssh01 ip route").stdout
    assert "default via 10.0.0.2 dev eth0" in routes
    today.ssh(HOST, "docker exec ssh01 ping -c 1 -W 2 10.0.0.2")
    assert stack.preview("--refresh").changes == {}
    today.ssh(HOST, "rm /root/routes")


@pytest.mark.long
def test_the_nftables_back_end_is_refused_where_docker_would_not_start_with_it(today, stack):
    before = look(today, HOST)
    stack.config["daemon"] = {"settings": {"firewall-backend": "nftables"}}
    stack.write()
    refused = stack.up(check=False)
    assert refused.code != 0
    assert "docker01 does not turn IP forwarding on when it boots" in refused.text
    assert look(today, HOST) == before

    # What the message says is enough: also after a boot, which nothing but that helps to forward.
    forwarding = "/etc/sysctl.d/90-forwarding.conf"
    today.ssh(HOST, f"echo 'net.ipv4.ip_forward = 1' >{forwarding}")
    today.power_off(HOST)
    today.power_on(HOST)
    before = look(today, HOST)
    stack.config["containers"]["ssh01"]["restart"] = "unless-stopped"
    stack.write()
    stack.up()
    assert info(today, ".FirewallBackend.Driver") == "nftables"
    today.power_off(HOST)
    today.power_on(HOST)
    assert info(today, ".FirewallBackend.Driver") == "nftables"
    assert stack.preview().changes == {}

    # An overlay is refused, whoever has set the back end.
    web = {"host": HOST, "image": "busybox:1", "command": ["sleep", "1d"], "network": "ol1"}
    stack.config["networks"] = {"ol1": {"strategy": "overlay", "subnet": "172.16.1.0/24"}}
    stack.config["containers"] = {"web01": web}
    stack.write()
    refused = stack.up(check=False)
    assert refused.code != 0
    assert "Swarm does not go with the firewall back end nftables yet" in refused.text
    del stack.config["daemon"]
    stack.write()
    refused = stack.up(check=False)
    assert refused.code != 0
    assert "run `pulumi up` without this overlay first, as firewall-backend is ours" in refused.text

    # As it says: without the overlay first.
    overlay = stack.config["networks"]
    stack.config["networks"], stack.config["containers"] = {}, {}
    stack.write()
    stack.up()
    assert info(today, ".FirewallBackend.Driver") == "iptables"
    stack.config["networks"], stack.config["containers"] = overlay, {"web01": web}
    stack.write()
    stack.up()
    stack.destroy()
    assert look(today, HOST) == before
    today.ssh(HOST, f"rm {forwarding}")


@pytest.mark.long
def test_name_servers_survive_a_change_on_an_engine_that_loses_them_by_a_reload(
    today, stack, stranger
):
    built = dockerd.binaries("29.2.1", LOSES_ADDRESSES)
    dockerd.put_into(today.folder / "hosts" / HOST / "root", built)
    servers = json.loads(today.ssh(HOST, f"cat {DAEMON_JSON}").stdout) | {"dns": ["10.0.0.53"]}
    today.ssh(HOST, f"cat >{DAEMON_JSON}", input=json.dumps(servers))
    today.ssh(HOST, "systemctl restart docker && docker start stranger")
    assert info(today, ".ServerVersion") == "29.2.1"
    before = look(today, HOST)

    def name_server() -> str:
        # Of a container that starts now.
        resolv = today.ssh(HOST, "docker run --rm busybox:1 cat /etc/resolv.conf").stdout
        return re.findall(r"^nameserver (.*)", resolv, re.M)[0]

    daemons_only(stack).config["daemon"] = {"settings": {"debug": True}}
    stack.write()
    said = stack.preview().text
    assert "the Docker daemon will be restarted (because of dns)" in said
    assert "upgrade Docker there to 29.3 or later first, and nothing bounces" in said
    stack.up()
    assert (name_server(), info(today, ".Debug")) == ("10.0.0.53", "true")
    assert today.ssh(HOST, "docker inspect -f {{.State.Running}} stranger").stdout == "true\n"
    assert stack.up().changes == {}
    stack.config["daemon"]["settings"]["log-driver"] = "local"
    stack.write()
    stack.up()
    assert name_server() == "10.0.0.53"

    stack.destroy()
    assert name_server() == "10.0.0.53"
    assert look(today, HOST) == before

    # The fault itself, so that this test holds something.
    today.ssh(HOST, "systemctl reload docker; sleep 1")
    assert name_server() == "invalid IP"
