#!/bin/sh
# A VXLAN device on the bridge of a Docker network, which makes one Ethernet of the bridges of that
# name on all hosts. Devices and their entries do not outlive a boot, so a unit makes them again.
# Header words: network, id (of Docker's), bridge, device, vni, port, local (address), mtu, slice; where
# it is encrypted wireguard (a device's name), wireguard_port, public (the host's own key); where it has an IPv6
# subnet slice6, forwards6 (whether the host forwarded IPv6 before: 1, 0, or 0,ACCEPT: ip6tables let it through).
# Content: a line "ADDRESS SLICE" for each other host; where it is encrypted "ADDRESS SLICE INNER KEY", its
# address inside and its public key.
#   vxlan.sh apply   have the device as it is to be; one that is keeps all that it has learned
#   vxlan.sh undo    the device goes; the last one of the stack takes the unit along
#   vxlan.sh boot    all of the stack's, as soon as Docker has made their bridges
# shellcheck source=components/scripts/common.sh
. "${0%/*}/common.sh"
# shellcheck disable=SC2154
# shellcheck source=components/scripts/wireguard.sh
. "$scripts/wireguard.sh"
# shellcheck source=components/scripts/held.sh
. "$scripts/held.sh"
# shellcheck source=components/scripts/forwarding6.sh
. "$scripts/forwarding6.sh"
service=crosshost-vxlan-${state##*/}.service
unit=/etc/systemd/system/$service
# Whom frames go to whose receiver is not known.
anybody=00:00:00:00:00:00

settings() { # of the header
    network=$(plain network) && bridge=$(plain bridge) && device=$(plain device) &&
        vni=$(plain vni) && port=$(plain port) && address=$(plain local) && mtu=$(plain mtu) &&
        dir=$state/vxlan/$network tunnel=$(header_word wireguard) || return 1
    if [ -n "$tunnel" ]; then tunnel=$(plain wireguard) && tunnel_port=$(plain wireguard_port); fi
}

there() { # DEVICE
    [ -e "/sys/class/net/$1" ]
}

remove_device() { # DEVICE
    if there "$1"; then ip link del dev "$1"; fi
}

fits() { # whether the device has what cannot be changed
    case $(ip -d -o link show dev "$device" 2>/dev/null) in
    *" vxlan id $vni local $address ${tunnel:+dev $tunnel }srcport "*" dstport $port "*) ;;
    *) return 1 ;;
    esac
}

# The kernel gives a number and port to one device. Another network of this stack may be about to give
# them up, in the same up.
free_number() (
    set +f
    for record in "$state"/vxlan/*/record; do
        [ -e "$record" ] || continue
        read_header <"$record"
        other=$(plain device)
        if [ "$other" != "$device" ] && [ "$(header_word vni) $(header_word port)" = "$vni $port" ]; then
            remove_device "$other"
        fi
    done
)

send_to() { # sets whom the device sends to; peers on stdin
    wanted=$(while read -r at _ inner _; do printf '%s\n' "${inner:-$at}"; done | sed '/^$/d' | sort -u)
    now=$(bridge fdb show dev "$device" | sed -n "s/^$anybody .*dst \([0-9.]*\).*/\1/p")
    for peer in $now; do
        if ! printf '%s\n' "$wanted" | grep -qxF -e "$peer"; then
            bridge fdb del "$anybody" dev "$device" dst "$peer" || return 1
        fi
    done
    for peer in $wanted; do
        if ! printf '%s\n' "$now" | grep -qxF -e "$peer"; then
            bridge fdb append "$anybody" dev "$device" dst "$peer" || return 1
        fi
    done
}

create() {
    remove_device "$device"
    free_number
    ip link add "$device" mtu "$mtu" type vxlan id "$vni" dstport "$port" local "$address" \
        ${tunnel:+dev "$tunnel"} ||
        fail "$device cannot be made: is VNI $vni with udp port $port taken on this host?"
    ip link set dev "$device" alias "crosshost ${state##*/}/$network"
}

make() { # peers on stdin
    peers=$(cat)
    if [ -n "$tunnel" ]; then printf '%s\n' "$peers" | make_tunnel || return 1; fi
    { fits || create; } && printf '%s\n' "$peers" | send_to &&
        ip link set dev "$device" mtu "$mtu" master "$bridge" up
}

write_unit() {
    install_unit "$unit" <<UNIT
[Unit]
Description=VXLAN devices of Docker networks made by crosshost
After=docker.service network-online.target

[Service]
ExecStart=/bin/sh "$scripts/vxlan.sh" boot

[Install]
WantedBy=docker.service
UNIT
}

apply() {
    read_header
    alone
    settings
    mkdir -p "$dir"
    cat >"$dir/new" || fail "cannot write to $dir: is the disk full?"
    printf '%s\n' "$device" >"$dir/device"
    there "$bridge" || fail "the bridge $bridge of network $network is not there: is Docker as it should be?"
    if [ -n "$tunnel" ]; then take_key; fi
    make <"$dir/new"
    if [ -z "$tunnel" ] && [ -e "$dir/tunnel" ]; then drop_tunnel "$(cat "$dir/tunnel")"; fi
    if [ -d /run/systemd/system ]; then write_unit; fi
    case $(header_word forwards6) in
    0 | 0,ACCEPT | 1) hold_forwarding6 "$network" "$(header_word forwards6)" ;;
    *) drop_forwarding6 "$network" ;;
    esac
    keep_record "$dir" "$dir/new"
    rm -f "$dir/new"
}

undo() {
    read_header
    cat >/dev/null
    alone
    network=$(plain network)
    dir=$state/vxlan/$network
    # A change that was cut off is undone by the network's name alone.
    device=$(header_word device)
    if [ -z "$device" ] && [ -e "$dir/device" ]; then device=$(cat "$dir/device"); fi
    if [ -n "$device" ]; then remove_device "$device"; fi
    tunnel=$(header_word wireguard)
    if [ -z "$tunnel" ] && [ -e "$dir/tunnel" ]; then tunnel=$(cat "$dir/tunnel"); fi
    if [ -n "$tunnel" ]; then drop_tunnel "$tunnel"; fi
    drop_forwarding6 "$network"
    if drop_record "$dir" && has_unit "$unit"; then remove_unit "$unit"; fi
}

at_boot() { # RECORD
    alone
    settings && there "$bridge" && sed 1d "$1" | make
}

case ${1:-} in
apply) apply ;;
undo) undo ;;
boot) make_at_boot vxlan 120 ;;
*) fail "vxlan.sh: apply, undo or boot" ;;
esac
