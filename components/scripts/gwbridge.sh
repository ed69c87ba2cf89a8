# shellcheck shell=sh
# docker_gwbridge: an engine makes it with its first overlay, and nobody removes it. A stack holds it
# once for each use (consul, swarm). After held.sh, under the lock.
# shellcheck disable=SC2034,SC2154

# BEFORE: there or absent, where it is known; else it is looked for.
hold_gwbridge() ( # USE [BEFORE]
    take_over_gwbridge
    holder=${state##*/}@$1
    was=${2:-absent}
    if [ -z "${2:-}" ] && docker network inspect docker_gwbridge >/dev/null 2>&1; then was=there; fi
    echo "$was" | keep_before docker_gwbridge
    echo "for overlays on $1" | hold docker_gwbridge
)

# Without a record it goes only where BEFORE says that it was absent.
drop_gwbridge() ( # USE BEFORE
    take_over_gwbridge
    holder=${state##*/}@$1
    if ! others_hold docker_gwbridge >/dev/null; then
        was=$(cat "$held/docker_gwbridge/before" 2>/dev/null) || was=$2
        if [ "$was" = absent ]; then remove_gwbridge "$1"; fi
    fi
    let_go docker_gwbridge
)

# The end of a swarm's ingress takes a moment; somebody else's container may use it for long.
remove_gwbridge() { # USE
    case $1 in swarm) tries=50 ;; *) tries=0 ;; esac
    while docker network inspect docker_gwbridge >/dev/null 2>&1 &&
        ! docker network rm docker_gwbridge >/dev/null 2>&1 && [ "$tries" -gt 0 ]; do
        tries=$((tries - 1))
        sleep 0.1
    done
}

# The version before noted by stack that it was there; for a second stack it was by the first.
take_over_gwbridge() (
    set +f
    if [ -e "$held/docker_gwbridge" ]; then return; fi
    was=there
    for record in "${state%/*}"/*/daemon/record "${state%/*}"/*/swarm/record; do
        if uses_gwbridge "$record" && [ ! -e "${record%/record}/gwbridge" ]; then was=absent; fi
    done
    for record in "${state%/*}"/*/daemon/record "${state%/*}"/*/swarm/record; do
        uses_gwbridge "$record" || continue
        stack=${record%/*/record}
        case $record in */swarm/record) use=swarm ;; *) use=consul ;; esac
        holder=${stack##*/}@$use
        echo "$was" | keep_before docker_gwbridge
        echo "for overlays on $use" | hold docker_gwbridge
    done
)

uses_gwbridge() { # RECORD
    case $1 in
    */swarm/record) [ -e "$1" ] ;;
    *) [ -e "$1" ] && head -n 1 "$1" | grep -q -e 'own=\([^ ]*,\)\{0,1\}cluster-store' ;;
    esac
}
