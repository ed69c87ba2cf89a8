# shellcheck shell=sh
# Kernel modules: loaded, built in, or there to be loaded. Where nothing tells, nothing is said.
# shellcheck disable=SC2154
loaded=
if [ -r /proc/modules ]; then loaded=$(cut -d' ' -f1 /proc/modules); fi
builtin=
if [ -r "/lib/modules/$release/modules.builtin" ]; then
    builtin=$(grep -E '/(macvlan|vxlan|overlay|bridge|veth|br_netfilter|esp4|wireguard|8021q|ipvlan)[.]ko' \
        "/lib/modules/$release/modules.builtin")
fi
config=
if [ -r /proc/config.gz ]; then
    config=$(gzip -dc /proc/config.gz | grep -E '^CONFIG_(NET|MACVLAN|VXLAN|OVERLAY_FS|BRIDGE|VETH|BRIDGE_NETFILTER|INET_ESP|WIREGUARD|VLAN_8021Q|IPVLAN)=')
fi
line_of() { # TEXT LINE
    case "
$1
" in *"
$2
"*) return 0 ;; esac
    return 1
}
module() { # NAME OPTION
    if [ -d "/sys/module/$1" ] || line_of "$loaded" "$1"; then
        put module "$1 loaded"
    elif line_of "$config" "CONFIG_$2=y"; then
        put module "$1 builtin"
    elif case $builtin in *"/$1.ko"*) true ;; *) false ;; esac; then
        put module "$1 builtin"
    elif has modprobe && within 5 modprobe -n -q "$1" 2>/dev/null; then
        put module "$1 loadable"
    elif has modprobe && [ -e "/lib/modules/$release/modules.dep" ]; then
        put module "$1 missing"
    elif [ -n "$config" ] && ! line_of "$config" "CONFIG_$2=m"; then
        put module "$1 missing"
    fi
}
module macvlan MACVLAN
module vxlan VXLAN
module overlay OVERLAY_FS
module bridge BRIDGE
module veth VETH
module br_netfilter BRIDGE_NETFILTER
module esp4 INET_ESP
module wireguard WIREGUARD
module 8021q VLAN_8021Q
module ipvlan IPVLAN
