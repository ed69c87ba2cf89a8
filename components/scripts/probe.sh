#!/bin/sh
# What reaches what, tried from inside the network namespaces of containers with what the host has, so
# that any image will do.
#   probe.sh ask     stdin: lines "ID KIND FROM TARGET MORE WANT"; prints "ID OUTCOME MS WHY..." for each,
#                    OUTCOME yes, no or unknown: a tool that is missing or fails is no answer
#     FROM           a container's name, or - for the host itself
#     ping           TARGET answers
#     tcp            TARGET answers on port MORE: it accepts or refuses
#     port           TARGET accepts on port MORE
#     published      TARGET accepts on port MORE, which a container may not listen on yet
#     transfer       a server of probe-server.sh on port MORE takes and sends back 256 KiB
#     name           the name MORE is TARGET, by the container's own name servers and hosts
#     size           TARGET answers a packet as large as the interface lets out, in one piece
#   probe.sh look    stdin: lines "ID FROM TARGET"; prints "ID neighbour STATE MAC" and "ID size BYTES", the
#                    largest packet that arrives
# shellcheck source=components/scripts/common.sh
. "${0%/*}/common.sh"
# shellcheck disable=SC2154
# shellcheck source=components/scripts/namespaces.sh
. "$scripts/namespaces.sh"

now() { # milliseconds
    time=$(date +%s%N)
    case $time in
    *N) echo "$(date +%s)000" ;;
    *) echo "${time%??????}" ;;
    esac
}

plain() { printf %s "$1" | tr -c '[:print:]' ' ' | cut -c1-200; }

within() { # COMMAND...: in the namespace of $pid
    if [ "$pid" = - ]; then "$@"; else nsenter --target "$pid" --net -- "$@"; fi
}

lacks() { # TOOL...: whether one is missing; says so
    for tool in "$@"; do
        has "$tool" && continue
        outcome=unknown why="the host has no command $tool"
        return 0
    done
    return 1
}

refused_by_kernel() { # TEXT: no packet left, which is an answer
    case $1 in
    *nreachable* | *"No route"* | *"not permitted"*) return 0 ;;
    esac
    return 1
}

ping_once() { # BYTES: sets $outcome
    code=0
    said=$(within ping -c 1 -W "$patience" ${1:+-M do -s "$1"} "$target" 2>&1) || code=$?
    case $code in
    0) outcome=yes why='' ;;
    1) outcome=no why='no answer' ;;
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
    answer=$(printf '%s\n' "$said" | sed -n 's/.*time=\([0-9.]*\).*/\1/p' | head -n 1)
    if [ "$outcome" = yes ] && [ -n "$answer" ]; then ms=$answer; fi
}

connect() { # SECONDS SCRIPT: bash with $0 TARGET and $1 PORT; sets $code and $said
    code=0
    said=$(within timeout "$1" bash -c "$2" "$target" "$more" 2>&1) || code=$?
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

# With the container's files in place of the host's, for this process alone.
# shellcheck disable=SC2016
probe_name() {
    lacks unshare getent timeout && return
    if [ "$pid" = - ]; then outcome=unknown why='a host has no names of networks' && return; fi
    code=0
    said=$(nsenter --target "$pid" --net -- timeout 4 unshare --mount sh -c '
        mount -t tmpfs none /mnt || exit 9
        cat "/proc/$0/root/etc/resolv.conf" >/mnt/resolv.conf || exit 9
        cat "/proc/$0/root/etc/hosts" >/mnt/hosts || exit 9
        echo "hosts: files dns" >/mnt/nsswitch.conf
        for file in resolv.conf hosts nsswitch.conf; do
            [ -e "/etc/$file" ] || continue
            mount --bind "/mnt/$file" "/etc/$file" || exit 9
        done
        getent ahostsv4 "$1"' "$pid" "$more" 2>&1) || code=$?
    case $code in
    0)
        if printf '%s\n' "$said" | grep -q "^$target "; then
            outcome=yes why=''
        else
            outcome=no why="it is $(plain "$(printf '%s\n' "$said" | sed -n '1s/ .*//p')")"
        fi
        ;;
    2 | 124) outcome=no why='no such name' ;;
    *) outcome=unknown why=$(plain "$(printf '%s\n' "$said" | tail -n 1)") ;;
    esac
}

mtu() { # of the interface towards $target
    device=$(within ip -o route get "$target" 2>/dev/null | sed -n 's/.* dev \([^ ]*\).*/\1/p')
    within ip -o link show dev "${device:-none}" 2>/dev/null | sed -n 's/.* mtu \([0-9]*\).*/\1/p'
}

probe_size() {
    lacks ping ip && return
    largest=$(mtu)
    case $largest in '' | *[!0-9]*) outcome=unknown why='its MTU cannot be read' && return ;; esac
    ping_once "$((largest - 28))"
    why="$largest bytes${why:+: $why}"
}

one() { # ID KIND PID TARGET MORE WANT
    id=$1 kind=$2 pid=$3 target=$4 more=$5 want=$6
    refused=yes ms=- why='' outcome=unknown patience=1
    began=$(now)
    if [ "$pid" = 0 ]; then
        why='its container does not run'
    elif [ "$pid" != - ] && ! has nsenter; then
        why='the host has no command nsenter'
    else
        while :; do
            "probe_$kind"
            # What is promised may take a moment to come about.
            case $outcome:$want in no:yes) ;; *) break ;; esac
            if [ "$(date +%s)" -ge "$END" ]; then break; fi
            # A busy host answers late.
            patience=3
            sleep 0.3
        done
        if [ "$ms" = - ] && [ "$outcome" = yes ]; then ms=$(($(now) - began)); fi
    fi
    printf '%s %s %s %s\n' "$id" "$outcome" "$ms" "$why"
}

ask() {
    take_lines
    END=$(($(date +%s) + 25))
    export END
    pids "$work/lines" 3 | xargs -P 24 -L 1 sh "$0" one
}

look() {
    take_lines
    patience=1
    pids "$work/lines" 2 >"$work/asked"
    while read -r id pid target; do
        if [ "$pid" = 0 ]; then continue; fi
        found=$(within ip -o neigh show "$target" 2>/dev/null | head -n 1)
        mac=$(printf '%s\n' "$found" | sed -n 's/.*lladdr \([0-9a-f:]*\).*/\1/p')
        echo "$id neighbour ${found##* } ${mac:--}"
        low=68 high=$(mtu)
        ping_once "$((low - 28))"
        if [ "$outcome" != yes ] || [ -z "$high" ]; then continue; fi
        while [ "$((high - low))" -gt 1 ]; do
            middle=$(((low + high + 1) / 2))
            ping_once "$((middle - 28))"
            if [ "$outcome" = yes ]; then low=$middle; else high=$middle; fi
        done
        echo "$id size $low"
    done <"$work/asked"
}

verb=${1:-}
case $verb in
one) shift && one "$@" ;;
ask | look)
    work_in_folder
    "$verb"
    ;;
*) fail "probe.sh: ask or look" ;;
esac
