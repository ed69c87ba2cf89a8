# shellcheck shell=sh
# Who on the LAN has an address: `ask ADDRESS` (IPv4, by ARP) and `ask6 ADDRESS NIC` (IPv6, by neighbour
# discovery) print "ADDRESS MAC" where somebody answers for it, whatever it lets in otherwise. The kernel asks
# for what is sent there.
set -u
LC_ALL=C
export LC_ALL
for tool in ping ip; do
    command -v "$tool" >/dev/null || { echo "it has no command $tool" >&2 && exit 3; }
done
ask() {
    ip neigh flush to "$1" >/dev/null 2>&1
    ping -n -c 1 -W 1 "$1" >/dev/null 2>&1
    ip neigh show to "$1" | sed -n "s/.* lladdr \([0-9a-f:]*\).*/$1 \1/p" | head -n 1
}
ask6() {
    # A host need not have an address of the subnet. The route goes by itself where this is ended.
    route=
    if ip -6 route add "$1/128" dev "$2" expires 5 >/dev/null 2>&1; then route=1; fi
    ip -6 neigh flush to "$1" dev "$2" >/dev/null 2>&1
    ping -6 -n -c 1 -W 1 -I "$2" "$1" >/dev/null 2>&1
    ip -6 neigh show to "$1" dev "$2" | sed -n "s/.* lladdr \([0-9a-f:]*\).*/$1 \1/p" | head -n 1
    if [ -n "$route" ]; then ip -6 route del "$1/128" dev "$2" >/dev/null 2>&1; fi
}
