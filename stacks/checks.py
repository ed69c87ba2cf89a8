"""What must fit together across the sections of a stack file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address, IPv6Address

from components import firewall, networks
from components.container.settings import ContainerSettings
from components.dns import stack_checks as dns
from components.networks.base import NetworkSettings, Stack
from components.networks.overlay.consul.settings import ConsulSettings
from components.ssh_settings import HostSettings
from planning.addresses import overlaps
from planning.problems import Problem, nearest
from planning.published import ALL_ADDRESSES, ALL_IPV6, overlapping
from planning.second_subnet import proposal
from planning.sections import CONTAINERS, HOSTS, NETWORKS, unknown_host
from stacks.dependency_checks import dependency_problems


def check(stack: Stack, named: Mapping[str, set[str]]) -> list[Problem]:
    """Every problem between sections. ``named``: the names given, those of wrong entries too."""
    consul = stack.section(ConsulSettings)
    return [
        *_hosts(stack.hosts),
        *_networks(stack.networks, named["hosts"]),
        *networks.problems(stack),
        *firewall.problems(stack),
        *dns.problems(stack),
        *_placement(stack.containers, stack.networks, named),
        *_sharing(stack.containers, named["containers"]),
        *dependency_problems(stack.containers, named["containers"]),
        *_addresses(stack),
        *_names(stack.containers, consul),
        *_ports(stack, consul),
    ]


def _hosts(hosts: Mapping[str, HostSettings]) -> Iterator[Problem]:
    folded: dict[str, str] = {}
    addresses: dict[str, str] = {}
    for name, host in hosts.items():
        if other := folded.get(name.lower()):
            yield Problem(
                (HOSTS, name),
                f"differs from {other!r} only in case: host names ignore case, rename one",
            )
        folded.setdefault(name.lower(), name)
        place = f"{host.address} {host.port}"
        if other := addresses.get(place):
            yield Problem(
                (HOSTS, name, "address"), f"{host.address} is the address of {other}, too"
            )
        addresses.setdefault(place, name)


def _networks(networks: Mapping[str, NetworkSettings], named: set[str]) -> Iterator[Problem]:
    for name, network in networks.items():
        if network.hosts == []:
            yield Problem((NETWORKS, name, "hosts"), "is empty: name a host, or leave hosts out")
        for i, host in enumerate(network.hosts or []):
            if host not in named:
                yield Problem((NETWORKS, name, "hosts", i), unknown_host(host, named))
    for a, b in overlaps({name: network.subnet for name, network in networks.items()}):
        yield Problem(
            (NETWORKS, b, "subnet"),
            f"{networks[b].subnet} overlaps {networks[a].subnet} of {a}: choose another subnet",
        )
    second = {name: network.ipv6 for name, network in networks.items() if network.ipv6}
    for a, b in overlaps(second):
        yield Problem(
            (NETWORKS, b, "subnet6"),
            f"{second[b]} overlaps {second[a]} of {a}: choose another subnet, e.g. {proposal()}",
        )


def _placement(
    containers: Mapping[str, ContainerSettings],
    networks: Mapping[str, NetworkSettings],
    named: Mapping[str, set[str]],
) -> Iterator[Problem]:
    for name, container in containers.items():
        path = (CONTAINERS, name)
        if container.host not in named["hosts"]:
            yield Problem((*path, "host"), unknown_host(container.host, named["hosts"]))
        if container.network is not None and container.networks:
            yield Problem((*path, "networks"), "stands beside `network`: write one of the two")
        for word, long in (("ip", "ipv4_address"), ("ip6", "ipv6_address")):
            given = getattr(container, word) is not None
            if given and (container.networks or not container.attachments()):
                yield Problem(
                    (*path, word),
                    "belongs to a network of the stack: name it as `network`, or write "
                    f"`networks: {{NAME: {{{long}: ...}}}}`",
                )
        for network, _ in container.attachments().items():
            place = (*path, "networks", network) if container.networks else (*path, "network")
            if network not in named["networks"]:
                yield Problem(
                    place,
                    f"there is no network {network!r}: write none, host, bridge, container:NAME or "
                    f"one of the stack's ({', '.join(nearest(network, named['networks'])) or 'it has none'})",
                )
            elif (
                network in networks
                and container.host in named["hosts"]
                and not networks[network].on([container.host])
            ):
                yield Problem(
                    place, f"{network} is not on {container.host}: add it to the network's `hosts`"
                )


def _sharing(containers: Mapping[str, ContainerSettings], named: set[str]) -> Iterator[Problem]:
    for name, container in containers.items():
        path = (CONTAINERS, name)
        if (other := container.shares) is not None:
            target = containers.get(other)
            if other == name:
                yield Problem((*path, "network"), "a container cannot join itself")
            elif other not in named:
                yield Problem(
                    (*path, "network"),
                    f"there is no container {other!r} in this stack: name one that is "
                    f"({', '.join(nearest(other, named - {name})) or 'it has no other'})",
                )
            elif target is not None and target.host != container.host:
                yield Problem(
                    (*path, "network"),
                    f"{other} runs on {target.host}, this one on {container.host}: containers that "
                    "share a network namespace must run on one host",
                )
            elif target is not None and target.shares:
                yield Problem(
                    (*path, "network"),
                    f"{other} itself joins {target.shares}: write container:{target.shares}",
                )
        if other is not None or container.network == "host":
            words = ["ports", "hostname", "dns", "dns_search", "extra_hosts"]
            owner = f"container {other}" if other else "the host"
            allowed = set() if other else {"hostname", "dns", "dns_search", "extra_hosts"}
            for word in words:
                if word not in allowed and getattr(container, word):
                    yield Problem(
                        (*path, word), f"belongs to {owner}, whose network it uses: remove it"
                    )
        elif container.network == "none" and container.ports:
            yield Problem(
                (*path, "ports"), "has no network to publish on (network: none): remove it"
            )


def _addresses(stack: Stack) -> Iterator[Problem]:
    given: dict[tuple[str, IPv4Address | IPv6Address], str] = {}
    for name, container in stack.containers.items():
        for network, join in container.attachments().items():
            settings = stack.networks.get(network)
            if settings is None:
                continue
            place: tuple[str, ...] = (CONTAINERS, name, "ip")
            place6: tuple[str, ...] = (CONTAINERS, name, "ip6")
            if container.networks:
                place = (CONTAINERS, name, "networks", network, "ipv4_address")
                place6 = (CONTAINERS, name, "networks", network, "ipv6_address")
            address = join.ipv4_address
            if address is None:
                if problem := settings.no_address_problem(network, stack):
                    yield Problem(place, problem)
            elif problem := settings.address_problem(network, address, stack):
                yield Problem(place, problem)
            elif other := given.get((network, address)):
                yield Problem(place, f"{address} is the address of {other}, too: write another one")
            else:
                given[network, address] = name
            ipv6 = join.ipv6_address
            if ipv6 is None and address is not None and given.get((network, address)) == name:
                place6, ipv6 = place, settings.ipv6_of(address)
            if ipv6 is None:
                continue
            if problem := settings.ipv6_problem(network, ipv6, address):
                yield Problem(place6, problem)
            elif other := given.get((network, ipv6)):
                yield Problem(place6, f"{ipv6} is the address of {other}, too: write another one")
            else:
                given[network, ipv6] = name


def _names(
    containers: Mapping[str, ContainerSettings], consul: ConsulSettings | None
) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    if consul is not None:
        seen[consul.container_name.lower()] = "the Consul server"
    for key, container in containers.items():
        name = container.container_name or key
        place = (
            (CONTAINERS, key, "container_name") if container.container_name else (CONTAINERS, key)
        )
        if len(name) < 2:
            yield Problem(
                place,
                f"{name!r} would be the container's name, and Docker's have two characters or more: "
                "write a longer one, or give it a container_name",
            )
        if other := seen.get(name.lower()):
            yield Problem(place, f"the name {name!r} is that of {other}, too: choose another one")
        seen.setdefault(name.lower(), key)


def _ports(stack: Stack, consul: ConsulSettings | None) -> Iterator[Problem]:
    taken: dict[tuple[str, int, str], list[tuple[IPv4Address | IPv6Address, str]]] = {
        key: [(one, "the engine for overlays") for one in (ALL_ADDRESSES, ALL_IPV6)]
        for key in networks.taken_ports(stack)
    }
    if consul is not None:
        taken[consul.host, consul.port, "tcp"] = [(ALL_ADDRESSES, "the Consul server")]
    for name, container in stack.containers.items():
        joined = [stack.networks[n] for n in container.attachments() if n in stack.networks]
        reasons = [network.no_published_ports for network in joined]
        if container.ports and reasons and reasons[0] and all(reasons):
            yield Problem((CONTAINERS, name, "ports"), reasons[0])
        publishing = [network for network in joined if network.no_published_ports is None]
        has_ipv6 = bool(publishing) and all(network.ipv6 for network in publishing)
        for port in container.ports:
            if port.host_ip.version == 6 and not has_ipv6:
                yield Problem(
                    (CONTAINERS, name, "ports", port.entry),
                    f"{port.host_ip} is an IPv6 address, on which Docker 20.10.5 publishes nothing, and says nothing, "
                    "where the container has none itself: give it a vxlan network with `subnet6` (and no other "
                    "without), or write an IPv4 address of the host",
                )
            if port.published is None:
                continue
            held = taken.setdefault((container.host, port.published, port.protocol), [])
            for address, other in held:
                if overlapping(address, port.host_ip):
                    yield Problem(
                        (CONTAINERS, name, "ports", port.entry),
                        f"port {port.published}/{port.protocol} of {container.host} is taken by "
                        f"{other}: publish another one",
                    )
                    break
            held.append((port.host_ip, name))
