"""VXLAN networks on real hosts with less between them than their NICs carry."""

from __future__ import annotations

import pytest

from tests.lab.meshes import device, pinged, second
from tests.lab.waiting import wait

pytestmark = pytest.mark.long


@pytest.fixture
def narrow(lab):
    """Frames of more than 1400 bytes (and Ethernet's header) do not get to docker02; nothing says so."""
    links = lab.run(["ip", "-brief", "link"]).stdout.split()
    link = next(word.partition("@")[0] for word in links if word.startswith("vb-docker02"))
    lab.run(["ip", "link", "set", link, "mtu", "1400"])
    yield
    lab.run(["ip", "link", "set", link, "mtu", "1500"])


def test_the_mtu_is_what_the_path_carries_and_is_kept(lab, environment, narrow):
    stack = environment("lab-vxlan")
    second(stack)
    preview = stack.preview()
    assert (
        "mtu of second: 1350, as packets of more than 1400 bytes do not get from docker01 to docker02"
        in preview.text
    )
    stack.up()
    assert " mtu 1350 " in device(lab).splitlines()[-1]
    ends = [("docker01", "app01", "172.16.8.18"), ("docker02", "app02", "172.16.8.2")]
    wait(lambda: pinged(lab, ends), 15)
    ping = "docker exec app01 ping -c 1 -W 1 -M do 172.16.8.18 -s "
    lab.ssh("docker01", ping + "1322")
    assert lab.ssh("docker01", ping + "1323", check=False).returncode != 0
    again = stack.preview()
    assert again.changes == {}
    assert "mtu of second" not in again.text
