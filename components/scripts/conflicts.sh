#!/bin/sh
# Removes what of the stack is in the way of its next state (components/conflict_removal.py).
#   conflicts.sh container    stdin: IDs, one a line; those that the stack made are stopped and removed
#   conflicts.sh network      the same for networks
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
    [ "$found" = "$stack" ] || fail "$1 $2 was not made by stack $stack: remove it by hand"
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

case ${1:-} in
container) containers ;;
network) networks ;;
leave_store) echo | sh "$scripts/daemon.sh" undo ;;
*) fail "conflicts.sh: container, network or leave_store" ;;
esac
