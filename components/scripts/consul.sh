#!/bin/sh
# Questions to the Consul server in a container of this host.
# Header words: container (ID or name), port, access (a folder of tls.sh, where there is a token).
# Content of "hosts": one address a line.
#   consul.sh apply    have the server run, wait until it has elected its leader; hold it
#   consul.sh undo     let go of it; refused while other stacks keep overlays in our container
#   consul.sh hosts    wait until every address is in docker/nodes/ of the key-value store; then tokens
#                      of before go
# shellcheck source=components/scripts/common.sh
. "${0%/*}/common.sh"
# shellcheck disable=SC2154
dir=$state/consul
# shellcheck source=components/scripts/held.sh
. "$scripts/held.sh"
seconds=30

# The token is in the environment of what asks: command lines can be read by everybody.
consul() {
    docker exec ${CONSUL_HTTP_TOKEN:+--env CONSUL_HTTP_TOKEN} \
        --env "CONSUL_HTTP_ADDR=127.0.0.1:$port" -- "$container" consul "$@" 2>&1
}

keys() { # PREFIX: the keys below it, one a line; fails as long as there is no leader
    consul kv get -keys "$1"
}

read_header
unset CONSUL_HTTP_TOKEN
access=$(header_word access)
case $access in *[!0-9a-f]*) fail "consul.sh: access is no folder of ours" ;; esac
if [ -n "$access" ]; then
    CONSUL_HTTP_TOKEN=$(sed -n 's/^CONSUL_HTTP_TOKEN=//p' "$state/consul-access/$access/token")
    export CONSUL_HTTP_TOKEN
fi
addresses=$(cat)
container=$(header_word container)
port=$(header_word port)
end=$(($(date +%s) + seconds))

stack_of() { # CONTAINER: whose it is
    docker inspect --type container --format '{{index .Config.Labels "crosshost.stack"}}' -- "$1" 2>/dev/null
}

apply() {
    owner=$(stack_of "$container") || owner=
    if [ "$owner" != "${state##*/}" ] && [ -n "$owner" ] && [ -e "${state%/*}/$owner/consul-access" ]; then
        fail "Consul of stack $owner asks for a token or a certificate, which only that stack's hosts are given: have a server of this stack's own, on another host"
    fi
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
    stack=$(stack_of "${name#/}") || stack=
    if [ "$stack" = "${state##*/}" ] && others=$(others_hold "consul$name"); then
        fail "stack ${others##*/} keeps overlays in Consul of container ${name#/}: destroy that stack first"
    fi
    let_go "consul$name"
    rm -rf "$dir"
}

drop_tokens() { # those that a server of ours began with before
    [ -n "$access" ] || return 0
    own=$(consul acl token read -self | sed -n 's/^AccessorID: *//p')
    [ -n "$own" ] || return 0
    consul acl token list | while read -r word rest; do
        case $word:$rest in
        AccessorID:*) id=$rest ;;
        "Description::Master Token" | "Description::Initial Management Token")
            if [ "$id" != "$own" ]; then consul acl token delete -id "$id" >/dev/null; fi
            ;;
        esac
    done
    set +f
    for folder in "$state"/consul-access/*/; do
        name=${folder%/}
        if [ "${name##*/}" != "$access" ]; then rm -rf "$folder"; fi
    done
    set -f
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
            drop_tokens >&2
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
