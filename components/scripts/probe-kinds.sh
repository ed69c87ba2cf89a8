# shellcheck shell=sh
# How probe.sh tries each kind: of $target and $more, for $patience seconds, a ping with $packets; sets $outcome and
# $why, and $again where it is not known for a reason that may pass.
# shellcheck disable=SC2034,SC2154
no_room='the host could not send: its neighbour table is full, raise net.ipv4.neigh.default.gc_thresh3 there'

now() { # sets $now: milliseconds since the boot, in steps of ten
    read -r now _ </proc/uptime
    now=${now%.*}${now#*.}0
}

plain() { printf %s "$1" | tr -c '[:print:]' ' ' | cut -c1-200; }

lacks() { # TOOL...: whether one is missing; says so
    for tool in "$@"; do
        has "$tool" && continue
        outcome=unknown why="the host has no command $tool"
        return 0
    done
    return 1
}

headers() { # sets $headers: bytes of IP's and ICMP's in a ping to $target
    case $target in *:*) headers=48 ;; *) headers=28 ;; esac
}

refused_by_kernel() { # TEXT: no packet left, which is an answer
    case $1 in
    *nreachable* | *"No route"* | *"not permitted"*) return 0 ;;
    esac
    return 1
}

ping_once() { # BYTES: sets $outcome
    code=0
    said=$(ping -c "$packets" -i 0.3 -W "$patience" ${1:+-M do -s "$1"} "$target" 2>&1) || code=$?
    case $code in
    0) outcome=yes why='' ;;
    1)
        outcome=no why='no answer'
        # Nothing left: the kernel had no room for it, which says nothing of the way.
        case $said in *[!0-9]"0 packets transmitted"*) outcome=unknown again=yes why=$no_room ;; esac
        ;;
    *)
        said=$(plain "$(printf '%s\n' "$said" | tail -n 1)")
        outcome=unknown why=$said
        if refused_by_kernel "$said"; then outcome=no; fi
        case $said in *"too long"* | *"oo large"*) outcome=no ;; esac
        ;;
    esac
}

probe_ping() {
    lacks ping && return
    ping_once ''
    answer=${said#*time=} answer=${answer%%[!0-9.]*}
    if [ "$outcome" = yes ] && [ -n "$answer" ]; then ms=$answer; fi
}

# bash with $0 TARGET and $1 PORT; sets $code, $said, and $begun: whether it came to run at all.
connect() { # SECONDS SCRIPT
    code=0 begun=no
    said=$(timeout "$1" bash -c "echo begun; $2" "$target" "$more" 2>&1) || code=$?
    case $said in begun*) begun=yes said=${said#begun} ;; esac
}

unconnected() { # sets $outcome and $why by $code, $said and $begun
    case $code:$begun:$said in
    *refused*) outcome=$refused why='refused' ;;
    124:no:*) outcome=unknown again=yes why='the host is too busy to try it' ;;
    124:* | *"timed out"*) outcome=no why='no answer' ;;
    *)
        why=$(plain "${said##*: }")
        outcome=unknown
        if refused_by_kernel "$said"; then outcome=no; fi
        ;;
    esac
}

# shellcheck disable=SC2016
probe_tcp() {
    lacks bash timeout && return
    connect "$((patience + 1))" 'exec 3<>"/dev/tcp/$0/$1"'
    if [ "$code" = 0 ]; then outcome=yes why=''; else unconnected; fi
}

probe_port() {
    refused=no
    probe_tcp
}

probe_published() {
    refused=no
    if [ "$want" = yes ]; then refused=unknown; fi
    probe_tcp
    if [ "$outcome$why" = unknownrefused ]; then why='nothing listens on it yet'; fi
}

# At its time-out it says "lost" where the kernel sent the same again three times and no answer came: a server that
# is slow has its kernel answer.
# shellcheck disable=SC2016
transfer='exec 3<>"/dev/tcp/$0/$1" || exit
    look() {
        own=$(readlink "/proc/$$/fd/3")
        for file in /proc/net/tcp /proc/net/tcp6; do
            while read -r _ _ _ _ _ timer sent _ _ inode _; do
                if [[ "socket:[$inode]" = "$own" && $timer = 01:* ]] && ((16#$sent > 2)); then echo lost; fi
            done <"$file"
        done 2>/dev/null
        exit 1
    }
    trap look TERM
    echo connected
    printf "%0'"$bytes"'d" 0 >&3
    [ "$(tail -c 4 <&3)" = done ]'

probe_transfer() {
    case $more in
    *[!0-9]*) outcome=unknown why='no server could be started beside it' && return ;;
    esac
    lacks bash timeout tail readlink && return
    refused=no
    connect 8 "$transfer"
    case $code:$said in
    0:*) outcome=yes why='' ;;
    124:*connected*lost*) outcome=no why='it connects, and large packets get lost' ;;
    124:*connected*)
        probe_size
        if [ "$outcome" = no ]; then
            why='it connects, and large packets get lost'
        else
            outcome=unknown again=yes why='it connects, and what is sent takes more than 8 s'
        fi
        ;;
    *connected*) outcome=no why='it breaks off' ;;
    *)
        unconnected
        if [ "$outcome" = no ]; then why="no connection: $why"; fi
        ;;
    esac
}

# A question for the root that no name server answers: an error comes back at once, or nothing does.
# shellcheck disable=SC2013,SC2016
nobody_serves() {
    has bash || return 1
    for server in $(sed -n 's/^nameserver[[:space:]]*\([0-9a-f.:]*\)[[:space:]]*$/\1/p' /etc/resolv.conf); do
        for seconds in 2 4; do
            timeout "$seconds" bash -c 'exec 3<>"/dev/udp/$0/53" && printf \
                "\022\064\001\000\000\001\000\000\000\000\000\000\000\000\002\000\001" >&3 && head -c 1 <&3 | grep -q .' \
                "$server" 2>/dev/null && return 1
        done
    done
    return 0
}

# First for a while, then for as long as resolvers wait that are told nothing else (5 s, twice).
probe_name() { # where the container's files are in place of the host's
    code=0 database=ahostsv4 waits='timeout:3 attempts:1'
    case $target in *:*) database=ahostsv6 ;; esac
    if [ "$patience" -gt 1 ]; then waits='timeout:5 attempts:2'; fi
    said=$(RES_OPTIONS=$waits timeout 12 getent "$database" "$more" 2>&1) || code=$?
    case $code in
    0)
        if printf '%s\n' "$said" | grep -q "^$target "; then
            outcome=yes why=''
        else
            outcome=no why="it is $(plain "$(printf '%s\n' "$said" | sed -n '1s/ .*//p')")"
        fi
        ;;
    2)
        outcome=no why='no such name'
        if [ "$want" = yes ] && nobody_serves; then why='no name server answers'; fi
        ;;
    124)
        if nobody_serves; then
            outcome=no why='no name server answers'
        else
            outcome=unknown again=yes why='its name servers take more than 12 s'
        fi
        ;;
    *) outcome=unknown why=$(plain "$(printf '%s\n' "$said" | tail -n 1)") ;;
    esac
}

mtu() { # sets $mtu, of the interface towards $target
    mtu=
    route=$(ip -o route get "$target" 2>/dev/null) || return 0
    case $route in *" dev "*) ;; *) return 0 ;; esac
    device=${route#* dev }
    shown=$(ip -o link show dev "${device%% *}" 2>/dev/null) || return 0
    shown=${shown#* mtu }
    mtu=${shown%% *}
}

probe_size() {
    lacks ping ip && return
    headers
    mtu
    case $mtu in '' | *[!0-9]*) outcome=unknown why='its MTU cannot be read' && return ;; esac
    ping_once "$((mtu - headers))"
    why="$mtu bytes${why:+: $why}"
}
