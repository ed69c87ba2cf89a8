"""A Compose file's services as containers of a stack, and what is said of those that cannot be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from planning.problems import ProblemsError
from stacks.settings import Settings, parse
from tests.unit.fleet import facts_text, run_program, stack_values

pytestmark = pytest.mark.usefixtures("key_file")
FACTS = {name: facts_text(hostname=name) for name in ("docker01", "docker02")}
PLAIN = """
services:
  web:
    image: nginx:1.29
    ports: ["8080:80"]
    depends_on: [db]
  db:
    image: postgres:17
    volumes: [data:/var/lib/postgresql/data]
volumes:
  data:
"""


def values(folder: Path, text: str, **section: Any) -> dict[str, Any]:
    """A stack whose containers are those of a Compose file."""
    (folder / "compose.yaml").write_text(text)
    found = stack_values("lab-overlay")
    del found["containers"]
    found["compose"] = {
        "file": "compose.yaml", "on": {"web": "docker01", "db": "docker02"},
        "networks": {"default": "ol1"}, **section,
    }  # fmt: skip
    return found


def read(folder: Path, text: str, **section: Any) -> Settings:
    return parse(values(folder, text, **section), base=folder, stack="prod")


def problems(folder: Path, text: str, **section: Any) -> list[str]:
    with pytest.raises(ProblemsError) as caught:
        read(folder, text, **section)
    return [
        f"{p.place}{': ' if p.place else ''}{p.where}: {p.sentence}" for p in caught.value.problems
    ]


def one(folder: Path, words: str, **section: Any) -> Any:
    """The container of a Compose file's only service, of which these are some words."""
    lines = "".join(f"    {line}\n" for line in words.splitlines())
    return read(
        folder, f"services:\n  web:\n    image: a:1\n{lines}", on="docker01", **section
    ).containers["web"]


def refused(folder: Path, words: str, **section: Any) -> list[str]:
    lines = "".join(f"    {line}\n" for line in words.splitlines())
    text = f"services:\n  web:\n    image: a:1\n{lines}"
    return problems(folder, text, on="docker01", **section)


def test_services_become_containers_on_their_hosts_and_networks(tmp_path):
    containers = read(tmp_path, PLAIN).containers
    assert {name: one.host for name, one in containers.items()} == {
        "web": "docker01", "db": "docker02",
    }  # fmt: skip
    assert all(list(one.attachments()) == ["ol1"] for one in containers.values())
    assert list(containers["web"].depends_on) == ["db"]
    assert str(containers["web"].ports[0]) == "8080:80/tcp"


def test_a_stack_with_the_same_words_as_containers_registers_the_same(monkeypatch, tmp_path):
    composed = run_program(monkeypatch, tmp_path, values(tmp_path, PLAIN), FACTS)
    plain = stack_values("lab-overlay")
    plain["containers"] = {
        "web": {"host": "docker01", "image": "nginx:1.29", "networks": {"ol1": {}},
                "ports": ["8080:80"], "depends_on": ["db"]},
        "db": {"host": "docker02", "image": "postgres:17", "networks": {"ol1": {}},
               "volumes": ["test_data:/var/lib/postgresql/data"]},
    }  # fmt: skip
    written = run_program(monkeypatch, tmp_path, plain, FACTS)
    stack = "pulumi:pulumi:Stack crosshost-test"
    graphs = [{k: v for k, v in e.graph.items() if k != stack} for e in (composed, written)]
    assert graphs[0] == graphs[1]
    kind = "docker:index/container:Container"
    assert composed.of_type(kind) == written.of_type(kind)


def test_volumes_are_called_as_compose_calls_them(tmp_path):
    assert read(tmp_path, PLAIN).containers["db"].volumes[0].source == "prod_data"
    assert read(tmp_path, f"name: app\n{PLAIN}").containers["db"].volumes[0].source == "app_data"
    named = PLAIN.replace("  data:\n", "  data: {external: true, name: mine}\n")
    assert read(tmp_path, named).containers["db"].volumes[0].source == "mine"


def test_the_compose_file_itself_may_say_where_its_services_are(tmp_path):
    text = f"x-crosshost:\n  on: {{web: docker02, db: docker02}}\n{PLAIN}"
    settings = values(tmp_path, text)
    del settings["compose"]["on"]
    assert parse(settings, base=tmp_path).containers["web"].host == "docker02"


def test_anchors_and_merges_are_read_as_compose_reads_them(tmp_path):
    text = """
x-common: &common
  restart: unless-stopped
  environment: &env {A: 1, B: 010}
services:
  web:
    <<: *common
    image: a:1
    environment: {<<: *env, A: 2}
"""
    container = read(tmp_path, text, on="docker01").containers["web"]
    assert container.restart == "unless-stopped"
    assert container.environment == {"A": "2", "B": "8"}


def test_variables_have_composes_operators(tmp_path):
    words = "\n".join(
        [
            "environment:",
            "  A: ${SET}-$SET-$$SET",
            "  B: ${NONE:-a ${SET}}",
            "  C: ${EMPTY-x}${EMPTY:-y}",
            "  D: ${SET:+there}${NONE+not}",
            "  E: ${SET:?must}",
        ]
    )
    found = one(tmp_path, words, environment={"SET": "s", "EMPTY": ""}).environment
    assert found == {"A": "s-s-$SET", "B": "a s", "C": "y", "D": "there", "E": "s"}


def test_a_variable_without_a_value_is_named_with_its_line(tmp_path):
    said = refused(tmp_path, "command: echo ${PASSWORD:?set a password}")
    assert said[0].startswith(
        "compose.yaml:4: services.web.command: needs PASSWORD, which is not set"
    )
    assert "set a password" in said[0]
    assert "shell" in refused(tmp_path, "environment: [FROM_SHELL]")[0]
    assert "`}`" in refused(tmp_path, "command: ${A")[0]
    assert "$$" in refused(tmp_path, "command: cost 5$ each")[0]


def test_values_of_env_files_are_used_and_not_shown(tmp_path, monkeypatch):
    (tmp_path / ".env").write_text("TAG=1.2 # newest\nexport PASSWORD='5 $x'\nB=\"x\\ny ${TAG}\"\n")
    (tmp_path / "app.env").write_text("FROM_FILE=${TAG:-none}\nBOTH=file\n")
    text = """
services:
  web:
    image: "app:${TAG}"
    env_file: app.env
    environment: {BOTH: own}
  db:
    image: db:1
"""
    settings = read(tmp_path, text)
    assert settings.containers["web"].image == "app:1.2"
    assert settings.containers["web"].environment == {"FROM_FILE": "none", "BOTH": "own"}
    assert [settings.is_secret(name) for name in ("web", "db")] == [True, False]
    engine = run_program(monkeypatch, tmp_path, values(tmp_path, text), FACTS)
    inputs = engine.of_type("docker:index/container:Container")["web@docker01"]
    assert isinstance(inputs["envs"], dict), "the environment went to the engine as plain text"


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("A=1\nthis is nothing\n", "line 2: is no NAME=value"),
        ("A=1\n\n\nB=${\n", "line 4: has `${`"),
        (b"\xff\xfe\x00", "is no UTF-8 text"),
        (None, "there is no such file"),
    ],
)
def test_a_wrong_env_file_is_told_with_its_line(tmp_path, content, what):
    if content is not None:
        data = content if isinstance(content, bytes) else content.encode()
        (tmp_path / "app.env").write_bytes(data)
    (said,) = refused(tmp_path, "env_file: [app.env]")
    assert said.startswith("compose.yaml:4: services.web.env_file[0]: ")
    assert what in said


def test_an_env_file_may_be_missing_where_it_says_so(tmp_path):
    assert one(tmp_path, "env_file: [{path: app.env, required: false}]").environment == {}


def test_extends_merges_the_words_of_the_other_service(tmp_path):
    text = """
services:
  base:
    image: a:1
    profiles: [never]
    environment: [A=1, B=2]
    ports: ["80:80"]
    command: one
    volumes: [data:/data, data:/more]
  web:
    extends: {service: base}
    environment: {B: 3}
    ports: ["81:81"]
    command: [two]
    volumes: [data:/data:ro]
volumes: {data: }
"""
    web = read(tmp_path, text, on="docker01").containers["web"]
    assert web.environment == {"A": "1", "B": "3"}
    assert [port.published for port in web.ports] == [80, 81]
    assert web.command == ["two"]
    assert [(v.target, v.read_only) for v in web.volumes] == [("/data", True), ("/more", False)]


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ("{service: nothing}", "there is no service 'nothing'"),
        ("{service: web}", "extends itself"),
    ],
)
def test_what_extends_cannot_find_is_told(tmp_path, words, what):
    assert what in refused(tmp_path, f"extends: {words}")[0]


def test_profiles_and_exclude_leave_services_out(tmp_path):
    text = PLAIN + "  more:\n"
    text = text.replace("services:\n", "services:\n  tools: {image: a:1, profiles: [debug]}\n", 1)
    assert "tools" not in read(tmp_path, text).containers
    on = {"web": "docker01", "db": "docker02", "tools": "docker01"}
    assert "tools" in read(tmp_path, text, profiles=["debug"], on=on).containers
    (said,) = problems(tmp_path, PLAIN, exclude=["db"])
    assert "web needs db, which is left out" in said
    assert said.startswith("compose.yaml:")


def test_links_are_names_on_the_network_and_dependencies(tmp_path):
    text = PLAIN.replace("depends_on: [db]", 'links: ["db:database"]')
    containers = read(tmp_path, text).containers
    assert containers["db"].attachments()["ol1"].aliases == ["database"]
    assert list(containers["web"].depends_on) == ["db"]


def test_a_service_is_known_by_its_name_whatever_its_container_is_called(tmp_path):
    assert one(tmp_path, "container_name: frontend").attachments()["ol1"].aliases == ["web"]


def test_network_mode_is_composes_word_for_network(tmp_path):
    assert one(tmp_path, "network_mode: host").mode == "host"
    text = PLAIN.replace('ports: ["8080:80"]', "network_mode: service:db")
    assert read(tmp_path, text, on="docker02").containers["web"].shares == "db"


def test_deploys_resources_are_those_of_the_container(tmp_path):
    words = """\
deploy:
  replicas: 1
  resources:
    limits: {cpus: "0.5", memory: 0.5G}
    reservations: {cpus: "0.1", memory: 64M}
  restart_policy: {condition: on-failure, max_attempts: 3, delay: 5s}
  update_config: {order: start-first}
"""
    found = one(tmp_path, words)
    assert (found.cpus, found.mem_limit, found.mem_reservation) == (0.5, 512 << 20, 64 << 20)
    assert found.restart == "on-failure:3"
    assert "deploy.resources says" in refused(tmp_path, f"cpus: 2\n{words}")[0]


def test_mounts_have_composes_long_forms(tmp_path):
    words = """\
volumes:
  - {type: bind, source: /srv, target: /srv, bind: {create_host_path: true, selinux: z}}
  - {type: tmpfs, target: /run, tmpfs: {size: 64m, mode: 0o700}}
  - /etc/localtime:/etc/localtime:ro,cached
"""
    found = one(tmp_path, words)
    assert [(v.source, v.read_only, v.selinux) for v in found.volumes] == [
        ("/srv", False, "z"),
        ("/etc/localtime", True, None),
    ]
    assert found.tmpfs == ["/run:size=67108864,mode=700"]


def test_further_words_have_their_long_forms(tmp_path):
    words = """\
devices: [{source: /dev/a, target: /dev/b, permissions: r}, {source: /dev/c}, /dev/d]
logging: {options: {max-size: 10m, max-file: 3}}
ports: [{target: 80, published: "8080", mode: host, name: web, app_protocol: http}]
"""
    found = one(tmp_path, words)
    assert found.devices == ["/dev/a:/dev/b:r", "/dev/c:/dev/c:rwm", "/dev/d"]
    assert found.logging.options == {"max-size": "10m", "max-file": "3"}
    assert str(found.ports[0]) == "8080:80/tcp"
    assert (
        "keys source, target and permissions" in refused(tmp_path, "devices: [{path: /dev/a}]")[0]
    )


def test_relative_paths_are_in_the_hosts_project_directory(tmp_path):
    words = "volumes: ['./data/../conf:/conf:ro']"
    found = one(tmp_path, words, project_directory="/srv/app")
    assert found.volumes[0].source == "/srv/app/conf"
    (said,) = refused(tmp_path, words)
    assert said.startswith(
        "compose.yaml:4: services.web.volumes[0]: ./data/../conf is no file beside"
    )
    assert "project_directory" in said


def test_a_volume_of_two_hosts_is_refused(tmp_path):
    text = PLAIN.replace("depends_on: [db]", "volumes: [data:/data]")
    (said,) = problems(tmp_path, text)
    assert "each host would have a volume of its own" in said


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ("pid: container", "services.web.pid"),
        ("gpus: all", "gpus is not carried over: write the devices"),
        ("imagee: a", "unknown key 'imagee': did you mean 'image'?"),
        ("deploy: {replicas: 3}", "services.web.deploy.replicas"),
        ("scale: 2", "scale is not carried over: one entry is one container"),
        ("healthcheck: {interval: 5s}", "test is missing"),
        ("depends_on: [nothing]", "there is no service 'nothing'"),
        ("networks: [backend]", "says no network for 'backend', which web is on"),
        ("volumes: ['nothing:/data']", "there is no volume 'nothing'"),
        ("ports: ['80:80', '80:81']", "services.web.ports[1]: port 80/tcp of docker01 is taken"),
        ("volumes: ['/a:/b:rshared']", "the options are ro, rw, z and Z"),
    ],
)
def test_what_is_not_carried_over_is_refused_with_its_line(tmp_path, words, what):
    said = refused(tmp_path, words)
    assert len(said) == 1, said
    assert what in said[0]
    assert said[0].startswith("compose.yaml:") or "crosshost:compose.networks" in said[0]


def test_build_asks_for_an_image_unless_there_is_one(tmp_path):
    assert one(tmp_path, "build: .").image == "a:1"
    (said,) = problems(tmp_path, "services:\n  web:\n    build: .\n", on="docker01")
    assert said.startswith("compose.yaml:3: services.web.build: crosshost builds no images")
    images = {"web": "registry.example.com/web:1"}
    text = "services:\n  web:\n    build: .\n"
    assert (
        read(tmp_path, text, on="docker01", images=images).containers["web"].image == images["web"]
    )


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("services: {web: {image: a, image: b}}", "compose.yaml:1: crosshost:compose.file: the Compose file compose.yaml is wrong: the key 'image' is there already"),
        ("services:\n  web: [", "compose.yaml:2: crosshost:compose.file: the Compose file compose.yaml is no YAML"),
        ("services:\n  web: *nope\n", "compose.yaml:2"),
        ("services: {web: {image: a}}\n---\nservices: {db: {image: a}}\n", "compose.yaml:3: crosshost:compose.file: the Compose file compose.yaml has a second document: write it into a file"),
        ("x-a: &a {image: a}\nservices:\n  web:\n    <<: *a\n    <<: *a\n", "compose.yaml:5: crosshost:compose.file: the Compose file compose.yaml is wrong: the key << is there already, in line 4"),
        ("services:\n  web: !other null\n", "the tag !other is not read"),
        ("a: 1\n", "has no `services:`"),
        ("services: {web: a}\n", "services.web: must be a map of settings"),
        ("services: {web: {image: a}}\nservces: 1\n", "compose.yaml:2: servces: unknown key"),
        ("models: {a: {model: b}}\nservices: {web: {image: a}}\n", "models is not carried over"),
        ("x-crosshost: {onn: a}\nservices: {web: {image: a}}\n", "compose.yaml:1: x-crosshost.onn: unknown key"),
    ],
)  # fmt: skip
def test_a_wrong_compose_file_is_told_with_its_line(tmp_path, text, what):
    said = problems(tmp_path, text, on="docker01")
    assert what in said[0], said


def test_an_empty_second_document_is_none(tmp_path):
    text = "---\nservices: {web: {image: a}}\n---\n...\n"
    assert list(read(tmp_path, text, on="docker01").containers) == ["web"]


def test_a_compose_file_that_is_not_there_is_the_stack_files_mistake(tmp_path):
    (said,) = problems(tmp_path, PLAIN, file="missing.yaml")
    assert said == (
        "crosshost:compose.file: the Compose file missing.yaml cannot be read: there is no such file"
    )


def test_what_the_stack_file_says_of_a_compose_file_must_fit_it(tmp_path):
    said = problems(tmp_path, PLAIN, on={"web": "docker09", "wbe": "docker01"}, exclude=["x"])
    assert [line.partition(":compose.")[2].partition(":")[0] for line in said] == [
        "on.wbe", "exclude[0]", "on", "on.web",
    ]  # fmt: skip
    assert "it has web, db" in said[0]
    assert "says no host of db" in said[2]
    assert "there is no host 'docker09': write one of docker01" in said[3]


def test_a_service_and_a_container_of_one_name_are_refused(tmp_path):
    both = values(tmp_path, PLAIN)
    both["containers"] = {"web": {"host": "docker01", "image": "a:1", "network": "ol1"}}
    with pytest.raises(ProblemsError, match="it has a service web, and crosshost:containers one"):
        parse(both, base=tmp_path)
