#!/bin/sh
# What a Docker host is like, read-only. Prints lines "name value"; a value that may hold
# anything is base64. Runs by `sh -s` over SSH, so nothing need be installed; needs coreutils, and
# takes what iproute2, kmod, iptables, nftables and systemd tell where they are there. What cannot
# be read is left out. Argument: the stack. planning/facts.py reads it.
LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
export LC_ALL PATH
state=/var/lib/crosshost/$1

b64() { base64 -w 0; }
put() { printf '%s %s\n' "$1" "$2"; }
put_file() { # NAME PATH: the file's content, if it is there
    if [ -e "$2" ]; then
        put "$1" "$(b64 <"$2")"
    fi
}
put_output() { # NAME COMMAND...: what the command prints, if it works
    name=$1
    shift
    if text=$("$@" 2>/dev/null); then
        put "$name" "$(printf '%s\n' "$text" | b64)"
    fi
}
has() { command -v "$1" >/dev/null 2>&1; }

# A change that still runs, its connection lost, is waited for.
if [ -d /var/lib/crosshost ] && command -v flock >/dev/null 2>&1; then
    { flock -s -w 30 9 || :; } 9</var/lib/crosshost
fi

put version 1
put clock "$(date +%s)"
uid=$(id -u)
release=$(uname -r)
put uid "$uid"
put hostname "$(uname -n)"
put kernel "$release"
if read -r boot_id 2>/dev/null </proc/sys/kernel/random/boot_id; then put boot_id "$boot_id"; fi
if [ -r /etc/os-release ]; then
    # shellcheck disable=SC1091
    put os "$(. /etc/os-release && printf %s "$PRETTY_NAME")"
fi
# Whether this user may become root: a question only for who is not.
if [ "$uid" = 0 ]; then
    put sudo "${SUDO_UID:+1}"
elif has sudo && sudo -n true 2>/dev/null; then
    put sudo 1
else
    put sudo 0
fi

root=
engine=
if has docker; then
    put docker_cli 1
    if text=$(timeout 20 docker info --format '{{.ServerVersion}} {{.DockerRootDir}}
{{json .}}' 2>/dev/null); then
        root=${text%%
*}
        engine=${root%% *}
        root=${root#* }
        put info "$(printf '%s' "${text#*
}" | b64)"
        case $text in
        *'"ControlAvailable":true'*)
            put_output nodes timeout 10 docker node ls --format \
                '{{.ID}}	{{.Hostname}}	{{.Status}}	{{.ManagerStatus}}'
            ;;
        esac
    fi
    if [ -n "$root" ]; then
        put_output containers docker ps --all --no-trunc --format \
            '{{.ID}}	{{.Names}}	{{.State}}	{{.Status}}	{{.Label "crosshost.stack"}}'
        put_output networks docker network ls --no-trunc --format \
            '{{.ID}}	{{.Name}}	{{.Driver}}	{{.Scope}}	{{.Label "crosshost.stack"}}'
    fi
else
    put docker_cli 0
fi

# Containers are made by the docker command of the user who logs in, without sudo.
if [ -n "${SUDO_UID:-}" ] && [ -S /var/run/docker.sock ] && command -v setpriv >/dev/null 2>&1; then
    if setpriv --reuid "$SUDO_UID" --regid "${SUDO_GID:-0}" --init-groups \
        test -w /var/run/docker.sock; then
        put user_reaches_docker 1
    else
        put user_reaches_docker 0
    fi
fi

# Which cluster-store back ends the engine was built with: up to 20.10 its version does not tell,
# from 23 on there are none.
dockerd=$(command -v dockerd || echo /usr/sbin/dockerd)
case $engine in
2[3-9].* | [3-9][0-9].*) ;;
*)
    if [ -r "$dockerd" ]; then
        found=$(grep -aoE 'libkv/store/(consul|etcd|zookeeper)' "$dockerd" | sort -u)
        for backend in $found; do put backend "${backend##*/}"; done
    fi
    ;;
esac

put_file daemon_json /etc/docker/daemon.json
if [ -e /etc/docker/daemon.json ]; then
    put daemon_json_hash "$(sha256sum </etc/docker/daemon.json | cut -d' ' -f1)"
fi
if [ -e "$state/daemon/original.absent" ]; then put daemon_json_original ""; fi
put_file daemon_json_original "$state/daemon/original"
# A restart that was cut off: live-restore in daemon.json is ours.
if [ -e "$state/daemon/live" ] || [ -e "$state/boot/live" ]; then put daemon_interrupted 1; fi
for record in "$state"/*/record "$state"/nic/*/record; do
    [ -e "$record" ] || continue
    name=${record#"$state"/}
    put record "${name%/record} $(b64 <"$record")"
done
for record in /var/lib/crosshost/*/daemon/record; do
    stack=${record#/var/lib/crosshost/}
    stack=${stack%/daemon/record}
    if [ ! -e "$record" ] || [ "$stack" = "$1" ]; then continue; fi
    put daemon_record "$stack $(b64 <"$record")"
done
# Of the API's certificates and key only what they hash to, and whether others can read the key.
for folder in "$state"/tls/*/; do
    [ -d "$folder" ] || continue
    name=${folder%/}
    put certificates "${name##*/} $(cat "$folder"ca.pem "$folder"cert.pem "$folder"key.pem 2>/dev/null |
        sha256sum | cut -d' ' -f1) $(stat -c %a "$folder"key.pem 2>/dev/null)"
done
if [ -d "$state/scripts" ]; then
    put scripts_hash "$(cat "$state"/scripts/*.sh 2>/dev/null | sha256sum | cut -d' ' -f1)"
fi

# Units: docker.service with its drop-ins, and who may guard the ports.
if [ -d /run/systemd/system ]; then
    put systemd 1
    put_output units systemctl show -p Id,ActiveState,FragmentPath,DropInPaths,ExecStart \
        docker.service firewalld.service
    put_output docker_unit systemctl cat docker.service
else
    put systemd 0
fi
if [ -r /etc/ufw/ufw.conf ]; then
    if grep -qi '^ENABLED=yes' /etc/ufw/ufw.conf; then put ufw 1; else put ufw 0; fi
else
    put ufw 0
fi
if has iptables; then put_output iptables iptables -S; fi
# Rules of the older interface, where the command shows the newer one's.
if [ -s /proc/net/ip_tables_names ] && has iptables-legacy; then
    put_output iptables_legacy iptables-legacy -S
fi
if has nft; then put_output nft nft -j list ruleset; fi
if has ss; then put_output listening ss -Hlntup; fi

# Kernel modules: loaded, built in, or there to be loaded. Where nothing tells, nothing is said.
loaded=
if [ -r /proc/modules ]; then loaded=$(cut -d' ' -f1 /proc/modules); fi
builtin=
if [ -r "/lib/modules/$release/modules.builtin" ]; then
    builtin=$(grep -E '/(macvlan|vxlan|overlay|bridge|veth|br_netfilter|esp4)[.]ko' \
        "/lib/modules/$release/modules.builtin")
fi
config=
if [ -r /proc/config.gz ]; then
    config=$(gzip -dc /proc/config.gz | grep -E '^CONFIG_(NET|MACVLAN|VXLAN|OVERLAY_FS|BRIDGE|VETH|BRIDGE_NETFILTER|INET_ESP)=')
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
    elif has modprobe && modprobe -n -q "$1" 2>/dev/null; then
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

# Free kilobytes, for this user.
free() { # NAME DIRECTORY
    # shellcheck disable=SC2046
    set -- "$1" $(df -k --output=avail "$2" 2>/dev/null)
    if [ -n "${3:-}" ]; then put "$1" "$3"; fi
}
free free_etc /etc
free free_docker "${root:-/var/lib/docker}"

# Not from /sys/class/net/NIC/flags: it shows what the kernel sets for macvlan, too.
ip -o link show 2>/dev/null | while read -r _ name flags _ mtu _; do
    name=${name%:}
    put nic "${name%@*} $flags $mtu"
done
ip -o -4 addr show 2>/dev/null | while read -r _ name _ address _; do
    put address "$name $address"
done
ip -o -4 route show 2>/dev/null | while read -r subnet words; do
    case $subnet in [0-9]*/*) ;; *) continue ;; esac
    nic=${words#*dev }
    case $words in *"dev "*) put route "$subnet ${nic%% *}" ;; esac
done
put end 1
