# shellcheck shell=sh
# How probe.sh tries each kind: of $target and $more, for $patience seconds; sets $outcome and $why.
# shellcheck disable=SC2034,SC2154
no_room='the host could not send: its neighbour table is full, raise net.ipv4.neigh.default.gc_thresh3 there'

now() { # milliseconds
    time=$(date +%s%N)
    case $time in
    *N) echo "$(date +%s)000" ;;
    *) echo "${time%??????}" ;;
    esac
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

headers() { # bytes of IP's and ICMP's in a ping to $target
    case $target in *:*) echo 48 ;; *) echo 28 ;; esac
}

refused_by_kernel() { # TEXT: no packet left, which is an answer
    case $1 in
    *nreachable* | *"No route"* | *"not permitted"*) return 0 ;;
    esac
    return 1
}

ping_once() { # BYTES: sets $outcome
    code=0
    said=$(ping -c 1 -W "$patience" ${1:+-M do -s "$1"} "$target" 2>&1) || code=$?
    case $code in
    0) outcome=yes why='' ;;
    1)
        outcome=no why='no answer'
        # Nothing left: the kernel had no room for it, which says nothing of the way.
        case $said in *[!0-9]"0 packets transmitted"*) outcome=unknown why=$no_room ;; esac
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

connect() { # SECONDS SCRIPT: bash with $0 TARGET and $1 PORT; sets $code and $said
    code=0
    said=$(timeout "$1" bash -c "$2" "$target" "$more" 2>&1) || code=$?
}

# shellcheck disable=SC2016
probe_tcp() {
    lacks bash timeout && return
    connect "$((patience + 1))" 'exec 3<>"/dev/tcp/$0/$1"'
    case $code:$said in
    0:*) outcome=yes why='' ;;
    *refused*) outcome=$refused why='refused' ;;
    124:* | *"timed out"*) outcome=no why='no answer' ;;
    *)
        why=$(plain "${said##*: }")
        outcome=unknown
        if refused_by_kernel "$said"; then outcome=no; fi
        ;;
    esac
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

# shellcheck disable=SC2016
probe_transfer() {
    case $more in
    *[!0-9]*) outcome=unknown why='no server could be started beside it (perl or python3)' && return ;;
    esac
    lacks bash timeout && return
    connect 8 'exec 3<>"/dev/tcp/$0/$1" || exit 9
        head -c '"$bytes"' /dev/zero >&3
        [ "$(head -c '"$bytes"' <&3 | wc -c)" -eq '"$bytes"' ]'
    case $code in
    0) outcome=yes why='' ;;
    124) outcome=no why='it connects, and large packets get lost' ;;
    9) outcome=no why="no connection" ;;
    *) outcome=no why="it breaks off" ;;
    esac
    case $said in *refused* | *"timed out"* | *nreachable*) why="no connection" ;; esac
}

# A question for the root that comes back as an error at once: not one of the name servers is there.
# shellcheck disable=SC2013,SC2016
nobody_serves() {
    has bash || return 1
    for server in $(sed -n 's/^nameserver *\([0-9.]*\) *$/\1/p' /etc/resolv.conf); do
        timeout 1 bash -c 'exec 3<>"/dev/udp/$0/53" && printf \
            "\022\064\001\000\000\001\000\000\000\000\000\000\000\000\002\000\001" >&3 && head -c 1 <&3 | grep -q .' \
            "$server" 2>/dev/null && return 1
        if [ "$?" = 124 ]; then return 1; fi
    done
}

probe_name() { # where the container's files are in place of the host's
    code=0 database=ahostsv4
    case $target in *:*) database=ahostsv6 ;; esac
    said=$(timeout 4 getent "$database" "$more" 2>&1) || code=$?
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
        if nobody_serves; then why='no name server answers'; fi
        ;;
    124) outcome=no why='no name server answers' ;;
    *) outcome=unknown why=$(plain "$(printf '%s\n' "$said" | tail -n 1)") ;;
    esac
}

mtu() { # of the interface towards $target
    device=$(ip -o route get "$target" 2>/dev/null | sed -n 's/.* dev \([^ ]*\).*/\1/p')
    ip -o link show dev "${device:-none}" 2>/dev/null | sed -n 's/.* mtu \([0-9]*\).*/\1/p'
}

probe_size() {
    lacks ping ip && return
    largest=$(mtu)
    case $largest in '' | *[!0-9]*) outcome=unknown why='its MTU cannot be read' && return ;; esac
    ping_once "$((largest - $(headers)))"
    why="$largest bytes${why:+: $why}"
}
