"""Everything of a host that crosshost must leave as it found it."""

from __future__ import annotations

from lab.lab import Lab

_LOOK = r"""
echo "== daemon.json"; stat -c '%a %U:%G %y' /etc/docker/daemon.json 2>&1
sha256sum /etc/docker/daemon.json 2>&1
echo "== links"; ip -o link show | sed -e 's/^[0-9]*: //' -e 's/@if[0-9]*//' -e 's/ qdisc.*//' -e 's/NO-CARRIER,//' -e 's/,LOWER_UP//' | grep -v '^veth' | sort
echo "== routes"; ip -4 route | sed 's/ linkdown//' | sort
echo "== units"; ls /etc/systemd/system /etc/systemd/system/*.wants
echo "== files"; ls -d /var/lib/crosshost /usr/local/lib/* /etc/docker/* 2>&1
echo "== firewall"; iptables-save | grep -v '^#' | sed 's/\[.*\]//' | grep -v -- '--to-destination\|-d 172.17' | sort
echo "== networks"; docker network ls --format '{{.Name}} {{.Driver}} {{.Scope}}' | sort
echo "== volumes"; docker volume ls -q | sort
echo "== containers"; docker ps -a --format '{{.Names}}' | sort
echo "== images"; docker image ls --format '{{.Repository}}:{{.Tag}}' | sort
echo "== daemon"; docker info --format '{{.LiveRestoreEnabled}} {{.Swarm.LocalNodeState}}'
docker info --format '{{.ClusterStore}}' 2>/dev/null || true
"""


def look(lab: Lab, host: str) -> str:
    """A picture of the host as text, to compare with another one."""
    return lab.ssh(host, _LOOK).stdout
