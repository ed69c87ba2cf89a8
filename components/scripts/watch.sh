# shellcheck shell=sh
# Watches, from inside the network namespaces of containers and with what the host has, whether they go on
# reaching each other while an up changes things. Runs by `sh -s` over SSH: nothing of it is installed, and it
# ends with its connection, or after an hour. Arguments: IDs of containers.
# Prints "container ID NETWORK ADDRESS PORT" for each that runs (PORT of a server in it, - where the host has
# neither perl nor python3), then "listed". Takes lines "pair NUMBER ID TARGET PORT" and an empty one, prints
# "watching". For each further line prints "container ID same|restarted|gone",
# "pair NUMBER on|off|never|failed|silent COUNT MS LONGEST AGO none|open|waiting|closed|unknown" (milliseconds; AGO: when
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
            nsenter --target "$2" --net -- ping -n -D -O -i 0.1 -w "$limit" "$target" \
                >>"$work/$number.ping" 2>/dev/null </dev/null &
            echo "$!" >>"$work/$1.processes"
            echo "$!" >"$work/$number.sender"
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

# An interruption is that two packets or more are sent one after the other and nothing comes back meanwhile: before
# each but the first ping says "no answer yet". What a sender that was not run did not send is none: a packet
# speaks for 0.2 s. Where it sent nothing for long, it is not known.
# shellcheck disable=SC2016
count='
    /^PING / { begun = 1; anew = 1; lacking = 0 }
    /no answer yet/ {
        at = heard()
        if (!last || anew) next
        if (!lacking++) { from = at - 0.1; lacked = 0.1 } else lacked += short(at - sent)
        sent = at
    }
    /bytes from/ {
        at = heard()
        if (last && anew) ended(at - last - 0.1, last)
        else if (lacking > 1) ended(lacked + short(at - sent), from)
        last = at
        anew = lacking = 0
    }
    function heard(  at) {
        at = substr($1, 2) + 0
        if (last && !anew && at - line > idle) idle = at - line
        return line = at
    }
    function short(time) { return time < 0.2 ? time : 0.2 }
    function ended(time, begin) {
        if (time <= 0) return
        count++
        sum += time
        if (time > longest) { longest = time; since = begin }
    }
    END {
        state = !begun ? "failed" : !last ? "never" : idle > 5 ? "silent" : "on"
        if (last && (anew || !sends) && now - last > 1.5) { ended(now - last, last); state = "off" }
        else if (lacking > 1) { ended(lacked + short(now - sent), from); state = "off" }
        else if (last && now - line > 1.5) state = "silent"
        printf "%s %d %.0f %.0f %.0f", state, count, sum * 1000, longest * 1000, count ? (now - since) * 1000 : 0
    }'

sends() { # NUMBER: 1 while the sender of its packets runs, else 0
    if kill -0 "$(cat "$work/$1.sender" 2>/dev/null)" 2>/dev/null; then echo 1; else echo 0; fi
}

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
        said=$(awk -v now="$now" -v sends="$(sends "$number")" "$count" "$work/$number.ping")
        echo "pair $number $said $(connection "$number" "$port" "$now")"
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
