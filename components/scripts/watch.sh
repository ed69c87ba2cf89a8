# shellcheck shell=sh
# Watches, from inside the network namespaces of containers and with what the host has, whether they go on
# reaching each other while an up changes things. Runs by `sh -s` over SSH: nothing of it is installed, and it
# ends with its connection, or after an hour. Arguments: IDs of containers.
# Prints "container ID NETWORK ADDRESS PORT" for each that runs (PORT of a server in it, - where the host has
# neither perl nor python3), then "listed". Takes lines "pair NUMBER ID TARGET PORT" and an empty one, prints
# "watching". For each further line prints "container ID same|restarted|gone",
# "pair NUMBER on|off|never|failed COUNT MS LONGEST AGO none|open|waiting|closed|unknown" (milliseconds; AGO: when
# the longest interruption began), and "reported".
set -uf
LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
export LC_ALL PATH
limit=3600

has() { command -v "$1" >/dev/null 2>&1; }

# shellcheck disable=SC2317
clean() {
    trap '' TERM
    trap - EXIT
    kill -TERM 0
    rm -rf "$work"
}

inspect() { # FORMAT ID...
    format=$1
    shift
    timeout 10 docker inspect --type container --format "$format" -- "$@" 2>&1
}

# Sends back what it gets.
# shellcheck disable=SC2016
server() { # PID ADDRESS: prints its port
    if has perl; then
        exec nsenter --target "$1" --net -- perl -MSocket -e '
            socket(S, PF_INET, SOCK_STREAM, 0) or die; bind(S, sockaddr_in(0, inet_aton($ARGV[0]))) or die;
            listen(S, 128) or die; my ($port) = sockaddr_in(getsockname S); $| = 1; print "$port\n";
            $SIG{PIPE} = "IGNORE"; alarm $ARGV[1];
            my ($all, %clients) = (""); vec($all, fileno S, 1) = 1;
            while (select(my $ready = $all, undef, undef, undef)) {
                for my $n (grep { vec($ready, $_, 1) } keys %clients) {
                    if (sysread $clients{$n}, my $byte, 1) { syswrite $clients{$n}, $byte; next }
                    vec($all, $n, 1) = 0; delete $clients{$n};
                }
                next unless vec($ready, fileno S, 1) && accept(my $new, S);
                $clients{fileno $new} = $new; vec($all, fileno $new, 1) = 1;
            }' "$2" "$limit"
    fi
    exec nsenter --target "$1" --net -- python3 -c '
import signal, socket, sys, threading
def serve(client):
    while byte := client.recv(1):
        client.sendall(byte)
server = socket.create_server((sys.argv[1], 0), backlog=128)
print(server.getsockname()[1], flush=True)
signal.alarm(int(sys.argv[2]))
while True:
    threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
' "$2" "$limit"
}

# A byte a second; the last line of FILE says whether it came back.
# shellcheck disable=SC2016
held='trap "" PIPE
    exec 3<>"/dev/tcp/$0/$1" || exit
    while printf . >&3 && IFS= read -r -n 1 -t 900 _ <&3; do printf "open %(%s)T\n" -1 >>"$2" && sleep 1; done
    echo closed >>"$2"'

# shellcheck disable=SC2016
list() { # ID...: into $work/containers as "ID PID NETWORK ADDRESS PORT"
    inspect '{{$one := .}}{{range $name, $v := .NetworkSettings.Networks}}{{$one.Id}} {{$one.State.Pid}} {{$name}} {{$v.IPAddress}}
{{end}}' "$@" | grep -E '^[0-9a-f]{64} [1-9][0-9]* [^ ]+ [0-9.]+$' >"$work/running"
    number=0
    while read -r id pid network address; do
        number=$((number + 1))
        if has perl || has python3; then
            : >"$work/$number.port"
            server "$pid" "$address" >"$work/$number.port" 2>/dev/null </dev/null &
            echo "$!" >>"$work/$id.processes"
        fi
    done <"$work/running"
    number=0
    while read -r id pid network address; do
        number=$((number + 1)) tries=40 port=-
        if [ -e "$work/$number.port" ]; then
            until [ -s "$work/$number.port" ] || [ "$tries" = 0 ]; do
                tries=$((tries - 1))
                sleep 0.05
            done
            port=$(cat "$work/$number.port")
        fi
        echo "$id $pid $network $address ${port:--}"
    done <"$work/running" >"$work/containers"
    sed -E 's/^([^ ]+) [0-9]+/container \1/' "$work/containers"
    echo listed
}

take_pairs() {
    while IFS= read -r line && [ -n "$line" ]; do
        printf '%s\n' "$line" | grep -E '^pair [0-9]+ [0-9a-f]{64} [0-9.]+ (-|[0-9]+)$'
    done | sed 's/^pair //' >"$work/pairs"
}

ping_all() { # ID PID: the packets of its pairs
    while read -r number of target port; do
        if [ "$of" = "$1" ]; then
            nsenter --target "$2" --net -- ping -n -D -i 0.1 -w "$limit" "$target" \
                >>"$work/$number.ping" 2>/dev/null </dev/null &
            echo "$!" >>"$work/$1.processes"
        fi
    done <"$work/pairs"
}

connect_all() { # ID PID: the connections of its pairs
    while read -r number of target port; do
        if [ "$of" = "$1" ] && [ "$port" != - ] && has bash; then
            nsenter --target "$2" --net -- bash -c "$held" "$target" "$port" "$work/$number.tcp" \
                2>/dev/null </dev/null &
            echo "$!" >>"$work/$1.processes"
        fi
    done <"$work/pairs"
}

end_all() { # ID: what is in a namespace that its container has left
    # shellcheck disable=SC2046
    kill $(cat "$work/$1.processes") 2>/dev/null
    : >"$work/$1.processes"
    while read -r number of target port; do
        if [ "$of" = "$1" ] && [ -e "$work/$number.tcp" ]; then echo closed >>"$work/$number.tcp"; fi
    done <"$work/pairs"
}

# A container that runs again does so in another namespace.
follow() { # ID PID
    : >>"$work/$1.processes"
    ping_all "$1" "$2"
    connect_all "$1" "$2"
    pid=$2
    while :; do
        while [ -e "/proc/$pid/ns/net" ]; do sleep 0.2; done
        end_all "$1"
        echo restarted >"$work/$1.state"
        while :; do
            pid=$(inspect '{{.State.Pid}}' "$1")
            case $pid in
            *'o such'*)
                echo gone >"$work/$1.state"
                return
                ;;
            0 | '' | *[!0-9]*) sleep 0.2 ;;
            *) break ;;
            esac
        done
        ping_all "$1" "$pid"
    done
}

# Two packets or more that are lost one after the other, or one that takes long, are an interruption.
# shellcheck disable=SC2016
count='
    /^PING / { begun = 1; anew = 1 }
    /bytes from/ && match($0, /icmp_seq=[0-9]+/) {
        at = substr($1, 2) + 0
        number = substr($0, RSTART + 9, RLENGTH - 9) + 0
        gap = 0
        if (match($0, /time=[0-9.]+/)) gap = substr($0, RSTART + 5, RLENGTH - 5) / 1000
        lost = anew || number - seen > 2
        if (lost && at - last - 0.1 > gap) gap = at - last - 0.1
        if (last && (lost || gap >= 0.2)) ended(at - gap, at)
        if (!last || number > seen || anew) seen = number
        last = at
        anew = 0
    }
    function ended(from, to) {
        if (from < until) from = until
        if (to <= from) return
        until = to
        count++
        sum += to - from
        if (to - from > longest) { longest = to - from; since = from }
    }
    END {
        state = !begun ? "failed" : !last ? "never" : "on"
        if (last && now - last > 1.5) { ended(last, now); state = "off" }
        printf "%s %d %.0f %.0f %.0f", state, count, sum * 1000, longest * 1000, count ? (now - since) * 1000 : 0
    }'

connection() { # NUMBER PORT SECONDS
    if [ "$2" = - ] || ! has bash; then
        echo unknown
        return
    fi
    said=$(tail -n 1 "$work/$1.tcp" 2>/dev/null)
    case $said in
    'open '*) if [ "$((${3%.*} - ${said#open }))" -gt 5 ]; then echo waiting; else echo open; fi ;;
    closed) if grep -q open "$work/$1.tcp"; then echo closed; else echo none; fi ;;
    *) echo none ;;
    esac
}

report() {
    while read -r id rest; do
        echo "container $id $(cat "$work/$id.state" 2>/dev/null || echo same)"
    done <"$work/containers"
    while read -r number of target port; do
        now=$(date +%s.%N)
        now=${now%.N}
        : >>"$work/$number.ping"
        echo "pair $number $(awk -v now="$now" "$count" "$work/$number.ping") $(connection "$number" "$port" "$now")"
    done <"$work/pairs"
    echo reported
}

main() {
    work=$(mktemp -d /run/crosshost-watch.XXXXXX) || exit 1
    trap clean EXIT
    trap 'exit 1' HUP INT TERM PIPE
    { sleep "$limit" && kill -TERM "$$"; } &
    list "$@"
    take_pairs
    cut -d' ' -f1,2 "$work/containers" | sort -u >"$work/followed"
    while read -r id pid; do
        follow "$id" "$pid" &
    done <"$work/followed"
    echo watching
    while IFS= read -r line; do report; done
}
main "$@"
exit 0
