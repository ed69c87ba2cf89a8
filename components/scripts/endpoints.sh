#!/bin/sh
# Endpoints that an overlay network keeps of containers that are gone: an engine that dies, or
# that cannot reach the store, leaves them there, and the network cannot be removed.
# Header words: network, id (of that network and no later one of its name), free (names of containers that run
# nowhere, separated by commas). Content: the names of the stack's containers on it, one a line.
#   endpoints.sh apply   keep the list; before the first container, see that the network can have any here; free
#                        the endpoints of those that run nowhere
#   endpoints.sh undo    after the containers are gone, before the network goes: free them; a swarm's
#                        network goes here, when it can
# shellcheck source=components/scripts/common.sh
. "${0%/*}/common.sh"

read_header
network=$(header_word network)
id=$(header_word id)
# shellcheck disable=SC2154
dir=$state/endpoints-$network

inspect() { # FORMAT
    docker network inspect --verbose --format "$1" "$id" 2>/dev/null | sed '/^$/d'
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

free() { # NAMES, one a line: their endpoints
    attached | grep -xF -e "$1" | while IFS= read -r name; do
        docker network disconnect --force "$id" "$name" >/dev/null
    done
}

# Of a container that is here, though it does not run, Docker would only forget that it was on the network, and
# keep the endpoint: it has another name meanwhile.
free_ended() {
    for name in $ours; do
        running=$(docker inspect --type container --format '{{.State.Running}}' "$name" 2>/dev/null) || running=gone
        case $running in
        true) continue ;;
        false)
            trap 'docker rename "$name.ended" "$name"' EXIT
            docker rename "$name" "$name.ended"
            ;;
        esac
        free "$name" || fail "the endpoint of $name on $network cannot be freed"
        if [ "$running" = false ]; then
            docker rename "$name.ended" "$name"
            trap - EXIT
        fi
    done
}

used() { # BY, a line each
    left=$(printf '%s\n' "$1" | tr '\n' ',' | sed -e 's/,$//' -e 's/,/, /g')
    fail "network $network is still used by $left: remove that, or take it off the network, and run this again"
}

user_of_task() { # TASK: what is known of it where gossip knows no name
    found=$(docker inspect --type task --format '{{.NodeID}} {{.Spec.NetworkAttachmentSpec.ContainerID}}' "$1" 2>/dev/null) || return 0
    container=${found#* }
    docker node inspect --format "container ${container%"${container#????????????}"} on {{.Description.Hostname}} (which is {{.Status.State}})" "${found%% *}"
}

# What has just been removed on another host is a task of the swarm for a moment longer, and no list
# shows it; only the removal itself tells. That the network is gone already is no error to Pulumi.
remove() {
    tries=150
    until reason=$(docker network rm "$id" 2>&1 >/dev/null); do
        case $reason in
        *"in use by task"*) task=${reason##*in use by task } ;;
        *"has active endpoints"*) task= ;;
        *"not found"* | *"No such network"*) return ;;
        *) fail "network $network cannot be removed: $reason" ;;
        esac
        tries=$((tries - 1))
        if [ "$tries" -le 0 ]; then
            left=$(attached)
            used "${left:-$(user_of_task "${task%%[!a-z0-9]*}")}"
        fi
        sleep 0.1
    done
    # The engine shows it for a moment longer.
    while [ "$tries" -gt 0 ] && [ -n "$(inspect '{{.Id}}')" ]; do
        tries=$((tries - 1))
        sleep 0.1
    done
}

# The kernel gives a number out once a port, and containers of an overlay whose number is taken wait for
# twenty seconds and do not start.
see_number() {
    port=$(docker info --format '{{with .Swarm.Cluster}}{{.DataPathPort}}{{end}}' 2>/dev/null)
    case $port in '' | 0 | *[!0-9]*) port=4789 ;; esac
    for number in $(inspect '{{index .Options "com.docker.network.driver.overlay.vxlanid_list"}}' | tr ',' ' '); do
        case $number in *[!0-9]*) continue ;; esac
        device=$(ip -d -o link show type vxlan 2>/dev/null | grep -e " vxlan id $number .*dstport $port " | sed 's/^[0-9]*: \([^:@ ]*\).*/\1/;q')
        [ -z "$device" ] ||
            fail "Docker gave network $network VNI $number, which $device has here at udp $port: no container of it would start; give the network of $device another vni, or take $network out once and in again, which gives it another number"
    done
}

undo() {
    ours=$(cat)
    scope=$(inspect '{{.Scope}}')
    if [ "$scope" = swarm ]; then
        remove
    else
        free "$ours"
        left=$(attached)
        if [ -n "$left" ]; then used "$left"; fi
    fi
    rm -rf "$dir"
}

case ${1:-} in
apply)
    see_number
    scope=$(inspect '{{.Scope}}')
    ours=$(header_word free | tr , '\n')
    free_ended
    mkdir -p "$dir"
    cat >"$dir/new"
    keep_record "$dir" "$dir/new"
    rm -f "$dir/new"
    ;;
undo) undo ;;
*) fail "endpoints.sh: apply or undo" ;;
esac
