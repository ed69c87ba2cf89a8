"""A container's inputs as the body of Docker's create call."""

from __future__ import annotations

import base64
import io
import re
import tarfile
from decimal import Decimal
from typing import Any, Final

from ..values import Props

_MB: Final = 1024 * 1024
_UNITS: Final = {
    "ns": 1, "us": 10**3, "µs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9,
}  # fmt: skip


def create_body(inputs: Props) -> dict[str, Any]:
    """The whole body."""
    ports = list(inputs.get("ports") or [])
    config: dict[str, Any] = {
        "Image": inputs["image"],
        "Hostname": inputs.get("hostname") or "",
        "Domainname": inputs.get("domainname") or "",
        "Tty": bool(inputs.get("tty")),
        "OpenStdin": bool(inputs.get("stdinOpen")),
        "Env": inputs.get("envs"),
        "Cmd": inputs.get("command"),
        "Entrypoint": inputs.get("entrypoints"),
        "User": inputs.get("user"),
        "WorkingDir": inputs.get("workingDir"),
        "StopSignal": inputs.get("stopSignal"),
        "StopTimeout": inputs.get("stopTimeout"),
        "Labels": pairs(inputs.get("labels")),
        "ExposedPorts": {_port(port): {} for port in ports},
        "Volumes": {
            volume["containerPath"]: {}
            for volume in inputs.get("volumes") or []
            if not _source(volume) and not volume.get("fromContainer")
        },
        "Healthcheck": _healthcheck(inputs.get("healthcheck")),
        "HostConfig": _host_config(inputs, ports),
    }
    return {key: value for key, value in config.items() if value not in (None, {}, [])}


def _host_config(inputs: Props, ports: list[Any]) -> dict[str, Any]:
    capabilities = inputs.get("capabilities") or {}
    volumes = inputs.get("volumes") or []
    bindings: dict[str, list[dict[str, str]]] = {}
    for port in ports:
        external = "" if port.get("external") is None else str(port["external"])
        binding = {"HostIp": port.get("ip") or "", "HostPort": external}
        bindings.setdefault(_port(port), []).append(binding)
    config = {
        "Privileged": bool(inputs.get("privileged")),
        "PublishAllPorts": bool(inputs.get("publishAllPorts")),
        "RestartPolicy": restart_policy(inputs),
        "AutoRemove": bool(inputs.get("rm")),
        "ReadonlyRootfs": bool(inputs.get("readOnly")),
        "Init": bool(inputs.get("init")),
        "LogConfig": {
            "Type": inputs.get("logDriver") or "",
            "Config": _texts(inputs.get("logOpts")),
        },
        "NetworkMode": inputs.get("networkMode"),
        "Mounts": [_mount(mount) for mount in inputs.get("mounts") or []],
        "Tmpfs": _texts(inputs.get("tmpfs")),
        "PortBindings": bindings,
        "ExtraHosts": [f"{item['host']}:{item['ip']}" for item in inputs.get("hosts") or []],
        "Binds": [_bind(volume) for volume in volumes if _source(volume)],
        "VolumesFrom": [item["fromContainer"] for item in volumes if item.get("fromContainer")],
        "Ulimits": [
            {"Name": item["name"], "Soft": item["soft"], "Hard": item["hard"]}
            for item in inputs.get("ulimits") or []
        ],
        "CapAdd": capabilities.get("adds"),
        "CapDrop": capabilities.get("drops"),
        "Devices": [_device(device) for device in inputs.get("devices") or []],
        "Dns": inputs.get("dns"),
        "DnsOptions": inputs.get("dnsOpts"),
        "DnsSearch": inputs.get("dnsSearches"),
        "SecurityOpt": inputs.get("securityOpts"),
        "ShmSize": (inputs.get("shmSize") or 0) * _MB,
        "NanoCpus": int(Decimal(inputs.get("cpus") or 0) * 10**9),
        "CpuPeriod": inputs.get("cpuPeriod"),
        "CpuQuota": inputs.get("cpuQuota"),
        "UsernsMode": inputs.get("usernsMode"),
        "PidMode": inputs.get("pidMode"),
        "IpcMode": inputs.get("ipcMode"),
        "CgroupnsMode": inputs.get("cgroupnsMode"),
        "CgroupParent": inputs.get("cgroupParent"),
        "Runtime": inputs.get("runtime"),
        "Sysctls": _texts(inputs.get("sysctls")),
        "StorageOpt": _texts(inputs.get("storageOpts")),
        "GroupAdd": inputs.get("groupAdds"),
        **resources(inputs),
    }
    return {key: value for key, value in config.items() if value not in (None, {}, [], "", 0)}


def resources(inputs: Props) -> dict[str, Any]:
    """What may be changed while the container runs."""
    swap = inputs.get("memorySwap") or 0
    return {
        "Memory": (inputs.get("memory") or 0) * _MB,
        "MemoryReservation": (inputs.get("memoryReservation") or 0) * _MB,
        "MemorySwap": swap * _MB if swap > 0 else swap,
        "CpuShares": inputs.get("cpuShares") or 0,
        "CpusetCpus": inputs.get("cpuSet") or "",
    }


def restart_policy(inputs: Props) -> dict[str, Any]:
    """The restart policy."""
    return {
        "Name": inputs.get("restart") or "",
        "MaximumRetryCount": inputs.get("maxRetryCount") or 0,
    }


def _port(port: Props) -> str:
    return f"{port['internal']}/{port.get('protocol') or 'tcp'}"


def _source(volume: Props) -> str:
    return volume.get("hostPath") or volume.get("volumeName") or ""


def _bind(volume: Props) -> str:
    modes = ["ro" if volume.get("readOnly") else "rw"]
    if volume.get("selinuxRelabel"):
        modes.append(volume["selinuxRelabel"])
    return f"{_source(volume)}:{volume.get('containerPath') or ''}:{','.join(modes)}"


def _mount(mount: Props) -> dict[str, Any]:
    body: dict[str, Any] = {
        "Type": mount["type"],
        "Target": mount["target"],
        "Source": mount.get("source") or "",
        "ReadOnly": bool(mount.get("readOnly")),
    }
    if mount["type"] == "bind" and mount.get("bindOptions"):
        body["BindOptions"] = {"Propagation": mount["bindOptions"].get("propagation") or ""}
    if mount["type"] == "tmpfs" and mount.get("tmpfsOptions"):
        options = mount["tmpfsOptions"]
        body["TmpfsOptions"] = {
            "SizeBytes": options.get("sizeBytes") or 0,
            "Mode": options.get("mode") or 0,
        }
    if mount["type"] == "volume" and mount.get("volumeOptions"):
        options = mount["volumeOptions"]
        body["VolumeOptions"] = {
            "NoCopy": bool(options.get("noCopy")),
            "Labels": pairs(options.get("labels")),
            "Subpath": options.get("subpath") or "",
            "DriverConfig": {
                "Name": options.get("driverName") or "",
                "Options": _texts(options.get("driverOptions")),
            },
        }
    return body


def _device(device: Props) -> dict[str, str]:
    return {
        "PathOnHost": device["hostPath"],
        "PathInContainer": device.get("containerPath") or device["hostPath"],
        "CgroupPermissions": device.get("permissions") or "rwm",
    }


def _healthcheck(given: Props | None) -> dict[str, Any] | None:
    if not given:
        return None
    return {
        "Test": given.get("tests") or [],
        "Interval": nanoseconds(given.get("interval")),
        "Timeout": nanoseconds(given.get("timeout")),
        "StartPeriod": nanoseconds(given.get("startPeriod")),
        "StartInterval": nanoseconds(given.get("startInterval")),
        "Retries": given.get("retries") or 0,
    }


def nanoseconds(text: str | None) -> int:
    """A duration such as 1m30s."""
    parts = re.findall(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)", text or "")
    return int(sum(Decimal(number) * _UNITS[unit] for number, unit in parts))


def pairs(labels: list[Props] | None) -> dict[str, str]:
    """Labels as a map."""
    return {label["label"]: label["value"] for label in labels or []}


def _texts(given: Props | None) -> dict[str, Any]:
    return {key: value for key, value in (given or {}).items() if key != "__defaults"}


def upload_archive(upload: Props) -> bytes:
    """One uploaded file as a tar archive to be unpacked at the root."""
    content = (upload.get("content") or "").encode()
    if upload.get("contentBase64"):
        content = base64.b64decode(upload["contentBase64"])
    mode = 0o744 if upload.get("executable") else 0o644
    member = tarfile.TarInfo(upload["file"].lstrip("/"))
    member.mode = int(upload["permissions"], 8) if upload.get("permissions") else mode
    member.size = len(content)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def network_config(network: Props) -> dict[str, Any]:
    """How a container is connected to one network."""
    addresses = {
        "IPv4Address": network.get("ipv4Address") or "",
        "IPv6Address": network.get("ipv6Address") or "",
        "LinkLocalIPs": network.get("linkLocalIps") or [],
    }
    config: dict[str, Any] = {
        "IPAMConfig": {key: value for key, value in addresses.items() if value},
        "Aliases": network.get("aliases") or [],
        "MacAddress": network.get("macAddress") or "",
        "DriverOpts": dict(item.split("=", 1) for item in network.get("driverOpts") or []),
        "GwPriority": network.get("gwPriority") or 0,
    }
    return {key: value for key, value in config.items() if value}
