"""Settings of daemon.json on real hosts: merged, announced, taken in turns, put back."""

from __future__ import annotations

import json

import pytest

from tests.lab.host_state import difference, look

HOSTS = ("docker01", "docker02")
STRANGER = "docker run -d --name stranger busybox:1 sleep 1d"
PID = "docker inspect -f {{.State.Pid}} stranger"
DAEMON_JSON = "cat /etc/docker/daemon.json"


def since(lab, host, what):
    """When the daemon was last begun or ready, on the clock that all lab hosts share."""
    show = f"systemctl show -p {what}TimestampMonotonic --value docker"
    return int(lab.ssh(host, show).stdout)


def daemons_only(stack):
    """The environment without networks and containers."""
    stack.config["networks"], stack.config["containers"] = {}, {}
    stack.write()
    return stack


@pytest.fixture
def strangers(lab):
    """A running container of somebody else's on each host, without a restart policy: its PID."""
    for host in HOSTS:
        lab.ssh(host, STRANGER)
    yield lambda: {host: lab.ssh(host, PID).stdout for host in HOSTS}
    for host in HOSTS:
        lab.ssh(host, "docker rm -f stranger")


@pytest.fixture
def before(lab, strangers):
    return {host: look(lab, host) for host in HOSTS}


@pytest.fixture
def stack(before, environment):
    return daemons_only(environment("lab-macvlan"))


def test_daemons_restart_in_turns_and_nothing_that_runs_stops(lab, stack, strangers, before):
    running = strangers()
    stack.config["daemon"] = {"settings": {"log-driver": "local", "debug": True}}
    stack.write()
    preview = stack.preview().text
    assert (
        'docker02: daemon.json (+ debug: true, + log-driver: "local"): the Docker daemon will be '
        "restarted (because of log-driver); its 1 running container goes on running"
    ) in preview
    assert 'log-driver: "local"' in preview
    stack.up()
    for host in HOSTS:
        assert (
            lab.ssh(host, "docker info -f '{{.LoggingDriver}} {{.Debug}}'").stdout == "local true\n"
        )
        assert lab.ssh(host, "docker info -f {{.LiveRestoreEnabled}}").stdout == "false\n"
        assert "live-restore" not in lab.ssh(host, DAEMON_JSON).stdout
    # The second one began after the first was there again.
    assert since(lab, "docker01", "ActiveEnter") < since(lab, "docker02", "ExecMainStart")
    assert strangers() == running
    assert stack.up().changes == {}

    # Our key edited by hand is named and set back; the admin's own key stays.
    lab.ssh(
        "docker02",
        'sed -i -e \'s/"local"/"json-file"/\' -e \'s/^{/{\\n    "shutdown-timeout": 20,/\' '
        "/etc/docker/daemon.json",
    )
    preview = stack.preview()
    assert preview.changes == {"to update": 1}
    assert (
        'docker02: daemon.json: log-driver was set by us and edited by hand since (is "json-file" '
        'now): up sets it back to "local"'
    ) in preview.text
    assert 'daemon.json (~ log-driver: "json-file" -> "local"): the' in preview.text
    assert '+     "shutdown-timeout": 20,' in preview.text
    stack.up()
    assert json.loads(lab.ssh("docker02", DAEMON_JSON).stdout) == {
        "shutdown-timeout": 20, "registry-mirrors": ["http://10.0.0.2:5000"],
        "log-driver": "local", "debug": True,
    }  # fmt: skip
    lab.ssh("docker02", "sed -i '/shutdown-timeout/d' /etc/docker/daemon.json")
    stack.up()

    # They leave in turns too, the last one first.
    stack.destroy()
    assert since(lab, "docker02", "ActiveEnter") < since(lab, "docker01", "ExecMainStart")
    assert strangers() == running
    assert look(lab, "docker01") == before["docker01"]
    assert json.loads(lab.ssh("docker02", DAEMON_JSON).stdout) == {
        "registry-mirrors": ["http://10.0.0.2:5000"]
    }


def test_a_daemon_that_does_not_start_again_is_put_back_and_stops_the_rest(
    lab, stack, strangers, before
):
    running = strangers()
    untouched = since(lab, "docker02", "ExecMainStart")
    # The engine finds out about a driver that is not there only when it starts.
    stack.config["daemon"] = {"settings": {"storage-driver": "nonesuch"}}
    stack.write()
    up = stack.up(check=False)
    assert up.code != 0
    assert "the Docker daemon refused the new daemon.json and has its old one back: " in up.text
    assert "driver not supported" in up.text
    assert since(lab, "docker02", "ExecMainStart") == untouched
    assert strangers() == running
    for host in HOSTS:
        assert "nonesuch" not in lab.ssh(host, DAEMON_JSON).stdout
    # A key that it does not know is refused without any restart.
    started = since(lab, "docker01", "ExecMainStart")
    stack.config["daemon"] = {"settings": {"no-such-key": 1}}
    stack.write()
    up = stack.up(check=False)
    assert "no-such-key" in up.text
    assert since(lab, "docker01", "ExecMainStart") == started
    stack.destroy()
    assert not difference(before, {host: look(lab, host) for host in HOSTS})


@pytest.mark.long
def test_the_first_daemon_that_does_not_leave_stops_the_rest(lab, stack, strangers, before):
    stack.config["daemon"] = {"settings": {"log-driver": "local"}}
    stack.write()
    stack.up()
    untouched = since(lab, "docker01", "ExecMainStart")
    lab.ssh("docker02", "mount --bind -o ro /etc/docker /etc/docker")
    destroy = stack.destroy(check=False)
    lab.ssh("docker02", "umount /etc/docker")
    assert destroy.code != 0
    assert since(lab, "docker01", "ExecMainStart") == untouched
    assert '"log-driver": "local"' in lab.ssh("docker01", DAEMON_JSON).stdout
    stack.destroy()
    assert not difference(before, {host: look(lab, host) for host in HOSTS})


@pytest.mark.long
def test_what_a_reload_takes_is_taken_back_by_a_reload(lab, stack, strangers, before):
    started = {host: since(lab, host, "ExecMainStart") for host in HOSTS}
    stack.config["daemon"] = {
        "settings": {"labels": ["site=a"], "debug": True, "insecure-registries": ["10.0.0.9:5000"],
                     "live-restore": True}
    }  # fmt: skip
    stack.write()
    assert "will be reloaded; running containers are not touched" in stack.preview().text
    stack.up()
    show = "docker info -f '{{.Labels}} {{.Debug}} {{.LiveRestoreEnabled}} {{.RegistryConfig.InsecureRegistryCIDRs}} {{json .RegistryConfig.IndexConfigs}}'"
    assert lab.ssh("docker01", show).stdout.startswith("[site=a] true true ")
    assert "10.0.0.9:5000" in lab.ssh("docker01", show).stdout
    assert stack.up().changes == {}
    # A daemon keeps the values of keys that just go from the file.
    stack.config["daemon"] = {"settings": {"debug": True}}
    stack.write()
    stack.up()
    assert lab.ssh("docker01", show).stdout.startswith("[] true false ")
    assert "10.0.0.9:5000" not in lab.ssh("docker01", show).stdout
    stack.destroy()
    assert lab.ssh("docker01", show).stdout.startswith("[] false false ")
    assert {host: since(lab, host, "ExecMainStart") for host in HOSTS} == started
    assert not difference(before, {host: look(lab, host) for host in HOSTS})


@pytest.mark.long
def test_containers_on_an_overlay_are_reachable_after_their_daemons_restarted(lab, environment):
    stack = environment("lab-overlay")
    stack.up()
    both = "docker inspect -f {{.State.Pid}} $(docker ps -q)"
    running = {host: lab.ssh(host, both).stdout for host in HOSTS}
    stack.config["daemon"] = {"settings": {"log-driver": "local"}}
    stack.write()
    stack.up()
    assert {host: lab.ssh(host, both).stdout for host in HOSTS} == running
    lab.ssh("docker01", "docker exec web01 ping -c 1 -W 2 web02")
    lab.ssh("docker02", "docker exec web02 ping -c 1 -W 2 web01")
    # Who comes anew and who was there find each other.
    stack.config["containers"]["web03"] = {**stack.config["containers"]["web02"]}
    stack.write()
    stack.up()
    lab.ssh("docker01", "docker exec web01 ping -c 1 -W 2 web03")
    lab.ssh("docker02", "docker exec web03 ping -c 1 -W 2 web01")
    assert stack.up().changes == {}


@pytest.mark.long
def test_two_stacks_cannot_set_one_key_to_two_values(lab, stack, environment):
    stack.config["daemon"] = {"settings": {"labels": ["site=a"]}}
    stack.write()
    stack.up()
    other = daemons_only(environment("lab-overlay"))
    del other.config["consul"]
    other.config["daemon"] = {"settings": {"labels": ["site=b"], "debug": True}}
    other.write()
    sentence = (
        f"labels in daemon.json of docker01 belongs to stack {stack.name} too, which sets it to "
        '["site=a"]: write the same here, or take it out of one of the two'
    )
    assert sentence in other.preview().text
    assert sentence in other.up(check=False).text


@pytest.mark.long
def test_an_engine_that_can_say_no_beforehand_is_asked(newer, newer_environment):
    stack = newer_environment
    started = since(newer, "docker01", "ExecMainStart")
    before = look(newer, "docker01")
    stack.config["daemon"] = {"settings": {"log-driver": "local", "no-such-key": 1}}
    stack.write()
    up = stack.up(check=False)
    assert "the Docker daemon refuses the new daemon.json, nothing was changed: " in up.text
    assert "no-such-key" in up.text
    assert look(newer, "docker01").partition("== files")[0] == before.partition("== files")[0]
    assert since(newer, "docker01", "ExecMainStart") == started
    stack.config["daemon"] = {"settings": {"log-driver": "local"}}
    stack.write()
    stack.up()
    assert newer.ssh("docker01", "docker info -f {{.LoggingDriver}}").stdout == "local\n"
    assert stack.up().changes == {}
    stack.destroy()
    assert look(newer, "docker01") == before
