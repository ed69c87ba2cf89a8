"""What Docker says of a container that was made by hand, in the words of a stack file.

Only what differs from the image and from Docker's defaults is written. What a stack file has no word for
is named, and such a container is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from planning.refused_words import REFUSED

Json = Mapping[str, Any]
# 64 MiB, Docker's own.
_SHM = 64 << 20
_SECRET = re.compile(r"PASS|SECRET|TOKEN|KEY|CREDENTIAL|AUTH", re.IGNORECASE)
_ANONYMOUS = re.compile(r"[0-9a-f]{64}")
_COMPOSE = "com.docker.compose."
# Docker's key of HostConfig -> the stack file's word, which it has not.
_HOST_REFUSED = {
    "BlkioWeight": "blkio_config",
    "CgroupParent": "cgroup_parent",
    "CpuPeriod": "cpu_period",
    "CpuQuota": "cpu_quota",
    "DeviceCgroupRules": "device_cgroup_rules",
    "DeviceRequests": "gpus",
    "Links": "links",
    "OomKillDisable": "oom_kill_disable",
    "OomScoreAdj": "oom_score_adj",
    "PidsLimit": "pids_limit",
    "StorageOpt": "storage_opt",
    "UTSMode": "uts",
    "VolumesFrom": "volumes_from",
}


@dataclass(frozen=True)
class Surroundings:
    """What a container's words depend on.

    ``names``: ID of a container on the host -> its name. ``networks``: those that are taken over too.
    ``driver``, ``runtime``: the daemon's own log driver and runtime.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    networks: frozenset[str] = frozenset()
    driver: str = "json-file"
    runtime: str = "runc"


@dataclass(frozen=True)
class Found:
    """A container in the words of a stack file.

    ``refused``: why it cannot be taken over, a sentence each. ``secrets``: names of environment
    variables that are left out, as they may be secret.
    """

    words: dict[str, Any]
    refused: tuple[str, ...]
    secrets: tuple[str, ...]


def container(inspect: Json, image: Json, around: Surroundings) -> Found:
    """The words for a container. ``inspect``: `docker inspect`; ``image``: its image's Config."""
    config, host = inspect["Config"], inspect["HostConfig"]
    environment, secrets = _environment(config, image)
    words: dict[str, Any] = {
        "image": config["Image"],
        **_network(inspect, around),
        **_process(config, image),
        "environment": environment,
        "labels": _labels(config, image),
        "ports": list(_ports(host.get("PortBindings") or {})),
        "volumes": [_volume(mount) for mount in _mounts(inspect)],
        **_host(host),
        **_logging(host.get("LogConfig") or {}, around.driver),
    }
    if (host.get("Runtime") or around.runtime) != around.runtime:
        words["runtime"] = host["Runtime"]
    kept = {key: value for key, value in words.items() if value not in (None, "", [], {}, False)}
    return Found(kept, tuple(_refused(inspect, around)), tuple(secrets))


def _environment(config: Json, image: Json) -> tuple[dict[str, str], list[str]]:
    of_image = set(image.get("Env") or [])
    own = [entry for entry in config.get("Env") or [] if entry not in of_image]
    pairs = {name: value for name, _, value in (entry.partition("=") for entry in own)}
    secrets = [name for name in pairs if _SECRET.search(name)]
    return {name: value for name, value in pairs.items() if name not in secrets}, secrets


def _labels(config: Json, image: Json) -> dict[str, str]:
    of_image = image.get("Labels") or {}
    return {
        key: value
        for key, value in (config.get("Labels") or {}).items()
        if of_image.get(key) != value and not key.startswith(_COMPOSE)
    }


def _process(config: Json, image: Json) -> dict[str, Any]:
    words: dict[str, Any] = {}
    other_entrypoint = (config.get("Entrypoint") or []) != (image.get("Entrypoint") or [])
    if other_entrypoint:
        words["entrypoint"] = config.get("Entrypoint")
    command = config.get("Cmd")
    if command and (other_entrypoint or command != image.get("Cmd")):
        words["command"] = command
    for key, word in (
        ("User", "user"),
        ("WorkingDir", "working_dir"),
        ("StopSignal", "stop_signal"),
    ):
        if (config.get(key) or "") != (image.get(key) or ""):
            words[word] = config.get(key)
    words |= {
        "domainname": config.get("Domainname"),
        "tty": config.get("Tty"),
        "stdin_open": config.get("OpenStdin"),
        "stop_grace_period": f"{t}s" if (t := config.get("StopTimeout")) else None,
    }
    health = config.get("Healthcheck")
    if health and health != image.get("Healthcheck"):
        words["healthcheck"] = _healthcheck(health)
    return words


def _healthcheck(health: Json) -> dict[str, Any]:
    times = {"Interval": "interval", "Timeout": "timeout", "StartPeriod": "start_period", "StartInterval": "start_interval"}  # fmt: skip
    words = {w: f"{health[k] // 1_000_000}ms" for k, w in times.items() if health.get(k)}
    return {
        "test": health.get("Test") or [],
        **words,
        **({"retries": health["Retries"]} if health.get("Retries") else {}),
    }


def _network(inspect: Json, around: Surroundings) -> dict[str, Any]:
    mode = inspect["HostConfig"].get("NetworkMode") or "default"
    words: dict[str, Any] = {}
    id_ = inspect["Id"]
    if mode.startswith("container:"):
        return {"network": f"container:{around.names.get(mode.partition(':')[2], '')}"}
    if mode != "host" and (name := inspect["Config"].get("Hostname")) != id_[:12]:
        words["hostname"] = name
    if mode in ("none", "host"):
        return {"network": mode, **words}
    joined = {n: e for n, e in _endpoints(inspect).items() if n in around.networks}
    attachments = {}
    for network, end in joined.items():
        names = {inspect["Name"].lstrip("/"), id_[:12]}
        aliases = [alias for alias in end.get("Aliases") or [] if alias not in names]
        attachments[network] = {
            **({"ipv4_address": end["IPAddress"]} if end.get("IPAddress") else {}),
            **({"aliases": aliases} if aliases else {}),
        }
    if len(attachments) == 1 and not any("aliases" in one for one in attachments.values()):
        ((network, one),) = attachments.items()
        return {"network": network, "ip": one.get("ipv4_address"), **words}
    return {"networks": attachments, **words}


def _endpoints(inspect: Json) -> dict[str, Json]:
    return dict((inspect.get("NetworkSettings") or {}).get("Networks") or {})


def _ports(bindings: Mapping[str, list[Json] | None]) -> Iterator[str]:
    for inside, outside in bindings.items():
        port, _, protocol = inside.partition("/")
        for one in outside or []:
            at = f"{ip}:" if (ip := one.get("HostIp")) not in ("", None, "0.0.0.0") else ""  # noqa: S104
            at = f"[{ip}]:" if ":" in (ip or "") else at
            published = f"{at}{one['HostPort']}:" if one.get("HostPort") else ""
            yield f"{published}{port}" + ("" if protocol == "tcp" else f"/{protocol}")


def _mounts(inspect: Json) -> list[Json]:
    return [mount for mount in inspect.get("Mounts") or [] if mount.get("Type") != "tmpfs"]


def _volume(mount: Json) -> str:
    source = mount.get("Name") if mount.get("Type") == "volume" else mount.get("Source")
    options = [w for w in (mount.get("Mode") or "").split(",") if w in ("z", "Z")]
    options += [] if mount.get("RW") else ["ro"]
    return ":".join(
        [str(source), str(mount.get("Destination")), *([",".join(options)] if options else [])]
    )


def _host(host: Json) -> dict[str, Any]:
    policy = host.get("RestartPolicy") or {}
    retries = f":{n}" if (n := policy.get("MaximumRetryCount")) else ""
    restart = f"{policy.get('Name') or 'no'}{retries}"
    shm = host.get("ShmSize")
    memory, swap = host.get("Memory"), host.get("MemorySwap")
    return {
        "restart": None if restart == "no" else restart,
        "tmpfs": [f"{p}:{o}" if o else p for p, o in (host.get("Tmpfs") or {}).items()],
        "cap_add": [_capability(name) for name in host.get("CapAdd") or []],
        "cap_drop": [_capability(name) for name in host.get("CapDrop") or []],
        "dns": host.get("Dns"),
        "dns_search": host.get("DnsSearch"),
        "dns_opt": host.get("DnsOptions"),
        "extra_hosts": host.get("ExtraHosts"),
        "sysctls": host.get("Sysctls"),
        "ulimits": {u["Name"]: {"soft": u["Soft"], "hard": u["Hard"]} for u in host.get("Ulimits") or []},
        "group_add": host.get("GroupAdd"),
        "privileged": host.get("Privileged"),
        "read_only": host.get("ReadonlyRootfs"),
        "init": host.get("Init"),
        "mem_limit": _bytes(memory),
        "memswap_limit": None if not memory or swap == 2 * memory else -1 if swap == -1 else _bytes(swap),
        "mem_reservation": _bytes(host.get("MemoryReservation")),
        "cpus": n / 1e9 if (n := host.get("NanoCpus")) else None,
        "cpu_shares": host.get("CpuShares"),
        "cpuset": host.get("CpusetCpus"),
        "shm_size": None if shm in (None, 0, _SHM) else _bytes(shm),
        "security_opt": host.get("SecurityOpt"),
        "devices": [
            f"{d['PathOnHost']}:{d['PathInContainer']}:{d['CgroupPermissions']}"
            for d in host.get("Devices") or []
        ],
        "pid": host.get("PidMode"),
        "userns_mode": host.get("UsernsMode"),
        # Which of these two is Docker's default depends on its version.
        "ipc": None if host.get("IpcMode") in ("private", "shareable") else host.get("IpcMode"),
    }  # fmt: skip


def _capability(name: str) -> str:
    return name.removeprefix("CAP_")


def _bytes(size: int | None) -> str | None:
    return f"{size}b" if size else None


def _logging(log: Json, driver: str) -> dict[str, Any]:
    words: dict[str, Any] = {}
    if log.get("Type") not in (None, "", driver):
        words["driver"] = log["Type"]
    if log.get("Config"):
        words["options"] = log["Config"]
    return {"logging": words} if words else {}


def _refused(inspect: Json, around: Surroundings) -> Iterator[str]:
    """Sentences on what a stack file has no word for."""
    config, host = inspect["Config"], inspect["HostConfig"]
    if re.fullmatch(r"(sha256:)?[0-9a-f]{12,64}", config["Image"]):
        yield "its image has no name: tag it, and make the container of that"
    for key, word in _HOST_REFUSED.items():
        if host.get(key) not in (None, 0, "", [], {}, False, -1):
            yield f"{word}: {REFUSED[word]}"
    if host.get("MemorySwappiness") not in (None, -1):
        yield f"mem_swappiness: {REFUSED['mem_swappiness']}"
    if host.get("AutoRemove"):
        yield "--rm: what crosshost runs is kept until it is replaced"
    if host.get("PublishAllPorts"):
        yield "--publish-all: write the ports as `ports`"
    for mount in inspect.get("Mounts") or []:
        yield from _refused_mount(mount)
    mode = host.get("NetworkMode") or "default"
    if mode.startswith("container:") and mode.partition(":")[2] not in around.names:
        yield f"network: {mode}, which does not run"
    for network, end in _endpoints(inspect).items():
        if network in ("none", "host") or (network == "bridge" and mode in ("default", "bridge")):
            continue
        if network not in around.networks:
            yield f"network {network}: it is not taken over"
        elif (end.get("IPAMConfig") or {}).get("IPv6Address"):
            yield f"network {network}: an IPv6 address"
    if config.get("MacAddress"):
        yield f"mac_address: {REFUSED['mac_address']}"


def _refused_mount(mount: Json) -> Iterator[str]:
    where = mount.get("Destination")
    if mount.get("Type") == "volume" and _ANONYMOUS.fullmatch(mount.get("Name") or ""):
        yield (
            f"volumes: the one at {where} has no name, so that a container that is made anew would begin with "
            "an empty one: give it a named one"
        )
    elif mount.get("Type") == "volume" and mount.get("Driver") not in (None, "", "local"):
        yield f"volumes: the one at {where} has the driver {mount['Driver']}"
    elif mount.get("Type") not in ("volume", "bind", "tmpfs"):
        yield f"volumes: a mount of type {mount.get('Type')} at {where}"
    if mount.get("Propagation") not in (None, "", "rprivate", "private"):
        yield f"volumes: propagation {mount['Propagation']} of {where}"
