#!/bin/sh
# Removes what of the stack is in the way of its next state (components/conflict_removal.py).
#   conflicts.sh container    stdin: IDs, one a line; those that the stack made or took over are stopped and removed
#   conflicts.sh network      the same for networks
#   conflicts.sh gone         waits until networks that were removed are not there any more: a host of a
#                             swarm has them a moment longer than the manager, and their names with them
#   conflicts.sh leave_store  the daemon leaves its cluster store, daemon.json becomes what it was
# shellcheck source=components/scripts/common.sh
. "${0%/*}/common.sh"
# shellcheck disable=SC2154
stack=${state##*/}

ours() { # KIND ID: whether it is there, and made by this stack
    case $1 in
    container) found=$(docker inspect --type container --format '{{index .Config.Labels "crosshost.stack"}}' "$2" 2>/dev/null) ;;
    *) found=$(docker network inspect --format '{{index .Labels "crosshost.stack"}}' "$2" 2>/dev/null) ;;
    esac || return 1
    [ "$found" = "$stack" ] || { [ -z "$found" ] && taken_over "$2"; } ||
        fail "$1 $2 was not made by stack $stack: remove it by hand"
}

taken_over() { # ID: whether an earlier up has it in its list, without a label of ours
    grep -q -e "^[a-z]* $1 " "$state/present/record" 2>/dev/null
}

containers() {
    while IFS= read -r id; do
        ours container "$id" || continue
        docker stop "$id" >/dev/null || fail "container $id cannot be stopped"
        docker rm --force --volumes "$id" >/dev/null || fail "container $id cannot be removed"
    done
}

# Endpoints of containers that have just gone elsewhere are in the way for a moment.
networks() {
    while IFS= read -r id; do
        ours network "$id" || continue
        tries=100
        until reason=$(docker network rm "$id" 2>&1 >/dev/null); do
            case $reason in *"not found"* | *"No such network"*) break ;; esac
            tries=$((tries - 1))
            [ "$tries" -gt 0 ] || fail "network $id cannot be removed: $reason"
            sleep 0.1
        done
    done
}

gone() {
    tries=100
    while IFS= read -r id; do
        while docker network inspect "$id" >/dev/null 2>&1; do
            [ "$tries" -gt 0 ] || fail "network $id was removed and is still there"
            tries=$((tries - 1))
            sleep 0.1
        done
    done
}

case ${1:-} in
container) containers ;;
network) networks ;;
gone) gone ;;
leave_store) echo | sh "$scripts/daemon.sh" undo ;;
*) fail "conflicts.sh: container, network, gone or leave_store" ;;
esac
