# shellcheck shell=sh
# shellcheck disable=SC2154
# IPv6 forwarding of this host, which Docker turns on with the first bridge network that has an IPv6 subnet,
# and never off. The header word forwards6 of a record is 0 where it was off before ours.
conf6=/proc/sys/net/ipv6/conf

needs_forwarding6() ( # whether another network is there that Docker has it on for
    set +f
    for record in "${state%/*}"/*/vxlan/*/record; do
        [ -e "$record" ] || continue
        read_header <"$record"
        if [ -n "$(header_word forwards6)" ]; then return 0; fi
    done
    # Those of ours have a label.
    foreign=$(docker network ls --filter driver=bridge --format '{{.ID}}={{.Label "crosshost.stack"}}' |
        sed -n 's/=$//p') || return 0
    # shellcheck disable=SC2086
    [ -n "$foreign" ] && docker network inspect --format '{{.EnableIPv6}}' $foreign | grep -q true
)

recorded_forwarding6() ( # of the record in $dir
    if [ -e "$dir/record" ]; then read_header <"$dir/record" && header_word forwards6; fi
)

restore_forwarding6() { # BEFORE: after what needed it is gone
    if [ "$1" != 0 ] || [ ! -e "$conf6" ] || needs_forwarding6; then return 0; fi
    for of in all default; do echo 0 >"$conf6/$of/forwarding"; done
}
