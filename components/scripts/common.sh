# shellcheck shell=sh
# What the scripts on a host share. A change's stdin is one header line of name=value words,
# then its content.
set -euf
LC_ALL=C
export LC_ALL
# Scripts are in STATE/scripts; STATE is /var/lib/crosshost/STACK.
scripts=${0%/*}
# shellcheck disable=SC2034
state=${scripts%/*}

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

hash_of() { # PATH: sha256 of a file, or "absent"
    if [ -e "$1" ]; then sha256sum <"$1" | cut -d' ' -f1; else echo absent; fi
}

read_header() { # sets $header; header_word picks from it
    IFS= read -r header || fail "no data on stdin"
}

header_word() { # NAME: its value, empty if it is not there
    for word in $header; do
        case $word in
        "$1"=*) printf '%s' "${word#*=}" ;;
        esac
    done
}

plain() { # NAME: a word of the header; fails where it is none
    word=$(header_word "$1")
    case $word in
    '' | .* | *[!a-zA-Z0-9_.-]*) fail "${0##*/}: no such $1" ;;
    esac
    printf %s "$word"
}

take_no_routes() { # DEVICE: IPv6 routers there give the host no addresses and routes
    if [ -e "/proc/sys/net/ipv6/conf/$1/accept_ra" ]; then
        echo 0 >"/proc/sys/net/ipv6/conf/$1/accept_ra"
    fi
}

# One change at a time: a script whose connection was lost still runs, and stacks share hosts.
alone() {
    if command -v flock >/dev/null 2>&1; then
        exec 9<"${state%/*}"
        flock -w 150 9 || fail "another change to this host still runs: run pulumi up again"
    fi
}

durable() { # PATH: on the disk, not only on its way
    sync "$1" 2>/dev/null || sync
}

keep_record() { # DIR CONTENT-FILE: header and content, written whole or not at all
    { { printf '%s\n' "$header" && cat "$2"; } >"$1/record.new" && durable "$1/record.new" &&
        mv -f "$1/record.new" "$1/record"; } || fail "cannot write to $1: is the disk full?"
}

drop_record() { # DIR: whether it was the last of its kind
    rm -rf "$1"
    rmdir "${1%/*}" 2>/dev/null || [ ! -d "${1%/*}" ]
}

# A systemd unit with the content of stdin, started at each boot from now on. Reading all units again is slow:
# `systemctl enable` does it, too, and a new unit that is started at once (UNREAD: --no-reload) is read by that.
install_unit() ( # PATH [UNREAD]
    cat >"$1.new"
    unread=
    changed=
    if [ ! -e "$1" ]; then
        unread=${2:-}
    elif ! cmp -s "$1.new" "$1"; then
        changed=yes
    fi
    mv -f "$1.new" "$1"
    if ! systemctl is-enabled --quiet "${1##*/}" 2>/dev/null; then
        systemctl enable --quiet ${unread:+"$unread"} "${1##*/}"
    elif [ -n "$changed" ]; then
        systemctl daemon-reload
    fi
)

# A unit that runs this script's `boot` before Docker starts, once network interfaces are there.
install_unit_before_docker() { # PATH DESCRIPTION
    install_unit "$1" <<UNIT
[Unit]
Description=$2
After=network-pre.target systemd-networkd.service NetworkManager.service networking.service
Before=docker.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh "$0" boot

[Install]
WantedBy=multi-user.target
UNIT
}

# Links to a unit stay where somebody removed its file.
unit_links() { # PATH
    find "${1%/*}" -mindepth 2 -maxdepth 2 -type l -path "*.wants/${1##*/}"
}

has_unit() { # PATH
    [ -e "$1" ] || [ -n "$(unit_links "$1")" ]
}

remove_unit() { # PATH
    if systemctl is-active --quiet "${1##*/}"; then systemctl stop "${1##*/}"; fi
    unit_links "$1" | while IFS= read -r link; do
        rm -f "$link"
        rmdir "${link%/*}" 2>/dev/null || :
    done
    rm -f "$1"
    systemctl daemon-reload
    systemctl reset-failed "${1##*/}" 2>/dev/null || :
}

# Makes at a boot what the stack's records of a KIND say, each by the script's `at_boot RECORD` with its header
# read. One that cannot be made keeps no other waiting, nor what starts after the unit for long.
make_at_boot() { # KIND HALF-SECONDS
    set +f
    tries=$2
    while :; do
        missing=
        for record in "$state/$1"/*/record; do
            [ -e "$record" ] || continue
            read_header <"$record"
            name=${record%/record}
            if ! said=$( (at_boot "$record") 2>&1); then
                missing="$missing ${name##*/}${said:+ ($said)}"
            fi
        done
        [ -n "$missing" ] || return 0
        [ "$tries" -gt 0 ] || fail "$1 not made at this boot:$missing; all others are"
        tries=$((tries - 1))
        sleep 0.5
    done
}

info() { docker info --format "$1" 2>/dev/null; }

# An engine that joins its store makes itself known to its peers a moment later, by serf on port
# 7946. A container that starts before that stays unknown to them, and they to it, for good.
gossips() { # whether it has, or has no peers to join
    ! has_peers || listens_to_peers
}

has_peers() { [ -n "$(info '{{if .ClusterStore}}{{.ClusterAdvertise}}{{end}}')" ]; }

listens_to_peers() { # 1F0A is 7946; 0A is the state LISTEN
    cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | grep -q ':1F0A [0-9A-F:]* 0A '
}

wait_for_gossip() { # SECONDS
    until=$(($(date +%s) + $1))
    until gossips; do
        if [ "$(date +%s)" -ge "$until" ]; then
            echo "the engine does not join its peers: nothing listens on port 7946" >&2
            return 1
        fi
        sleep 0.1
    done
}
