# shellcheck shell=sh
# shellcheck disable=SC2154
# docker.service with its drop-ins, whether firewalld runs (firewall.py), and which of the stack's units that keep
# something across boots are not enabled.
if [ -d /run/systemd/system ]; then
    put systemd 1
    put_output units 5 systemctl show -p Id,ActiveState,FragmentPath,DropInPaths,ExecStart \
        docker.service firewalld.service
    put_output docker_unit 5 systemctl cat docker.service
    for kind in nic vlan shim vxlan; do
        if [ ! -e "$state/$kind" ]; then continue; fi
        enabled=
        for link in /etc/systemd/system/*.wants/crosshost-"$kind-$stack.service"; do
            if [ -e "$link" ]; then enabled=yes; fi
        done
        if [ -z "$enabled" ]; then put unkept "$kind"; fi
    done
else
    put systemd 0
fi
