#!/bin/sh
# What a Docker host is like, read-only. Prints lines "name value"; a value that may hold
# anything is base64. Runs by `sh -s` over SSH, so nothing need be installed.
# Argument: the stack. planning/facts.py reads it.
LC_ALL=C
export LC_ALL
state=/var/lib/crosshost/$1

b64() { base64 | tr -d '\n'; }
put() { printf '%s %s\n' "$1" "$2"; }
put_file() { # NAME PATH: the file's content, if it is there
    if [ -e "$2" ]; then
        put "$1" "$(b64 <"$2")"
    fi
}

# A change that still runs, its connection lost, is waited for.
if [ -d /var/lib/crosshost ] && command -v flock >/dev/null 2>&1; then
    { flock -s -w 30 9 || :; } 9</var/lib/crosshost
fi

put version 1
put uid "$(id -u)"
put hostname "$(uname -n)"
put kernel "$(uname -r)"
put clock "$(date +%s)"
put boot_id "$(cat /proc/sys/kernel/random/boot_id 2>/dev/null)"
if [ -r /etc/os-release ]; then
    # shellcheck disable=SC1091
    put os "$(. /etc/os-release && printf %s "$PRETTY_NAME")"
fi
if [ -d /run/systemd/system ]; then put systemd 1; else put systemd 0; fi

if command -v docker >/dev/null 2>&1; then
    put docker_cli 1
    put info "$(docker info --format '{{json .}}' 2>/dev/null | b64)"
    put containers "$(docker ps --all --no-trunc --format \
        '{{.ID}}	{{.Names}}	{{.State}}	{{.Status}}	{{.Label "crosshost.stack"}}' \
        2>/dev/null | b64)"
    put networks "$(docker network ls --no-trunc --format \
        '{{.ID}}	{{.Name}}	{{.Driver}}	{{.Scope}}	{{.Label "crosshost.stack"}}' \
        2>/dev/null | b64)"
else
    put docker_cli 0
fi

# Containers are made by the docker command of the user who logs in, without sudo.
if [ -n "${SUDO_UID:-}" ] && [ -S /var/run/docker.sock ] && command -v setpriv >/dev/null 2>&1; then
    if setpriv --reuid "$SUDO_UID" --regid "${SUDO_GID:-0}" --init-groups \
        test -w /var/run/docker.sock; then
        put user_reaches_docker 1
    else
        put user_reaches_docker 0
    fi
fi

# Which cluster-store back ends the engine was built with: its version does not tell.
dockerd=$(command -v dockerd || echo /usr/sbin/dockerd)
if [ -r "$dockerd" ]; then
    for backend in consul etcd zookeeper; do
        if grep -qaF "libkv/store/$backend" "$dockerd"; then put backend "$backend"; fi
    done
fi

put_file daemon_json /etc/docker/daemon.json
if [ -e /etc/docker/daemon.json ]; then
    put daemon_json_hash "$(sha256sum </etc/docker/daemon.json | cut -d' ' -f1)"
fi
put_file daemon_json_original "$state/daemon/original"
for record in "$state"/*/record "$state"/nic/*/record; do
    [ -e "$record" ] || continue
    name=${record#"$state"/}
    put record "${name%/record} $(b64 <"$record")"
done
if [ -d "$state/scripts" ]; then
    put scripts_hash "$(cat "$state"/scripts/*.sh 2>/dev/null | sha256sum | cut -d' ' -f1)"
fi

# Not from /sys/class/net/NIC/flags: it shows what the kernel sets for macvlan, too.
ip -o link show 2>/dev/null | while read -r _ name flags _ mtu _; do
    name=${name%:}
    put nic "${name%@*} $flags $mtu"
done
ip -o -4 addr show 2>/dev/null | while read -r _ name _ address _; do
    put address "$name $address"
done
put end 1
