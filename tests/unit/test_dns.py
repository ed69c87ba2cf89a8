"""Name servers under mocks: what each host's is told, who asks it, and who keeps which address."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pytest

from planning import dns_names, records
from tests.unit.fleet import b64, containers, run_program
from tests.unit.meshes import fleet, refusal, seen, values

CONTAINER, SERVER = "docker:index/container:Container", "crosshost-dns-test"
IMAGE = "dnsmasq:2.85"
LINES = (
    "172.16.2.2 web01 web01.mesh\n"
    "172.16.2.15 crosshost-dns-test crosshost-dns-test.mesh\n"
    "172.16.2.16 web02 web02.mesh\n"
    "172.16.2.31 crosshost-dns-test crosshost-dns-test.mesh\n"
)


def stack(hosts: int = 2, **dns):
    found = values(hosts)
    found["dns"] = {"image": IMAGE, **dns}
    return found


def told(engine, host="docker01"):
    stdin = engine.resources[f"dns@{host}"].inputs["stdin"]
    return records.header_fields(stdin), records.body(stdin)


def address(engine, name):
    return engine.of_type(CONTAINER)[name]["networksAdvanced"][0].get("ipv4Address")


def test_every_host_has_a_server_that_knows_all_containers(monkeypatch, tmp_path):
    engine = run_program(monkeypatch, tmp_path, stack(), fleet())
    for host in ("docker01", "docker02"):
        assert told(engine, host) == (
            {
                "planned": told(engine, host)[0]["planned"],
                "container": SERVER,
                "upstream": "127.0.0.11",
            },
            LINES,
        )
    server = engine.of_type(CONTAINER)["dns:docker02@docker02"]
    assert (server["name"], server["image"], server["restart"]) == (SERVER, IMAGE, "always")
    assert server["networksAdvanced"][0]["ipv4Address"] == "172.16.2.31"
    assert server["capabilities"] == {
        "adds": ["CAP_NET_BIND_SERVICE", "CAP_SETGID"],
        "drops": ["ALL"],
    }
    assert not server.get("ports")
    assert not server.get("dns")
    assert "dns@docker02" in engine.after["dns:docker02@docker02"]


def test_containers_ask_their_own_hosts_server_and_come_after_it(monkeypatch, tmp_path):
    engine = run_program(monkeypatch, tmp_path, stack(), fleet())
    made = engine.of_type(CONTAINER)
    assert made["web01@docker01"]["dns"] == ["172.16.2.15"]
    assert made["web02@docker02"]["dns"] == ["172.16.2.31"]
    assert "dns:docker01@docker01" in engine.after["web01@docker01"]
    assert address(engine, "web01@docker01") == "172.16.2.2"


def test_without_the_section_docker_gives_addresses_and_nothing_is_asked(monkeypatch, tmp_path):
    engine = run_program(monkeypatch, tmp_path, values(), fleet())
    web = engine.of_type(CONTAINER)["web01@docker01"]
    assert (web.get("dns"), address(engine, "web01@docker01")) == (None, None)
    assert "dns@docker01" not in engine.resources


def test_a_container_more_changes_the_file_and_nothing_else_of_the_others(monkeypatch, tmp_path):
    before = run_program(monkeypatch, tmp_path, stack(), fleet())
    more = stack()
    more["containers"]["app"] = {
        "host": "docker01",
        "image": "busybox:1",
        "networks": {"mesh": {"aliases": ["db"]}},
    }
    kept = {
        name: seen(name, records={"dns": before.resources[f"dns@{name}"].inputs["stdin"]})
        for name in ("docker01", "docker02")
    }
    after = run_program(monkeypatch, tmp_path, more, kept)
    assert "172.16.2.3 app app.mesh db db.mesh\n" in told(after, "docker02")[1]
    for name in ("web01@docker01", "web02@docker02", "dns:docker01@docker01"):
        assert after.of_type(CONTAINER)[name] == before.of_type(CONTAINER)[name]


def test_the_same_again_is_the_same_text(monkeypatch, tmp_path):
    first = run_program(monkeypatch, tmp_path, stack(), fleet())
    _, _, rest = first.resources["dns@docker01"].inputs["stdin"].partition(" ")
    record = f"planned=2020-01-01T00:00:00Z {rest}"
    facts = {"docker01": seen("docker01", records={"dns": record}), "docker02": seen("docker02")}
    again = run_program(monkeypatch, tmp_path, stack(), facts)
    assert again.resources["dns@docker01"].inputs["stdin"] == record


def given(name, rows):
    row = {
        "name": "mesh",
        "range": {"docker01": "172.16.2.0/28", "docker02": "172.16.2.16/28"}[name],
        "containers": {
            str(n) * 64: {"Name": one, "IPv4Address": f"{address}/24", "MacAddress": "", "x": 1}
            for n, (one, address) in enumerate(rows.items())
        },
    }
    return f"ranges {b64(json.dumps(row))}"


def test_who_has_an_address_of_docker_keeps_it(monkeypatch, tmp_path):
    rows = {"web01": "172.16.2.5", "by-hand": "172.16.2.2", "other": "172.16.2.15"}
    facts = {"docker01": seen("docker01", more=(given("docker01", rows),))}
    facts["docker02"] = seen("docker02")
    more = stack()
    more["containers"]["app"] = {"host": "docker01", "image": "busybox:1", "network": "mesh"}
    engine = run_program(monkeypatch, tmp_path, more, facts)
    assert address(engine, "web01@docker01") == "172.16.2.5"
    assert address(engine, "app@docker01") == "172.16.2.3"
    assert address(engine, "dns:docker01@docker01") == "172.16.2.14"


def test_another_hosts_record_tells_where_one_does_not_answer(monkeypatch, tmp_path):
    record = (
        "planned=2020-01-01T00:00:00Z container=crosshost-dns-test upstream=127.0.0.11\n"
        + LINES.replace("172.16.2.2 ", "172.16.2.7 ").replace("172.16.2.15 ", "172.16.2.12 ")
    )
    facts: dict[str, Any] = {
        "docker01": (255, "no route"),
        "docker02": seen("docker02", records={"dns": record}),
    }
    engine = run_program(monkeypatch, tmp_path, stack(), facts, preview=True)
    assert address(engine, "web01@docker01") == "172.16.2.7"
    assert address(engine, "dns:docker01@docker01") == "172.16.2.12"
    assert engine.resources["dns@docker02"].inputs["stdin"] == record


@pytest.mark.parametrize(
    "answer",
    ["172.16.2.9; rm -rf /", "10.9.9.9", "172.16.2.255", "::1", "172.16.2.20"],
)
def test_what_a_host_says_of_another_one_is_an_address_of_its_slice_or_nothing(
    monkeypatch, tmp_path, answer
):
    record = f"planned=2020-01-01T00:00:00Z container=x\n{answer} web01 web01.mesh\n"
    facts = {"docker01": seen("docker01"), "docker02": seen("docker02", records={"dns": record})}
    engine = run_program(monkeypatch, tmp_path, stack(), facts)
    assert address(engine, "web01@docker01") == "172.16.2.2"


def test_other_name_servers_are_asked_where_the_file_names_them(monkeypatch, tmp_path):
    engine = run_program(monkeypatch, tmp_path, stack(upstream=["10.0.0.2", "9.9.9.9"]), fleet())
    assert told(engine)[0]["upstream"] == "10.0.0.2,9.9.9.9"


def test_a_slice_that_is_full_with_the_server_is_refused(monkeypatch, tmp_path):
    full = stack()
    full["networks"]["mesh"]["slice"] = 30
    full["containers"]["more"] = {"host": "docker02", "image": "busybox:1", "network": "mesh"}
    full["containers"]["most"] = {"host": "docker02", "image": "busybox:1", "network": "mesh"}
    text = refusal(monkeypatch, tmp_path, full, fleet())
    assert (
        "mesh: the slice 172.16.2.4/30 of docker02 has no address left for most (its name server has "
        "one, too): write `slice: 29` or less and, where that is too few slices, more to cut them from"
        in text
    )


def problems(monkeypatch, tmp_path, wrong):
    with pytest.raises(pulumi.RunError) as caught:
        run_program(monkeypatch, tmp_path, wrong, fleet())
    return str(caught.value)


def test_a_name_server_of_a_containers_own_is_refused(monkeypatch, tmp_path):
    wrong = stack()
    wrong["containers"]["web01"]["dns"] = ["9.9.9.9"]
    assert (
        "crosshost:containers.web01.dns: mesh has its names from crosshost:dns, whose server on its "
        "host it asks: take it out, and write as crosshost:dns.upstream who is to be asked for other "
        "names" in problems(monkeypatch, tmp_path, wrong)
    )


def test_a_section_that_nothing_needs_and_a_reserved_name_are_refused(monkeypatch, tmp_path):
    wrong = stack()
    wrong["containers"] = {"crosshost-dns-x": {"host": "docker01", "image": "busybox:1"}}
    wrong["networks"] = {}
    text = problems(monkeypatch, tmp_path, wrong)
    assert "crosshost:dns: no network of the stack has names from it" in text
    assert "names that begin with crosshost-dns- are those of name servers" in text


def test_a_server_that_is_gone_is_made_anew(monkeypatch, tmp_path):
    present = f"present=\ncontainer {'a' * 64} {SERVER} key=container/dns:docker01\n"
    gone = seen("docker01", records={"present": present}, more=(containers(),))
    engine = run_program(
        monkeypatch, tmp_path, stack(), {"docker01": gone, "docker02": seen("docker02")}
    )
    labels = engine.of_type(CONTAINER)["dns:docker01@docker01"]["labels"]
    assert "crosshost.made" in {label["label"] for label in labels}


def test_who_had_an_address_that_another_one_is_given_goes_first(monkeypatch, tmp_path):
    first = run_program(monkeypatch, tmp_path, stack(), fleet())
    row = {"id": "b" * 64, "name": "web01", "state": "running", "status": "Up", "stack": "test"}
    kept = {
        "dns": first.resources["dns@docker01"].inputs["stdin"],
        "present": f"present=\ncontainer {'b' * 64} web01 key=container/web01 address=mesh/172.16.2.2\n",
    }
    more = stack()
    more["containers"]["app"] = {
        "host": "docker01",
        "image": "busybox:1",
        "network": "mesh",
        "ip": "172.16.2.2",
    }
    facts = {
        "docker01": seen("docker01", records=kept, more=(containers(row),)),
        "docker02": seen("docker02"),
    }
    engine = run_program(monkeypatch, tmp_path, more, facts)
    assert address(engine, "web01@docker01") == "172.16.2.3"
    assert f"docker01 container {'b' * 64} web01\n" in engine.resources["conflicts"].inputs["stdin"]


def test_a_line_of_a_record_is_read_only_where_it_is_of_the_network():
    record = "planned=x\n10.1.0.2 a a.mesh b b.mesh\n10.1.0.3 c c.other\nnonsense\n\n"
    assert [(name, str(one)) for name, one in dns_names.told(record, "mesh")] == [("a", "10.1.0.2")]
    assert list(dns_names.told(None, "mesh")) == []
