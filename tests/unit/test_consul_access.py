"""A Consul that asks for a token and certificates: what the stack file may say, and what is made."""

from __future__ import annotations

import pytest

from planning.problems import ProblemsError
from stacks.settings import parse
from tests.certificates import Authority
from tests.unit.fleet import facts_text, run_program, stack_values

HEALTHY = {name: facts_text(hostname=name) for name in ("docker01", "docker02")}
COMMAND = "command:remote:Command"
CONTAINER = "docker:index/container:Container"
TOKEN = "0b6ae8f6-8a0e-4d0a-9f3c-1f2e3d4c5b6a"


@pytest.fixture
def authority(tmp_path):
    return Authority.of_hosts(tmp_path)


def values(**consul):
    found = stack_values("lab-overlay")
    found["consul"] |= consul
    if "stack" in consul:
        del found["consul"]["image"]
    return found


def opened(secret):
    """What a mock's input is, that went to the engine as a secret."""
    assert set(secret) - {"value"} == {"4dabf18193072939515e22adb298388d"}, "it is no secret"
    return secret["value"]


@pytest.mark.parametrize(
    ("consul", "sentence"),
    [
        ({"token": "abc"}, "is no UUID in lower case"),
        ({"token": TOKEN.upper()}, "is no UUID in lower case"),
        ({"token": 12}, "is no UUID in lower case"),
        ({"tls": {"ca": "/no/ca.pem", "cert": "x", "key": "y"}}, "/no/ca.pem cannot be read"),
        ({"stack": "other", "token": TOKEN}, "token is up to stack other"),
        (
            {"stack": "other", "tls": {"ca": "a", "cert": "b", "key": "c"}},
            "tls is up to stack other",
        ),
    ],
)
@pytest.mark.usefixtures("key_file")
def test_a_wrong_token_or_certificate_is_refused_and_not_shown(consul, sentence):
    with pytest.raises(ProblemsError) as error:
        parse(values(**consul))
    assert sentence in str(error.value)
    if isinstance(consul.get("token"), str):
        assert consul["token"] not in str(error.value)


def test_hosts_are_given_files_before_the_server_and_the_daemons_name_them(
    monkeypatch, tmp_path, authority
):
    stack = values(token=TOKEN, tls=dict(authority.tls()))
    engine = run_program(monkeypatch, tmp_path, stack, HEALTHY, secret_keys=("consul",))
    commands = engine.of_type(COMMAND)
    order = list(engine.resources)
    given = {name: opened(commands[f"consul-access@{name}"]["stdin"]) for name in HEALTHY}
    header = given["docker01"].partition("\n")[0].split()
    assert {"folder=consul-access", "mode=644", "token=1"} <= set(header)
    assert "mode=600" in given["docker02"].partition("\n")[0].split()
    assert "BEGIN PRIVATE KEY" in given["docker02"]
    assert "acl {" in given["docker01"]
    assert "acl {" not in given["docker02"]
    consul = engine.of_type(CONTAINER)["consul@docker01"]
    assert "-config-file=/consul/access/server.hcl" in consul["command"]
    assert consul["volumes"][1]["readOnly"] is True
    assert order.index("consul-access@docker01") < order.index("consul@docker01")
    assert order.index("consul-access@docker02") < order.index("daemon@docker02")
    daemon = commands["daemon@docker02"]["stdin"]
    folder = "/var/lib/crosshost/{}/consul-access/".format("test")
    assert f"EnvironmentFile=-{folder}" in daemon
    assert f'"kv.certfile": "{folder}' in daemon
    assert "action=restart" in daemon
    assert commands["consul-leader@docker01"]["stdin"].count(" port=8501 access=") == 1
    for name, args in engine.resources.items():
        if not name.startswith("consul-access@"):
            assert TOKEN not in str(args.inputs), name


def test_without_them_nothing_is_given_and_the_port_is_plain(monkeypatch, tmp_path):
    engine = run_program(monkeypatch, tmp_path, values(), HEALTHY)
    assert not [name for name in engine.resources if "consul-access" in name]
    daemon = engine.of_type(COMMAND)["daemon@docker02"]["stdin"]
    assert "cluster-store-opts" not in daemon
    assert "unit=0" in daemon


def test_a_token_in_the_open_is_refused(monkeypatch, tmp_path):
    with pytest.raises(Exception, match="pulumi config set --secret"):
        run_program(monkeypatch, tmp_path, values(token=TOKEN), HEALTHY)
