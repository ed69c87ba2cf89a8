"""The wheel, installed beside somebody else's Pulumi program: the one of docs/parts.md."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import venv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from lab.keys import host_key
from tests.lab.host_state import difference, look_without_times
from tests.unit.fleet import ROOT

pytestmark = pytest.mark.long
HOSTS = {"docker01": "10.0.0.11", "docker02": "10.0.0.12"}
# Names of packages that others have, too.
TAKEN = ("components", "planning", "stacks", "reports", "ci")


@dataclass(frozen=True)
class Program:
    """Another program: its folder, and the virtual environment that it runs in."""

    folder: Path
    environment: Path

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command in the lab, in the program's folder and its environment."""
        env = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        activated = [str(ROOT / "lab" / "run"), "sh", "-c",
                     'cd "$0" && export SSH_KEY_FILE="$CROSSHOST_LAB/id_ed25519" PATH="$1/bin:$PATH" && '
                     'shift && exec "$@"', str(self.folder), str(self.environment), *words]  # fmt: skip
        result = subprocess.run(
            activated, env=env, capture_output=True, text=True, timeout=240, stdin=subprocess.DEVNULL
        )  # fmt: skip
        assert result.returncode == 0, result.stdout + result.stderr
        return result

    def pulumi(self, *words: str) -> str:
        plain = ("pulumi", "--non-interactive", "--color", "never", "--stack", "others")
        return self.run(*plain, *words).stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "-w",
        str(folder),
        str(ROOT),
    ]
    subprocess.run(command, check=True, timeout=120, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def program(lab, wheel, tmp_path_factory) -> Iterator[Program]:
    folder = tmp_path_factory.mktemp("others")
    environment = folder / ".venv"
    venv.create(environment, with_pip=True, symlinks=True)
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    pinned = [line.partition(" ")[0] for line in lines if re.match(r"[a-z0-9]", line)]
    (folder / "constraints.txt").write_text("\n".join(pinned))
    install = ["-m", "pip", "install", "--quiet", "-c", str(folder / "constraints.txt"), str(wheel)]
    subprocess.run([environment / "bin/python", *install], check=True, timeout=200, cwd=folder)
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs/parts.md").read_text(), re.DOTALL)
    (folder / "__main__.py").write_text(code)
    for name in TAKEN:
        (folder / f"{name}.py").write_text(
            "raise AssertionError('of the program, not of crosshost')\n"
        )
    (folder / "Pulumi.yaml").write_text(
        "name: others\nruntime: python\nconfig: {pulumi:disable-default-providers: {value: [docker]}}\n"
    )
    one = Program(folder, environment)
    one.run("pulumi", "--non-interactive", "stack", "init", "others")
    hosts = {name: {"address": ip, "host_key": host_key(name)} for name, ip in HOSTS.items()}
    for host, words in hosts.items():
        for key, value in words.items():
            one.pulumi("config", "set", "--path", f"hosts.{host}.{key}", value)
    yield one
    one.pulumi("destroy", "--yes", "--skip-preview")
    one.pulumi("stack", "rm", "--yes")


def test_the_wheel_brings_one_package_with_types(program):
    listed = program.run(
        "python3", "-c", "import importlib.metadata as m; print(*m.files('crosshost'), sep='\\n')"
    ).stdout.split()  # fmt: skip
    tops = {file.partition("/")[0] for file in listed if not file.endswith(".pyc")}
    assert tops == {"crosshost", "crosshost-0.1.0.dist-info"}
    assert {"crosshost/py.typed", "crosshost/planning/facts/docker.sh"} <= set(listed)
    for script in (ROOT / "components/scripts").glob("*.sh"):
        assert f"crosshost/components/scripts/{script.name}" in listed


def test_the_program_has_the_types_that_it_says(program):
    python = str(program.environment / "bin/python")
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--python-executable",
        python,
        "__main__.py",
    ]
    result = subprocess.run(
        command, capture_output=True, text=True, cwd=program.folder, timeout=200
    )
    assert result.returncode == 0, result.stdout
    wrong = program.folder / "wrong.py"
    wrong.write_text(
        (program.folder / "__main__.py").read_text().replace("settings.stack)", "7)", 1)
    )
    command[-1] = "wrong.py"
    result = subprocess.run(
        command, capture_output=True, text=True, cwd=program.folder, timeout=200
    )
    assert 'has incompatible type "int"; expected "Stack"' in result.stdout


def test_its_containers_reach_each_other_and_destroy_leaves_nothing(lab, program):
    before = {host: look_without_times(lab, host) for host in HOSTS}
    program.pulumi("up", "--yes", "--skip-preview")
    assert json.loads(program.pulumi("stack", "output", "--json"))["web"] == {"lan": "10.0.0.100"}
    lab.ssh("docker02", "docker exec client ping -c 1 -W 2 10.0.0.100")
    lab.ssh("docker01", "docker exec web touch /www/index.html && docker volume inspect pages")
    program.pulumi("preview", "--expect-no-changes")

    # An edit of the program's own, beside an unchanged rest.
    main = program.folder / "__main__.py"
    main.write_text(main.read_text().replace("10.0.0.200", "10.0.0.201"))
    program.pulumi("up", "--yes", "--skip-preview")
    lab.ssh("docker01", "docker exec web ping -c 1 -W 2 10.0.0.201")

    # The network on another strategy: what is in the way goes first, rules of the firewall come.
    lan = '"strategy": "macvlan", "parent": "ens33", "subnet": "10.0.0.0/24", "gateway": "10.0.0.2"'
    text = main.read_text()
    assert lan in text
    text = text.replace(lan, '"strategy": "vxlan", "subnet": "172.16.9.0/24"')
    main.write_text(re.sub(r'"ip": "10.0.0.\d+",', "", text))
    program.pulumi("up", "--yes", "--skip-preview")
    address = json.loads(program.pulumi("stack", "output", "--json"))["web"]["lan"]
    assert address.startswith("172.16.9.")
    lab.ssh("docker02", f"docker exec client ping -c 1 -W 2 {address}")
    program.pulumi("preview", "--expect-no-changes")
    program.pulumi("destroy", "--yes", "--skip-preview")
    after = {host: look_without_times(lab, host) for host in HOSTS}
    assert difference(before, after) == ""
