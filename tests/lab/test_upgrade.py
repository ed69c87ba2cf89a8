"""An engine that is upgraded under a running fleet."""

from __future__ import annotations

import pytest


@pytest.mark.long
def test_an_upgraded_engine_shows_in_the_next_preview_and_the_next_up_looks_and_keeps_it(
    lab, boot_with, environment
):
    stack = environment("lab-macvlan")
    stack.config["containers"]["ssh02"]["restart"] = "unless-stopped"
    stack.write()
    stack.up()
    boot_with("trixie")
    preview = stack.preview()
    assert preview.changes == {"to update": 1}
    assert (
        "docker02: Docker was 20.10.5+dfsg1 at the last up and is 26.1.5+dfsg1 now" in preview.text
    )
    assert "- engine 20.10.5+dfsg1" in preview.text
    assert "+ engine 26.1.5+dfsg1" in preview.text
    assert stack.up().changes == {"updated": 1}
    lab.ssh("docker01", "docker exec ssh01 ping -c 1 -W 2 10.0.0.200")
    after = stack.preview()
    assert after.changes == {}
    assert "Docker was" not in after.text
