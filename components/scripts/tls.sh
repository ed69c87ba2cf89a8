#!/bin/sh
# Files for root alone, in a folder that is named after what is in it: certificates and key of the
# daemon's TCP API, and what Consul is used with. What names the folder names the new one before the
# old one goes (daemon.sh, consul.sh).
# Header words: folder (tls where there is none), hash (of all files together), mode (of the files,
# 600 or 644), and how many lines of each: ca, cert, key, server, token. Content: the files in this order.
# What is kept of them for facts is their hash.
# shellcheck source=components/scripts/common.sh
. "${0%/*}/common.sh"

piece() { # WORD FILE: the next lines of the content
    count=$(header_word "$1")
    case $count in
    '') return ;;
    *[!0-9]*) fail "tls.sh: $1 is no number: $count" ;;
    esac
    { tail -n "+$((taken + 1))" "$new.all" | head -n "$count" >"$new/$2" && chmod "$mode" "$new/$2"; } ||
        fail "cannot write to $dir: is the disk full?"
    taken=$((taken + count))
}

folder() {
    read_header
    folder=$(header_word folder)
    case ${folder:=tls} in tls | consul-access) ;; *) fail "tls.sh: no folder of ours: $folder" ;; esac
    # shellcheck disable=SC2154
    dir=$state/$folder
    alone
}

apply() {
    folder
    hash=$(header_word hash)
    case $hash in '' | *[!0-9a-f]*) fail "tls.sh: no such hash: $hash" ;; esac
    mode=$(header_word mode)
    case ${mode:=600} in 600 | 644) ;; *) fail "tls.sh: no mode of ours: $mode" ;; esac
    umask 077
    mkdir -p "$dir"
    name=$(printf %.16s "$hash")
    new=$dir/new
    rm -rf "$new"
    mkdir "$new"
    cat >"$new.all" || fail "cannot write to $dir: is the disk full?"
    taken=0
    piece ca ca.pem
    piece cert cert.pem
    piece key key.pem
    piece server server.hcl
    piece token token
    rm -f "$new.all"
    set +f
    if [ "$(cat "$new"/* | sha256sum | cut -d' ' -f1)" != "$hash" ]; then
        rm -rf "$new"
        fail "tls.sh: the files are not those that were sent"
    fi
    for file in "$new"/*; do durable "$file"; done
    if [ "$mode" = 644 ]; then chmod 755 "$new"; fi
    rm -rf "${dir:?}/$name"
    mv "$new" "$dir/$name"
    keep_record "$dir" /dev/null
}

undo() {
    folder
    cat >/dev/null
    rm -rf "$dir"
}

case ${1:-} in
apply) apply ;;
undo) undo ;;
*) fail "tls.sh: apply or undo" ;;
esac
