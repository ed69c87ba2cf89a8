#!/bin/sh
# The certificates and the key of the daemon's TCP API, for root alone, in a folder that is named
# after what is in it: daemon.json names the new one before the old one goes (daemon.sh).
# Header words: hash (of the three files), ca, cert, key (how many lines of each). Content: the
# files in this order. What is kept of them for facts is their hash.
# shellcheck source=components/scripts/common.sh
. "${0%/*}/common.sh"
# shellcheck disable=SC2154
dir=$state/tls

piece() { # FROM LINES FILE
    tail -n "+$1" "$new/all" | head -n "$2" >"$new/$3" || fail "cannot write to $dir: is the disk full?"
}

apply() {
    read_header
    alone
    hash=$(header_word hash)
    ca=$(header_word ca) cert=$(header_word cert) key=$(header_word key)
    case $hash$ca$cert$key in '' | *[!0-9a-f]*) fail "tls.sh: no such header" ;; esac
    umask 077
    mkdir -p "$dir"
    name=$(printf %.16s "$hash")
    new=$dir/new
    rm -rf "$new"
    mkdir "$new"
    cat >"$new/all" || fail "cannot write to $dir: is the disk full?"
    piece 1 "$ca" ca.pem
    piece "$((ca + 1))" "$cert" cert.pem
    piece "$((ca + cert + 1))" "$key" key.pem
    rm -f "$new/all"
    if [ "$(cat "$new/ca.pem" "$new/cert.pem" "$new/key.pem" | sha256sum | cut -d' ' -f1)" != "$hash" ]; then
        rm -rf "$new"
        fail "tls.sh: the files are not those that were sent"
    fi
    durable "$new/key.pem"
    rm -rf "${dir:?}/$name"
    mv "$new" "$dir/$name"
    keep_record "$dir" /dev/null
}

undo() {
    cat >/dev/null
    alone
    rm -rf "$dir"
}

case ${1:-} in
apply) apply ;;
undo) undo ;;
*) fail "tls.sh: apply or undo" ;;
esac
