# shellcheck shell=sh
# What belongs to the host and not to one stack on it (a key of daemon.json, a NIC's mode, a swarm):
# every stack that needs it holds it. The first one keeps what was there before, the last one out
# puts that back. After common.sh, and only under its lock (alone):
#   keep_before THING <WAS     before a change; only what the first holder found counts
#   hold THING <WANTED         what this stack wants of it; then the change
#   is_held THING              whether this stack holds it
#   is_kept THING              whether somebody does, so that what was before is kept
#   our_file THING             the file with what this stack wants
#   others_hold THING          the files of all other holders, one a line; fails where there is none
#   let_go THING               after the undo; the last one takes the record of it away
#   used_by_another_stack DRIVER [SCOPE]   where all of this was lost: whether containers of another
#                              stack are on such a network
# A stack that holds a thing for several uses sets $holder to STACK@USE for each.
# shellcheck disable=SC2154
held=${state%/*}/@host
holder=${state##*/}

write_whole() { # PATH: stdin becomes the file, whole or not at all; the folder is made
    { mkdir -p "${1%/*}" && cat >"${1%/*}/.new" && durable "${1%/*}/.new" &&
        mv -f "${1%/*}/.new" "$1"; } || fail "cannot write to ${1%/*}: is the disk full?"
}

keep_before() { # THING
    if [ ! -e "$held/README" ]; then
        write_whole "$held/README" <<TEXT
What belongs to this host and not to one crosshost stack. For each thing: \`before\` is what was there
before the first stack came, and comes back when the last one goes; \`holders/STACK\` is what a stack
wants of it.
TEXT
    fi
    if is_kept "$1"; then cat >/dev/null; else write_whole "$held/$1/before"; fi
}

# Without a holder it is of a change that was cut off before it began.
is_kept() { # THING
    [ -e "$held/$1/before" ] && [ -n "$(ls "$held/$1/holders" 2>/dev/null)" ]
}

hold() { # THING
    write_whole "$(our_file "$1")"
}

is_held() { # THING
    [ -e "$(our_file "$1")" ]
}

our_file() { # THING
    printf '%s' "$held/$1/holders/$holder"
}

# A stack whose folder is gone was taken off the host by hand, and holds nothing.
others_hold() ( # THING
    set +f
    none=1
    for other in "$held/$1"/holders/*; do
        stack=${other##*/}
        if [ -e "$other" ] && [ "$other" != "$(our_file "$1")" ] && [ -d "${state%/*}/${stack%%@*}" ]; then
            printf '%s\n' "$other"
            none=0
        fi
    done
    return "$none"
)

let_go() { # THING
    rm -f "$(our_file "$1")"
    if others_hold "$1" >/dev/null; then return; fi
    folder=$held/$1
    rm -rf "${folder:?}"
    while folder=${folder%/*} && [ "$folder" != "$held" ] && rmdir "$folder" 2>/dev/null; do :; done
    case $(ls "$held" 2>/dev/null) in '' | README) rm -rf "$held" ;; esac
}

used_by_another_stack() { # DRIVER [SCOPE]
    docker ps --all --filter label=crosshost.stack \
        --format '{{.Label "crosshost.stack"}} {{.Networks}}' | while read -r of networks; do
        if [ "$of" = "${state##*/}" ]; then continue; fi
        for network in $(printf %s "$networks" | tr , ' '); do
            docker network inspect --format '{{.Driver}} {{.Scope}}' "$network" 2>/dev/null |
                grep -q "^$1 ${2:-}" && echo yes
        done
    done | grep -q yes
}
