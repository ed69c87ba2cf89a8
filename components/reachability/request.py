"""What is to be proven, as text: the stdin of components/reachability/run.py, and what a preview shows.

Standard library only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from components.remote import HOST, IMAGE, SCRIPTS, name_of, ssh_config, stack_of
from planning.reachability.links import HostLink
from planning.reachability.probes import Endpoint, Probe

# Before a way's name: of IPv6.
_IPV6 = "ipv6:"


class RequestError(ValueError):
    """The text is no request; the message says which line."""


@dataclass(frozen=True)
class Target:
    """A host to ask. ``ssh_target``: NAME or NAME:sudo; ``settings``: lines for an ssh_config."""

    ssh_target: str
    address: str
    settings: Sequence[str] = ()

    @property
    def name(self) -> str:
        return name_of(self.ssh_target)


@dataclass(frozen=True)
class Carrier:
    """What carries a network, and what it promises.

    ``contract``: its key. ``ports``: protocol and number, between hosts. ``reach``: by the names of
    planning.contract's ways; ``reach6``: of IPv6, as far as that is known of it.
    """

    contract: str
    ports: tuple[tuple[str, int], ...] = ()
    reach: Mapping[str, bool] = field(default_factory=dict)
    reach6: Mapping[str, bool] = field(default_factory=dict)

    @property
    def words(self) -> list[str]:
        ports = [f"{protocol}/{number}" for protocol, number in self.ports]
        ways = {**self.reach, **{f"{_IPV6}{way}": works for way, works in self.reach6.items()}}
        return [*ports, *(f"{way}={'yes' if works else 'no'}" for way, works in ways.items())]

    @classmethod
    def read(cls, contract: str, words: Sequence[str]) -> Carrier:
        """From the words of a line. ValueError where one is no port."""
        ports = (word.partition("/") for word in words if "/" in word)
        ways = {
            way: works == "yes"
            for way, _, works in (word.partition("=") for word in words if "=" in word)
        }
        return cls(
            contract,
            tuple((protocol, int(number)) for protocol, _, number in ports),
            {way: works for way, works in ways.items() if not way.startswith(_IPV6)},
            {
                way.removeprefix(_IPV6): works
                for way, works in ways.items()
                if way.startswith(_IPV6)
            },
        )


@dataclass(frozen=True)
class Request:
    """``ssh_config``: the path of the stack's. ``scripts``: their folder on hosts.

    ``strict``: what is not known fails. ``carriers``: a hash of what carries the networks; where it
    changes the proof is asked for again. ``networks``: by name. ``links``: what carries the networks
    on hosts. ``image``: an image with the tools that a host may lack, "" for none.
    """

    ssh_config: str
    scripts: str
    hosts: Mapping[str, Target]
    probes: Sequence[Probe]
    strict: bool = False
    carriers: str = "-"
    networks: Mapping[str, Carrier] = field(default_factory=dict)
    endpoints: Sequence[Endpoint] = ()
    links: Sequence[HostLink] = ()
    image: str = ""

    @property
    def stack(self) -> str:
        """The stack whose scripts they are."""
        return stack_of(self.scripts)

    def ssh(self) -> AbstractContextManager[str]:
        """The path of an ssh_config that knows all hosts."""
        return ssh_config(
            self.ssh_config, {name: target.settings for name, target in self.hosts.items()}
        )

    @property
    def text(self) -> str:
        lines = [f"ssh_config {self.ssh_config}", f"scripts {self.scripts}"]
        lines += [f"strict {'yes' if self.strict else 'no'}", f"carriers {self.carriers}"]
        lines += [f"image {self.image}"] if self.image else []
        for host in self.hosts.values():
            lines.append(f"host {host.ssh_target} {host.address}")
            lines += [f"ssh {setting}" for setting in host.settings]
        for name, carrier in self.networks.items():
            lines.append(" ".join(["network", name, carrier.contract, *carrier.words]))
        lines += [
            f"container {one.container} {one.host} {one.network} {one.address}"
            for one in self.endpoints
        ]
        lines += [link.line for link in self.links]
        lines += [probe.line for probe in self.probes]
        return "".join(f"{line}\n" for line in lines)

    @classmethod
    def read(cls, text: str) -> Request:
        """The request of a text. RequestError."""
        one: dict[str, str] = {}
        hosts: dict[str, Target] = {}
        settings: list[str] = []
        probes: list[Probe] = []
        networks: dict[str, Carrier] = {}
        endpoints: list[Endpoint] = []
        links: list[HostLink] = []
        for line in text.splitlines():
            word, _, rest = line.partition(" ")
            try:
                if word == "host":
                    target, address = rest.split(" ")
                    if not HOST.fullmatch(target):
                        raise ValueError(target)
                    settings = []
                    host = Target(target, address, settings)
                    hosts[host.name] = host
                elif word == "ssh":
                    settings.append(rest)
                elif word == "container":
                    endpoints.append(Endpoint(*_four(rest)))
                elif word == "network":
                    name, contract, *words = rest.split(" ")
                    networks[name] = Carrier.read(contract, words)
                elif word == "link":
                    links.append(HostLink.read(line))
                elif word == "probe":
                    probes.append(Probe.read(line))
                else:
                    one[word] = rest
            except ValueError:
                raise RequestError(f"this is no line of a request: {line}") from None
        scripts = one.get("scripts", "")
        if not IMAGE.fullmatch(one.get("image", "none")):
            raise RequestError(f"this is no image: {one['image']}")
        if not SCRIPTS.fullmatch(scripts) or "ssh_config" not in one:
            raise RequestError("this is no request")
        return cls(
            one["ssh_config"], scripts, hosts, probes, one.get("strict") == "yes",
            one.get("carriers", "-"), networks, endpoints, links,
            one.get("image", ""),
        )  # fmt: skip


def _four(text: str) -> tuple[str, str, str, str]:
    one, two, three, four = text.split(" ")
    return one, two, three, four
