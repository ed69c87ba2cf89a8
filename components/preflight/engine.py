"""Whether a host's Docker engine can be worked with, and all of it be read."""

from __future__ import annotations

from planning import daemon_json
from planning.facts import HostFacts
from planning.host_paths import of_stack


def docker(name: str, user: str, facts: HostFacts) -> list[str]:
    """Sentences why crosshost cannot work with the host's Docker engine."""
    if not facts.docker_cli:
        return [f"{name} has no docker command: install Docker there"]
    if facts.engine is None:
        if (why := facts.unread.get("info")) in ("time", "size", "form"):
            return [f"{_docker_fault(name, why)}: look at `journalctl -u docker` there"]
        return [
            f"the Docker daemon of {name} does not answer to {user}: look at `systemctl status "
            "docker` there" + ("" if user == "root" else f", and add {user} to the group docker")
        ]
    problems = []
    if facts.uid != 0:
        problems.append(f"{name}: {user} is not root: write `sudo: true` in crosshost:ssh")
    if not facts.user_reaches_docker:
        problems.append(
            f"{name}: {user} may not use Docker there without sudo, as the docker provider does: "
            f"run `sudo usermod -aG docker {user}` on it"
        )
    try:
        daemon_json.check(facts.daemon_json)
    except daemon_json.BrokenDaemonJsonError as error:
        problems.append(f"/etc/docker/daemon.json of {name} {error}: mend it there first")
    return problems


def _docker_fault(name: str, why: str) -> str:
    if why == "time":
        return f"Docker on {name} hangs (`docker info` gave no answer within 10 s)"
    return f"Docker on {name} answers nonsense to `docker info` ({_WHY[why]})"


_WHY = {
    "time": "no answer in time",
    "size": "more than 2 MB",
    "kind": "it is no plain file",
    "form": "not what it prints elsewhere",
}
# What must be known before anything is changed: fact -> what people call it.
_NEEDED = {
    "containers": "the list of containers (`docker ps --all`)",
    "networks": "the list of networks (`docker network ls`)",
    "nodes": "the swarm's list of nodes (`docker node ls`)",
    "links": "its network interfaces (`ip -o link show`)",
    "addresses": "its addresses (`ip -o -4 addr show`)",
    "routes": "its routes (`ip -o -4 route show`)",
    "daemon_json": "/etc/docker/daemon.json",
    "docker_unit": "docker.service (`systemctl cat docker.service`)",
    "units": "docker.service (`systemctl show docker.service`)",
}


# A swarm without a leader has no list of nodes, and a host may have no docker.service: what follows
# from that is said elsewhere.
_MAY_FAIL = {"nodes", "docker_unit", "units"}


def unread(name: str, facts: HostFacts) -> list[str]:
    """Sentences on facts that are needed and could not be read."""
    return [
        f"{what} of {name} could not be read ({_WHY.get(why, f'exit code {why}')}): look there what "
        "is wrong with it, and try again"
        for fact, what in _NEEDED.items()
        if (why := facts.unread.get(fact)) is not None and not (why.isdigit() and fact in _MAY_FAIL)
    ]


def lost_records(name: str, facts: HostFacts, stack: str) -> list[str]:
    """Sentences on what crosshost keeps on a host and somebody has edited."""
    return [
        f"{name}: {of_stack(stack)}/{fact.removeprefix('record/')}/record was edited by hand "
        f"({_WHY.get(why, why)}): it counts as lost, and up writes it again"
        for fact, why in facts.unread.items()
        if fact.startswith("record/")
    ]
