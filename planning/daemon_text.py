"""A change of a Docker daemon, for people."""

from __future__ import annotations

import re

from planning.daemon_plan import Plan
from planning.facts import HostFacts


def describe(plan: Plan, facts: HostFacts) -> str:
    """What a change will do to the daemon and to what runs."""
    keys = f"daemon.json ({', '.join(plan.edits)})" if plan.edits else "its files"
    if plan.action == "none":
        return f"{keys} will be written; the Docker daemon goes on as it is"
    if plan.action == "reload":
        return f"{keys}: the Docker daemon will be reloaded; running containers are not touched"
    why = ", ".join(plan.why) or "leaving a cluster store"
    one = facts.running == 1
    running = f"its {facts.running} running container{'' if one else 's'}"
    if facts.running == 0:
        then = "no container runs there"
    elif facts.swarm.member:
        then = f"{running} bounce{'s' if one else ''}: a swarm does not go with live-restore"
    elif plan.no_reload:
        then = (
            f"{running} bounce{'s' if one else ''}: Docker 29.0 to 29.2 lose "
            f"{' and '.join(plan.no_reload)} by a reload, which live-restore needs (moby#52060); "
            "upgrade Docker there to 29.3 or later first, and nothing bounces"
        )
    else:
        then = f"{running} go{'es' if one else ''} on running (live-restore is on for that moment)"
    if "hosts" in plan.changed:
        then += "; -H of docker.service and hosts of daemon.json are one list, kept there"
    return f"{keys}: the Docker daemon will be restarted (because of {why}); {then}"


def bouncing(sentence: str) -> int:
    """How many containers bounce, by what `describe` says."""
    found = re.search(r"its (\d+) running containers? bounces?\b", sentence)
    return int(found[1]) if found else 0
