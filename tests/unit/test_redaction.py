"""What is secret by its form or its name is in no text."""

from __future__ import annotations

import json

import pytest

from planning import redaction
from planning.redaction import HIDDEN, SECRET_MARK, UNKNOWN

KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXkPLANTED\nPLANTED\n-----END OPENSSH PRIVATE KEY-----"


@pytest.mark.parametrize(
    "text",
    [
        KEY,
        KEY[:60] + "PLANTED cut off",
        "docker swarm join --token SWMTKN-1-PLANTED-PLANTED",
        "SWMKEY-1-PLANTED",
        "ghp_PLANTEDPLANTEDPLANTED",
        "glpat-PLANTEDPLANTED",
        "AKIAPLANTEDPLANTED11",
        "eyJPLANTEDPLANTED.eyJPLANTEDPLANTED.PLANTED",
        "postgres://user:PLANTED@db/x",
        "PASSWORD=PLANTED",
        'DB_PASSWORD="PLANTED with \\"PLANTED words"',
        '{"password": "PLANTED"}',
        "api-key: PLANTED",
        "Authorization: Bearer PLANTED",
        "--password PLANTED",
        "--consul-token=PLANTED",
        "secret: v1:PLANTEDxPLANTED:PLANTEDPLANTED",
        "tls_private_key = 'PLANTED and PLANTED'",
    ],
)
def test_a_secret_is_not_in_a_text(text):
    assert "PLANTED" not in redaction.text(text)
    assert HIDDEN in redaction.text(text)


@pytest.mark.parametrize(
    "value",
    [
        {"password": "PLANTED"},
        {"dbPassword": ["PLANTED", {"x": "PLANTED"}]},
        {"envs": ["A=1", "MY_TOKEN=PLANTED PLANTED\nPLANTED"]},
        {"command": ["server", "--token", "PLANTED", "--x"]},
        {"labels": [{"label": "my.secret", "value": "PLANTED"}]},
        {"connection": {SECRET_MARK: "1b47", "plaintext": "PLANTED"}},
        {"pin": {"token": 1234}},
        {"x": [[{"y": KEY}]]},
    ],
)
def test_a_secret_is_not_in_data(value):
    found = json.dumps(redaction.value(value))
    assert "PLANTED" not in found
    assert "1234" not in found
    assert HIDDEN in found


@pytest.mark.parametrize(
    "text",
    [
        "put the public key into root's ~/.ssh/authorized_keys there",
        "docker01: daemon.json (cluster-store: consul://10.0.0.11:8500): the Docker daemon will be reloaded",
        "docker01 will let only docker02 reach tcp 7946, udp 4789",
        "author: somebody, keyboard: us, monkey=1",
        "centos_ssh:v2",
    ],
)
def test_other_texts_stay_as_they_are(text):
    assert redaction.text(text) == text


def test_other_data_stays_as_it_is_and_what_is_unknown_is_said():
    data = {"image": "a:1", "ports": [{"internal": 80.0}], "tokens": None, "keys": True}
    assert redaction.value(data) == data
    assert redaction.value({"id": UNKNOWN, "x": f"a {UNKNOWN}"}) == {
        "id": redaction.NOT_KNOWN_YET,
        "x": f"a {redaction.NOT_KNOWN_YET}",
    }


def test_a_long_text_takes_no_long_time():
    for text in ("a" * 200_000, "key" * 60_000, "key=" * 40_000, "--" * 80_000, "-" * 100_000):
        redaction.text(text)
