"""What stands in the way of a stack's daemon settings on a host, from facts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from components.daemon_settings import DaemonSettings
from planning import daemon_held, daemon_json, ports
from planning.daemon_plan import Api
from planning.docker_unit import Start
from planning.facts import HostFacts

# Major version of the docker command -> the newest API (1.x) that all of them speak.
_APIS = {"25": 44, "26": 45, "27": 46, "28": 48, "29": 52}
_TLS = ("tlsverify", "tlscacert", "tlscert", "tlskey")


def refusals(
    name: str,
    facts: HostFacts,
    wanted: DaemonSettings | None,
    of_networks: Mapping[str, object],
    stack: str,
) -> Iterator[str]:
    """Sentences why a host cannot have what the stack file wants of its daemon, and its networks do.

    ``of_networks``: keys of daemon.json, with values.
    """
    api = wanted.wanted_api if wanted else None
    if wanted is not None:
        yield from of_stack_file(name, facts, wanted.settings, api, stack)
    keys = {**(wanted.settings if wanted else {}), **of_networks}
    yield from other_stacks(name, facts, keys, api, stack)


def of_stack_file(
    name: str, facts: HostFacts, settings: Mapping[str, object], api: Api | None, stack: str
) -> Iterator[str]:
    """Sentences why this host cannot have the settings and the API of crosshost:daemon."""
    start = Start.of(facts.unit, stack) if facts.unit else None
    asked = dict(settings)
    if api is not None:
        asked |= {"tls": False} if api.certificates is None else dict.fromkeys(_TLS)
        yield from _api(name, facts, api, start)
    for flag, key in start.flags_of(asked) if start else ():
        yield (
            f"docker.service of {name} starts dockerd with {flag}, which it refuses beside "
            f"daemon.json's {key}: take the flag out there (`systemctl edit --full docker`), or "
            f"{key} out of crosshost:daemon"
        )
    yield from _api_version(name, facts, settings)
    if daemon_json.has_nftables(settings):
        yield from _nftables(name, facts, settings)


def _api_version(name: str, facts: HostFacts, settings: Mapping[str, object]) -> Iterator[str]:
    least, client = settings.get("min-api-version"), facts.engine.client if facts.engine else ""
    speaks = _APIS.get(client.partition(".")[0])
    numbers = re.fullmatch(r"1\.(\d{1,3})", least) if isinstance(least, str) else None
    if speaks is not None and numbers is not None and int(numbers[1]) > speaks:
        yield (
            f"the docker command of {name} ({client}) may not speak the API from {least} on, and "
            f"crosshost works with it: write min-api-version 1.{speaks} at most, or upgrade the "
            "command there"
        )


def _nftables(name: str, facts: HostFacts, settings: Mapping[str, object]) -> Iterator[str]:
    out = "or take firewall-backend out of crosshost:daemon.settings"
    if facts.uid == 0 and facts.firewall.nft is None and "nft" not in facts.unread:
        yield (
            f"{name} has no nft command, without which Docker does not start with the firewall back "
            f"end nftables: install nftables there, {out}"
        )
    if facts.forwards_at_boot is False and settings.get("ip-forward") is not False:
        yield (
            f"{name} does not turn IP forwarding on when it boots, and with the firewall back end "
            "nftables Docker leaves that to the host and does not start without it: write "
            f"`net.ipv4.ip_forward = 1` into /etc/sysctl.d/90-forwarding.conf there, {out}"
        )


def _api(name: str, facts: HostFacts, api: Api, start: Start | None) -> Iterator[str]:
    if not facts.systemd or start is None:
        yield (
            f"{name} has no docker.service with one ExecStart, which the TCP API must be made from: "
            "take `api` out of crosshost:daemon"
        )
    docker = frozenset({"dockerd", "systemd"})
    yield from ports.held(name, facts, [("tcp", api.port)], docker)


def other_stacks(
    name: str, facts: HostFacts, keys: Mapping[str, object], api: Api | None, stack: str
) -> Iterator[str]:
    """Sentences on keys (of settings and of networks) that another stack sets to another value."""
    for other, theirs in daemon_held.of_others(facts, stack).items():
        if (store := theirs.get("cluster-store")) and keys.get("cluster-store", store) != store:
            yield (
                f"{name} keeps the overlays of stack {other} in {daemon_json.describe(store)}, and an "
                f"engine has one cluster store: write `crosshost:consul: {{stack: {other}, host: "
                "...}` to use that one, or take other hosts or control_plane: swarm"
            )
        for key in sorted(keys.keys() & theirs.keys() - {"cluster-store"}):
            if keys[key] != theirs[key]:
                yield (
                    f"{key} in daemon.json of {name} belongs to stack {other} too, which sets it "
                    f"to {daemon_json.describe(theirs[key])}: write the same here, or take it out of "
                    "one of the two"
                )
        if api is not None and "hosts" in theirs:
            yield (
                f"stack {other} gives {name} its TCP API already: take `api` out of "
                "crosshost:daemon here or there"
            )
