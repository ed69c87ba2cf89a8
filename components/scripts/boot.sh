#!/bin/sh
# After a boot: containers that Docker could not start. Without its cluster store Docker 20.10 gives
# up on them for good, and so does any engine where a swarm's managers let it wait for more than 20 s
# (moby issue 32607); this waits and starts them. After a power cut with the store there Docker 20.10
# takes up the endpoints of before, finds no namespace of theirs, and refuses every container of that
# network until it is restarted: then this restarts it, once; what runs goes on running.
#   boot.sh install   a systemd unit that runs `boot.sh run` at each boot
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
WantedBy=multi-user.target
UNIT
}

remove() {
    [ -e "$unit" ] || return 0
    systemctl stop "$service"
    remove_unit "$unit"
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

run() {
    spoiled=
    until root=$(docker info --format '{{.DockerRootDir}}' 2>/dev/null); do sleep 1; done
    until gossips; do sleep 1; done
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
            continue
        fi
        [ -n "$waiting" ] || return 0
        sleep "$pause"
        if [ "$pause" -lt 10 ]; then pause=$((pause + 1)); fi
    done
}

case ${1:-} in
install) install ;;
remove) remove ;;
run) run ;;
*) fail "boot.sh: install, remove or run" ;;
esac
