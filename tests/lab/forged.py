"""What a stranger on the LAN may do to an overlay: crafted VXLAN packets, connections to its ports.

The stranger is the lab's own end of the LAN, 10.0.0.2, which is no host of any stack.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

from lab.lab import Lab

STRANGER = "10.0.0.2"

# Arguments: HOST PORT VNI MAC ADDRESS. Sends a UDP packet to ADDRESS, port 5555, as the one of a
# container that there is not, in a VXLAN packet to HOST.
_FORGE = """
import socket, struct, sys
host, port, vni, mac, address = sys.argv[1:]
data = b"forged"
udp = struct.pack("!HHHH", 4444, 5555, 8 + len(data), 0) + data
words = [0x4500, 20 + len(udp), 1, 0, 0x4011, 0]
ends = socket.inet_aton("172.16.1.77") + socket.inet_aton(address)
total = sum(words) + sum(struct.unpack("!4H", ends))
while total >> 16:
    total = (total & 0xFFFF) + (total >> 16)
words[5] = ~total & 0xFFFF
frame = bytes.fromhex(mac.replace(":", "")) + bytes.fromhex("02ff000000010800")
vxlan = struct.pack("!II", 0x08000000, int(vni) << 8)
packet = vxlan + frame + struct.pack("!6H", *words) + ends + udp
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(packet, (host, int(port)))
"""

_CONNECT = """
import socket, sys
host, port = sys.argv[1:]
try:
    socket.create_connection((host, int(port)), timeout=2).close()
    print("open")
except OSError as error:
    print("refused" if isinstance(error, ConnectionRefusedError) else "dropped")
"""

_VXLAN = """
for one in /var/run/docker/netns/[0-9]*-*; do
    nsenter --net="$one" ip -d link show type vxlan
done | sed -n 's/.*vxlan id \\([0-9]*\\) .*dstport \\([0-9]*\\).*/\\1 \\2/p'
"""


@dataclass(frozen=True)
class Victim:
    """A container on the only overlay of its host, as somebody knows it who listened."""

    host: str
    container: str
    vni: str
    port: str
    mac: str
    address: str

    @staticmethod
    def find(lab: Lab, host: str, container: str) -> Victim:
        inside = f"docker exec {container} "
        vni, port = lab.ssh(host, _VXLAN).stdout.split()
        mac = lab.ssh(host, inside + "cat /sys/class/net/eth0/address").stdout.strip()
        row = lab.ssh(host, inside + "ip -o -4 addr show eth0").stdout.split()
        return Victim(host, container, vni, port, mac, row[3].partition("/")[0])


def forge(lab: Lab, victim: Victim) -> None:
    """One crafted packet from the stranger."""
    words = [victim.vni, victim.mac, victim.address]
    lab.run(["python", "-c", _FORGE, lab.address(victim.host), victim.port, *words])


def forged_arrive(lab: Lab, victim: Victim) -> bool:
    """Whether one of some crafted packets within some seconds is seen in the container."""
    seen = []

    def look() -> None:
        capture = f"docker exec {victim.container} timeout 4 tcpdump -c 1 -n -i eth0 udp port 5555"
        seen.append(lab.ssh(victim.host, capture, check=False).returncode == 0)

    looking = threading.Thread(target=look)
    looking.start()
    while looking.is_alive():
        forge(lab, victim)
        looking.join(0.5)
    return seen == [True]


def knock(lab: Lab, host: str, port: int) -> str:
    """What a TCP connection from the stranger meets: open, refused or dropped."""
    return lab.run(["python", "-c", _CONNECT, lab.address(host), str(port)]).stdout.strip()


def dropped(lab: Lab, host: str, chain: str) -> int:
    """How many packets the host's rules for a port, e.g. "udp-7946", have dropped."""
    listing = lab.ssh(host, f"iptables -t raw -nvxL CROSSHOST-{chain}").stdout
    return sum(int(line.split()[0]) for line in listing.splitlines() if " DROP " in line)


def send_udp(lab: Lab, host: str, port: int) -> None:
    """A UDP packet from the stranger."""
    text = f"import socket; socket.socket(2, 2).sendto(b'x', ({lab.address(host)!r}, {port}))"
    lab.run(["python", "-c", text])
