#!/bin/sh
# Settings of a network interface that outlive a reboot: promiscuous mode.
# Header words: nic, promiscuous (on), before (what it was before, for an undo that finds no record).
# nic.sh boot sets all of them again.
# shellcheck source=components/scripts/common.sh
. "${0%/*}/common.sh"
# shellcheck disable=SC2154
# shellcheck source=components/scripts/held.sh
. "$scripts/held.sh"
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

apply() {
    read_header
    cat >/dev/null
    alone
    nic=$(header_word nic)
    known "$nic" || fail "there is no network interface $nic on this host"
    dir=$state/nic/$nic
    mkdir -p "$dir"
    take_over "$nic"
    promiscuous "$nic" | keep_before "nic/$nic"
    echo "promiscuous $(header_word promiscuous)" | hold "nic/$nic"
    ip link set dev "$nic" promisc "$(header_word promiscuous)"
    if [ -d /run/systemd/system ]; then install_unit_before_docker "$unit" "Network interface settings made by crosshost"; fi
    keep_record "$dir" /dev/null
}

# The version before kept it by stack: each what it had found, or been handed over.
take_over() ( # NIC
    set +f
    [ ! -e "$held/nic/$1" ] || return 0
    was=
    for kept in "${state%/*}"/*/nic/"$1"/before; do
        [ -e "$kept" ] || continue
        if [ "$was" != off ]; then was=$(cat "$kept"); fi
    done
    [ -n "$was" ] || return 0
    for kept in "${state%/*}"/*/nic/"$1"/before; do
        holder=${kept%/nic/*}
        holder=${holder##*/}
        echo "$was" | keep_before "nic/$1"
        echo "promiscuous on" | hold "nic/$1"
    done
)

undo() {
    read_header
    cat >/dev/null
    alone
    nic=$(header_word nic)
    dir=$state/nic/$nic
    take_over "$nic"
    if ! others_hold "nic/$nic" >/dev/null && known "$nic"; then
        was=$(cat "$held/nic/$nic/before" 2>/dev/null) || was=$(header_word before)
        if ! is_kept "nic/$nic" && used_by_another_stack macvlan; then was=$(promiscuous "$nic"); fi
        ip link set dev "$nic" promisc "${was:-off}"
    fi
    let_go "nic/$nic"
    if drop_record "$dir" && has_unit "$unit"; then remove_unit "$unit"; fi
}

at_boot() {
    nic=$(header_word nic)
    known "$nic" && ip link set dev "$nic" promisc "$(header_word promiscuous)"
}

case ${1:-} in
apply) apply ;;
undo) undo ;;
boot) make_at_boot nic 60 ;;
*) fail "nic.sh: apply, undo or boot" ;;
esac
