"""A fleet for the documents: three hosts, an overlay and a macvlan network, a port that is shut."""

from __future__ import annotations

from reports.topology.model import Container, Host, HostLink, Network, Topology
from reports.topology.paths import Row

_HOSTS = ("docker01", "docker02", "docker03")
_SHUT = "udp 4789 to docker03 is shut there (iptables: INPUT, -p udp --dport 4789 -j DROP)"

FLEET = Topology(
    "prod",
    tuple(
        Host(name, f"10.0.0.1{i}", "28.5.2", ("swarm manager" if i == 1 else "swarm worker",))
        for i, name in enumerate(_HOSTS, 1)
    ),
    (
        Network("backend", "overlay on Swarm", "172.16.1.0/24", {n: HostLink() for n in _HOSTS}),
        Network(
            "lan",
            "macvlan",
            "10.0.0.0/24",
            {
                "docker01": HostLink("ens33, promiscuous", "10.0.0.64/28"),
                "docker02": HostLink("ens33, promiscuous", "10.0.0.80/28"),
            },
        ),
    ),
    (
        Container("proxy", "docker01", "", {"backend": "172.16.1.2", "lan": "10.0.0.65"}),
        Container("app", "docker02", "", {"backend": "172.16.1.3"}, "", ("8080:80/tcp",)),
        Container("mail", "docker02", "", {"lan": "10.0.0.81"}),
        Container("db", "docker03", "", {"backend": "172.16.1.4"}),
        Container("metrics", "docker03", "", {}, "host"),
    ),
)


def _row(source: str, host: str, kind: str) -> Row:
    found = {"from": source, "from_host": host, "to": "db", "to_host": "docker03", "kind": kind}
    return Row.model_validate(
        {**found, "network": "backend", "expected": "yes", "observed": "no", "cause": _SHUT}
    )


ROWS = tuple(
    _row(source, host, kind)
    for source, host in (("proxy", "docker01"), ("app", "docker02"))
    for kind in ("icmp", "tcp")
)
