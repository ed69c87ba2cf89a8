#!/bin/sh
# What a Docker host is like, read-only. Prints lines "name value"; a value that may hold
# anything is base64. "unread NAME WHY" says that a fact could not be read: "time" (no answer),
# "size" (too much) or the exit code of what was asked. Runs by `sh -s` over SSH, so nothing need be
# installed; needs coreutils, and takes what iproute2, kmod, iptables, nftables and systemd tell where
# they are there. Ends with its connection. Argument: the stack. planning/facts.py reads it.
LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
export LC_ALL PATH
state=/var/lib/crosshost/$1
host=/var/lib/crosshost/@host
# Bytes of one fact, and seconds for all of them.
limit=2097152
seconds=60

b64() { base64 -w 0; }
put() { printf '%s %s\n' "$1" "$2"; }
has() { command -v "$1" >/dev/null 2>&1; }
if has timeout; then
    within() { timeout -k 1 "$@"; }
else
    within() { shift && "$@"; }
fi

# Sets $text to what a command prints within some seconds; else says why it is not known.
ask() { # NAME SECONDS COMMAND...
    asked=$1
    shift
    # A pipe has one exit code: the command's own is the last line.
    text=$({ within "$@" 2>/dev/null </dev/null; printf '\n%s' "$?"; } | head -c "$limit")
    if [ "${#text}" -ge "$limit" ]; then
        put unread "$asked size"
        return 1
    fi
    code=${text##*
}
    text=${text%?"$code"}
    case $code in
    0) return 0 ;;
    124 | 137) put unread "$asked time" ;;
    '' | *[!0-9]*) put unread "$asked size" ;; # its last line is not there
    *) put unread "$asked $code" ;;
    esac
    return 1
}
put_output() { # NAME SECONDS COMMAND...: what the command prints, if it works
    if ask "$@"; then put "$1" "$(printf '%s' "$text" | b64)"; fi
}
read_file() { # NAME PATH: sets $text to the file's content as base64
    if [ "$(wc -c <"$2")" -ge "$limit" ]; then
        put unread "$1 size"
        return 1
    fi
    text=$(b64 <"$2")
}
put_file() { # NAME PATH: the file's content, if it is there
    if [ -f "$2" ]; then
        if read_file "$1" "$2"; then put "$1" "$text"; fi
    elif [ -e "$2" ]; then
        put unread "$1 kind"
    fi
}

# The script is whole before it runs, so that stdin is free to tell of the connection's end.
main() {
exec 3<&0
{ within "$seconds" cat <&3 >/dev/null 2>&1; kill -TERM 0; } &
watcher=$!

# A change that still runs, its connection lost, is waited for.
if [ -d /var/lib/crosshost ] && has flock; then
    { flock -s -w 20 9 || :; } 9</var/lib/crosshost
fi

put version 1
put clock "$(date +%s)"
uid=$(id -u)
release=$(uname -r)
put uid "$uid"
put hostname "$(uname -n | b64)"
put kernel "$(printf '%s' "$release" | b64)"
if read -r boot_id 2>/dev/null </proc/sys/kernel/random/boot_id; then put boot_id "$boot_id"; fi
put_file os_release /etc/os-release
# Whether this user may become root: a question only for who is not.
if [ "$uid" = 0 ]; then
    put sudo "${SUDO_UID:+1}"
elif has sudo && within 5 sudo -n true 2>/dev/null; then
    put sudo 1
else
    put sudo 0
fi

root=
engine=
if has docker; then
    put docker_cli 1
    if ask info 10 docker info --format '{{.ServerVersion}}
{{.DockerRootDir}}
{{json .}}'; then
        engine=${text%%
*}
        text=${text#*
}
        root=${text%%
*}
        text=${text#*
}
        put info "$(printf '%s' "$text" | b64)"
        case $text in
        *'"ControlAvailable":true'*)
            put_output nodes 5 docker node ls --format \
                '{"id":{{json .ID}},"hostname":{{json .Hostname}},"status":{{json .Status}},"manager":{{json .ManagerStatus}}}'
            # shellcheck disable=SC2016
            put_output node_addresses 5 sh -c 'docker node inspect --format "$1" $(docker node ls --quiet)' sh \
                '{"id":{{json .ID}},"address":{{json .Status.Addr}},"manager":{{with .ManagerStatus}}{{json .Addr}}{{else}}""{{end}}}'
            ;;
        esac
        put_output containers 10 docker ps --all --no-trunc --format \
            '{"id":{{json .ID}},"name":{{json .Names}},"state":{{json .State}},"status":{{json .Status}},"stack":{{json (.Label "crosshost.stack")}},"made":{{json (.Label "crosshost.made")}},"host":{{json (.Label "crosshost.host")}},"networks":{{json .Networks}}}'
        put_output networks 5 docker network ls --no-trunc --format \
            '{"id":{{json .ID}},"name":{{json .Name}},"driver":{{json .Driver}},"scope":{{json .Scope}},"stack":{{json (.Label "crosshost.stack")}},"made":{{json (.Label "crosshost.made")}}}'
        case $text in
        *'"driver":"macvlan"'*)
            # shellcheck disable=SC2016
            put_output parents 5 sh -c 'docker network inspect --format \
                "{\"id\":{{json .Id}},\"parent\":{{json (index .Options \"parent\")}}}" \
                $(docker network ls --quiet --no-trunc --filter driver=macvlan)'
            ;;
        esac
        if [ -e "$state/consul/record" ]; then put_output volumes 5 docker volume ls --quiet; fi
    fi
else
    put docker_cli 0
fi

# Containers are made by the docker command of the user who logs in, without sudo.
if [ -n "${SUDO_UID:-}" ] && [ -S /var/run/docker.sock ] && has setpriv; then
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
        found=$(within 10 grep -aoE 'libkv/store/(consul|etcd|zookeeper)' "$dockerd" | sort -u)
        for backend in $found; do put backend "${backend##*/}"; done
    fi
    ;;
esac

# With the nftables back end, which 29 brings, Docker leaves forwarding to the host, and starts only
# where it is on: what counts is what the next boot sets.
case $engine in
29.* | [3-9][0-9].*)
    if has systemd-analyze; then put_output sysctl 5 systemd-analyze cat-config sysctl.d; fi
    ;;
esac

put_file daemon_json /etc/docker/daemon.json
if [ -f /etc/docker/daemon.json ]; then
    put daemon_json_hash "$(sha256sum </etc/docker/daemon.json | cut -d' ' -f1)"
fi
# The file without what stacks set in it (daemon-held.sh); the version before kept it by stack, and the
# stack that came first has the host's.
if [ -e "$host/daemon.json/before" ]; then
    if [ -e "$host/daemon.json/edited" ] || [ -e "$host/daemon.json/edited.absent" ]; then
        original=$host/daemon.json/edited
    else
        original=$host/daemon.json/original
    fi
else
    original=$(stat -c '%Z %n' /var/lib/crosshost/*/daemon/original \
        /var/lib/crosshost/*/daemon/original.absent 2>/dev/null | sort -n | sed -n '1s/^[0-9]* //p')
    original=${original%.absent}
fi
if [ -n "$original" ]; then
    if [ -e "$original.absent" ]; then put daemon_json_original ""; fi
    put_file daemon_json_original "$original"
fi
if [ -f "$host/daemon.json/written" ]; then
    put daemon_json_written "$(tail -n 1 "$host/daemon.json/written" | head -c 64)"
fi
# A restart that was cut off: live-restore in daemon.json is ours.
if [ -e "$state/daemon/live" ] || [ -e "$state/boot/live" ]; then put daemon_interrupted 1; fi
for record in "$state"/*/record "$state"/nic/*/record; do
    [ -f "$record" ] || continue
    name=${record#"$state"/}
    name=${name%/record}
    if read_file "record/$name" "$record"; then put record "$name $text"; fi
done
# The version before kept these by stack.
for record in /var/lib/crosshost/*/daemon/record /var/lib/crosshost/*/swarm/record; do
    stack=${record#/var/lib/crosshost/}
    stack=${stack%/*/record}
    case $record in */swarm/record) thing=swarm kind=swarm_record ;; *) thing=daemon.json kind=daemon_record ;; esac
    if [ ! -f "$record" ] || [ "$stack" = "$1" ]; then continue; fi
    if [ -e "$host/$thing/holders/$stack" ]; then continue; fi
    if read_file "$kind/$stack" "$record"; then put "$kind" "$stack $text"; fi
done
# What stacks hold together (held.sh); one whose folder is gone holds nothing.
for file in "$host"/*/before "$host"/*/*/before "$host"/*/holders/* "$host"/*/*/holders/*; do
    [ -f "$file" ] || continue
    case $file in
    */holders/*)
        stack=${file##*/}
        [ -d "/var/lib/crosshost/${stack%%@*}" ] || continue
        ;;
    esac
    name=${file#"$host"/}
    if read_file "held/$name" "$file"; then put held "$name $text"; fi
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
    put_output units 5 systemctl show -p Id,ActiveState,FragmentPath,DropInPaths,ExecStart \
        docker.service firewalld.service
    put_output docker_unit 5 systemctl cat docker.service
else
    put systemd 0
fi
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
# Whether the rules of firewall.sh are as it made them, and come back after a boot.
if [ -e "$state/firewall/record" ]; then
    guard=changed
    unit=/etc/systemd/system/multi-user.target.wants/crosshost-firewall-$1.service
    if [ ! -e /run/crosshost-firewall ] || { [ -d /run/systemd/system ] && [ ! -e "$unit" ]; }; then
        put guard changed
    elif ask guard 5 sh -c '{ iptables -t raw -S; ip6tables -t raw -S; } 2>/dev/null | grep CROSSHOST; :'; then
        if printf '%s' "$text" | cmp -s - /run/crosshost-firewall; then guard=intact; fi
        put guard "$guard"
    fi
fi
if has nft; then put_output nft 5 nft -j list ruleset; fi
if has ss; then put_output listening 5 ss -Hlntup; fi

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

# Free kilobytes, for this user.
free() { # NAME DIRECTORY
    # shellcheck disable=SC2046
    set -- "$1" $(within 5 df -k --output=avail "$2" 2>/dev/null | head -c 200)
    if [ -n "${3:-}" ]; then put "$1" "$3"; fi
}
free free_etc /etc
# Where crosshost keeps what it has to undo, and what a remount after a disk's error takes away.
kept=/var/lib/crosshost
if [ -e "$kept" ] || [ -L "$kept" ]; then
    put state_folder "$(stat -L -c '%u %a %F' "$kept" 2>/dev/null)"
fi
if ! [ -d "$kept" ]; then kept=/var/lib; fi
free free_state "$kept"
unwritable() { [ "$uid" = 0 ] && [ -d "$1" ] && ! [ -w "$1" ]; }
if unwritable "$kept"; then put read_only "state $kept"; fi
if unwritable /etc/systemd/system; then put read_only "units /etc/systemd/system"; fi
settings=/etc/docker
if ! [ -d "$settings" ]; then settings=/etc; fi
if unwritable "$settings"; then put read_only "daemon_json $settings"; fi
free free_docker "${root:-/var/lib/docker}"

# Not from /sys/class/net/NIC/flags: it shows what the kernel sets for macvlan, too.
put_output links 5 ip -o link show
put_output addresses 5 ip -o -4 addr show
put_output routes 5 ip -o -4 route show
kill "$watcher" 2>/dev/null
put end 1
}
main "$@"
exit 0
