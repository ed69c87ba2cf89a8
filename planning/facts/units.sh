# shellcheck shell=sh
# docker.service with its drop-ins, and whether firewalld runs (firewall.py).
if [ -d /run/systemd/system ]; then
    put systemd 1
    put_output units 5 systemctl show -p Id,ActiveState,FragmentPath,DropInPaths,ExecStart \
        docker.service firewalld.service
    put_output docker_unit 5 systemctl cat docker.service
else
    put systemd 0
fi
