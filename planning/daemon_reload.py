"""What a change of daemon.json takes: nothing, a reload or a restart of the Docker daemon.

Sources: dockerd's reference, "Configuration reload behavior" (cli/docs/reference/commandline/
dockerd.md, as of 20.10, 26.1 and 28), and what the daemons do beyond it (moby/daemon/reload.go):

- Up to 20.10 the list has cluster-store, cluster-store-opts and cluster-advertise, and only where
  they were not set before; 23 removed them.
- A key that is taken out of the file keeps its value through a reload. engine.sh (`forget`)
  therefore reloads with the default's value first, for those keys that it lists.
- `features` is read anew, but only `buildkit` is looked at after the start: the image store
  (`containerd-snapshotter`) and `cdi` are chosen when the daemon starts.
- `network-diagnostic-port` is reloaded but not documented, nor are `default-stop-timeout` and
  `nri-opts`, which 29 knows: a restart is the safe answer.
- Docker 29.0 to 29.2 lose the addresses of `dns` and `host-gateway-ip` at any reload, and containers
  that start after it get none (moby#52060, mended in 29.3).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal

Action = Literal["none", "reload", "restart"]

# The documents write authorization-plugin; the file's key is the plural.
_ALL_ENGINES = frozenset(
    {
        "allow-nondistributable-artifacts",
        "authorization-plugins",
        "debug",
        "default-runtime",
        "features",
        "insecure-registries",
        "labels",
        "live-restore",
        "max-concurrent-downloads",
        "max-concurrent-uploads",
        "max-download-attempts",
        "registry-mirrors",
        "runtimes",
        "shutdown-timeout",
    }
)
_CLUSTER = frozenset({"cluster-advertise", "cluster-store", "cluster-store-opts"})
_FEATURES = frozenset({"buildkit"})
# daemon.json's keys, and their flags without dashes.
ADDRESSES = frozenset({"dns", "host-gateway-ip", "host-gateway-ips"})


def reloadable(version: str) -> frozenset[str]:
    """The keys that an engine of this version takes by a reload."""
    major = re.match(r"\d+", version)
    return _ALL_ENGINES | (_CLUSTER if major and int(major[0]) < 23 else frozenset())


def lost_by_reload(keys: Iterable[str], version: str) -> list[str]:
    """Those of ``keys`` that a daemon of this version has wrong values for after a reload, sorted."""
    broken = re.match(r"29\.[0-2]\.", version) is not None
    return sorted(ADDRESSES.intersection(keys)) if broken else []


def action(
    keys: Iterable[str],
    version: str,
    *,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    had_cluster_store: bool = False,
) -> Action:
    """What it takes that ``keys`` go from their values ``before`` to those ``after``.

    ``had_cluster_store``: the running daemon has a store, and another one than is wanted; it is
    left only by a restart.
    """
    changing = set(keys)
    if restarting(changing, version, before=before, after=after):
        return "restart"
    if had_cluster_store and changing & _CLUSTER:
        return "restart"
    return "reload" if changing else "none"


def restarting(
    keys: Iterable[str], version: str, *, before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[str]:
    """Those of ``keys`` whose change takes a restart, sorted."""
    taken = reloadable(version)
    return sorted(
        key
        for key in keys
        if key not in taken
        or (key == "features" and _features_changed(before.get(key), after.get(key)))
    )


def leaving(own: Mapping[str, Any], version: str, *, original: Mapping[str, Any]) -> Action:
    """What it takes to take our keys out again, on destroy."""
    changing = [key for key in own if key not in original or original[key] != own[key]]
    return action(
        changing, version, before=own, after=original, had_cluster_store="cluster-store" in own
    )


def _features_changed(before: object, after: object) -> bool:
    old = before if isinstance(before, dict) else {}
    new = after if isinstance(after, dict) else {}
    return any(
        old.get(name) != new.get(name) for name in old.keys() | new.keys() if name not in _FEATURES
    )
