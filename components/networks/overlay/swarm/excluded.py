"""Settings of the daemon that do not go with a swarm, in use or asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from planning import daemon_json
from planning.daemon_held import written_keys
from planning.facts import HostFacts

_ELSE = "or use another strategy, e.g. macvlan"


def in_use(host: str, facts: HostFacts) -> Iterator[str]:
    """Sentences why this host's daemon, as it is, cannot be in a swarm."""
    if facts.engine is None:
        return
    readable = daemon_json.readable(facts.daemon_json)
    keys = _excluded(
        {
            "live-restore": facts.engine.live_restore,
            "firewall-backend": facts.engine.firewall_backend,
            "iptables": daemon_json.read(facts.daemon_json).get("iptables") if readable else None,
        }
    )
    if "firewall-backend" in keys:
        way = (
            "run `pulumi up` without this overlay first, as firewall-backend is ours"
            if "firewall-backend" in written_keys(facts.records.get("daemon", ""))
            else "take firewall-backend out of its daemon.json and restart Docker there"
        )
        yield (
            f"{host} has the firewall back end nftables, which Swarm does not work with yet: {way}, "
            f"{_ELSE}"
        )
    if "live-restore" in keys:
        yield (
            f"{host} has live-restore on, which Swarm forbids: take it out of its daemon.json and "
            f"`systemctl reload docker` there, {_ELSE}"
        )


def asked_for(host: str, settings: Mapping[str, object]) -> Iterator[str]:
    """Sentences why a host that is in a swarm, or is to be, cannot have these keys of daemon.json."""
    for key, what in _excluded(settings).items():
        yield (
            f"Swarm does not go with {what}, and {host} is in one: take {key} out of "
            f"crosshost:daemon.settings, {_ELSE}"
        )


def _excluded(settings: Mapping[str, object]) -> dict[str, str]:
    """The keys that do not go with a swarm, and what people call what they ask for."""
    found = {}
    if daemon_json.has_nftables(settings):
        found["firewall-backend"] = "the firewall back end nftables yet"
    if settings.get("live-restore") is True:
        found["live-restore"] = "live-restore"
    return found
