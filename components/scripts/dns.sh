#!/bin/sh
# What the stack's name server on this host (dnsmasq in a container) answers with.
# Header words: container (its name), upstream (whom it asks for other names: addresses by comma).
# Content: lines of an /etc/hosts.
#   dns.sh apply   have the files as they are to be, and the server read them, if it runs
#   dns.sh undo    remove the files
# shellcheck source=components/scripts/common.sh
. "${0%/*}/common.sh"
# shellcheck disable=SC2154
dir=$state/dns
served=$dir/served
# Where the container has them.
mount=/etc/crosshost

# Of a name of ours nothing is asked elsewhere: who has no IPv6 address has none.
servers() {
    printf '%s\n' "$(header_word upstream)" | tr , '\n' | sed 's/.*/server=&/'
    cut -d' ' -f2- "$dir/new" | tr ' ' '\n' | sed -n '/\./s|.*|server=/&/|p' | sort -u
}

# The files of a folder that was removed and made again are not those that the container has.
read_anew() { # CONTAINER
    pid=$(docker inspect --type container --format '{{if .State.Running}}{{.State.Pid}}{{end}}' "$1" 2>/dev/null) || return 0
    if [ -z "$pid" ]; then return; fi
    if cmp -s "$served/hosts" "/proc/$pid/root$mount/hosts"; then
        docker kill --signal HUP "$1" >/dev/null
    else
        docker restart "$1" >/dev/null
    fi
}

apply() {
    umask 022
    read_header
    alone
    container=$(header_word container)
    case $container in
    '' | -* | *[!a-zA-Z0-9_.-]*) fail "dns.sh: no such container" ;;
    esac
    mkdir -p "$served"
    { cat >"$dir/new" && servers >"$served/servers.new" && cp "$dir/new" "$served/hosts.new" &&
        mv -f "$served/servers.new" "$served/servers" && mv -f "$served/hosts.new" "$served/hosts"; } ||
        fail "cannot write to $dir: is the disk full?"
    read_anew "$container" || fail "$container cannot be told of new names: look at 'docker logs $container' there"
    keep_record "$dir" "$dir/new"
    rm -f "$dir/new"
}

undo() {
    cat >/dev/null
    rm -rf "$dir"
}

case ${1:-} in
apply) apply ;;
undo) undo ;;
*) fail "dns.sh: apply or undo" ;;
esac
