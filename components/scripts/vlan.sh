#!/bin/sh
# A VLAN on a network interface, the parent of a macvlan network. It belongs to the host: the first stack
# that needs it makes it, and the last one out removes it, unless it was there before. It does not
# outlive a boot, so a unit makes it again before Docker starts, which would make one of its own.
# Header words: nic, vlan (its number), device (its name), before (absent or there, for an undo that
# finds no record).
#   vlan.sh apply, undo, boot (all of the stack's)
# shellcheck source=components/scripts/common.sh
. "${0%/*}/common.sh"
# shellcheck disable=SC2154
# shellcheck source=components/scripts/held.sh
. "$scripts/held.sh"
unit=/etc/systemd/system/crosshost-vlan-${state##*/}.service

there() { # NIC
    [ -e "/sys/class/net/$1" ]
}

settings() { # from the header
    device=$(plain device)
    nic=$(plain nic)
    vlan=$(plain vlan)
    case $vlan in *[!0-9]*) fail "vlan.sh: no such vlan" ;; esac
    dir=$state/vlan/$device
}

make() {
    if ! there "$device"; then
        ip link add link "$nic" name "$device" type vlan id "$vlan" && take_no_routes "$device" || return 1
    fi
    ip link set dev "$device" up
}

apply() {
    read_header
    cat >/dev/null
    alone
    settings
    there "$nic" || fail "there is no network interface $nic on this host"
    mkdir -p "$dir"
    if there "$device"; then echo there; else echo absent; fi | keep_before "vlan/$device"
    echo "$nic $vlan" | hold "vlan/$device"
    make || fail "$device cannot be made: is $nic up, and has the kernel the module 8021q?"
    if [ -d /run/systemd/system ]; then install_unit_before_docker "$unit" "VLANs of network interfaces made by crosshost"; fi
    keep_record "$dir" /dev/null
}

is_parent() { # whether a Docker network that is not ours is on the device
    docker network ls --quiet | while read -r id; do
        docker network inspect --format '{{index .Options "parent"}}' "$id" 2>/dev/null
    done | grep -qxF -e "$device"
}

undo() {
    read_header
    cat >/dev/null
    alone
    device=$(plain device)
    dir=$state/vlan/$device
    if ! others_hold "vlan/$device" >/dev/null && there "$device"; then
        was=$(cat "$held/vlan/$device/before" 2>/dev/null) || was=$(header_word before)
        if [ "$was" != absent ]; then
            :
        elif is_parent; then
            echo "$device stays: a Docker network that this stack did not make is on it"
        else
            ip link delete "$device"
        fi
    fi
    let_go "vlan/$device"
    if drop_record "$dir" && has_unit "$unit"; then remove_unit "$unit"; fi
}

# What was there before the first stack is made by whoever made it then.
ours() {
    [ "$(cat "$held/vlan/$device/before" 2>/dev/null)" = absent ]
}

at_boot() {
    settings
    if ours; then make; fi
}

case ${1:-} in
apply) apply ;;
undo) undo ;;
boot) make_at_boot vlan 60 ;;
*) fail "vlan.sh: apply, undo or boot" ;;
esac
