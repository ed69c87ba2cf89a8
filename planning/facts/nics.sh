# shellcheck shell=sh
# Not from /sys/class/net/NIC/flags: it shows what the kernel sets for macvlan, too.
put_output links 5 ip -o link show
put_output addresses 5 ip -o -4 addr show
