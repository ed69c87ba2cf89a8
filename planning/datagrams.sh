# shellcheck shell=sh
# Whether datagrams to UDP ports of other hosts get there, whatever firewalls the two hosts have themselves: what
# leaves and what arrives is looked at where the NIC gives it to the kernel. No port is listened on.
#   datagrams TOKEN OWN-NUMBER OWN-ADDRESS SECONDS [NUMBER ADDRESS PORT]...   the others, by numbers
# prints "capture FROM UNTIL DROPPED" (uptime in seconds; packets that the capture lost) and a line
# "port NUMBER PORT LEFT ARRIVED" each: datagrams that left for it, and those that came from there to the same port
# here. It sends every 0.05 s, and ends as soon as all have heard of each other, else after SECONDS. Takes root,
# and perl or python3.
# A datagram is "crosshost TOKEN NUMBER HEARD", which neither VXLAN nor WireGuard takes for theirs.

uptime() { # WORD
    read -r up _ </proc/uptime
    echo "$1 $up"
}

# The filter: UDP whose payload begins as ours does, so that a busy host has nothing more to do.
datagrams() {
    if command -v perl >/dev/null 2>&1; then
        exec perl -MSocket -e '
            my ($token, $own, $address, $seconds, @words) = @ARGV; my (@others, %at, %left, %heard, %hears);
            while (@words) {
                my ($number, $to, $port) = splice @words, 0, 3;
                push @others, [$number, $port, pack_sockaddr_in($port, inet_aton($to))];
                $at{"$to $port"} = "$number $port"; $left{"$number $port"} = $heard{"$number $port"} = 0;
            }
            sub now { open my $file, "<", "/proc/uptime" or die; (split " ", <$file>)[0] }
            socket(C, 17, SOCK_DGRAM, unpack("S", pack("n", 3))) or die $!;
            my $filter = pack "(SCCL)*", 0x30, 0, 0, 9, 0x15, 0, 4, 17, 0xb1, 0, 0, 0, 0x40, 0, 0, 8,
                0x15, 0, 1, unpack("N", "cros"), 6, 0, 0, 512, 6, 0, 0, 0;
            setsockopt(C, SOL_SOCKET, 26, pack("Sx![L!]P", 7, $filter)) or die $!;
            socket(S, PF_INET, SOCK_DGRAM, 0) or die $!; bind(S, pack_sockaddr_in(0, inet_aton($address))) or die $!;
            my ($from, $until, $next, $last) = (now, now() + $seconds, 0, 0);
            until ($last) {
                if (now() >= $next) {
                    $last = 1 if now() >= $until || !grep { !$heard{"@$_[0,1]"} || !$hears{"@$_[0,1]"} } @others;
                    $next = now() + 0.05;
                    for (@others) { send S, join(" ", "crosshost", $token, $own, $heard{"@$_[0,1]"} ? 1 : 0), 0, $$_[2] }
                }
                my $ready = ""; vec($ready, fileno C, 1) = 1;
                while (select my $can = $ready, undef, undef, $last ? 0 : 0.02) {
                    my $who = recv C, my $packet, 512, 0; last unless defined $who;
                    my $header = 4 * (ord($packet) & 15);
                    next unless substr($packet, $header + 8) =~ /^crosshost $token (\d+) ([01])$/;
                    my ($number, $hears, $port) = ($1, $2, unpack "n", substr $packet, $header + 2, 2);
                    if (ord(substr $who, 10, 1) == 4) {
                        my $key = $at{join(".", unpack "C4", substr $packet, 16, 4) . " $port"};
                        $left{$key}++ if $number eq $own && defined $key;
                    } elsif (exists $heard{"$number $port"}) {
                        $next = 0 unless $heard{"$number $port"}++;
                        $next = 0 if $hears && !$hears{"$number $port"}++;
                    }
                    last if now() >= $next;
                }
            }
            my $end = now();
            my (undef, $dropped) = unpack "II", getsockopt C, 263, 6;
            print "capture $from $end $dropped\n", map { "port $_ $left{$_} $heard{$_}\n" } sort keys %left;
        ' "$@"
    fi
    exec python3 -c '
import array, re, select, socket, struct, sys
token, own, address, seconds, *words = sys.argv[1:]
others = [(f"{words[n]} {words[n + 2]}", (words[n + 1], int(words[n + 2]))) for n in range(0, len(words), 3)]
at, left, heard, hears = {to: key for key, to in others}, {}, {}, set()
for key, _ in others:
    left[key] = heard[key] = 0
def now():
    with open("/proc/uptime") as file:
        return float(file.read().split()[0])
capture = socket.socket(17, socket.SOCK_DGRAM, socket.htons(3))
steps = array.array("B", b"".join(struct.pack("HBBI", *step) for step in (
    (0x30, 0, 0, 9), (0x15, 0, 4, 17), (0xB1, 0, 0, 0), (0x40, 0, 0, 8),
    (0x15, 0, 1, int.from_bytes(b"cros", "big")), (6, 0, 0, 512), (6, 0, 0, 0))))
capture.setsockopt(socket.SOL_SOCKET, 26, struct.pack("@HP", 7, steps.buffer_info()[0]))
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sender.bind((address, 0))
form = re.compile(f"crosshost {token} ([0-9]+) ([01])".encode())
begun, following, last = now(), 0, False
while not last:
    if now() >= following:
        last = now() >= begun + float(seconds) or all(heard[key] and key in hears for key, _ in others)
        following = now() + 0.05
        for key, to in others:
            try:
                sender.sendto(f"crosshost {token} {own} {1 if heard[key] else 0}".encode(), to)
            except OSError:
                pass  # it does not leave, and is not counted
    while select.select([capture], [], [], 0 if last else 0.02)[0]:
        packet, who = capture.recvfrom(512)
        header = 4 * (packet[0] & 15)
        found = form.fullmatch(packet[header + 8:])
        if not found:
            continue
        number, port = found[1].decode(), int.from_bytes(packet[header + 2:header + 4], "big")
        key = f"{number} {port}"
        if who[2] == 4:
            key = at.get((socket.inet_ntoa(packet[16:20]), port))
            if number == own and key:
                left[key] += 1
        elif key in heard:
            if not heard[key] or (found[2] == b"1" and key not in hears):
                following = 0
            heard[key] += 1
            if found[2] == b"1":
                hears.add(key)
        if now() >= following:
            break
end = now()
_, dropped = struct.unpack("II", capture.getsockopt(263, 6, 8))
print(f"capture {begun} {end} {dropped}")
for key in sorted(left):
    print("port", key, left[key], heard[key])
' "$@"
}
