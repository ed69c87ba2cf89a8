#!/bin/sh
# Which slice of a network each host has, and which address each container: kept on every host, so that
# one that does not answer is known too. Header word: network. Content: lines "slice HOST SLICE" and
# "container NAME ADDRESS".
#   slices.sh apply   keep them
#   slices.sh undo    forget them
# shellcheck source=components/scripts/common.sh
. "${0%/*}/common.sh"

folder() { # of the header's network
    network=$(header_word network)
    case $network in
    '' | .* | *[!a-zA-Z0-9_.-]*) fail "slices.sh: no such network" ;;
    esac
    # shellcheck disable=SC2154
    dir=$state/slices-$network
}

apply() {
    read_header
    folder
    mkdir -p "$dir"
    cat >"$dir/new" || fail "cannot write to $dir: is the disk full?"
    keep_record "$dir" "$dir/new"
    rm -f "$dir/new"
}

undo() {
    read_header
    cat >/dev/null
    folder
    rm -rf "$dir"
}

case ${1:-} in
apply) apply ;;
undo) undo ;;
*) fail "slices.sh: apply or undo" ;;
esac
