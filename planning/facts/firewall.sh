# shellcheck shell=sh
# shellcheck disable=SC2154
if [ -r /etc/ufw/ufw.conf ]; then
    if grep -qi '^ENABLED=yes' /etc/ufw/ufw.conf; then put ufw 1; else put ufw 0; fi
else
    put ufw 0
fi
if has iptables; then put_output iptables 5 iptables -S; fi
# Rules of the older interface, where the command shows the newer one's.
if [ -s /proc/net/ip_tables_names ] && has iptables-legacy; then
    put_output iptables_legacy 5 iptables-legacy -S
fi
# Whether the rules of components/scripts/firewall.sh are as it made them, and come back after a boot.
if [ -e "$state/firewall/record" ]; then
    guard=changed
    unit=/etc/systemd/system/multi-user.target.wants/crosshost-firewall-$stack.service
    if [ ! -e /run/crosshost-firewall ] || { [ -d /run/systemd/system ] && [ ! -e "$unit" ]; }; then
        put guard changed
    elif ask guard 5 sh -c '{ iptables -t raw -S; ip6tables -t raw -S; } 2>/dev/null | grep CROSSHOST; :'; then
        if printf '%s' "$text" | cmp -s - /run/crosshost-firewall; then guard=intact; fi
        put guard "$guard"
    fi
fi
if has nft; then put_output nft 5 nft -j list ruleset; fi
