#!/bin/sh
# Settings of a network interface that outlive a reboot: promiscuous mode.
# Header words: nic, promiscuous (on). nic.sh boot sets all of them again.
# shellcheck source=components/scripts/common.sh
. "${0%/*}/common.sh"
# shellcheck disable=SC2154
unit=/etc/systemd/system/crosshost-nic-${state##*/}.service

known() { # NIC: whether the host has it
    case $1 in
    '' | . | .. | */*) return 1 ;;
    esac
    [ -e "/sys/class/net/$1" ]
}

promiscuous() { # NIC: on or off
    # Not /sys/class/net/NIC/flags: it shows what the kernel sets for macvlan, too.
    case $(ip -o link show dev "$1") in
    *[\<,]PROMISC[,\>]*) echo on ;;
    *) echo off ;;
    esac
}

write_unit() {
    install_unit "$unit" <<UNIT
[Unit]
Description=Network interface settings made by crosshost
After=network-pre.target systemd-networkd.service NetworkManager.service networking.service
Before=docker.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh "$scripts/nic.sh" boot

[Install]
WantedBy=multi-user.target
UNIT
}

apply() {
    read_header
    cat >/dev/null
    alone
    nic=$(header_word nic)
    known "$nic" || fail "there is no network interface $nic on this host"
    dir=$state/nic/$nic
    mkdir -p "$dir"
    [ -e "$dir/before" ] || promiscuous "$nic" >"$dir/before"
    ip link set dev "$nic" promisc "$(header_word promiscuous)"
    if [ -d /run/systemd/system ]; then write_unit; fi
    keep_record "$dir" /dev/null
}

# Another stack that needs the NIC as it is takes over what it was before.
hand_over() {
    set +f
    for other in "${state%/*}"/*/nic/"$nic"/before; do
        if [ -e "$other" ] && [ "$other" != "$dir/before" ]; then
            if [ "$(cat "$dir/before")" = off ]; then echo off >"$other"; fi
            return 0
        fi
    done
    return 1
}

undo() {
    read_header
    cat >/dev/null
    alone
    nic=$(header_word nic)
    dir=$state/nic/$nic
    if [ -e "$dir/before" ] && ! hand_over && [ -e "/sys/class/net/$nic" ]; then
        ip link set dev "$nic" promisc "$(cat "$dir/before")"
    fi
    rm -rf "$dir"
    if ! rmdir "$state/nic" 2>/dev/null && [ -d "$state/nic" ]; then return; fi
    if [ -e "$unit" ]; then remove_unit "$unit"; fi
}

boot() {
    set +f
    for record in "$state"/nic/*/record; do
        [ -e "$record" ] || continue
        read_header <"$record"
        nic=$(header_word nic)
        tries=60
        until [ -e "/sys/class/net/$nic" ] || [ "$tries" -eq 0 ]; do
            tries=$((tries - 1))
            sleep 0.5
        done
        ip link set dev "$nic" promisc "$(header_word promiscuous)"
    done
}

case ${1:-} in
apply) apply ;;
undo) undo ;;
boot) boot ;;
*) fail "nic.sh: apply, undo or boot" ;;
esac
