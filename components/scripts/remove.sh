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
undo_left() { # KIND WORD: by the header word that its script knows it by
    for left in "$state/$1"/*; do
        [ -e "$left" ] || continue
        echo "$2=${left##*/}" | sh "$state/scripts/$1.sh" undo
    done
}
undo_left nic nic
undo_left shim network
undo_left vlan device
undo_left vxlan network
rm -rf "$state"
rmdir "${state%/*}" 2>/dev/null || :
