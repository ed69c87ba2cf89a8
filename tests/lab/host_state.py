"""Everything of a host that crosshost must leave as it found it."""

from __future__ import annotations

import difflib
import json
import re

from lab.lab import Lab

_LOOK = r"""
echo "== daemon.json"; stat -c '%a %U:%G %y' /etc/docker/daemon.json 2>&1
sha256sum /etc/docker/daemon.json 2>&1
echo "== links"; ip -o link show | sed -e 's/^[0-9]*: //' -e 's/@if[0-9]*//' -e 's/ qdisc.*//' -e 's/NO-CARRIER,//' -e 's/,LOWER_UP//' | grep -v '^veth' | sort
echo "== forwarding entries"; bridge fdb show | grep "^00:00:00:00:00:00 " | sort
echo "== routes"; ip -4 route | sed 's/ linkdown//' | sort
echo "== units"; ls /etc/systemd/system /etc/systemd/system/*.wants
echo "== files"; ls -d /var/lib/crosshost /run/crosshost* /run/systemd/transient/crosshost* /run/wireguard /usr/local/lib/* /etc/docker/* 2>&1
echo "== firewall"; for tables in iptables ip6tables; do $tables-save; done | grep -v '^#' | sed 's/\[.*\]//' | grep -v -- '--to-destination\|-d 172.17' | awk '
    # A table without a rule of its own is none: engines from 28 on make "raw" with their first container.
    /^\*/ { table = $0; next } /^:/ { chains = chains $0 "\n"; if ($2 == "-") own = 1; next } /^-/ { own = 1 }
    /^COMMIT/ { if (own) printf "%s\n%s%s", table, chains, rules; own = 0; chains = rules = ""; next }
    { rules = rules $0 "\n" }' | sort
echo "== networks"; docker network ls --format '{{.Name}} {{.Driver}} {{.Scope}}' | sort
echo "== volumes"; docker volume ls -q | sort
echo "== containers"; docker ps -a --format '{{.Names}}' | sort
echo "== images"; docker image ls --format '{{.Repository}}:{{.Tag}}' | sort
echo "== daemon"; docker info 2>/dev/null | grep -E '^ *(Cluster Store|Live Restore Enabled|Swarm):'
"""


def look(lab: Lab, host: str) -> str:
    """A picture of the host as text, to compare with another one."""
    return lab.ssh(host, _LOOK).stdout


def look_without_times(lab: Lab, host: str) -> str:
    """The same, when daemon.json was written left out."""
    return re.sub(r"root:root \S+ \S+ \+0000", "", look(lab, host))


def look_without_records(lab: Lab, host: str) -> str:
    """The same, but for what only lost records told: daemon.json's form and time, and which images
    were there.
    """
    kept = re.sub(r"== (daemon\.json|images)\n(?:(?!== ).*\n)*", "", look(lab, host))
    text = lab.ssh(host, "cat /etc/docker/daemon.json").stdout
    return f"{kept}== daemon.json\n{json.dumps(json.loads(text))}\n"


def difference(before: dict[str, str], after: dict[str, str]) -> str:
    """The lines that differ between pictures of hosts, "" where none does."""
    lines: list[str] = []
    for host in before:
        old, new = before[host].splitlines(), after[host].splitlines()
        lines += difflib.unified_diff(old, new, f"{host} before", f"{host} after", lineterm="", n=0)
    return "\n".join(lines)
