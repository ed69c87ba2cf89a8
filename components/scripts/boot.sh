#!/bin/sh
# After a boot: containers that Docker could not start. Without its cluster store Docker 20.10 gives
# up on them for good, and so does any engine where a swarm's managers let it wait for more than 20 s
# (moby issue 32607); this waits and starts them. After a power cut with the store there Docker 20.10
# takes up the endpoints of before, finds no namespace of theirs, and refuses every container of that
# network until it is restarted: then this restarts it, once; what runs goes on running. It says so when it starts,
# also where no container is to start by itself.
# And containers that Docker 20.10 started too early: before its engine has joined its peers through
# the store, the network's namespace is made without the part that asks peers where addresses are, and
# stays without until its last container on the host stops. Then this stops and starts them.
#   boot.sh install   a systemd unit that runs `boot.sh run` whenever Docker starts
#   boot.sh remove    the unit goes
#   boot.sh run       start what the last up left running, as soon as it can be started
# shellcheck source=components/scripts/common.sh
. "${0%/*}/common.sh"
# shellcheck disable=SC2154
dir=$state/boot
# shellcheck source=components/scripts/engine.sh
. "$scripts/engine.sh"
# shellcheck disable=SC2154
service=crosshost-boot-${state##*/}.service
unit=/etc/systemd/system/$service

install() {
    install_unit "$unit" <<UNIT
[Unit]
Description=Start containers that waited for their network (crosshost)
After=docker.service

[Service]
ExecStart=/bin/sh "$scripts/boot.sh" run

[Install]
WantedBy=docker.service
UNIT
    # Of the version before, which ran at boots only.
    rm -f "/etc/systemd/system/multi-user.target.wants/$service"
}

remove() {
    if has_unit "$unit"; then remove_unit "$unit"; fi
}

# Whether Docker should run the container: it has a policy that says so, and nobody stopped it.
wanted() { # ID
    case $(docker inspect --type container --format \
        '{{.State.Running}} {{.HostConfig.RestartPolicy.Name}}' "$1" 2>/dev/null) in
    "false always" | "false unless-stopped") ;;
    *) return 1 ;;
    esac
    ! grep -q '"HasBeenManuallyStopped":true' "$root/containers/$1/config.v2.json"
}

took_up_endpoints_without_namespaces() { # the daemon that runs
    pid=$(systemctl show --property=MainPID docker.service | cut -d= -f2)
    journalctl --boot --no-pager --output=cat _PID="$pid" 2>/dev/null |
        grep -q 'Failure during overlay endpoints restore.*could not get network sandbox'
}

start() { # ID
    said=$(docker start "$1" 2>&1) && return
    printf '%s\n' "$said"
    case $said in *"could not get network sandbox"*) spoiled=${spoiled:-yes} ;; esac
    return 1
}

restart_once() (
    alone
    mkdir -p "$dir"
    remember "$dir/same"
    restart_with "$dir/same"
    rm -rf "$dir"
)

# Never asks Docker while systemd does not run it: its socket would start it again.
wait_for_docker() {
    seconds=0
    until systemctl is-active --quiet docker.service; do
        case $(systemctl is-active docker.service || :) in
        inactive | failed) seconds=$((seconds + 1)) ;;
        esac
        if [ "$seconds" -ge 120 ]; then exit 0; fi
        sleep 1
    done
}

# Whether the namespace of a network asks peers for addresses: it listens to what the kernel lacks
# among its neighbours, group RTNLGRP_NEIGH (bit 4) of rtnetlink (protocol 0).
asks_peers() ( # NETWORK-ID
    beginning=$(printf '%.10s' "$1")
    set +f
    for namespace in /var/run/docker/netns/*-"$beginning"; do
        [ -e "$namespace" ] || continue
        nsenter --net="$namespace" cat /proc/net/netlink |
            grep -Eq '^[0-9a-f]+ +0 +[0-9]+ +[0-9a-f]{7}[4-7c-f] ' || return 1
    done
)

started_at() { # ID: seconds
    date -d "$(docker inspect --type container --format '{{.State.StartedAt}}' "$1")" +%s
}

daemon_started_at() { # seconds
    date -d "$(systemctl show --property=ExecMainStartTimestamp docker.service | cut -d= -f2)" +%s
}

# IDs of those that run on a network because Docker just started them. Fails where one of them ran
# before, and knows its peers from then, or would not outlive a stop.
started_by_docker() { # NETWORK-ID
    since=$(daemon_started_at)
    for id in $(docker ps --quiet --no-trunc --filter network="$1"); do
        if [ "$(docker inspect --type container --format '{{.HostConfig.AutoRemove}}' "$id")" = true ] ||
            [ "$(started_at "$id")" -lt "$since" ]; then
            echo "$id runs on without what was new to its peers meanwhile: docker restart it" >&2
            return 1
        fi
        echo "$id"
    done
}

in_namespace_of() { # ID...: those that run in the network namespace of one of these
    docker ps --quiet --no-trunc | while read -r other; do
        mode=$(docker inspect --type container --format '{{.HostConfig.NetworkMode}}' "$other")
        for id in "$@"; do
            if [ "$mode" = "container:$id" ]; then echo "$other"; fi
        done
    done
}

# Those that were stopped run again, also where that was cut off.
start_stopped() {
    [ -e "$dir/stopped" ] || return 0
    while read -r id; do
        docker start "$id" >/dev/null || echo "cannot start $id, which was stopped here" >&2
    done <"$dir/stopped"
    rm -f "$dir/stopped"
}

# The networks' namespaces are made anew where they do not ask peers.
join_peers() (
    if [ -z "$(info '{{.ClusterStore}}')" ]; then exit 0; fi
    alone
    mkdir -p "$dir"
    start_stopped
    for network in $(docker network ls --quiet --no-trunc --filter driver=overlay); do
        if asks_peers "$network"; then continue; fi
        ids=$(started_by_docker "$network") || continue
        [ -n "$ids" ] || continue
        # shellcheck disable=SC2046,SC2086
        printf '%s\n' $ids $(in_namespace_of $ids) >"$dir/stopped"
        echo "started before the engine had joined its peers: stopped, and started again:"
        xargs docker stop <"$dir/stopped" || :
        start_stopped
    done
    if [ -z "$(ls "$dir")" ]; then rmdir "$dir"; fi
)

run() {
    spoiled=
    wait_for_docker
    until root=$(info '{{.DockerRootDir}}') && [ -n "$root" ]; do
        sleep 1
        wait_for_docker
    done
    # The store may be away for long: nothing asks Docker meanwhile.
    if has_peers; then
        until listens_to_peers; do
            sleep 1
            wait_for_docker
        done
    fi
    join_peers || echo "containers may be unreachable: docker restart them" >&2
    if took_up_endpoints_without_namespaces; then spoiled=yes; fi
    pause=1
    while :; do
        waiting=
        ids=$(sed -n 's/^container \([^ ]*\) .*/\1/p' "$state/present/record" 2>/dev/null || :)
        for id in $ids; do
            if wanted "$id"; then start "$id" || waiting=yes; fi
        done
        if [ "$spoiled" = yes ]; then
            spoiled=restarted
            restart_once || :
            wait_for_gossip 60 || :
            join_peers || :
            continue
        fi
        [ -n "$waiting" ] || return 0
        sleep "$pause"
        wait_for_docker
        if [ "$pause" -lt 10 ]; then pause=$((pause + 1)); fi
    done
}

case ${1:-} in
install) install ;;
remove) remove ;;
run) run ;;
*) fail "boot.sh: install, remove or run" ;;
esac
