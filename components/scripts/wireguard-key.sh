#!/bin/sh
# The host's WireGuard key for a network. The private one is made here and stays here, for root only.
# Header word: network.
#   wireguard-key.sh apply           have one, which is the next one where there is one; prints the public one
#   wireguard-key.sh undo            it goes
#   wireguard-key.sh renew NETWORK   make the next one
# shellcheck source=components/scripts/common.sh
. "${0%/*}/common.sh"
# shellcheck disable=SC2154
umask 077

make_key() { # PATH
    { wg genkey >"$1.new" && durable "$1.new" && mv -f "$1.new" "$1"; } ||
        fail "no WireGuard key can be made: is wireguard-tools installed, and the disk not full?"
}

apply() {
    read_header
    cat >/dev/null
    alone
    network=$(plain network)
    dir=$state/wireguard/$network
    mkdir -p "$dir"
    if [ -e "$dir/next" ]; then mv -f "$dir/next" "$dir/private"; fi
    public=$(wg pubkey 2>/dev/null <"$dir/private") || public=
    if [ -z "$public" ]; then
        make_key "$dir/private"
        public=$(wg pubkey <"$dir/private")
    fi
    chown 0:0 "$dir/private"
    chmod 600 "$dir/private"
    printf '%s\n' "$public" >"$dir/public"
    keep_record "$dir" /dev/null
    printf '%s\n' "$public"
}

undo() {
    read_header
    cat >/dev/null
    alone
    network=$(plain network)
    rm -rf "$state/wireguard/$network"
    rmdir "$state/wireguard" 2>/dev/null || :
}

renew() { # NETWORK
    header=network=$1
    network=$(plain network)
    alone
    [ -e "$state/wireguard/$network/private" ] || fail "this host has no key for network $network"
    make_key "$state/wireguard/$network/next"
}

case ${1:-} in
apply | undo) "$1" ;;
renew) renew "${2:-}" ;;
*) fail "wireguard-key.sh: apply, undo or renew" ;;
esac
