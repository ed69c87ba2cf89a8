# shellcheck shell=sh
# IPv6 forwarding of this host, which Docker turns on with the first bridge network that has an IPv6 subnet,
# and never off; engines from 27 on then drop what ip6tables let through. A stack holds it once for each such network. After held.sh, under the lock.
# shellcheck disable=SC2034,SC2154
conf6=/proc/sys/net/ipv6/conf

hold_forwarding6() ( # NETWORK BEFORE: 1, 0, or 0,ACCEPT
    holder=${state##*/}@$1
    echo "$2" | keep_before forwarding6
    echo "for the network $1" | hold forwarding6
)

drop_forwarding6() ( # NETWORK
    holder=${state##*/}@$1
    if ! is_held forwarding6; then return; fi
    if ! others_hold forwarding6 >/dev/null && ! others_forward6; then
        case $(cat "$held/forwarding6/before") in 0*) stop_forwarding6 ;; esac
        case $(cat "$held/forwarding6/before") in *,ACCEPT) ip6tables --wait 30 -P FORWARD ACCEPT ;; esac
    fi
    let_go forwarding6
)

stop_forwarding6() {
    for of in all default; do echo 0 >"$conf6/$of/forwarding"; done
}

# Those of ours have a label. Where Docker does not tell it stays as it is.
others_forward6() {
    foreign=$(docker network ls --filter driver=bridge --format '{{.ID}}={{.Label "crosshost.stack"}}') || return 0
    foreign=$(printf '%s\n' "$foreign" | sed -n 's/=$//p')
    # shellcheck disable=SC2086
    [ -n "$foreign" ] && docker network inspect --format '{{.EnableIPv6}}' $foreign | grep -q true
}
