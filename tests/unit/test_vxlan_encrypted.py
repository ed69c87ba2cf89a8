"""Encrypted VXLAN networks under mocks: keys, what is told of a host's tunnel, who may reach it."""

from __future__ import annotations

import pulumi
import pytest

from components.networks.vxlan.device import INNER_PORT, tunnel_name
from planning import records
from planning.facts import parse
from planning.wireguard import public_key as checked
from tests.unit.fleet import Answer, b64, facts_text, public_key, run_program
from tests.unit.meshes import HOSTS, device, fleet, seen, sent, values

TUNNEL = tunnel_name("test", "mesh")
KEY = {host: public_key(f"mesh-key@{host}") for host in HOSTS}


def encrypted(count: int = 2, **more):
    return values(count, encrypted=True, **more)


def tunnel(key: str = KEY["docker01"], port: int = 51820, peers: str | None = None) -> str:
    """The facts of a host with a tunnel like ours."""
    peers = f"{KEY['docker02']}\t172.16.2.17/32" if peers is None else peers
    rows = [
        f"public-key {key}",
        f"listen-port {port}",
        *([f"allowed-ips {peers}"] if peers else []),
    ]
    return f"wireguard {b64(''.join(f'{TUNNEL} {row}' + chr(10) for row in rows))}"


def inner(**other):
    """The facts of docker01 with a device like ours."""
    now = {"local": "172.16.2.1", "lower": TUNNEL, "mtu": 1370, "port": INNER_PORT, **other}
    return device(("172.16.2.17",), **now)


def kept(monkeypatch, tmp_path, *, ago: str = "2020-01-01T00:00:00Z"):
    """The records of docker01 after an up."""
    engine = run_program(monkeypatch, tmp_path, encrypted(), fleet())
    found = {}
    for record, name in (("vxlan/mesh", "mesh-vxlan"), ("wireguard/mesh", "mesh-key")):
        _, _, rest = engine.resources[f"{name}@docker01"].inputs["stdin"].partition(" ")
        found[record] = f"planned={ago} {rest}"
    return found


def again(monkeypatch, tmp_path, *more: str, key: str = "intact"):
    """The records of docker01, and what it is sent where facts show it like this."""
    had = kept(monkeypatch, tmp_path)
    own = f"wireguard_key mesh {key} {KEY['docker01']}"
    facts = {
        "docker01": seen("docker01", records=had, more=(own, *more)),
        "docker02": seen("docker02"),
    }
    engine = run_program(monkeypatch, tmp_path, encrypted(), facts)
    stdin = {
        record: engine.resources[f"{name}@docker01"].inputs["stdin"]
        for record, name in (("vxlan/mesh", "mesh-vxlan"), ("wireguard/mesh", "mesh-key"))
    }
    return had, stdin


def test_each_host_makes_a_key_and_is_told_those_of_the_others(monkeypatch, tmp_path):
    engine = run_program(monkeypatch, tmp_path, encrypted(3), fleet(3))
    header, content = sent(engine, "docker02")
    assert content == (
        f"10.0.0.11 172.16.2.0/28 172.16.2.1 {KEY['docker01']}\n"
        f"10.0.0.13 172.16.2.32/28 172.16.2.33 {KEY['docker03']}\n"
    )
    assert (header["wireguard"], header["wireguard_port"]) == (TUNNEL, "51820")
    assert (header["local"], header["port"], header["mtu"]) == ("172.16.2.17", "14789", "1370")
    assert header["public"] == KEY["docker02"]
    assert records.body(engine.resources["mesh-key@docker02"].inputs["stdin"]) == ""
    assert len(TUNNEL) <= 15


def test_a_preview_does_not_take_an_old_key_for_the_next_one(monkeypatch, tmp_path):
    engine = run_program(monkeypatch, tmp_path, encrypted(), fleet())
    inputs = engine.resources["mesh-key@docker01"].inputs
    assert inputs["update"] == inputs["create"]


def test_a_network_that_is_not_encrypted_has_no_keys(monkeypatch, tmp_path):
    engine = run_program(monkeypatch, tmp_path, values(), fleet())
    assert not [name for name in engine.resources if "-key@" in name]
    assert "wireguard" not in sent(engine, "docker01")[0]


def test_only_peers_reach_wireguard_and_only_wireguard_reaches_vxlan(monkeypatch, tmp_path):
    stack = encrypted()
    stack["firewall"] = {"allow": ["10.9.0.0/24"]}
    engine = run_program(monkeypatch, tmp_path, stack, fleet())
    rules = records.body(engine.resources["firewall@docker01"].inputs["stdin"])
    assert rules == (
        f"udp 14789 local,10.0.0.12 %{TUNNEL}\n"
        "udp 51820 local,10.0.0.12 10.0.0.11,10.0.0.12,10.9.0.0/24\n"
    )


def test_a_host_that_has_it_is_told_nothing_new(monkeypatch, tmp_path):
    had, stdin = again(monkeypatch, tmp_path, *inner(), tunnel())
    assert stdin == had


@pytest.mark.parametrize(
    "more",
    [
        (*inner(),),
        (*inner(), tunnel(key=KEY["docker03"])),
        (*inner(), tunnel(port=51821)),
        (*inner(), tunnel(peers="")),
        (*inner(), tunnel(peers=f"{KEY['docker02']}\t0.0.0.0/0")),
        (*inner(lower=""), tunnel()),
        (*inner(local="10.0.0.11"), tunnel()),
    ],
    ids=["no tunnel", "key", "port", "no peer", "what a peer may", "not in it", "address"],
)
def test_a_tunnel_that_is_not_as_it_was_left_is_made_so_again(monkeypatch, tmp_path, more):
    had, stdin = again(monkeypatch, tmp_path, *more)
    assert stdin["vxlan/mesh"] != had["vxlan/mesh"]
    assert stdin["wireguard/mesh"] == had["wireguard/mesh"]


@pytest.mark.parametrize("state", ["next", "changed"])
def test_a_key_that_is_to_be_another_one_is_asked_for_again(monkeypatch, tmp_path, state):
    had, stdin = again(monkeypatch, tmp_path, *inner(), tunnel(), key=state)
    assert stdin["wireguard/mesh"] != had["wireguard/mesh"]
    assert stdin["vxlan/mesh"] == had["vxlan/mesh"]


def test_a_tunnel_that_could_not_be_read_is_not_taken_for_changed(monkeypatch, tmp_path):
    had, stdin = again(monkeypatch, tmp_path, *inner(), "unread wireguard time")
    assert stdin == had


@pytest.mark.parametrize("same", [True, False], ids=["another host's", "no key"])
def test_what_a_host_gives_for_its_key_is_checked(monkeypatch, tmp_path, same):
    given = KEY["docker01"] if same else "$(reboot)"
    monkeypatch.setattr(
        "tests.unit.fleet.public_key", lambda name: given if "02" in name else public_key(name)
    )
    words = "docker01 and docker02 have the same" if same else "what docker02 has for a public key"
    with pytest.raises(pulumi.RunError, match=words):
        run_program(monkeypatch, tmp_path, encrypted(), fleet())


@pytest.mark.parametrize("text", ["", "A" * 44, "A" * 43 + "=", "AAAA", KEY["docker01"] + "\n"])
def test_a_public_key_is_32_bytes_in_base64(text):
    with pytest.raises(ValueError, match="no public key"):
        checked(text)
    assert checked(KEY["docker01"]) == KEY["docker01"]


@pytest.mark.parametrize(
    "line", ["wireguard_key mesh intact x", f"wireguard_key mesh stolen {KEY['docker01']}"]
)
def test_a_key_of_another_form_is_not_read(line):
    facts = parse(facts_text(more=(line,)))
    assert facts.wireguard_keys == {}
    assert facts.hides("wireguard_key")


def test_another_mtu_is_chosen_where_it_is_encrypted_and_not_kept_afterwards(monkeypatch, tmp_path):
    had = kept(monkeypatch, tmp_path)
    facts = {"docker01": seen("docker01", records=had), "docker02": seen("docker02")}
    assert (
        sent(run_program(monkeypatch, tmp_path, encrypted(), facts), "docker01")[0]["mtu"] == "1370"
    )
    assert sent(run_program(monkeypatch, tmp_path, values(), facts), "docker01")[0]["mtu"] == "1450"


def test_slices_are_kept_where_it_is_encrypted_too(monkeypatch, tmp_path):
    had = {"vxlan/mesh": kept(monkeypatch, tmp_path)["vxlan/mesh"].replace("2.16/28", "2.64/28")}
    facts: dict[str, Answer] = {
        "docker01": seen("docker01", records=had),
        "docker02": (255, "no route"),
    }
    engine = run_program(monkeypatch, tmp_path, encrypted(), facts, preview=True)
    assert sent(engine, "docker01")[1].startswith("10.0.0.12 172.16.2.64/28 172.16.2.65 ")
