"""What Docker 29 asks of the plan: reloads, the firewall back end, the API's least version."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pytest

from components.daemon_settings import DaemonSettings
from components.networks.base import Stack
from components.networks.overlay.planes import PLANES
from components.networks.overlay.strategy import OverlayStrategy
from components.preflight import daemon
from planning import daemon_plan, records
from planning.daemon_reload import lost_by_reload
from planning.daemon_text import describe
from planning.facts import HostFacts, parse
from planning.facts.forwarding import forwards_at_boot
from planning.fleet_facts import FleetFacts
from tests.unit.fleet import b64, containers, facts_text, run_program, stack_values

BROKEN, MENDED = "29.2.1", "29.3.0"
NFTABLES = {"firewall-backend": "nftables"}
RUNNING = containers({"id": "id", "name": "web", "state": "running", "status": "Up", "stack": ""})
FORWARDS = "# /etc/sysctl.d/90-forwarding.conf\nnet.ipv4.ip_forward = 1\n"


def unit(start: str = "dockerd -H fd://") -> tuple[str, str]:
    shown = "Id=docker.service\nFragmentPath=/lib/docker.service\nDropInPaths=\nExecStart=x\n"
    text = f"# /lib/docker.service\n[Service]\nExecStart=/usr/bin/{start}\n"
    return "units " + b64(shown), "docker_unit " + b64(text)


def host(
    version: str, daemon_json: dict[str, Any] | None = None, *more: str, **info: Any
) -> HostFacts:
    text = json.dumps(daemon_json or {})
    lines = more or unit()
    return parse(facts_text(version=version, backends=(), daemon_json=text, info=info, more=lines))


def plan(facts: HostFacts, **settings: Any) -> daemon_plan.Plan:
    return daemon_plan.plan(facts, settings, None, "prod")


@pytest.mark.parametrize(
    ("version", "lost"),
    [("28.5.2", False), ("29.0.0", True), ("29.1.5", True), ("29.2.1+dfsg1", True),
     ("29.3.0", False), ("29.8.1", False), ("29.10.0", False), ("29.20.1", False)],
)  # fmt: skip
def test_only_docker_29_0_to_29_2_lose_name_servers_by_a_reload(version, lost):
    assert lost_by_reload(["dns", "debug"], version) == (["dns"] if lost else [])
    assert lost_by_reload(["debug"], version) == []


@pytest.mark.parametrize(
    ("facts", "lost"),
    [
        (host(BROKEN, {"dns": ["10.0.0.53"]}), ["dns"]),
        (host(BROKEN, {}, *unit("dockerd --dns 10.0.0.53 -H fd://")), ["dns"]),
        (host(BROKEN, {}, *unit("dockerd --host-gateway-ip=10.0.0.1")), ["host-gateway-ip", "host-gateway-ips"]),
    ],
)  # fmt: skip
def test_a_daemon_that_would_lose_name_servers_is_restarted_also_on_the_way_back(facts, lost):
    planned = plan(facts, debug=True)
    assert (planned.action, planned.why) == ("restart", lost)
    assert records.header_fields(planned.stdin)["leave"] == "restart"


def test_without_name_servers_or_with_a_mended_daemon_a_reload_is_enough():
    for facts in (host(BROKEN), host(MENDED, {"dns": ["10.0.0.53"]})):
        planned = plan(facts, debug=True)
        assert planned.action == "reload"
        assert records.header_fields(planned.stdin)["leave"] == "reload"


def test_the_preview_says_that_containers_bounce_and_how_to_avoid_it():
    facts = host(BROKEN, {"dns": ["10.0.0.53"]}, *unit(), RUNNING)
    assert describe(plan(facts, debug=True), facts) == (
        "daemon.json (+ debug: true): the Docker daemon will be restarted (because of dns); its 1 "
        "running container bounces: Docker 29.0 to 29.2 lose dns by a reload, which live-restore "
        "needs (moby#52060); upgrade Docker there to 29.3 or later first, and nothing bounces"
    )
    # No reload is needed where the admin has live-restore on.
    live = {"dns": ["10.0.0.53"], "live-restore": True}
    facts = host(BROKEN, live, *unit(), RUNNING, LiveRestoreEnabled=True)
    assert "its 1 running container goes on running" in describe(plan(facts, debug=True), facts)


@pytest.mark.parametrize(
    ("text", "forwards"),
    [
        (None, None), ("", False), (FORWARDS, True), ("-net/ipv4/ip_forward=1\n", True),
        ("net.ipv4.conf.all.forwarding=1", True), ("#net.ipv4.ip_forward=1\n", False),
        ("net.ipv4.ip_forward=1\n# later\nnet.ipv4.ip_forward=0\n", False),
    ],
)  # fmt: skip
def test_what_sysctl_d_says_last_counts(text, forwards):
    assert forwards_at_boot(text) is forwards


def refusals(facts: HostFacts, settings: dict[str, Any]) -> str:
    return "\n".join(daemon.of_stack_file("docker01", facts, settings, None, "prod"))


def test_the_nftables_back_end_needs_nft_and_a_host_that_forwards():
    ready = [*unit(), "nft " + b64('{"nftables": []}'), "sysctl " + b64(FORWARDS)]
    assert refusals(host(MENDED, {}, *ready), NFTABLES) == ""
    bare = host(MENDED, {}, *unit(), "sysctl " + b64(""))
    assert "docker01 has no nft command" in refusals(bare, NFTABLES)
    assert "write `net.ipv4.ip_forward = 1` into" in refusals(bare, NFTABLES)
    assert "ip_forward" not in refusals(bare, {**NFTABLES, "ip-forward": False})
    assert refusals(bare, {**NFTABLES, "iptables": False}) == ""
    # What could not be read is no reason.
    hidden = host(MENDED, {}, *unit(), "unread nft time")
    assert refusals(hidden, NFTABLES) == ""


def test_the_nftables_back_end_and_live_restore_are_refused_in_a_swarm():
    member = {"LocalNodeState": "active", "NodeID": "node1"}
    facts = host(MENDED, {}, *unit(), "sysctl " + b64(FORWARDS), Swarm=member)
    fleet = FleetFacts("prod", {"docker01": "10.0.0.11"}, {"docker01": facts})
    for asked in (NFTABLES, {"live-restore": True}):
        stack = Stack({}, sections=(DaemonSettings(settings=asked),))
        (found,) = OverlayStrategy().refusals(stack, fleet)
        assert "Swarm does not go with " in found
        assert f", and docker01 is in one: take {next(iter(asked))} out of" in found


def lacks(facts: HostFacts) -> str:
    return "\n".join(PLANES["swarm"].contract.lacks("docker01", facts))


def test_an_overlay_is_refused_on_a_host_with_the_nftables_back_end():
    driver = {"FirewallBackend": {"Driver": "nftables"}}
    assert "take firewall-backend out of its daemon.json" in lacks(host(MENDED, NFTABLES, **driver))
    ours = "record daemon " + b64("own=firewall-backend unit=0\n" + json.dumps(NFTABLES))
    assert "run `pulumi up` without this overlay first" in lacks(
        host(MENDED, NFTABLES, ours, **driver)
    )
    assert lacks(host(MENDED, {**NFTABLES, "iptables": False}, **driver)) == ""
    assert lacks(host(MENDED, FirewallBackend={"Driver": "iptables"})) == ""
    assert lacks(host("20.10.5")) == ""


def test_settings_with_the_nftables_back_end_and_an_overlay_are_refused(monkeypatch, tmp_path):
    values = {**stack_values("lab-swarm"), "daemon": {"settings": NFTABLES}}
    answers = {
        name: facts_text(hostname=name, address=f"10.0.0.1{name[-1]}", version="29.8.1", backends=())
        for name in values["hosts"]
    }  # fmt: skip
    with pytest.raises(pulumi.RunError, match="does not go with the firewall back end nftables"):
        run_program(monkeypatch, tmp_path, values, answers)


@pytest.mark.parametrize(
    ("client", "least", "refused"),
    [
        ("28.5.2+dfsg4", "1.56", True), ("28.5.2+dfsg4", "1.49", True), ("28.5.2", "1.48", False),
        ("29.1.0", "1.52", False), ("25.0.1", "1.44", False), ("", "1.56", False),
        ("28.5.2", "newest", False), ("31.0.0", "1.99", False),
    ],
)  # fmt: skip
def test_an_api_that_the_docker_command_does_not_speak_is_refused(client, least, refused):
    facts = host(MENDED, {}, *unit(), ClientInfo={"Version": client})
    assert ("write min-api-version 1." in refusals(facts, {"min-api-version": least})) is refused
