# shellcheck shell=sh
# The WireGuard device that a network's VXLAN device sends through: the kernel's, or, where it has none,
# one of wireguard-go, which a systemd unit runs. To be sourced; $dir is the network's folder.
# shellcheck disable=SC2154

# What a device of wireguard-go has no answer for (its process is gone) would wait for ever.
wg_now() { timeout 10 wg "$@"; }

# The key that is made for the network is the one in use from now on, also after a boot.
take_key() {
    printf '%s\n' "$tunnel" >"$dir/tunnel"
    (umask 077 && cp "$state/wireguard/$network/private" "$dir/key.new") ||
        fail "this host has no key for network $network: run pulumi up again"
    [ "$(wg pubkey <"$dir/key.new")" = "$(header_word public)" ] ||
        fail "the key of this host is not the one that its peers were told: run pulumi up again"
    mv -f "$dir/key.new" "$dir/key"
}

start_tunnel() {
    if ip link add dev "$tunnel" type wireguard 2>/dev/null; then return; fi
    command -v wireguard-go >/dev/null 2>&1 ||
        fail "the kernel has no module wireguard, and wireguard-go is not installed"
    systemctl reset-failed "crosshost-$tunnel.service" 2>/dev/null || :
    # Where it had to be started again it knows nothing, and the VXLAN device is gone with it.
    systemd-run --quiet --unit="crosshost-$tunnel.service" --description="WireGuard for $network (crosshost)" \
        --property=Restart=always --property=RestartSec=1 \
        --property="ExecStartPost=-/bin/systemctl start --no-block $service" \
        "$(command -v wireguard-go)" -f "$tunnel"
    tries=50
    until wg_now show "$tunnel" >/dev/null 2>&1; do
        [ "$tries" -gt 0 ] || fail "wireguard-go does not make $tunnel: see journalctl -u crosshost-$tunnel"
        tries=$((tries - 1))
        sleep 0.1
    done
}

tunnel_settings() { # what wg reads; peers on stdin
    printf '[Interface]\nPrivateKey = %s\nListenPort = %s\n' "$(cat "$dir/key")" "$tunnel_port"
    while read -r at _ inner key; do
        if [ -z "$at" ]; then continue; fi
        printf '[Peer]\nPublicKey = %s\nEndpoint = %s:%s\nAllowedIPs = %s/32\n' \
            "$key" "$at" "$tunnel_port" "$inner"
    done
}

# Where the others' addresses inside are: nowhere but here.
routes() { # peers on stdin
    wanted=$(cut -d' ' -f3 | sed '/^$/d' | sort -u)
    for to in $(ip -4 route show dev "$tunnel" | cut -d' ' -f1); do
        if ! printf '%s\n' "$wanted" | grep -qxF -e "$to"; then
            ip -4 route del "$to" dev "$tunnel" || return 1
        fi
    done
    for to in $wanted; do
        ip -4 route replace "$to/32" dev "$tunnel" src "$address" || return 1
    done
}

# Peers that stay keep their sessions. Docker has NAT give what leaves the network's bridge another
# address, that of the device by which it leaves: it has the bridge's.
make_tunnel() { # peers on stdin
    there "$tunnel" || start_tunnel
    peers=$(cat)
    printf '%s\n' "$peers" | tunnel_settings | wg_now syncconf "$tunnel" /dev/stdin &&
        ip -4 addr replace "$address/32" dev "$tunnel" &&
        ip link set dev "$tunnel" mtu $((mtu + 50)) up &&
        printf '%s\n' "$peers" | routes
}

drop_tunnel() { # DEVICE, which need not be there
    if [ -e "/run/systemd/transient/crosshost-$1.service" ]; then
        systemctl stop "crosshost-$1.service"
        systemctl reset-failed "crosshost-$1.service" 2>/dev/null || :
        rmdir /run/wireguard 2>/dev/null || :
    fi
    if there "$1"; then ip link del dev "$1"; fi
    rm -f "$dir/key" "$dir/tunnel"
}
