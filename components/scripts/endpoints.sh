#!/bin/sh
# Endpoints that an overlay network keeps of containers that are gone: an engine that dies, or
# that cannot reach the store, leaves them there, and the network cannot be removed.
# Header words: network. Content: the names of the stack's containers on it, one a line.
#   endpoints.sh apply   keep the list
#   endpoints.sh undo    after the containers are gone, before the network goes: free them
# shellcheck source=components/scripts/common.sh
. "${0%/*}/common.sh"

read_header
network=$(header_word network)
# shellcheck disable=SC2154
dir=$state/endpoints-$network

inspect() { # FORMAT
    docker network inspect --verbose --format "$1" "$network" 2>/dev/null | sed '/^$/d'
}

# The names of what the network has, one a line. Of a swarm's network an engine itself holds only
# what runs on its host, and an end of its own; the rest is known by gossip, with its host.
attached() {
    if [ "$scope" = swarm ]; then
        inspect '{{range .Services}}{{range .Tasks}}{{println .Name "on" (index .Info "Host IP")}}{{end}}{{end}}'
    else
        inspect '{{range .Containers}}{{println .Name}}{{end}}'
    fi
}

free() {
    attached | while IFS= read -r name; do
        if printf '%s\n' "$ours" | grep -qxF -e "$name"; then
            docker network disconnect --force "$network" "$name" >/dev/null
        fi
    done
}

undo() {
    ours=$(cat)
    scope=$(inspect '{{.Scope}}')
    if [ "$scope" = swarm ]; then
        # What has just been removed on another host is heard of a moment later.
        tries=50
        while [ "$tries" -gt 0 ] && [ -n "$(attached)" ]; do
            tries=$((tries - 1))
            sleep 0.1
        done
    else
        free
    fi
    left=$(attached | tr '\n' ',' | sed -e 's/,$//' -e 's/,/, /g')
    if [ -n "$left" ]; then
        fail "network $network is still used by $left: remove that, or take it off the network, and run this again"
    fi
    rm -rf "$dir"
}

case ${1:-} in
apply)
    mkdir -p "$dir"
    cat >"$dir/new"
    keep_record "$dir" "$dir/new"
    rm -f "$dir/new"
    ;;
undo) undo ;;
*) fail "endpoints.sh: apply or undo" ;;
esac
