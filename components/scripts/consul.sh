#!/bin/sh
# Questions to the Consul server in a container of this host.
# Header words: container, port. Content of "hosts": one address a line.
#   consul.sh apply    have the server run, wait until it has elected its leader
#   consul.sh undo     nothing but forget that
#   consul.sh hosts    wait until every address is in docker/nodes/ of the key-value store
# shellcheck source=components/scripts/common.sh
. "${0%/*}/common.sh"
# shellcheck disable=SC2154
dir=$state/consul
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
    mkdir -p "$dir"
    keep_record "$dir" /dev/null
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
undo) rm -rf "$dir" ;;
hosts) hosts ;;
*) fail "consul.sh: apply, undo or hosts" ;;
esac
