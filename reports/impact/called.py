"""What a stack file calls the inputs of the docker plugin that have another name there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

_CALLED = {
    "capabilities": "cap_add or cap_drop",
    "cpuSet": "cpuset",
    "cpuShares": "cpu_shares",
    "destroyGraceSeconds": "stop_grace_period",
    "dnsOpts": "dns_opt",
    "dnsSearches": "dns_search",
    "driver": "strategy",
    "entrypoints": "entrypoint",
    "envs": "environment",
    "groupAdds": "group_add",
    "hosts": "extra_hosts",
    "ipamConfigs": "subnet, gateway or ip_range",
    "ipcMode": "ipc",
    "ipv6": "subnet6",
    "logDriver": "logging",
    "logOpts": "logging",
    "maxRetryCount": "restart",
    "memory": "mem_limit",
    "memoryReservation": "mem_reservation",
    "memorySwap": "memswap_limit",
    "mounts": "volumes",
    "networkMode": "networks",
    "networksAdvanced": "networks",
    "pidMode": "pid",
    "readOnly": "read_only",
    "securityOpts": "security_opt",
    "shmSize": "shm_size",
    "stdinOpen": "stdin_open",
    "stopSignal": "stop_signal",
    "usernsMode": "userns_mode",
    "workingDir": "working_dir",
}
# Of Docker's options of a network.
_OPTIONS = {
    "com.docker.network.driver.mtu": "mtu",
    "encrypted": "encrypted",
    "parent": "parent",
}


def called(keys: Iterable[str]) -> list[str]:
    """The keys as a stack file has them, each once, in their order."""
    return list(dict.fromkeys(_CALLED.get(key, key) for key in keys))


def options(old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[str]:
    """What differs between the options of a network, as a stack file has it, each once."""
    differ = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
    known = dict.fromkeys(_OPTIONS[key] for key in differ if key in _OPTIONS)
    yield from known or (["driver options"] if differ else [])
