# shellcheck shell=sh
# Not from /sys/class/net/NIC/flags: it shows what the kernel sets for macvlan, too.
put_output links 5 ip -o link show
for nic in /sys/class/net/*; do
    name=${nic##*/}
    case $name in veth*) continue ;; esac
    if bridge=$(readlink "$nic/brport/bridge" 2>/dev/null); then put bridge_port "$name ${bridge##*/}"; fi
    if [ -e "$nic/wireless" ] || [ -e "$nic/phy80211" ]; then put wireless "$name"; fi
done
put_output addresses 5 ip -o -4 addr show
put_output addresses6 5 ip -o -6 addr show
