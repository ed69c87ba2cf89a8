#!/bin/sh
# Servers in the network namespaces of containers, for the transfers of probe.sh: each takes 256 KiB of who
# connects, and sends as much back.
#   probe-server.sh serve [IMAGE]
#                           stdin: lines "ID CONTAINER ADDRESS", then an empty one; prints "ID port PORT" or
#                           "ID unknown WHY...", then "ready"; the servers end with stdin
# shellcheck source=components/scripts/common.sh
. "${0%/*}/common.sh"
# shellcheck disable=SC2154
# shellcheck source=components/scripts/namespaces.sh
. "$scripts/namespaces.sh"

# Longer than a proof takes; they end with their session, and by this where it is killed.
lifetime=180

# shellcheck disable=SC2016,SC2154
server() { # ADDRESS: prints its port; takes and sends back $bytes of each who connects
    if has perl; then
        exec perl -MSocket -e '
            my ($address, $bytes, $lifetime) = @ARGV;
            my $six = $address =~ /:/;
            socket(S, $six ? PF_INET6 : PF_INET, SOCK_STREAM, 0) or die;
            bind(S, $six ? pack_sockaddr_in6(0, Socket::inet_pton(AF_INET6, $address))
                : sockaddr_in(0, inet_aton($address))) or die;
            listen(S, 128) or die; my $own = getsockname S;
            my ($port) = $six ? unpack_sockaddr_in6($own) : sockaddr_in($own); $| = 1; print "$port\n";
            $SIG{CHLD} = "IGNORE"; alarm $lifetime;
            while (accept(C, S)) {
                my $child;
                until (defined($child = fork)) { select undef, undef, undef, 0.1 }
                if ($child == 0) {
                    alarm 60; my ($n, $got, $part) = (0);
                    while ($n < $bytes && ($got = sysread C, $part, 65536)) { $n += $got }
                    if ($n == $bytes) { my $rest = "0" x ($bytes - 4) . "done";
                        while (length $rest) { my $sent = syswrite(C, $rest) or last; substr($rest, 0, $sent) = "" } }
                    exit 0;
                }
                close C;
            }' "$1" "$bytes" "$lifetime"
    fi
    exec python3 -c '
import signal, socket, sys, threading
address, size, lifetime = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
def serve(client):
    client.settimeout(60)
    left = size
    while left and (part := client.recv(65536)):
        left -= len(part)
    if not left:
        client.sendall(b"0" * (size - 4) + b"done")
    client.close()
family = socket.AF_INET6 if ":" in address else socket.AF_INET
server = socket.create_server((address, 0), family=family, backlog=128)
print(server.getsockname()[1], flush=True)
signal.alarm(lifetime)
while True:
    threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
' "$1" "$bytes" "$lifetime"
}

serve() {
    take_lines "$work/lines"
    cut -d' ' -f2 "$work/lines" | containers
    awk '{ print $0, $2 }' "$work/lines" >"$work/named"
    pids "$work/named" 2 >"$work/servers"
    while read -r id pid address name; do
        if [ "$pid" = 0 ]; then
            echo "$id unknown its container does not run"
        elif [ "$pid" = '?' ]; then
            echo "$id unknown $(cat "$work/unasked")"
        elif lacking nsenter || { lacking perl && lacking python3; }; then
            : >"$work/$id"
            in_image "$name" "$0" server "$address" >>"$work/$id" 2>/dev/null </dev/null &
            started="$started $!"
        elif ! has perl && ! has python3; then
            echo "$id unknown the host has neither perl nor python3"
        else
            : >"$work/$id"
            nsenter --target "$pid" --net -- sh "$0" server "$address" >>"$work/$id" 2>/dev/null </dev/null &
            started="$started $!"
        fi
    done <"$work/servers"
    tries=100
    while read -r id _; do
        if [ ! -e "$work/$id" ]; then continue; fi
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

case ${1:-} in
server) server "$2" ;;
serve)
    image=${2:-}
    work_in_folder
    serve
    ;;
*) fail "probe-server.sh: serve" ;;
esac
