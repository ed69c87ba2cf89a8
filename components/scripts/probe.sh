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
#     transfer       a server of `probe.sh serve` on port MORE takes and sends back 256 KiB
#     name           the name MORE is TARGET, by the container's own name servers and hosts
#     size           TARGET answers a packet as large as the interface lets out, in one piece
#   probe.sh serve   stdin: lines "ID CONTAINER ADDRESS", then an empty one; prints "ID port PORT" or
#                    "ID unknown WHY...", then "ready"; the servers end with stdin
#   probe.sh look    stdin: lines "ID FROM TARGET"; prints "ID neighbour STATE MAC" and "ID size BYTES", the
#                    largest packet that arrives
# shellcheck source=components/scripts/common.sh
. "${0%/*}/common.sh"
bytes=262144

usable() { # what a line of stdin may hold
    ! printf '%s\n' "$1" | grep -q '[^A-Za-z0-9_.: -]'
}

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

has() { command -v "$1" >/dev/null 2>&1; }

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
    said=$(within ping -c 1 -W 1 ${1:+-M do -s "$1"} "$target" 2>&1) || code=$?
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
    connect 2 'exec 3<>"/dev/tcp/$0/$1"'
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
    connect 4 'exec 3<>"/dev/tcp/$0/$1" || exit 9
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
    refused=yes ms=- why='' outcome=unknown
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
            sleep 0.3
        done
        if [ "$ms" = - ] && [ "$outcome" = yes ]; then ms=$(($(now) - began)); fi
    fi
    printf '%s %s %s %s\n' "$id" "$outcome" "$ms" "$why"
}

# Names are looked up once: "NAME PID" of those that run.
pids() { # FILE COLUMN: lines of FILE with the names of that column replaced; 0 where it does not run
    names=$(cut -d' ' -f"$2" "$1" | grep -vx -e - | sort -u) || names=
    : >"$work/pids"
    if [ -n "$names" ]; then
        # shellcheck disable=SC2086
        timeout 20 docker inspect --type container --format '{{.Name}} {{.State.Pid}}' -- $names \
            2>/dev/null | sed 's#^/##' >"$work/pids" || :
    fi
    awk -v column="$2" -v pids="$work/pids" '
        BEGIN { while ((getline line < pids) > 0) { split(line, one, " "); pid[one[1]] = one[2] } }
        { if ($column != "-") $column = pid[$column] + 0; print }' "$1"
}

take_lines() { # into $work/lines
    while IFS= read -r line; do
        [ -n "$line" ] || break
        usable "$line" || fail "probe.sh: a line is none of ours"
        printf '%s\n' "$line"
    done >"$work/lines"
}

ask() {
    take_lines
    END=$(($(date +%s) + 12))
    export END
    pids "$work/lines" 3 | xargs -P 24 -L 1 sh "$0" one
}

# shellcheck disable=SC2016
server() { # ADDRESS: prints its port; takes and sends back $bytes of each who connects
    if has perl; then
        exec perl -MSocket -e '
            my ($address, $bytes) = @ARGV;
            socket(S, PF_INET, SOCK_STREAM, 0) or die; bind(S, sockaddr_in(0, inet_aton($address))) or die;
            listen(S, 128) or die; my ($port) = sockaddr_in(getsockname S); $| = 1; print "$port\n";
            $SIG{CHLD} = "IGNORE"; alarm 90;
            while (accept(C, S)) {
                if (fork == 0) {
                    alarm 10; my ($n, $got, $part) = (0);
                    while ($n < $bytes && ($got = sysread C, $part, 65536)) { $n += $got }
                    if ($n == $bytes) { my $rest = "\0" x $bytes;
                        while (length $rest) { my $sent = syswrite(C, $rest) or last; substr($rest, 0, $sent) = "" } }
                    exit 0;
                }
                close C;
            }' "$1" "$bytes"
    fi
    exec python3 -c '
import signal, socket, sys, threading
address, size = sys.argv[1], int(sys.argv[2])
def serve(client):
    client.settimeout(10)
    left = size
    while left and (part := client.recv(65536)):
        left -= len(part)
    if not left:
        client.sendall(bytes(size))
    client.close()
server = socket.create_server((address, 0), backlog=128)
print(server.getsockname()[1], flush=True)
signal.alarm(90)
while True:
    threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
' "$1" "$bytes"
}

serve() {
    take_lines
    pids "$work/lines" 2 >"$work/servers"
    started=
    while read -r id pid address; do
        if [ "$pid" = 0 ]; then
            echo "$id unknown its container does not run"
        elif ! has perl && ! has python3; then
            echo "$id unknown the host has neither perl nor python3"
        else
            : >"$work/$id"
            nsenter --target "$pid" --net -- sh "$0" server "$address" >>"$work/$id" 2>/dev/null </dev/null &
            started="$started $!"
        fi
    done <"$work/servers"
    # shellcheck disable=SC2064
    trap "kill $started 2>/dev/null; rm -rf '$work'" EXIT
    while read -r id pid address; do
        if [ ! -e "$work/$id" ]; then continue; fi
        tries=40
        until [ -s "$work/$id" ] || [ "$tries" = 0 ]; do
            tries=$((tries - 1))
            sleep 0.1
        done
        if [ -s "$work/$id" ]; then
            echo "$id port $(cat "$work/$id")"
        else
            echo "$id unknown no server could be started in it"
        fi
    done <"$work/servers"
    echo ready
    cat >/dev/null
}

look() {
    take_lines
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
server) server "$2" ;;
ask | serve | look)
    work=$(mktemp -d /run/crosshost-probe.XXXXXX)
    trap 'rm -rf "$work"' EXIT
    "$verb"
    ;;
*) fail "probe.sh: ask, serve or look" ;;
esac
