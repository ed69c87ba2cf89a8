"""The MTU of VXLAN networks: from the paths between their hosts, asked once."""

from __future__ import annotations

import subprocess

import pytest

from components.paths import SCRIPT, understood
from planning.fleet_facts import Path
from tests.unit.fleet import run_program
from tests.unit.meshes import HOSTS, fleet, seen, sent, values

PATH = Path("docker01", "docker02", 1500)


def mtu(engine, host="docker01"):
    return sent(engine, host)[0]["mtu"]


def records_of(engine, *hosts):
    return {h: {"vxlan/mesh": engine.resources[f"mesh-vxlan@{h}"].inputs["stdin"]} for h in hosts}


def test_the_narrowest_path_decides(monkeypatch, tmp_path):
    narrow = {("docker01", "docker03"): 1400, ("docker02", "docker03"): 1420}
    engine = run_program(monkeypatch, tmp_path, values(3), fleet(3), paths=narrow)
    assert {mtu(engine, host) for host in HOSTS} == {"1350"}
    encrypted = run_program(
        monkeypatch, tmp_path, values(3, encrypted=True), fleet(3), paths=narrow
    )
    assert mtu(encrypted) == "1270"


def test_what_the_stack_file_says_is_not_asked(monkeypatch, tmp_path):
    narrow = {("docker01", "docker02"): 1400}
    assert (
        mtu(run_program(monkeypatch, tmp_path, values(mtu=1450), fleet(), paths=narrow)) == "1450"
    )


def test_a_path_is_asked_until_both_its_hosts_have_the_network(monkeypatch, tmp_path):
    had = records_of(run_program(monkeypatch, tmp_path, values(), fleet()), "docker01", "docker02")
    facts = {**fleet(3), **{host: seen(host, records=kept) for host, kept in had.items()}}
    # What became narrow afterwards would have Docker make the network anew: the proof says it.
    narrow = {("docker01", "docker02"): 1400}
    assert mtu(run_program(monkeypatch, tmp_path, values(3), facts, paths=narrow)) == "1450"
    narrow = {("docker02", "docker03"): 1400}
    assert mtu(run_program(monkeypatch, tmp_path, values(3), facts, paths=narrow)) == "1350"
    # And once it is narrow it stays, wherever its hosts go.
    had = records_of(run_program(monkeypatch, tmp_path, values(3), facts, paths=narrow), *HOSTS)
    facts = {host: seen(host, records=kept) for host, kept in had.items()}
    assert mtu(run_program(monkeypatch, tmp_path, values(3), facts)) == "1350"


def test_a_path_is_asked_again_where_packets_grow_by_more(monkeypatch, tmp_path):
    had = records_of(run_program(monkeypatch, tmp_path, values(), fleet()), "docker01", "docker02")
    facts = {host: seen(host, records=kept) for host, kept in had.items()}
    narrow = {("docker01", "docker02"): 1400}
    stack = values(encrypted=True)
    assert mtu(run_program(monkeypatch, tmp_path, stack, facts, paths=narrow)) == "1270"


@pytest.mark.parametrize(
    ("printed", "size"),
    [
        ("10.0.0.12 1400\n", 1400),
        ("10.0.0.12 1501\n", None),
        ("10.0.0.12 10\n", None),
        ("10.0.0.12 -5\n", None),
        ("10.0.0.12 ١٤٠٠\n", None),
        ("10.0.0.99 1400\nMOTD\n", None),
        ("", None),
    ],
)
def test_what_a_host_says_of_a_path_is_checked(printed, size):
    addresses = {"docker01": "10.0.0.11", "docker02": "10.0.0.12"}
    assert understood(printed, addresses, [PATH]) == ({} if size is None else {PATH: size})


@pytest.mark.parametrize(
    ("carries", "most"), [(1500, 1500), (1499, 1500), (1400, 1500), (577, 9000)]
)
def test_the_largest_packet_that_passes_is_found(tmp_path, carries, most):
    ping = tmp_path / "ping"
    # The size is the word before the address.
    ping.write_text(
        "#!/bin/sh\nfor word; do before=$last; last=$word; done\n"
        f'[ "$last" = 10.0.0.12 ] && [ "$((before + 28))" -le {carries} ]\n'
    )
    ping.chmod(0o755)
    argv = ["sh", "-s", "10.0.0.12", str(most), "10.0.0.13", str(most)]
    done = subprocess.run(
        argv,
        input=SCRIPT,
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"10.0.0.12 {carries}\n"
