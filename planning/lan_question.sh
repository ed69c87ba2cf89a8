# shellcheck shell=sh
# Who on the LAN has an address: `ask ADDRESS` prints "ADDRESS MAC" where somebody answers for it by ARP,
# whatever it lets in otherwise. The kernel asks for what is sent there.
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
