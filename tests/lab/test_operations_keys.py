"""docs/operations.md on real hosts: other keys of WireGuard and of Consul, under traffic."""

from __future__ import annotations

from functools import partial

import pytest
import yaml

from tests.lab import tunnels
from tests.lab.pings import Pings
from tests.lab.reader import Reader
from tests.lab.waiting import wait
from tests.unit.fleet import ROOT

API = "Certificates of the daemons' API"
pytestmark = [pytest.mark.long, pytest.mark.timeout(450)]


@pytest.fixture
def reader(lab, tmp_path):
    one = Reader(lab, tmp_path, "operations.md", "prod")
    yield one
    one.leaves()


def started(lab, host, container):
    return lab.ssh(host, f"docker inspect -f {{{{.State.StartedAt}}}} {container}").stdout


def address(lab, host, container, network="backend"):
    form = f'{{{{(index .NetworkSettings.Networks "{network}").IPAddress}}}}'
    return lab.ssh(host, f"docker inspect -f '{form}' {container}").stdout.strip()


def pings(lab, hosts):
    """From web on the first host to db on the second, a hundred a second."""
    return Pings(lab, hosts[0], "web", address(lab, hosts[1], "db"), every=0.01)


def on_hosts_with_wireguard(reader):
    """The page's hosts are the lab's two that can have it."""
    file = ROOT / "stacks" / "Pulumi.lab-vxlan-encrypted.yaml"
    instead = yaml.safe_load(file.read_text())["config"]["crosshost:hosts"]
    text = reader.file.read_text()
    had = yaml.safe_load(text)["config"]["crosshost:hosts"]
    for (old, host), (new, other) in zip(had.items(), instead.items(), strict=True):
        for before, after in ((old, new), *zip(host.values(), other.values(), strict=True)):
            text = text.replace(before, after)
    reader.file.write_text(text)


def test_new_keys_of_wireguard_touch_no_container_and_cost_packets_for_seconds_at_most(lab, reader):
    lab.up_for("lab-vxlan-encrypted")
    reader.types("pulumi stack init prod")
    reader.writes()
    reader.does("Keys of WireGuard", slice(1))
    on_hosts_with_wireguard(reader)
    reader.does("Keys of WireGuard", slice(1, 2))
    hosts = tunnels.HOSTS
    had, before = tunnels.keys(lab), started(lab, hosts[1], "db")
    with pings(lab, hosts) as held:
        said = reader.does("Keys of WireGuard", slice(2, 3))
    print(f"new keys: {held.milliseconds} ms lost of {held.sent * 10}")
    assert "another WireGuard key of backend comes into use" in said
    assert not set(had) & set(tunnels.keys(lab))
    assert held.sent > 300
    # Where both hosts begin a handshake at once, WireGuard tries again after 5 s.
    assert held.milliseconds < 6000, held.lost
    assert held.sent - 1 not in held.lost
    assert started(lab, hosts[1], "db") == before
    reader.nothing_is_left_to_do()


@pytest.fixture
def on_consul(reader):
    """With certificates at ~/certs, which the stack does not use yet; the reader may ask Consul, too."""
    reader.begins("from-consul.md")
    image = "    image: consul:1.8.7\n"
    text = reader.file.read_text()
    reader.file.write_text(text.replace(image, f"{image}    allow: [10.0.0.2]\n"))
    reader.does(API, slice(2))
    return reader


def serial(reader):
    """Of the certificate that Consul shows."""
    files = "-cert ~/certs/docker02.pem -key ~/certs/docker02-key.pem"
    show = f"timeout 9 openssl s_client -connect 10.0.0.11:8500 {files} </dev/null 2>/dev/null"
    return reader.types(f"({show} || true) | openssl x509 -noout -serial")


def own(reader):
    """Of the certificate that is for Consul's host."""
    return reader.types("openssl x509 -noout -serial -in ~/certs/docker01.pem")


def answers(reader, token):
    """Whether Consul answers who has the certificates and a token."""
    files = "--cacert ca.pem --cert docker02.pem --key docker02-key.pem"
    url = "https://10.0.0.11:8500/v1/kv/docker/nodes/?recurse"
    ask = f"cd ~/certs && curl -sS -m 5 -o /dev/null -w '%{{http_code}}' {files}"
    return reader.types(f"{ask} -H 'X-Consul-Token: {token}' {url}") == "200"


def token(reader):
    shown = reader.types("pulumi config get -s prod --path crosshost:consul.token")
    return shown.strip()


def succeeds(lab, host, command):
    return lab.ssh(host, command, check=False).returncode == 0


def both_reach(lab):
    for host, one, to in (("docker01", "web", "172.16.1.12"), ("docker02", "db", "172.16.1.11")):
        ping = f"docker exec {one} ping -c 1 -W 1 {to}"
        wait(partial(succeeds, lab, host, ping), 20)


def test_certificates_and_token_of_consul_change_and_containers_go_on_reaching_each_other(
    lab, on_consul
):
    both_reach(lab)
    before = started(lab, "docker02", "db")
    lost = {}

    def meanwhile(what, change):
        with pings(lab, ("docker01", "docker02")) as held:
            change()
        lost[what] = held.milliseconds
        assert held.sent > 300
        both_reach(lab)
        assert started(lab, "docker02", "db") == before
        on_consul.nothing_is_left_to_do()

    def first():
        on_consul.does("Certificates and token of Consul", slice(2))

    def again(blocks):
        on_consul.does(API, blocks)
        on_consul.does("Certificates and token of Consul", slice(2, 3))

    meanwhile("asked for at first", first)
    assert serial(on_consul) == own(on_consul)
    old = token(on_consul)
    assert answers(on_consul, old)
    for what, blocks in (("certificates", slice(1, 2)), ("authority", slice(2))):
        was = serial(on_consul)
        meanwhile(what, partial(again, blocks))
        assert serial(on_consul) == own(on_consul) != was
        assert answers(on_consul, old)
    meanwhile("token", lambda: on_consul.does("Certificates and token of Consul", slice(3, 4)))
    assert not answers(on_consul, old)
    assert answers(on_consul, token(on_consul))
    print("ms lost:", lost)
    assert max(lost.values()) == 0, lost
