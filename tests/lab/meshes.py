"""Stacks like lab-vxlan for tests: their containers, devices and entries on real hosts."""

from __future__ import annotations

HOSTS = ("docker01", "docker02")
ENDS = (("docker01", "web01", "172.16.2.18"), ("docker02", "web02", "172.16.2.2"))


def started(shared_environment, like="lab-vxlan"):
    """A stack like one of the lab's, with containers that run again after a boot."""
    stack = shared_environment(like)
    stack.restart_containers()
    stack.up()
    return stack


def back(stack):
    """The stack file is as it was, and the hosts too."""
    stack.reset()
    stack.restart_containers()
    stack.up()


def pinged(lab, ends=ENDS):
    """Whether each container reaches the other's address."""
    return all(
        lab.ssh(host, f"docker exec {name} ping -c 1 -W 1 {to}", check=False).returncode == 0
        for host, name, to in ends
    )


def pids(lab, ends=ENDS):
    """Of the containers: one that goes on has the same."""
    form = "docker inspect -f {{.State.Pid}} "
    return [lab.ssh(host, form + name).stdout for host, name, _ in ends]


def device(lab, host="docker01"):
    return lab.ssh(host, "ip -d -o link show type vxlan").stdout


def entries(lab, host="docker01"):
    shown = lab.ssh(host, "bridge fdb show | grep ^00:00:00:00:00:00 || :").stdout
    return {line.split(" dst ")[1].split()[0] for line in shown.splitlines()}


def second(stack):
    """Beside the lab's own: another subnet, and other names."""
    stack.config["networks"] = {"second": {"strategy": "vxlan", "subnet": "172.16.8.0/24"}}
    stack.config["containers"] = {
        name.replace("web", "app"): {
            **one,
            "network": "second",
            "ip": one["ip"].replace("16.2.", "16.8."),
        }
        for name, one in stack.config["containers"].items()
    }
    stack.write()
