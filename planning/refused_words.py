"""Keys of a Compose service that are known and not carried over, and why."""

from __future__ import annotations

_PROVIDER = "the docker provider cannot set it"
_WINDOWS = "only Windows containers have it"
_REPLACED = "crosshost makes each container itself"

REFUSED = {
    "annotations": _PROVIDER,
    "attach": "an up shows no output of containers: remove it",
    "blkio_config": _PROVIDER,
    "build": "crosshost builds no images: build and push it, and name it as `image` (of a Compose file's service also "
    "as `images: {SERVICE: IMAGE}` in crosshost:compose)",
    "cgroup": "containers keep their own cgroup namespace",
    "cgroup_parent": "where cgroups are is the host's own business",
    "cpu_count": _WINDOWS,
    "cpu_percent": _WINDOWS,
    "cpu_period": "write `cpus` instead",
    "cpu_quota": "write `cpus` instead",
    "cpu_rt_period": _PROVIDER,
    "cpu_rt_runtime": _PROVIDER,
    "credential_spec": _WINDOWS,
    "develop": "it is for work on the image's source: remove it",
    "device_cgroup_rules": _PROVIDER,
    "extends": "a stack file is written out; YAML's anchors and << do the same within it",
    "external_links": "names come from networks: join one with that container",
    "gpus": "write the devices as `devices`",
    "isolation": _WINDOWS,
    "label_file": "write the labels as `labels`",
    "links": "names come from networks: write `depends_on`, and aliases in `networks`",
    "mac_address": "Docker makes it from the address, so that a moved container is found again",
    "mem_swappiness": _PROVIDER,
    "models": "crosshost runs containers only",
    "net": "write `network`",
    "oom_kill_disable": _PROVIDER,
    "oom_score_adj": _PROVIDER,
    "pids_limit": _PROVIDER,
    "post_start": f"{_REPLACED}: put it into the command or the image",
    "pre_stop": f"{_REPLACED}: put it into the command or the image",
    "profiles": "a stack file is one environment: leave the container out of those where it is off",
    "provider": "crosshost runs containers only",
    "pull_policy": "an image is pulled once; name another version or a digest to get another one",
    "pull_refresh_after": "an image is pulled once; name another version to get another one",
    "scale": "one entry is one container: write an entry for each",
    "storage_opt": "it depends on the host's storage driver: set it in daemon.json",
    "use_api_socket": "mount /var/run/docker.sock as a volume, if it must be",
    "uts": _PROVIDER,
    "volumes_from": "write the volumes out as `volumes`",
}
