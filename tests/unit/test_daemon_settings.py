"""`crosshost:daemon` through the whole program: what reaches a host, in which order, said how."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from components.daemon import Turns
from components.daemon_settings import TlsFiles
from planning import records
from tests.certificates import Authority
from tests.unit.fleet import b64, containers, facts_text, run_program, stack_values

UNIT = (
    "units " + b64("Id=docker.service\nFragmentPath=/lib/docker.service\nDropInPaths=\nExecStart=x\n"),
    "docker_unit " + b64("# /lib/docker.service\n[Service]\nExecStart=/usr/bin/dockerd -H fd://\n"),
)  # fmt: skip
HOSTS = {
    name: facts_text(hostname=name, daemon_json="{}", more=UNIT)
    for name in ("docker01", "docker02")
}
COMMAND = "command:remote:Command"


@pytest.fixture
def authority(tmp_path):
    folder = tmp_path / "certs"
    folder.mkdir()
    made = Authority.make(folder)
    made.write("docker01", "10.0.0.11")
    made.write("docker02", "10.0.0.12")
    return made


def values(**daemon: Any) -> dict[str, Any]:
    return {**stack_values("lab-macvlan"), "daemon": daemon}


def test_settings_reach_every_host_and_the_preview_says_what_they_take(monkeypatch, tmp_path, said):
    settings = {"log-driver": "local", "debug": True}
    engine = run_program(monkeypatch, tmp_path, values(settings=settings), HOSTS, preview=True)
    for host in HOSTS:
        stdin = engine.of_type(COMMAND)[f"daemon@{host}"]["stdin"]
        assert records.body(stdin) == '{\n    "log-driver": "local",\n    "debug": true\n}\n'
        assert records.header_fields(stdin)["own"] == "debug,log-driver"
        assert (
            f'warn {host}: daemon.json (+ debug: true, + log-driver: "local"): the Docker daemon will be restarted '
            "(because of log-driver); no container runs there"
        ) in said


def test_what_keeps_running_is_said_as_it_is(monkeypatch, tmp_path, said):
    row = {"id": "id", "name": "web", "state": "running", "status": "Up", "stack": ""}
    swarm = facts_text(
        hostname="docker02", daemon_json="{}", more=(*UNIT, containers(row)),
        info={"Swarm": {"LocalNodeState": "active"}},
    )  # fmt: skip
    facts = {
        "docker01": facts_text(
            hostname="docker01", daemon_json="{}", more=(*UNIT, containers(row))
        ),
        "docker02": swarm,
    }
    run_program(monkeypatch, tmp_path, values(settings={"mtu": 1400}), facts)
    text = "\n".join(said)
    assert (
        "docker01: daemon.json (+ mtu: 1400): the Docker daemon will be restarted (because of mtu); its 1 running container goes on running"
        in text
    )
    assert (
        "docker02: daemon.json (+ mtu: 1400): the Docker daemon will be restarted (because of mtu); its 1 running container bounces: a swarm does not go with live-restore"
        in text
    )


def test_a_reload_is_no_warning(monkeypatch, tmp_path, said):
    run_program(monkeypatch, tmp_path, values(settings={"debug": True}), HOSTS)
    assert (
        "info docker01: daemon.json (+ debug: true): the Docker daemon will be reloaded; running containers "
        "are not touched"
    ) in said


def test_the_api_that_is_open_to_all_is_called_that_at_every_run(monkeypatch, tmp_path, said):
    api = {"insecure_anyone_who_reaches_the_port_owns_the_host": True, "port": 2375}
    engine = run_program(monkeypatch, tmp_path, values(api=api), HOSTS)
    assert (
        "warn docker01: anyone who reaches the port 2375 owns the host: its Docker API asks for no "
        "certificate"
    ) in said
    stdin = engine.of_type(COMMAND)["daemon@docker01"]["stdin"]
    assert '"tcp://0.0.0.0:2375"' in stdin
    assert "tls@docker01" not in engine.of_type(COMMAND)


def test_each_host_gets_its_own_certificate_and_its_key_as_a_secret(
    monkeypatch, tmp_path, authority
):
    engine = run_program(monkeypatch, tmp_path, values(api={"tls": dict(authority.tls())}), HOSTS)
    commands = engine.of_type(COMMAND)
    for host in HOSTS:
        key = (authority.folder / f"{host}-key.pem").read_text()
        sent = commands[f"tls@{host}"]["stdin"]
        assert key in pulumi.runtime.rpc.unwrap_rpc_secret(sent)
        assert pulumi.runtime.rpc.is_rpc_secret(sent)
        assert key.splitlines()[1] not in commands[f"daemon@{host}"]["stdin"]
    folders = {
        line
        for host in HOSTS
        for line in commands[f"daemon@{host}"]["stdin"].splitlines()
        if '"tlskey":' in line
    }
    assert len(folders) == 2


def test_files_that_do_not_belong_together_are_refused(authority):
    folder = authority.folder
    files = dict(authority.tls())
    with pytest.raises(ValueError, match=r"docker02-key.pem is not the key of .*docker01.pem"):
        TlsFiles(**{**files, "key": f"{folder}/docker02-key.pem"}).read("docker01")
    with pytest.raises(ValueError, match=r"^cert: .*docker01-key.pem holds no PEM certificate"):
        TlsFiles(**{**files, "cert": f"{folder}/docker01-key.pem"}).read("docker01")
    authority.write("locked", "10.0.0.13", passphrase="secret")
    with pytest.raises(ValueError, match=r"^key: .*locked-key.pem has a passphrase"):
        TlsFiles(**files).read("locked")
    with pytest.raises(ValueError, match=r"^cert: .*docker03.pem cannot be read"):
        TlsFiles(**files).read("docker03")


def test_at_most_so_many_take_their_turn_at_once():
    resources = [object() for _ in range(5)]
    turns = Turns(2)
    waits = []
    for resource in resources:
        waits.append(turns.before())
        turns.take(resource)  # type: ignore[arg-type]
    assert waits == [[], [], [resources[0]], [resources[1]], [resources[2]]]
