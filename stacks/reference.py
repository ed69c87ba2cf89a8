"""Writes docs/stack-file.md: every key of a stack file, from the settings' own descriptions.

Run it after a change of the settings: ``lab/python -m stacks.reference``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from stacks.schema import schema
from stacks.settings import PROJECT, SECTIONS

FILE = Path(__file__).parent.parent / "docs" / "stack-file.md"

_HEAD = """\
<!-- Written by `lab/python -m stacks.reference`; edit the descriptions in the settings instead. -->
# The stack file

You know what you want, and look for the key that says it. One file per environment, `stacks/Pulumi.NAME.yaml`. Its settings are under `config:`, in
sections; `crosshost:ssh` and `crosshost:hosts` are required. Unknown keys are errors, and all
errors are shown at once, each with its line. With this first line, editors complete and check the
file:

    # yaml-language-server: $schema=fleet.schema.json

Keys without a default are required. Sizes are written as 64m or 1g, times as 1m30s or 500ms. Values
of `environment` may be secrets:
`pulumi config set --secret --path 'crosshost:containers.NAME.environment.PASSWORD'`.
"""

# Section -> what it is, and an example. tests/unit/test_generated_files.py reads the examples.
ABOUT: dict[str, tuple[str, str]] = {
    "ssh": (
        "How the hosts are logged in to: with a private key file, or with the keys of an agent.",
        """\
crosshost:ssh:
  user: admin
  sudo: true
  agent: true
""",
    ),
    "hosts": (
        "The Docker hosts, each under its name.",
        """\
crosshost:hosts:
  docker01:
    address: 10.0.0.11
    host_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMDiBLryL5561Efx3XKB+rK/77e73Wg6a+3QKagle+HK
  docker02:
    address: 10.0.0.12
    host_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAII96+orVcOusb2vl548RIg8DgVMkURAtmqJGVlUrWMJp
    port: 2222
""",
    ),
    "daemon": (
        "The Docker daemons of all hosts: further keys of daemon.json, and their API on a TCP port.",
        """\
crosshost:daemon:
  settings:
    log-driver: json-file
    log-opts: {max-size: 10m, max-file: "3"}
  rollout: {max_unavailable: 2}
""",
    ),
    "consul": (
        "The Consul server that the engines of overlay networks find each other through, with "
        "`control_plane: consul`.",
        """\
crosshost:consul:
  host: docker01
  image: hashicorp/consul:1.15
""",
    ),
    "swarm": (
        "The swarm that overlay networks are made in, with `control_plane: swarm`. It may be left "
        "out: the first host then manages it.",
        """\
crosshost:swarm:
  managers: [docker01]
  advertise: ens33
""",
    ),
    "dns": (
        "Names on vxlan networks, and on macvlan networks with a `pool`: a name server in a container on "
        "each host, which knows the containers on all of them. Without it a container knows those on its own host by name.",
        """\
crosshost:dns:
  image: registry.example.com/dnsmasq:2.90
  upstream: [10.0.0.2]
""",
    ),
    "firewall": (
        "Rules on the hosts of overlays that let only these hosts reach the ports of their engines "
        "(docs/security.md). They are made unless `mode` is `off`.",
        """\
crosshost:firewall:
  mode: guard
  allow: [192.168.7.20/32]
""",
    ),
    "prove": (
        "Whether an up ends with a proof: what the networks promise and deny is tested from inside the "
        "containers' network namespaces (docs/proof.md). Without it: where something changed.",
        """\
crosshost:prove:
  when: changed
  promises:
    - {from: web, to: db, port: 5432}
    - {from: db, to: web, port: 22, reach: false}
""",
    ),
    "policies": (
        "What this stack's file may not say, whoever writes it (docs/policies.md). A preview refuses it, with its line.",
        """\
crosshost:policies:
  no_open_api: true
  no_latest: true
  restart_set: false
  no_lan_ports: true
  lan_ports: [443, 8081, web, db]
""",
    ),
    "compose": (
        "An existing Compose file, whose services are containers of the stack "
        "(docs/compose.md: what is carried over).",
        """\
crosshost:compose:
  file: docs/examples/compose.yaml
  on: {api: docker01, cache: docker02}
  networks: {default: backend}
  environment: {API_PORT: 8081}
""",
    ),
    "secrets": (
        "Files that containers see under /run/secrets, and on their hosts only root. They are encrypted on "
        "their way there and in the state.",
        """\
crosshost:secrets:
  db_password: {content: {secure: AAABADQXFlU0mxC+}}
""",
    ),
    "configs": (
        "The same for what is no secret.",
        """\
crosshost:configs:
  motd: {content: welcome}
""",
    ),
    "networks": (
        "The networks, each under its name; `strategy` says of which kind.",
        """\
crosshost:networks:
  lan:
    strategy: macvlan
    subnet: 10.0.0.0/24
    gateway: 10.0.0.2
    parent: {docker01: ens33, docker02: eth0}
    ip_range: {docker01: 10.0.0.64/26, docker02: 10.0.0.128/26}
  backend:
    strategy: overlay
    subnet: 172.16.1.0/24
  mesh:
    strategy: vxlan
    subnet: 172.16.2.0/24
""",
    ),
    "containers": (
        "The containers, each under its name, with the keys of a Compose service.",
        """\
crosshost:containers:
  web:
    host: docker01
    image: nginx:1.29
    networks:
      lan: {ipv4_address: 10.0.0.100}
      backend:
    restart: unless-stopped
  db:
    host: docker02
    image: postgres:17
    network: backend
    environment: {POSTGRES_DB: app}
    volumes: ["db:/var/lib/postgresql/data"]
    ports: ["127.0.0.1:5432:5432"]
    mem_limit: 512m
    secrets: [{source: db_password, mode: "0400"}]
    configs: [{source: motd, target: /etc/motd}]
""",
    ),
}


def text() -> str:
    """The reference's content."""
    whole = schema()
    definitions = whole["$defs"]
    parts = [_HEAD]
    for name, (named, _) in SECTIONS.items():
        section = whole["properties"]["config"]["properties"][f"{PROJECT}:{name}"]
        entry = section["additionalProperties"] if named else section
        about, example = ABOUT[name]
        place = f"{PROJECT}:{name}" + (".NAME" if named else "")
        parts.append(f"## {PROJECT}:{name}\n\n{about}\n")
        parts.append("".join(f"    {line}\n" for line in example.splitlines()))
        for kind, fields in _kinds(entry, definitions):
            parts.append(f"### {place}{kind}\n\n" + _rows(fields))
        for part in _used(entry, definitions):
            parts.append(f"### {part}\n\n" + _rows(_long(definitions[part])))
    return "\n".join(parts)


def _kinds(entry: dict[str, Any], definitions: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The tables of a section: one, or one for each member of a union."""
    if "discriminator" not in entry:
        return [("", entry)]
    key = entry["discriminator"]["propertyName"]
    return [
        (f" with {key}: {value}", definitions[reference.rpartition("/")[2]])
        for value, reference in entry["discriminator"]["mapping"].items()
    ]


def _used(entry: dict[str, Any], definitions: dict[str, Any]) -> list[str]:
    """The definitions that an entry's keys, and these in turn, have as their types, in order."""
    found: dict[str, None] = {}
    for name in _references(list(entry.get("properties", {}).values())):
        found |= dict.fromkeys([name, *_used(_long(definitions[name]), definitions)])
    return list(found)


def _references(node: Any) -> list[str]:
    if isinstance(node, list):
        return [name for item in node for name in _references(item)]
    if not isinstance(node, dict):
        return []
    if "$ref" in node:
        name = node["$ref"].rpartition("/")[2]
        return [] if name == "Encrypted" else [name]
    return [name for item in node.values() for name in _references(item)]


def _long(definition: dict[str, Any]) -> dict[str, Any]:
    """A definition's map, where it has short forms beside it."""
    long: dict[str, Any] = definition["anyOf"][-1] if "anyOf" in definition else definition
    return long


def _rows(fields: dict[str, Any]) -> str:
    rows = ["| key | type | default | meaning |", "|---|---|---|---|"]
    required = fields.get("required", [])
    for key, prop in fields["properties"].items():
        default = "**required**" if key in required else _default(prop.get("default"))
        meaning = prop.get("description", "").replace("|", "\\|")
        rows.append(f"| `{key}` | {_type(prop)} | {default} | {meaning} |")
    return "\n".join(rows) + "\n"


def _default(value: Any) -> str:
    if value in (None, [], {}):
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _type(node: dict[str, Any]) -> str:
    if "$ref" in node:
        name = node["$ref"].rpartition("/")[2]
        return "" if name == "Encrypted" else f"[{name}](#{name.lower()})"
    if "anyOf" in node:
        kinds = [_type(item) for item in node["anyOf"] if item.get("type") != "null"]
        if {"text", "number", "true or false"} <= set(kinds):
            kinds = ["text"]  # plain values of any kind are read as text
        return " or ".join(dict.fromkeys(kind for kind in kinds if kind))
    if "const" in node or "enum" in node:
        values = node.get("enum", [node.get("const")])
        return " or ".join(f"`{str(v).lower() if isinstance(v, bool) else v}`" for v in values)
    if node.get("type") == "array":
        return f"list of {_type(node['items'])}"
    if node.get("type") == "object":
        inner = node["additionalProperties"]
        return f"map to {_type(inner)}" if isinstance(inner, dict) else "map"
    named = {
        "ipv4": "IPv4 address",
        "ipv4network": "IPv4 subnet",
        "ipv6": "IPv6 address",
        "ipv6network": "IPv6 subnet",
    }
    plain = {
        "string": "text",
        "integer": "whole number",
        "number": "number",
        "boolean": "true or false",
    }
    low, high = node.get("minimum"), node.get("maximum")
    between = f" {low} to {high}" if high is not None else f" from {low}" if low is not None else ""
    return named.get(node.get("format", ""), plain.get(node.get("type", ""), "anything")) + between


if __name__ == "__main__":
    FILE.write_text(text())
