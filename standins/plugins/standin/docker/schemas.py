"""The resource types of the docker plugin that the stand-in knows."""

from __future__ import annotations

from typing import Final

from .schema import Field, Fields, Schema, absolute_path, at_least, duration, pattern


def _text(
    *, required: bool = False, computed: bool = False, sticky: bool = False, missing: bool = False
) -> Field:
    return Field("str", required=required, computed=computed, sticky=sticky, missing=missing)


_LABELS: Final[Fields] = {"label": _text(required=True), "value": _text(required=True)}
_RATE: Final[Fields] = {"path": _text(required=True), "rate": Field("int", required=True)}

_HEALTHCHECK: Final[Fields] = {
    "tests": Field("list"),
    "interval": Field("str", default="0s", check=duration),
    "timeout": Field("str", default="0s", check=duration),
    "startPeriod": Field("str", default="0s", check=duration),
    "startInterval": Field("str", default="0s", check=duration),
    "retries": Field("int", initial=0, check=at_least(0)),
}

_MOUNT: Final[Fields] = {
    "target": _text(required=True),
    "type": Field("str", required=True, check=pattern("^(bind|volume|tmpfs)$")),
    "source": _text(),
    "readOnly": Field("bool"),
    "bindOptions": Field(
        "block",
        of={
            "propagation": Field(
                "str", check=pattern("^(private|rprivate|shared|rshared|slave|rslave)$")
            )
        },
    ),
    "tmpfsOptions": Field("block", of={"mode": Field("int"), "sizeBytes": Field("int")}),
    "volumeOptions": Field(
        "block",
        of={
            "driverName": _text(),
            "driverOptions": Field("map"),
            "labels": Field("set", of=_LABELS),
            "noCopy": Field("bool"),
            "subpath": _text(),
        },
    ),
}

_NETWORK: Final[Fields] = {
    "name": _text(required=True),
    "aliases": Field("set"),
    "driverOpts": Field("set"),
    "gwPriority": Field("int"),
    "ipv4Address": _text(),
    "ipv6Address": _text(),
    "linkLocalIps": Field("set"),
    "macAddress": _text(),
}

_NETWORK_DATA: Final[Fields] = {
    "gateway": _text(),
    "globalIpv6Address": _text(),
    "globalIpv6PrefixLength": Field("int"),
    "ipAddress": _text(),
    "ipPrefixLength": Field("int"),
    "ipv6Gateway": _text(),
    "macAddress": _text(),
    "networkName": _text(),
}

_PORT: Final[Fields] = {
    "internal": Field("int", required=True),
    "external": Field("int", computed=True),
    "ip": Field("str", default="0.0.0.0"),  # noqa: S104
    "protocol": Field("str", default="tcp", check=pattern("^(tcp|udp|sctp)$")),
}

_UPLOAD: Final[Fields] = {
    "file": _text(required=True),
    "content": _text(),
    "contentBase64": _text(),
    "executable": Field("bool", initial=False),
    "permissions": _text(),
    "source": _text(missing=True),
    "sourceHash": _text(missing=True),
}

_VOLUME: Final[Fields] = {
    "containerPath": Field("str", check=absolute_path),
    "fromContainer": _text(),
    "hostPath": Field("str", check=absolute_path),
    "readOnly": Field("bool"),
    "selinuxRelabel": Field("str", check=pattern("^(z|Z)$")),
    "volumeName": _text(),
}

_DEVICE: Final[Fields] = {
    "hostPath": Field("str", required=True, check=absolute_path),
    "containerPath": Field("str", check=absolute_path),
    "permissions": Field("str", default="rwm"),
}

_DEVICE_REQUEST: Final[Fields] = {
    "capabilities": Field("set"),
    "count": Field("int"),
    "deviceIds": Field("set"),
    "driver": _text(),
    "options": Field("map"),
}

CONTAINER: Final = Schema(
    "docker:index/container:Container",
    {
        "attach": Field("bool", replace=False, initial=False),
        "bridge": Field("str", output=True),
        "capabilities": Field("block", of={"adds": Field("set"), "drops": Field("set")}),
        "cgroupParent": _text(),
        "cgroupnsMode": Field("str", check=pattern("^(private|host)$")),
        "command": Field("list", computed=True),
        "containerLogs": Field("str", output=True),
        "containerReadRefreshTimeoutMilliseconds": Field("int", replace=False, default=15000),
        "cpuPeriod": Field("int", replace=False),
        "cpuQuota": Field("int", replace=False),
        "cpuSet": Field("str", replace=False, check=pattern(r"^\d+([,-]\d+)*$")),
        "cpuShares": Field("int", replace=False, check=at_least(0)),
        "cpus": _text(),
        "destroyGraceSeconds": Field("int", replace=False),
        "deviceReadBps": Field("set", of=_RATE, replace=False, missing=True),
        "deviceReadIops": Field("set", of=_RATE, replace=False, missing=True),
        "deviceRequests": Field("set", of=_DEVICE_REQUEST, missing=True),
        "deviceWriteBps": Field("set", of=_RATE, replace=False, missing=True),
        "deviceWriteIops": Field("set", of=_RATE, replace=False, missing=True),
        "devices": Field("set", of=_DEVICE),
        "dns": Field("set"),
        "dnsOpts": Field("set"),
        "dnsSearches": Field("set"),
        "domainname": _text(),
        "entrypoints": Field("list", computed=True),
        "envs": Field("set", computed=True),
        "exitCode": Field("int", output=True),
        "gpus": _text(missing=True),
        "groupAdds": Field("set"),
        "healthcheck": Field("block", of=_HEALTHCHECK, computed=True, replace=False),
        "hostname": _text(computed=True),
        "hosts": Field("set", of={"host": _text(required=True), "ip": _text(required=True)}),
        "image": _text(required=True),
        "init": Field("bool", computed=True, replace=False),
        "ipcMode": _text(computed=True),
        "labels": Field("set", of=_LABELS, computed=True),
        "logDriver": _text(computed=True),
        "logOpts": Field("map"),
        "logs": Field("bool", replace=False, initial=False),
        "maxRetryCount": Field("int", replace=False),
        "memory": Field("int", replace=False, check=at_least(0)),
        "memoryReservation": Field("int", replace=False, initial=0, check=at_least(0)),
        "memorySwap": Field("int", replace=False, check=at_least(-1)),
        "mounts": Field("set", of=_MOUNT, replace=False),
        "mustRun": Field("bool", replace=False, default=True),
        "name": _text(required=True),
        "networkDatas": Field("list", of=_NETWORK_DATA, output=True),
        "networkMode": Field("str", default="bridge"),
        "networksAdvanced": Field("set", of=_NETWORK),
        "pidMode": _text(),
        "platform": _text(computed=True),
        "ports": Field("list", of=_PORT),
        "privileged": Field("bool"),
        "publishAllPorts": Field("bool"),
        "readOnly": Field("bool", initial=False),
        "removeVolumes": Field("bool", replace=False, default=True),
        "restart": Field(
            "str",
            replace=False,
            default="no",
            check=pattern("^(no|on-failure|always|unless-stopped)$"),
        ),
        "rm": Field("bool", replace=False, initial=False),
        "runtime": _text(computed=True),
        "securityOpts": Field("set", computed=True),
        "shmSize": Field("int", computed=True, check=at_least(0)),
        "start": Field("bool", replace=False, default=True),
        "stdinOpen": Field("bool", initial=False),
        "stopSignal": _text(computed=True),
        "stopTimeout": Field("int", computed=True),
        "storageOpts": Field("map"),
        "sysctls": Field("map"),
        "tmpfs": Field("map", replace=False),
        "tty": Field("bool", initial=False),
        "ulimits": Field(
            "set",
            of={
                "name": _text(required=True),
                "hard": Field("int", required=True),
                "soft": Field("int", required=True),
            },
        ),
        "uploads": Field("set", of=_UPLOAD),
        "user": _text(sticky=True),
        "usernsMode": _text(),
        "volumes": Field("set", of=_VOLUME),
        "wait": Field("bool", replace=False, initial=False),
        "waitTimeout": Field("int", replace=False, default=60),
        "workingDir": _text(sticky=True),
    },
)

NETWORK: Final = Schema(
    "docker:index/network:Network",
    {
        "attachable": Field("bool"),
        "driver": _text(computed=True),
        "ingress": Field("bool"),
        "internal": Field("bool", computed=True),
        "ipamConfigs": Field(
            "set",
            of={
                "auxAddress": Field("map"),
                "gateway": _text(),
                "ipRange": _text(),
                "subnet": _text(),
            },
            computed=True,
        ),
        "ipamDriver": Field("str", default="default"),
        "ipamOptions": Field("map"),
        "ipv6": Field("bool"),
        "labels": Field("set", of=_LABELS),
        "name": _text(required=True),
        "options": Field("map", computed=True),
        "scope": Field("str", output=True),
    },
)

VOLUME: Final = Schema(
    "docker:index/volume:Volume",
    {
        "cluster": Field("block", of={"id": Field("str", output=True)}, missing=True),
        "driver": _text(computed=True),
        "driverOpts": Field("map"),
        "labels": Field("set", of=_LABELS),
        "mountpoint": Field("str", output=True),
        "name": _text(required=True, computed=True),
    },
)

REMOTE_IMAGE: Final = Schema(
    "docker:index/remoteImage:RemoteImage",
    {
        "build": Field("block", of={"context": _text()}, missing=True),
        "forceRemove": Field("bool", replace=False),
        "imageId": Field("str", output=True, replace=False),
        "keepLocally": Field("bool", replace=False),
        "name": _text(required=True),
        "platform": _text(),
        "pullTriggers": Field("set"),
        "repoDigest": Field("str", output=True, replace=False),
        "triggers": Field("map"),
    },
    auto_name=False,
    delete_before_replace=False,
)

SCHEMAS: Final = {schema.token: schema for schema in (CONTAINER, NETWORK, VOLUME, REMOTE_IMAGE)}
