# shellcheck shell=sh
# WireGuard: what could make a device, our keys (of private ones only whether they fit), our devices.
# shellcheck disable=SC2154
for tool in wg wireguard-go; do
    has "$tool" || put without_wireguard "$tool"
done
[ -e /dev/net/tun ] || put without_wireguard tun
for folder in "$state"/wireguard/*/; do
    [ -f "${folder}public" ] || continue
    name=${folder%/}
    fits=changed
    public=$(head -c 100 "${folder}public")
    if [ -e "${folder}next" ]; then
        fits=next
    elif [ "$(stat -c '%a %u' "${folder}private" 2>/dev/null)" = "600 0" ] &&
        [ "$(wg pubkey <"${folder}private" 2>/dev/null)" = "$public" ]; then
        fits=intact
    fi
    put wireguard_key "${name##*/} $fits $public"
done
if has wg && [ -d "$state/wireguard" ]; then
    # shellcheck disable=SC2016
    put_output wireguard 5 sh -c 'for file; do
        [ -f "$file" ] || continue
        device=$(head -c 15 "$file")
        [ -e "/sys/class/net/$device" ] || continue
        for what in public-key listen-port allowed-ips; do
            wg show "$device" "$what" | sed "s/^/$device $what /" || exit
        done
    done' sh "$state"/vxlan/*/tunnel
fi
