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

attached() { # the names of what the network has, one a line
    docker network inspect --format '{{range .Containers}}{{println .Name}}{{end}}' "$network" \
        2>/dev/null | sed '/^$/d'
}

undo() {
    ours=$(cat)
    attached | while IFS= read -r name; do
        if [ -n "$name" ] && printf '%s\n' "$ours" | grep -qxF -e "$name"; then
            docker network disconnect --force "$network" "$name" >/dev/null
        fi
    done
    strangers=$(attached | tr '\n' ' ')
    if [ -n "$strangers" ]; then
        fail "network $network is still used by ${strangers% }: remove that, or take it off the network, and run this again"
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
