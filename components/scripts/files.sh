#!/bin/sh
# Files that one container sees (secrets and configs), in a folder for root alone that is named after
# what is in it: another content is another folder, and the one before goes when nothing needs it.
# Header words: container, name (of the folder), hash (of all files together). Content: a line for each
# file: mode, user, group, base64 of what is in it.
# What is kept of them for facts is the header.
# shellcheck source=components/scripts/common.sh
. "${0%/*}/common.sh"

words() { # sets $dir, $name and $hash
    read_header
    container=$(header_word container)
    name=$(header_word name)
    hash=$(header_word hash)
    case $container in '' | .* | *[!A-Za-z0-9_.-]*) fail "files.sh: no such container: $container" ;; esac
    case $name in '' | *[!0-9a-f]*) fail "files.sh: no such folder: $name" ;; esac
    case $hash in '' | *[!0-9a-f]*) fail "files.sh: no such hash: $hash" ;; esac
    # shellcheck disable=SC2154
    dir=$state/files-$container
    alone
}

write() { # PATH MODE USER GROUP BASE64: into the file that is there, which a container may have
    case $2 in '' | *[!0-7]*) fail "files.sh: no such mode: $2" ;; esac
    case $3$4 in '' | *[!0-9]*) fail "files.sh: no such owner: $3:$4" ;; esac
    [ ! -L "$1" ] || fail "$1 is a link: remove it"
    { printf '%s' "$5" | base64 -d >"$1" && chown "$3:$4" "$1" && chmod "$2" "$1"; } ||
        fail "cannot write to $dir: is the disk full?"
    durable "$1"
}

apply() {
    words
    umask 077
    mkdir -p "$dir/$name"
    number=10
    while read -r mode user group text; do
        write "$dir/$name/$number" "$mode" "$user" "$group" "$text"
        number=$((number + 1))
    done
    set +f
    if [ "$(cat "$dir/$name"/* | sha256sum | cut -d' ' -f1)" != "$hash" ]; then
        rm -rf "${dir:?}/$name"
        fail "files.sh: the files are not those that were sent"
    fi
    keep_record "$dir" /dev/null
}

undo() {
    words
    cat >/dev/null
    rm -rf "${dir:?}/$name"
    # Another content may be there by now.
    set +f
    for other in "$dir"/*/; do
        if [ -d "$other" ]; then return; fi
    done
    rm -rf "$dir"
}

case ${1:-} in
apply) apply ;;
undo) undo ;;
*) fail "files.sh: apply or undo" ;;
esac
