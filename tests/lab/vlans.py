"""802.1Q on lab hosts, whose kernel has none of it: a program that tags what goes by a TAP device.

`ip link add link NIC name DEVICE type vlan id ID` starts it there, and `modprobe` says that it is there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from lab.lab import Lab

_TAGGER = r"""
use strict;
my ($nic, $name, $id) = @ARGV;
sub index_of { open my $file, '<', "/sys/class/net/$_[0]/ifindex" or die "no $_[0]\n"; 0 + <$file> }
sysopen(my $tap, '/dev/net/tun', 2) or die "no TUN\n";
my $request = pack('Z16 S x22', $name, 0x1002);
ioctl($tap, 0x400454ca, $request) or die "RTNETLINK answers: File exists\n";
socket(my $raw, 17, 3, 0) or die "no socket\n";
# The kernel has taken the tag off: a filter asks for its number.
my $filter = pack('(S C C L)7', 0x20, 0, 0, 0xfffff030, 0x15, 0, 4, 1, 0x20, 0, 0, 0xfffff02c, 0x54, 0, 0, 0xfff,
    0x15, 0, 1, $id, 0x06, 0, 0, 65535, 0x06, 0, 0, 0);
setsockopt($raw, 1, 26, pack('S x6 P', 7, $filter)) or die "no filter\n";
bind($raw, pack('S n i S C C a8', 17, 3, index_of($nic), 0, 0, 0, '')) or die "no $nic\n";
exit 0 if fork;
open(STDIN, '<', '/dev/null'); open(STDOUT, '>', '/dev/null'); open(STDERR, '>', '/dev/null');
require POSIX; POSIX::setsid();
while (1) {
    my $ready = '';
    vec($ready, fileno $_, 1) = 1 for $tap, $raw;
    select($ready, undef, undef, undef);
    if (vec($ready, fileno $tap, 1)) {
        defined sysread($tap, my $frame, 65535) or exit;
        next if length $frame < 14;
        send($raw, substr($frame, 0, 12) . pack('n n', 0x8100, $id) . substr($frame, 12), 0);
    }
    if (vec($ready, fileno $raw, 1)) {
        defined recv($raw, my $frame, 65535, 0) or exit;
        syswrite($tap, $frame);
    }
}
"""
_IP = """#!/bin/sh
case "$*" in
"link add link "*" type vlan id "*)
    [ -e "/sys/class/net/$4" ] || { echo "Cannot find device \\"$4\\"" >&2; exit 1; }
    exec perl /usr/local/sbin/tagger "$4" "$6" "${10}" 9>&- ;;
esac
exec /sbin/ip "$@"
"""
_MODPROBE = """#!/bin/sh
case " $* " in *" 8021q "*) exit 0 ;; esac
exec /sbin/modprobe "$@"
"""
_FILES = {"tagger": _TAGGER, "ip": _IP, "modprobe": _MODPROBE}


def bring(lab: Lab, host: str) -> None:
    """Have 802.1Q on a host."""
    for name, text in _FILES.items():
        path = f"/usr/local/sbin/{name}"
        lab.ssh(host, f"cat >{path} <<'END_OF_FILE'\n{text}\nEND_OF_FILE\nchmod 755 {path}")


def take(lab: Lab, host: str) -> None:
    """Take it away again."""
    lab.ssh(host, f"cd /usr/local/sbin && rm -f {' '.join(_FILES)}")


@contextmanager
def on(lab: Lab, hosts: Sequence[str]) -> Iterator[None]:
    """VLANs can be made on these hosts meanwhile."""
    for host in hosts:
        bring(lab, host)
    yield
    for host in hosts:
        take(lab, host)
