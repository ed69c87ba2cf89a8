"""A Compose file's services on two real hosts: what they wait for, see and are called."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.lab.host_state import difference, look_without_times

pytestmark = pytest.mark.long
HOSTS = ("docker01", "docker02")
COMPOSE = """
x-common: &common
  image: busybox:1
  init: true
  stop_grace_period: 1s
services:
  web:
    <<: *common
    command: sleep 1d
    environment: {GREETING: "${GREETING}"}
    depends_on:
      db: {condition: service_healthy}
      setup: {condition: service_completed_successfully}
    configs: [{source: page, target: /www/index.html}]
    volumes: ["./run.sh:/run.sh:ro"]
  db:
    <<: *common
    command: sh -c "sleep 3; touch /tmp/ready; exec sleep 1d"
    healthcheck: {test: test -e /tmp/ready, interval: 1s, retries: 30}
    secrets: [{source: password, uid: "7", mode: 0400}]
    volumes: [data:/data]
  setup:
    <<: *common
    command: sh -c "sleep 2; echo done > /data/setup"
    volumes: [data:/data]
secrets:
  password: {file: ./password.txt}
configs:
  page: {content: "${GREETING}"}
volumes:
  data:
"""


@pytest.fixture
def stack(lab, environment, tmp_path):
    """The Compose file's stack; ``web`` on docker01, what it needs on docker02."""
    (tmp_path / "compose.yaml").write_text(COMPOSE)
    (tmp_path / ".env").write_text("GREETING=hello from a file\n")
    (tmp_path / "password.txt").write_text("hunter2")
    (tmp_path / "run.sh").write_text("#!/bin/sh\necho ran\n")
    (tmp_path / "run.sh").chmod(0o755)
    one = environment("lab-overlay")
    one.config["containers"] = {}
    one.config["compose"] = {
        "file": str(tmp_path / "compose.yaml"),
        "on": {"web": "docker01", "db": "docker02", "setup": "docker02"},
        "networks": {"default": "ol1"},
        "project_name": "app",
    }
    one.write()
    yield one
    one.destroy()
    run(lab, "docker02", "docker volume rm app_data")


def run(lab, host: str, command: str) -> str:
    return str(lab.ssh(host, command).stdout.strip())


def looked(lab) -> dict[str, str]:
    """Pictures of the hosts, without the volume, which stays as with docker compose."""
    return {host: look_without_times(lab, host).replace("\napp_data", "", 1) for host in HOSTS}


def started(lab, host: str, name: str) -> str:
    return run(lab, host, f"docker inspect -f '{{{{.State.StartedAt}}}}' {name}")


def test_services_wait_for_each_other_see_their_files_and_leave_nothing(lab, stack, tmp_path: Path):
    before = looked(lab)
    stack.config["prove"] = {"when": "changed"}
    stack.write()
    stack.up()
    # What web waits for on another host was there before it was made.
    ended = run(
        lab, "docker02", "docker inspect -f '{{.State.FinishedAt}} {{.State.ExitCode}}' setup"
    )
    assert ended.endswith(" 0")
    assert started(lab, "docker02", "db") < ended < started(lab, "docker01", "web")
    assert run(lab, "docker01", "docker exec web ping -c 1 -W 2 db | tail -n 1")
    assert run(lab, "docker01", "docker exec web /run.sh") == "ran"
    assert run(lab, "docker01", "docker exec web cat /www/index.html") == "hello from a file"
    assert run(lab, "docker02", "docker exec db cat /data/setup") == "done"
    assert run(lab, "docker02", "docker exec db stat -c '%a %u' /run/secrets/password") == "400 7"
    folder = run(lab, "docker02", "ls -d /var/lib/crosshost/*/files-db")
    assert run(lab, "docker02", f"stat -c '%a %U' {folder} {folder}/*/") == "700 root\n700 root"
    for told in (stack.state(), stack.preview().text):
        assert "hunter2" not in told
        assert "hello from a file" not in told
    again = stack.up()
    assert again.changes == {}, again.text
    assert stack.preview("--refresh").changes == {}

    # Another content makes its container anew, and no other one; the one before it goes.
    at = started(lab, "docker02", "db")
    (tmp_path / ".env").write_text("GREETING=good evening\n")
    stack.up()
    assert run(lab, "docker01", "docker exec web cat /www/index.html") == "good evening"
    assert started(lab, "docker02", "db") == at
    assert len(run(lab, "docker01", "ls -d /var/lib/crosshost/*/files-web/*/").splitlines()) == 1

    # What somebody writes into it by hand is told, and put right where the container sees it.
    file = run(lab, "docker02", f"ls {folder}/*/10")
    run(lab, "docker02", f"printf other > {file}")
    assert "the files of db were changed by hand" in stack.preview().text
    stack.up()
    assert run(lab, "docker02", "docker exec -u 7 db cat /run/secrets/password") == "hunter2"
    assert stack.up().changes == {}

    # A policy says what a service breaks, with the Compose file's line, and nothing is changed.
    stack.config["policies"] = {"restart_set": True}
    stack.write()
    refused = stack.preview(check=False)
    assert refused.code != 0
    assert re.search(r"compose\.yaml:7: services\.web: says no `restart`", refused.text), (
        refused.text
    )
    del stack.config["policies"]

    # A service that moves takes its files along; one that is left out goes with them.
    stack.config["compose"] |= {"on": {"web": "docker02", "db": "docker02", "setup": "docker02"}}
    stack.write()
    stack.up()
    assert run(lab, "docker02", "docker exec web /run.sh") == "ran"
    assert (
        run(lab, "docker01", "ls -d /var/lib/crosshost/*/files-web 2>/dev/null || echo gone")
        == "gone"
    )
    stack.destroy()
    assert difference(before, looked(lab)) == ""


def test_an_unhealthy_container_stops_those_that_wait_for_it_with_its_last_lines(
    stack, tmp_path: Path
):
    text = COMPOSE.replace("sleep 3; touch /tmp/ready", "echo no disk").replace(
        "retries: 30", "retries: 2"
    )
    (tmp_path / "compose.yaml").write_text(text)
    outcome = stack.up(check=False)
    assert outcome.code != 0
    assert "container db, which others wait for, is unhealthy; its last lines:" in outcome.text
    assert "no disk" in outcome.text
    (tmp_path / "compose.yaml").write_text(COMPOSE)
    stack.up()


def test_one_that_fails_to_complete_stops_those_that_wait_for_it(stack, tmp_path: Path):
    text = COMPOSE.replace("echo done > /data/setup", "echo no schema; exit 3")
    (tmp_path / "compose.yaml").write_text(text)
    outcome = stack.up(check=False)
    assert outcome.code != 0
    assert "container setup, which others wait for, ended with exit code 3" in outcome.text
    assert "no schema" in outcome.text


def test_a_file_that_is_taken_apart_changes_nothing_until_a_part_does(lab, stack, tmp_path: Path):
    stack.up()
    at = {
        name: started(lab, host, name) for name, host in (("web", "docker01"), ("db", "docker02"))
    }
    web, rest = COMPOSE.partition("  db:\n")[::2]
    db, volumes = rest.partition("volumes:\n  data:\n")[:2]
    (tmp_path / "parts").mkdir()
    for name in ("password.txt", "run.sh", ".env"):
        (tmp_path / name).rename(tmp_path / "parts" / name)
    (tmp_path / "parts/web.yaml").write_text(web)
    anchor = COMPOSE.partition("services:\n")[0]
    (tmp_path / "parts/db.yaml").write_text(f"{anchor}services:\n  db:\n{db}{volumes}")
    (tmp_path / "compose.yaml").write_text(
        "include: [parts/db.yaml]\n"
        "services:\n  web: {extends: {file: parts/web.yaml, service: web}}\n"
    )
    stack.config["compose"]["env_file"] = "parts/.env"
    stack.write()
    assert stack.preview().changes == {}
    (tmp_path / "parts/password.txt").write_text("hunter3")
    stack.up()
    assert run(lab, "docker02", "docker exec -u 7 db cat /run/secrets/password") == "hunter3"
    assert started(lab, "docker01", "web") == at["web"]
    assert started(lab, "docker02", "db") != at["db"]
    (tmp_path / "parts/password.txt").write_text("hunter2")
    for name in ("password.txt", "run.sh", ".env"):
        (tmp_path / "parts" / name).rename(tmp_path / name)
    (tmp_path / "compose.yaml").write_text(COMPOSE)
    del stack.config["compose"]["env_file"]
    stack.write()
    stack.up()
    assert stack.preview().changes == {}
