#!/bin/sh
# Who may reach the ports that engines need of each other. The rules are chains of ours in the table
# raw, before anything that Docker or a firewall does to a packet; they say what the lines of all
# stacks on this host say together: a packet that one stack lets in comes in.
# Header word: since (a name for these lines). Content: lines "PROTOCOL PORT DESTINATIONS SOURCES",
# addresses by comma, "local" for any address of this host, "%NIC" for all that comes in by a NIC; and lines
# "bridge NIC SUBNET -": what goes to an IPv6 subnet comes in by its bridge or not at all.
#   firewall.sh apply    keep the lines, beside those of before
#   firewall.sh undo     drop them
#   firewall.sh remove   drop all lines of this stack
#   firewall.sh boot     make the rules, if they are not there
#   firewall.sh watch    for ever: make them again when somebody took them away
# shellcheck source=components/scripts/common.sh
. "${0%/*}/common.sh"
# shellcheck disable=SC2154
# shellcheck source=components/scripts/held.sh
. "$scripts/held.sh"
dir=$state/firewall
stack=${state##*/}
service=crosshost-firewall-$stack.service
unit=/etc/systemd/system/$service
chain=CROSSHOST
# The rules as iptables shows them, when they were as they are to be. Gone after a boot, as they are.
shown=/run/crosshost-firewall
off="; crosshost:firewall {mode: off} goes without"

tables() { iptables --wait 30 -t raw "$@"; }
# Without IPv6 there is nothing to keep out by it.
has_ipv6() { [ -e /proc/net/if_inet6 ] && command -v ip6tables >/dev/null 2>&1; }
tables6() { ip6tables --wait 30 -t raw "$@"; }

current() { # the rules that are there, as iptables prints them
    { tables -S && if has_ipv6; then tables6 -S; fi; } 2>/dev/null | grep "$chain" || :
}

intact() { [ -e "$shown" ] && current | cmp -s - "$shown"; }

valid() { # PROTOCOL PORT DESTINATIONS SOURCES MORE
    case $1 in
    tcp | udp) ;;
    bridge)
        case $2$3 in *[!a-z0-9:/-]*) return 1 ;; esac
        case $3 in *:*/*) [ -n "$2" ] && [ "$4$5" = - ] && return ;; esac
        return 1
        ;;
    *) return 1 ;;
    esac
    case $2 in '' | *[!0-9]* | ??????*) return 1 ;; esac
    case ${3#local} in *[!0-9./,]*) return 1 ;; esac
    case $4 in '' | *[!0-9./,]*) case $4 in %?*) ;; *) return 1 ;; esac ;; esac
    case ${4#%} in *[!a-z0-9./,]*) return 1 ;; esac
    [ -n "$3" ] && [ -z "$5" ]
}

lines() { # all lines of all stacks, once each
    { others_hold firewall || :; } | while IFS= read -r file; do
        while read -r protocol port to from more; do
            if valid "$protocol" "$port" "$to" "$from" "$more"; then
                printf '%s %s %s %s\n' "$protocol" "$port" "$to" "$from"
            else
                echo "$file: a line is no rule, and left out" >&2
            fi
        done <"$file"
    done | sort -u
}

each() { # COLUMN PROTOCOL PORT: the items of that column of $lines, once each
    printf '%s\n' "$lines" | grep "^$2 $3 " | cut -d' ' -f"$1" | tr ',' '\n' | sort -u
}

rules() { # what iptables-restore reads
    echo '*raw'
    echo ":$chain - [0:0]"
    printf '%s\n' "$ports" | while read -r protocol port && [ -n "$port" ]; do
        echo ":$chain-$protocol-$port - [0:0]"
        echo "-A $chain ! -i lo -p $protocol -m $protocol --dport $port -j $chain-$protocol-$port"
        each 4 "$protocol" "$port" | while read -r address; do
            case $address in
            %*) echo "-A $chain-$protocol-$port -i ${address#%} -j RETURN" ;;
            *) echo "-A $chain-$protocol-$port -s $address -j RETURN" ;;
            esac
        done
        each 3 "$protocol" "$port" | while read -r address; do
            case $address in
            local) echo "-A $chain-$protocol-$port -m addrtype --dst-type LOCAL -j DROP" ;;
            *) echo "-A $chain-$protocol-$port -d $address -j DROP" ;;
            esac
        done
    done
    echo COMMIT
}

rules6() { # engines speak IPv4
    echo '*raw'
    echo ":$chain - [0:0]"
    printf '%s\n' "$ports" | while read -r protocol port && [ -n "$port" ]; do
        case $(each 3 "$protocol" "$port") in
        *local*) echo "-A $chain ! -i lo -p $protocol -m $protocol --dport $port -m addrtype --dst-type LOCAL -j DROP" ;;
        esac
    done
    printf '%s\n' "$lines" | while read -r kind nic subnet _; do
        if [ "$kind" != bridge ]; then continue; fi
        echo "-A $chain -i lo -j RETURN"
        echo "-A $chain ! -i $nic -d $subnet -j DROP"
    done
    echo COMMIT
}

hook() { # COMMAND: packets go through our chain first
    "$1" -C PREROUTING -j "$chain" 2>/dev/null || "$1" -I PREROUTING -j "$chain"
}

chains() { "$1" -S | sed -n "s/^-N \(${chain}[^ ]*\)\$/\1/p"; }

drop_chains() { # COMMAND UNLESS: our chains go, but those that the words of UNLESS name
    for old in $(chains "$1"); do
        case " $2 " in *" $old "*) continue ;; esac
        "$1" -F "$old"
        gone="${gone:-} $old"
    done
    for old in ${gone:-}; do "$1" -X "$old"; done
    gone=
}

make() {
    wanted="$chain $(printf '%s\n' "$ports" | sed "s/\(.*\) \(.*\)/$chain-\1-\2/" | tr '\n' ' ')"
    rules | iptables-restore --wait 30 --noflush && hook tables && drop_chains tables "$wanted" ||
        return 1
    if has_ipv6; then rules6 | ip6tables-restore --wait 30 --noflush && hook tables6; fi
}

clear() {
    for command in tables tables6; do
        if [ "$command" = tables6 ] && ! has_ipv6; then continue; fi
        while "$command" -D PREROUTING -j "$chain" 2>/dev/null; do :; done
        drop_chains "$command" ''
    done
}

rebuild() { # the rules are what the lines say
    holder=
    lines=$(lines)
    if [ -z "$lines" ]; then
        rm -f "$shown"
        if [ -n "$(current)" ]; then clear; fi
        return
    fi
    ports=$(printf '%s\n' "$lines" | sed '/^bridge /d' | cut -d' ' -f1,2 | sort -u)
    make || return 1
    current >"$shown.new"
    mv -f "$shown.new" "$shown"
}

write_unit() {
    install_unit "$unit" --no-reload <<UNIT
[Unit]
Description=Ports of the Docker engine, for its peers only (crosshost)
After=network-pre.target ufw.service firewalld.service nftables.service netfilter-persistent.service iptables.service
Before=docker.service

[Service]
ExecStartPre=/bin/sh "$scripts/firewall.sh" boot
ExecStart=/bin/sh "$scripts/firewall.sh" watch
Restart=always
RestartSec=10
TimeoutStopSec=5

[Install]
WantedBy=multi-user.target
UNIT
    systemctl start --no-block "$service"
}

since() { # sets the name that this stack holds the lines by
    since=$(header_word since)
    case $since in '' | *[!0-9TZ]*) fail "firewall.sh: no such header" ;; esac
    holder=$stack@$since
}

apply() {
    read_header
    since
    alone
    mkdir -p "$dir"
    cat >"$dir/new" || fail "cannot write to $dir: is the disk full?"
    while read -r protocol port to from more; do
        valid "$protocol" "$port" "$to" "$from" "$more" || fail "firewall.sh: a line is no rule"
    done <"$dir/new"
    keep_before firewall </dev/null
    hold firewall <"$dir/new"
    reason=$(rebuild 2>&1) ||
        fail "this host cannot keep strangers from its engine's ports: $reason$off"
    if [ -d /run/systemd/system ]; then write_unit; fi
    keep_record "$dir" "$dir/new"
    rm -f "$dir/new"
}

ours() ( # the names that this stack holds lines by
    set +f
    for file in "$held/firewall/holders/$stack@"*; do
        if [ -e "$file" ]; then printf '%s\n' "${file##*/}"; fi
    done
)

drop() { # HOLDER...
    for holder in "$@"; do let_go firewall; done
    if [ -z "$(ours)" ]; then
        if has_unit "$unit"; then remove_unit "$unit"; fi
        rm -rf "$dir"
    fi
    reason=$(rebuild 2>&1) || fail "the rules for ports of the engine cannot be removed: $reason"
}

undo() {
    read_header
    cat >/dev/null
    since
    alone
    drop "$holder"
}

remove() {
    alone
    # shellcheck disable=SC2046
    drop $(ours)
}

boot() {
    intact && return
    alone
    rebuild
}

# Never waits for a change that runs: that may wait for the end of this.
watch() {
    while sleep 5; do
        intact || (exec 9<"${state%/*}" && flock -n 9 && rebuild) || :
    done
}

case ${1:-} in
apply | undo | remove | boot | watch) "$1" ;;
*) fail "firewall.sh: apply, undo, remove, boot or watch" ;;
esac
