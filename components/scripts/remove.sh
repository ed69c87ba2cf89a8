# shellcheck shell=sh
# Removes the scripts of a stack from a host, and all that it keeps there: remove STACK.
set -eu
state=/var/lib/crosshost/$2
# All that was made is undone by now; what is left is of changes that failed half way.
if [ -e "$state/daemon" ]; then
    echo "own=cluster-store,cluster-advertise" | sh "$state/scripts/daemon.sh" undo
fi
if [ -e "$state/swarm/record" ]; then sh "$state/scripts/swarm.sh" drop; fi
if [ -e "$state/firewall" ]; then sh "$state/scripts/firewall.sh" remove; fi
for nic in "$state"/nic/*; do
    [ -e "$nic" ] || continue
    echo "nic=${nic##*/}" | sh "$state/scripts/nic.sh" undo
done
for network in "$state"/shim/*; do
    [ -e "$network" ] || continue
    echo "network=${network##*/}" | sh "$state/scripts/shim.sh" undo
done
for vlan in "$state"/vlan/*; do
    [ -e "$vlan" ] || continue
    echo "device=${vlan##*/}" | sh "$state/scripts/vlan.sh" undo
done
for network in "$state"/vxlan/*; do
    [ -e "$network" ] || continue
    echo "network=${network##*/}" | sh "$state/scripts/vxlan.sh" undo
done
rm -rf "$state"
rmdir "${state%/*}" 2>/dev/null || :
