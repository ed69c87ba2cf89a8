"""The daemon's TCP API with client certificates, on real hosts."""

from __future__ import annotations

import json
import re

import pytest

from lab.lab import Lab
from tests.certificates import Authority
from tests.lab import test_secrets
from tests.lab.host_state import look
from tests.lab.test_secrets import FIND, shows

# Prints an HTTP answer's first line and body, or why there is none. Arguments: URL, CA, client.
CLIENT = """
import http.client, ssl, sys
scheme, host, ca, client = sys.argv[1:]
try:
    if scheme == "http":
        connection = http.client.HTTPConnection(host, 2376, timeout=5)
    else:
        context = ssl.create_default_context(cafile=ca)
        if client:
            context.load_cert_chain(client + ".pem", client + "-key.pem")
        connection = http.client.HTTPSConnection(host, 2376, timeout=5, context=context)
    connection.request("GET", "/version")
    answer = connection.getresponse()
    print(answer.status, answer.read().decode())
except OSError as error:
    print(error)
"""
UNIT = """
systemctl cat docker.service
ls -lA --time-style=full-iso /etc/systemd/system | grep -v '\\.wants$'
cat /etc/docker/daemon.json
stat -c '%a %U %y' /etc/docker/daemon.json
ss -Hltn 'sport = :2376'
"""
PID = "docker inspect -f {{.State.Pid}} stranger"
DROP_IN = "/etc/systemd/system/docker.service.d/zz-crosshost-*.conf"

watched = test_secrets.watched


@pytest.fixture
def authority(tmp_path):
    made = Authority.of_hosts(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    Authority.make(other).write("stranger")
    return made


@pytest.fixture
def stranger(lab):
    """A running container of somebody else's on docker01; its PID."""
    lab.ssh("docker01", "docker run -d --name stranger busybox:1 sleep 1d")
    yield lab.ssh("docker01", PID).stdout
    lab.ssh("docker01", "docker rm -f stranger")


@pytest.fixture
def before(lab, stranger):
    return look(lab, "docker01"), lab.ssh("docker01", UNIT).stdout


@pytest.fixture
def stack(before, environment, authority):
    """docker01 with the API and nothing else."""
    stack = environment("lab-modes")
    stack.config["hosts"] = {"docker01": stack.config["hosts"]["docker01"]}
    stack.config["containers"] = {}
    stack.config["daemon"] = {"api": {"port": 2376, "tls": dict(authority.tls())}}
    stack.write()
    return stack


@pytest.fixture
def ask(lab, authority):
    """What a client on the LAN hears: ``ask("https", "client")``."""

    def call(scheme: str, client: str = "", lab: Lab = lab) -> str:
        name = str(authority.folder / client) if client else ""
        ca = str(authority.folder / "ca.pem")
        return lab.run(["python", "-c", CLIENT, scheme, "10.0.0.11", ca, name]).stdout

    return call


@pytest.mark.long
def test_only_clients_with_a_certificate_get_in_and_destroy_leaves_no_trace(
    lab, stack, ask, authority, stranger, before
):
    preview = stack.preview().text
    assert (
        'docker01: daemon.json (+ hosts: ["fd://", "tcp://0.0.0.0:2376"], + tlscacert: "/var/lib/'
        in preview
    )
    assert "-H of docker.service and hosts of daemon.json are one list" in preview
    stack.up()
    answer = ask("https", "client")
    assert answer.startswith("200 "), answer
    assert json.loads(answer[4:])["Version"].startswith("20.10.5")
    for refused in (ask("https"), ask("https", "other/stranger")):
        assert not refused.startswith("200"), refused
        assert re.search(r"certificate|alert|reset", refused), refused
    assert ask("http").startswith("400 Client sent an HTTP request to an HTTPS server")
    # The socket is there as ever, and what ran goes on running.
    assert lab.ssh("docker01", PID).stdout == stranger
    assert stack.up().changes == {}

    # A drop-in that is gone shows and comes back, without a restart.
    daemon = lab.ssh("docker01", "pidof dockerd").stdout
    lab.ssh("docker01", f"rm {DROP_IN}; systemctl daemon-reload")
    preview = stack.preview()
    assert preview.changes == {"to update": 1}
    assert "docker01: the drop-in of docker.service is gone" in preview.text
    stack.up()
    assert lab.ssh("docker01", "pidof dockerd").stdout == daemon
    lab.ssh("docker01", "systemctl restart docker")
    stack_pid = lab.ssh("docker01", "docker start stranger >/dev/null; " + PID).stdout
    assert ask("https", "client").startswith("200 ")
    assert stack.up().changes == {}

    # Another certificate is another file, which the daemon starts with; the old one goes.
    authority.write("docker01", "10.0.0.11")
    stack.up()
    assert ask("https", "client").startswith("200 ")
    folders = lab.ssh("docker01", "ls -d /var/lib/crosshost/*/tls/*/").stdout.split()
    assert len(folders) == 1
    assert lab.ssh("docker01", f"stat -c %a {folders[0]} {folders[0]}*").stdout.split() == [
        "700", "600", "600", "600",
    ]  # fmt: skip
    assert lab.ssh("docker01", PID).stdout == stack_pid

    stack.destroy()
    assert lab.ssh("docker01", UNIT).stdout == before[1]
    assert look(lab, "docker01") == before[0]
    assert lab.ssh("docker01", PID).stdout == stack_pid
    assert "refused" in ask("https", "client")


@pytest.mark.long
def test_a_daemon_that_is_down_as_its_drop_in_is_gone_comes_back_with_the_next_up(lab, stack, ask):
    stack.up()
    lab.ssh("docker01", f"rm {DROP_IN}; systemctl daemon-reload")
    lab.ssh("docker01", "systemctl restart docker", check=False)
    preview = stack.preview()
    assert "docker01: the drop-in of docker.service is gone" in preview.text
    assert "up would stop here" not in preview.text
    stack.up()
    assert ask("https", "client").startswith("200 ")
    assert stack.up().changes == {}


@pytest.mark.long
def test_the_key_is_seen_nowhere(lab, stack, authority, watched):
    key = (authority.folder / "docker01-key.pem").read_text().splitlines()[2]
    said = stack.preview("--logtostderr", "-v=8", "--logflow").text
    said += stack.up("--diff", "--logtostderr", "-v=8", "--logflow").text
    lab.ssh("docker01", f"chmod 644 /var/lib/crosshost/{stack.name}/tls/*/key.pem")
    preview = stack.preview()
    assert preview.changes == {"to update": 1}, "a key that others can read is drift"
    said += preview.text + stack.up().text
    processes = watched()
    said += stack.run("stack", "output", "--json").text
    assert "tls.sh apply" in processes
    for place, text in {"processes": processes, "state": stack.state(), "said": said}.items():
        assert not shows(text, key), f"the key is in {place}"
    assert lab.ssh("docker01", FIND.format(key)).stdout == ""
    assert key in lab.ssh("docker01", f"cat /var/lib/crosshost/{stack.name}/tls/*/key.pem").stdout
    # What facts bring back are hashes.
    assert key not in lab.ssh("docker01", f"cat /var/lib/crosshost/{stack.name}/*/record").stdout


@pytest.mark.long
def test_a_certificate_that_the_daemon_refuses_leaves_it_as_it_was(
    lab, stack, ask, before, stranger
):
    # The unit sets what daemon.json sets, too, where nobody can see it beforehand.
    lab.ssh(
        "docker01",
        "cp -p /etc/default/docker /root/default-docker; echo 'DOCKER_OPTS=--tlskey=/nowhere' >>/etc/default/docker",
    )
    try:
        up = stack.up(check=False)
        assert "refused the new daemon.json and has its old one back" in up.text
        assert "tlskey" in up.text
        assert "docker.service.d" not in lab.ssh("docker01", "ls /etc/systemd/system").stdout
        assert lab.ssh("docker01", PID).stdout == stranger
    finally:
        lab.ssh("docker01", "mv /root/default-docker /etc/default/docker")
    stack.up()
    assert ask("https", "client").startswith("200 ")
    stack.destroy()
    assert lab.ssh("docker01", UNIT).stdout == before[1]


@pytest.mark.long
def test_an_api_without_certificates_is_warned_of(lab, stack, ask, before):
    stack.config["daemon"]["api"] = {
        "port": 2376, "insecure_anyone_who_reaches_the_port_owns_the_host": True,
    }  # fmt: skip
    stack.write()
    warning = "docker01: anyone who reaches the port 2376 owns the host"
    assert warning in stack.preview().text
    stack.up()
    assert ask("http").startswith("200 ")
    assert warning in stack.preview().text
    stack.destroy()
    assert lab.ssh("docker01", UNIT).stdout == before[1]


@pytest.mark.long
def test_a_new_engine_has_it_too(newer, newer_environment, ask, authority):
    stack = newer_environment
    before = look(newer, "docker01"), newer.ssh("docker01", UNIT).stdout
    stack.config["daemon"] = {"api": {"port": 2376, "tls": dict(authority.tls())}}
    stack.write()
    stack.up()
    answer = ask("https", "client", newer)
    assert json.loads(answer.removeprefix("200 "))["Version"].startswith("28.")
    assert not ask("https", "", newer).startswith("200")
    assert stack.up().changes == {}
    insecure = "insecure_anyone_who_reaches_the_port_owns_the_host"
    stack.config["daemon"] = {"api": {"port": 2376, insecure: True}}
    stack.write()
    stack.up()
    assert ask("http", "", newer).startswith("200 ")
    assert "/tls" not in newer.ssh("docker01", "ls -d /var/lib/crosshost/*/*").stdout
    stack.destroy()
    assert (look(newer, "docker01"), newer.ssh("docker01", UNIT).stdout) == before
