"""What a preview says of containers and networks that people took away."""

from __future__ import annotations

from planning.facts import ContainerFacts, HostFacts, NetworkFacts
from planning.presence import missing

RECORD = "present\nnetwork n1 ol1\ncontainer c1 web01\ncontainer c2 web02\n"


def facts(containers: dict[str, str], networks: dict[str, str]) -> HostFacts:
    return HostFacts(
        uid=0, hostname="docker01", clock=0, systemd=True, docker_cli=True,
        containers=[
            ContainerFacts(id=i, name=n.split()[0], state=n.split()[1], status="Exited (0)", stack="s")
            for i, n in containers.items()
        ],
        networks=[
            NetworkFacts(id=i, name=n, driver="overlay", scope="global", stack="s")
            for i, n in networks.items()
        ],
    )  # fmt: skip


def say(containers: dict[str, str], networks: dict[str, str], names=("web01", "web02")):
    return missing(
        "docker01", facts(containers, networks), RECORD, containers=names, networks=["ol1"]
    )


def test_nothing_is_said_where_all_is_there():
    assert say({"c1": "web01 running", "c2": "web02 running"}, {"n1": "ol1"}) == []


def test_a_stopped_a_removed_and_a_remade_one_are_told_apart():
    assert say({"c1": "web01 exited", "x": "web02 running"}, {}) == [
        "network ol1 is gone from docker01: `pulumi up --refresh` makes it anew",
        "container web01 on docker01 does not run (Exited (0)): `pulumi up --refresh` starts it",
        "container web02 on docker01 is not the one that was made here: remove it, then "
        "`pulumi up --refresh` makes it anew",
    ]
    assert say({"c1": "web01 running"}, {"n1": "ol1"}) == [
        "container web02 is gone from docker01: `pulumi up --refresh` makes it anew"
    ]


def test_what_the_stack_file_no_longer_has_is_not_missed():
    assert say({"c1": "web01 running"}, {"n1": "ol1"}, names=("web01",)) == []
