"""Docker 20.10 with a thread in a network namespace that is gone: what it breaks is named, and the way out."""

from __future__ import annotations

import pytest

from tests.lab.waiting import wait

GONE = "Docker on docker02 works in a network namespace that is gone"


@pytest.mark.long
@pytest.mark.timeout(400)
def test_a_daemon_that_works_in_a_namespace_that_is_gone_is_named_until_it_is_restarted(
    lab, environment
):
    stack = environment("lab-overlay")
    stack.config["containers"]["web02"]["restart"] = "unless-stopped"
    stack.write()
    stack.up()
    assert GONE not in stack.preview().text

    # The network's namespace on docker02 goes with its only container there.
    def restarted():
        lab.ssh("docker02", "docker restart --time 0 web02", check=False)
        return GONE in stack.preview().text

    wait(restarted, 120)
    lab.ssh("docker02", "systemctl restart docker", timeout=150)
    ping = "timeout 5 docker exec web02 ping -c 1 -W 2 web01"
    wait(lambda: lab.ssh("docker02", ping, check=False).returncode == 0, 60)
    preview = stack.preview()
    assert GONE not in preview.text
    assert preview.changes == {}
