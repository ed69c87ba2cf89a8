"""What Docker's inspect says of a container, as properties."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from ..values import Props

_MB: Final = 1024 * 1024


def seen(inspect: dict[str, Any]) -> Props:
    """The properties that inspect shows.

    Environment and labels are left out: inspect mixes those of the image into them.
    """
    config, host = inspect["Config"], inspect["HostConfig"]
    state, network = inspect["State"], inspect.get("NetworkSettings") or {}
    swap = host.get("MemorySwap") or 0
    props: Props = {
        "bridge": network.get("Bridge") or "",
        "ports": _ports(network.get("Ports") or {}),
        "networkDatas": _networks(network),
        "name": inspect["Name"].lstrip("/"),
        "rm": bool(host.get("AutoRemove")),
        "readOnly": bool(host.get("ReadonlyRootfs")),
        "hostname": config.get("Hostname") or "",
        "domainname": config.get("Domainname") or "",
        "command": config.get("Cmd") or [],
        "entrypoints": config.get("Entrypoint") or [],
        "user": config.get("User") or "",
        "dns": host.get("Dns") or [],
        "dnsOpts": host.get("DnsOptions") or [],
        "dnsSearches": host.get("DnsSearch") or [],
        "securityOpts": host.get("SecurityOpt") or [],
        "publishAllPorts": bool(host.get("PublishAllPorts")),
        "restart": host["RestartPolicy"].get("Name") or "no",
        "maxRetryCount": host["RestartPolicy"].get("MaximumRetryCount") or 0,
        "init": bool(host.get("Init")),
        "workingDir": config.get("WorkingDir") or "",
        "tmpfs": host.get("Tmpfs") or {},
        "hosts": _hosts(host.get("ExtraHosts") or []),
        "ulimits": [
            {"name": item["Name"], "soft": item["Soft"], "hard": item["Hard"]}
            for item in host.get("Ulimits") or []
        ],
        "privileged": bool(host.get("Privileged")),
        "memory": (host.get("Memory") or 0) // _MB,
        "memoryReservation": (host.get("MemoryReservation") or 0) // _MB,
        "memorySwap": swap // _MB if swap > 0 else swap,
        "shmSize": (host.get("ShmSize") or 0) // _MB,
        "cpuShares": host.get("CpuShares") or 0,
        "cpuSet": host.get("CpusetCpus") or "",
        "logDriver": host["LogConfig"].get("Type") or "",
        "logOpts": host["LogConfig"].get("Config") or {},
        "networkMode": host.get("NetworkMode") or "",
        "usernsMode": host.get("UsernsMode") or "",
        "sysctls": host.get("Sysctls") or {},
        "storageOpts": host.get("StorageOpt") or {},
        "ipcMode": host.get("IpcMode") or "",
        "runtime": host.get("Runtime") or "",
        "groupAdds": host.get("GroupAdd") or [],
        "stopSignal": config.get("StopSignal") or "",
        "stopTimeout": config.get("StopTimeout") or 0,
        "platform": inspect.get("Platform") or "",
        "tty": bool(config.get("Tty")),
        "stdinOpen": bool(config.get("OpenStdin")),
        "devices": [
            {
                "hostPath": item["PathOnHost"],
                "containerPath": item["PathInContainer"],
                "permissions": item["CgroupPermissions"],
            }
            for item in host.get("Devices") or []
        ],
        "mounts": [_mount(item) for item in host.get("Mounts") or []],
    }
    if not state.get("Running"):
        props["exitCode"] = state.get("ExitCode") or 0
    if host.get("CapAdd") or host.get("CapDrop"):
        props["capabilities"] = {
            "adds": _capabilities(host.get("CapAdd")),
            "drops": _capabilities(host.get("CapDrop")),
        }
    if config.get("Healthcheck"):
        props["healthcheck"] = _healthcheck(config["Healthcheck"])
    for key, name in (("pidMode", "PidMode"), ("cgroupParent", "CgroupParent")):
        if host.get(name):
            props[key] = host[name]
    return props


def _capabilities(names: list[str] | None) -> list[str]:
    full = (
        name if name.startswith("CAP_") or name == "ALL" else f"CAP_{name}" for name in names or []
    )
    return sorted(full)


def _ports(ports: dict[str, Any]) -> list[Props]:
    result = []
    for inside, bindings in ports.items():
        number, _, protocol = inside.partition("/")
        for binding in bindings or []:
            result.append(
                {
                    "internal": int(number),
                    "external": int(binding.get("HostPort") or 0),
                    "ip": binding.get("HostIp") or "",
                    "protocol": protocol,
                }
            )
    # Of one container port the engine's order stays.
    return sorted(result, key=lambda port: (port["internal"], port["protocol"]))


def _networks(settings: dict[str, Any]) -> list[Props]:
    return [
        {
            "networkName": name,
            "ipAddress": network.get("IPAddress") or "",
            "ipPrefixLength": network.get("IPPrefixLen") or 0,
            "gateway": network.get("Gateway") or "",
            "globalIpv6Address": network.get("GlobalIPv6Address") or "",
            "globalIpv6PrefixLength": network.get("GlobalIPv6PrefixLen") or 0,
            "ipv6Gateway": network.get("IPv6Gateway") or "",
            "macAddress": network.get("MacAddress") or "",
        }
        for name, network in sorted((settings.get("Networks") or {}).items())
    ]


def _hosts(entries: list[str]) -> list[Props]:
    parts = [entry.partition(":") for entry in entries]
    return [{"host": host, "ip": address} for host, _, address in parts]


def _mount(mount: dict[str, Any]) -> Props:
    bind, tmpfs = mount.get("BindOptions"), mount.get("TmpfsOptions")
    volume = mount.get("VolumeOptions")
    driver = (volume or {}).get("DriverConfig") or {}
    return {
        "target": mount.get("Target") or "",
        "type": mount.get("Type") or "",
        "source": mount.get("Source") or "",
        "readOnly": bool(mount.get("ReadOnly")),
        "bindOptions": {"propagation": bind.get("Propagation") or ""} if bind else None,
        "tmpfsOptions": {"mode": tmpfs.get("Mode") or 0, "sizeBytes": tmpfs.get("SizeBytes") or 0}
        if tmpfs
        else None,
        "volumeOptions": {
            "noCopy": bool(volume.get("NoCopy")),
            "labels": [
                {"label": key, "value": value}
                for key, value in (volume.get("Labels") or {}).items()
            ],
            "driverName": driver.get("Name") or "",
            "driverOptions": driver.get("Options") or {},
            "subpath": volume.get("Subpath") or "",
        }
        if volume
        else None,
    }


def _healthcheck(check: dict[str, Any]) -> Props:
    return {
        "tests": check.get("Test") or [],
        "interval": duration(check.get("Interval") or 0),
        "timeout": duration(check.get("Timeout") or 0),
        "startPeriod": duration(check.get("StartPeriod") or 0),
        "startInterval": duration(check.get("StartInterval") or 0),
        "retries": check.get("Retries") or 0,
    }


def duration(nanoseconds: int) -> str:
    """A duration as Go writes it: 1m30s, 100ms, 0s."""
    if nanoseconds == 0:
        return "0s"
    for unit, size in (("ns", 1), ("µs", 10**3), ("ms", 10**6)):
        if nanoseconds < size * 1000:
            return f"{_number(Decimal(nanoseconds) / size)}{unit}"
    minutes, rest = divmod(nanoseconds, 60 * 10**9)
    hours, minutes = divmod(minutes, 60)
    text = f"{_number(Decimal(rest) / 10**9)}s"
    if hours or minutes:
        text = f"{minutes}m{text}"
    return f"{hours}h{text}" if hours else text


def _number(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
