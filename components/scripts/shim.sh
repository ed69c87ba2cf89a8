#!/bin/sh
# The host's own macvlan device on the parent of a macvlan network: by it the host reaches its own
# containers, which the parent itself does not let it. It does not outlive a boot, so a unit makes it again.
# Header words: network, device, parent, address (the host's, in its slice).
# Content: what is reached by it, a subnet or an address a line.
#   shim.sh apply, undo, boot (all of the stack's)
# shellcheck source=components/scripts/common.sh
. "${0%/*}/common.sh"
# shellcheck disable=SC2154
unit=/etc/systemd/system/crosshost-shim-${state##*/}.service

there() { # DEVICE
    [ -e "/sys/class/net/$1" ]
}

settings() { # from the header
    network=$(plain network)
    device=$(plain device)
    parent=$(plain parent)
    address=$(plain address)
    dir=$state/shim/$network
}

remove_device() { # DEVICE
    if there "$1"; then ip link delete "$1"; fi
}

fits() {
    case $(ip -d -o link show dev "$device" 2>/dev/null) in
    *": $device@$parent: "*" macvlan mode bridge "*) ;;
    *) return 1 ;;
    esac
}

create() {
    remove_device "$device"
    ip link add "$device" link "$parent" type macvlan mode bridge &&
        ip link set dev "$device" alias "crosshost ${state##*/}/$network" || return 1
}

make() { # routes on stdin
    wanted=$(cat)
    fits || create || return 1
    take_no_routes "$device" || return 1
    # For the host's other addresses its NICs answer.
    echo 1 >"/proc/sys/net/ipv4/conf/$device/arp_ignore" || return 1
    now=$(ip -o -4 address show dev "$device" | awk '{ print $4 }') || return 1
    for held in $now; do
        if [ "$held" != "$address/32" ]; then ip address delete "$held" dev "$device" || return 1; fi
    done
    if ! printf '%s\n' "$now" | grep -qxF -e "$address/32"; then
        ip address add "$address/32" dev "$device" || return 1
    fi
    ip link set dev "$device" up || return 1
    now=$(ip -4 route show dev "$device" | cut -d' ' -f1) || return 1
    for route in $now; do
        if ! printf '%s\n' "$wanted" | grep -qxF -e "$route"; then
            ip route delete "$route" dev "$device" || return 1
        fi
    done
    for route in $wanted; do
        ip route replace "$route" dev "$device" src "$address" || return 1
    done
}

write_unit() {
    install_unit "$unit" <<UNIT
[Unit]
Description=Macvlan devices of the host's own made by crosshost
After=network-pre.target systemd-networkd.service NetworkManager.service networking.service crosshost-vlan-${state##*/}.service

[Service]
ExecStart=/bin/sh "$scripts/shim.sh" boot

[Install]
WantedBy=multi-user.target
UNIT
}

apply() {
    read_header
    alone
    settings
    mkdir -p "$dir"
    cat >"$dir/new" || fail "cannot write to $dir: is the disk full?"
    there "$parent" || fail "there is no network interface $parent on this host"
    before=$(cat "$dir/device" 2>/dev/null || :)
    if [ -n "$before" ] && [ "$before" != "$device" ]; then remove_device "$before"; fi
    printf '%s\n' "$device" >"$dir/device"
    make <"$dir/new" || fail "the device $device with $address cannot be made on $parent"
    if [ -d /run/systemd/system ]; then write_unit; fi
    keep_record "$dir" "$dir/new"
    rm -f "$dir/new"
}

undo() {
    read_header
    cat >/dev/null
    alone
    network=$(plain network)
    dir=$state/shim/$network
    # A change that was cut off is undone by the network's name alone.
    device=$(header_word device)
    if [ -z "$device" ] && [ -e "$dir/device" ]; then device=$(cat "$dir/device"); fi
    if [ -n "$device" ]; then remove_device "$device"; fi
    if drop_record "$dir" && has_unit "$unit"; then remove_unit "$unit"; fi
}

at_boot() { # RECORD
    alone
    settings
    sed 1d "$1" | make
}

case ${1:-} in
apply) apply ;;
undo) undo ;;
boot) make_at_boot shim 60 ;;
*) fail "shim.sh: apply, undo or boot" ;;
esac
