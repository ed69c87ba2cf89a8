#!/bin/sh
# What a Docker host is like. Prints lines "name value"; a value that may hold anything is base64.
# "unread NAME WHY" says that a fact could not be read: "time" (no answer), "size" (too much) or the
# exit code of what was asked. Runs by `sh -s` over SSH, so nothing need be installed; needs coreutils,
# and takes what iproute2, kmod, iptables, nftables and systemd tell where they are there. Changes
# nothing but a cache in the stack's own folder (backends.sh). Ends with its connection.
# Argument: the stack. The fragments of all topics stand where the line TOPICS is (planning/facts).
# shellcheck disable=SC2317
LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
export LC_ALL PATH
# shellcheck disable=SC2034
stack=$1
# shellcheck disable=SC2034
state=/var/lib/crosshost/$1
# Bytes of one fact, and seconds for all of them.
limit=2097152
seconds=60

b64() { base64 -w 0; }
put() { printf '%s %s\n' "$1" "$2"; }
has() { command -v "$1" >/dev/null 2>&1; }
if has timeout; then
    within() { timeout -k 1 "$@"; }
else
    within() { shift && "$@"; }
fi

# Sets $text to what a command prints within some seconds; else says why it is not known.
ask() { # NAME SECONDS COMMAND...
    asked=$1
    shift
    # A pipe has one exit code: the command's own is the last line.
    text=$({ within "$@" 2>/dev/null </dev/null; printf '\n%s' "$?"; } | head -c "$limit")
    if [ "${#text}" -ge "$limit" ]; then
        put unread "$asked size"
        return 1
    fi
    code=${text##*
}
    text=${text%?"$code"}
    case $code in
    0) return 0 ;;
    124 | 137) put unread "$asked time" ;;
    '' | *[!0-9]*) put unread "$asked size" ;; # its last line is not there
    *) put unread "$asked $code" ;;
    esac
    return 1
}
put_output() { # NAME SECONDS COMMAND...: what the command prints, if it works
    if ask "$@"; then put "$1" "$(printf '%s' "$text" | b64)"; fi
}
read_file() { # NAME PATH: sets $text to the file's content as base64
    if [ "$(wc -c <"$2")" -ge "$limit" ]; then
        put unread "$1 size"
        return 1
    fi
    text=$(b64 <"$2")
}
put_file() { # NAME PATH: the file's content, if it is there
    if [ -f "$2" ]; then
        if read_file "$1" "$2"; then put "$1" "$text"; fi
    elif [ -e "$2" ]; then
        put unread "$1 kind"
    fi
}

# The script is whole before it runs, so that stdin is free to tell of the connection's end.
main() {
exec 3<&0
{ within "$seconds" cat <&3 >/dev/null 2>&1; kill -TERM 0; } &
watcher=$!

# A change that still runs, its connection lost, is waited for.
if [ -d /var/lib/crosshost ] && has flock; then
    { flock -s -w 20 9 || :; } 9</var/lib/crosshost
fi
put version 1
# TOPICS
kill "$watcher" 2>/dev/null
put end 1
}
main "$@"
exit 0
