#!/bin/sh
# Questions to the Consul server in a container of this host.
# Header words: container (ID or name), port. Content of "hosts": one address a line.
#   consul.sh apply    have the server run, wait until it has elected its leader; hold it
#   consul.sh undo     let go of it; refused while other stacks keep overlays in our container
#   consul.sh hosts    wait until every address is in docker/nodes/ of the key-value store
# shellcheck source=components/scripts/common.sh
. "${0%/*}/common.sh"
# shellcheck disable=SC2154
dir=$state/consul
# shellcheck source=components/scripts/held.sh
. "$scripts/held.sh"
seconds=30

keys() { # PREFIX: the keys below it, one a line; fails as long as there is no leader
    docker exec -- "$container" consul kv get -http-addr="127.0.0.1:$port" -keys "$1" 2>&1
}

read_header
addresses=$(cat)
container=$(header_word container)
port=$(header_word port)
end=$(($(date +%s) + seconds))

apply() {
    # Somebody may have stopped it.
    docker start -- "$container" >/dev/null
    until answer=$(keys docker/); do
        if [ "$(date +%s)" -ge "$end" ]; then
            fail "Consul in container $container has no leader after $seconds s: $answer"
        fi
        sleep 0.1
    done
    alone
    mkdir -p "$dir"
    name=$(docker inspect --type container --format '{{.Name}}' -- "$container")
    printf '%s\n' "$name" >"$dir/name"
    echo "its stack's" | keep_before "consul${name}"
    echo "keeps overlays in it" | hold "consul${name}"
    keep_record "$dir" /dev/null
}

undo() {
    alone
    name=$(cat "$dir/name" 2>/dev/null) || name=/$container
    stack=$(docker inspect --type container --format '{{index .Config.Labels "crosshost.stack"}}' \
        -- "${name#/}" 2>/dev/null) || stack=
    if [ "$stack" = "${state##*/}" ] && others=$(others_hold "consul$name"); then
        fail "stack ${others##*/} keeps overlays in Consul of container ${name#/}: destroy that stack first"
    fi
    let_go "consul$name"
    rm -rf "$dir"
}

hosts() {
    while :; do
        present=$(keys docker/nodes/ || :)
        missing=
        for address in $addresses; do
            case "
$present" in
            *"
docker/nodes/$address:"*) ;;
            *) missing="$missing $address" ;;
            esac
        done
        if [ -z "$missing" ]; then
            printf '%s\n' "$present"
            return
        fi
        if [ "$(date +%s)" -ge "$end" ]; then
            fail "Consul does not list these Docker hosts after $seconds s:$missing (is port $port of the Consul host open to them?)"
        fi
        sleep 0.1
    done
}

case ${1:-} in
apply) apply ;;
undo) undo ;;
hosts) hosts ;;
*) fail "consul.sh: apply, undo or hosts" ;;
esac
