# shellcheck shell=sh
# shellcheck disable=SC2154
conf6=/proc/sys/net/ipv6/conf
if [ -e /proc/net/if_inet6 ] && [ "$(cat "$conf6/all/disable_ipv6" 2>/dev/null)" = 0 ]; then
    put ipv6 1
    put forwards6 "$(cat "$conf6/all/forwarding" 2>/dev/null)"
    if has ip6tables; then
        put ip6tables 1
        if ask forward6 5 ip6tables -S FORWARD; then
            put forward6 "$(printf '%s\n' "$text" | sed -n 's/^-P FORWARD //p')"
        fi
    else
        put ip6tables 0
    fi
    put_output routes6 5 ip -o -6 route show
    # Of router advertisements that the kernel takes itself, it takes no more once it forwards.
    if ask advertised 5 ip -o -6 route show default proto ra; then
        for nic in $(printf '%s\n' "$text" | sed -n 's/.* dev \([^ ]*\).*/\1/p' | sort -u); do
            if [ "$(cat "$conf6/$nic/accept_ra" 2>/dev/null)" = 1 ]; then put advertised "$nic"; fi
        done
    fi
else
    put ipv6 0
fi
