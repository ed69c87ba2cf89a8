"""The workflows' own steps on real hosts: what a runner does on a pull request, and after the merge."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time

import pytest
import yaml

from lab import inside
from tests.unit.fleet import ROOT

WORKFLOWS = {name: yaml.safe_load((ROOT / f".github/workflows/{name}.yml").read_text())
             for name in ("preview", "up")}  # fmt: skip
LEFT_OUT = (".git", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis", ".crosshost")


@pytest.fixture
def forge(lab, tmp_path):
    """GitHub's API inside the lab's network; its state as it is now."""
    file = tmp_path / "forge.json"
    argv = [*inside.prefix(lab.namespace), sys.executable, "-m", "tests.forge", str(file)]
    server = subprocess.Popen(argv, cwd=ROOT)
    while not file.exists() or not file.read_text():
        assert server.poll() is None
        time.sleep(0.1)
    yield lambda: json.loads(file.read_text())
    server.terminate()
    server.wait()


@pytest.mark.long
def test_a_pull_request_and_its_merge_on_hosts(lab, environment, forge, tmp_path):
    stack = environment("lab-modes")
    checkout = tmp_path / "checkout"
    shutil.copytree(ROOT, checkout, ignore=shutil.ignore_patterns(*LEFT_OUT))
    output = tmp_path / "output"
    env = {
        "STACK": stack.name, "TEXT": "", "FAIL_ON": "exposed-port", "FORK": "false",
        "NAMES": json.dumps([stack.name]), "OPTIONS": f"-s {stack.name}",
        "GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
        "GITHUB_API_URL": forge()["url"], "GITHUB_REPOSITORY": "o/r", "GITHUB_TOKEN": "t",
        "PYTHONPATH": str(checkout),
    }  # fmt: skip

    def steps(flow, job, **more):
        """Exit codes of a job's named steps, as far as they need nothing of the runner's."""
        codes = {}
        for step in WORKFLOWS[flow]["jobs"][job]["steps"]:
            if "run" not in step or "SSH key" in step.get("name", ""):
                continue
            if step["run"].startswith("pip "):
                continue
            code = output.read_text().rpartition("code=")[2].strip() if output.exists() else ""
            done = lab.run(
                ["bash", "-e", "-c", step["run"]], cwd=checkout, check=False, timeout=240,
                env={**env, "CODE": code, **more},
            )  # fmt: skip
            codes[step["name"]] = done.returncode
            print(step["name"], done.stdout, done.stderr)
        return codes

    stack.preview()  # the stack is in the backend, as a team's is
    assert steps("preview", "check") == {"Check": 0}
    codes = steps("preview", "preview", PULL_REQUEST="7")
    assert codes == {"Preview": 0, "Report": 0, "Comment": 0, "Gates": 3}
    assert forge()["comments"][0]["body"].startswith(
        f"<!-- crosshost impact of {stack.name} -->\n**{stack.name}**: "
    )
    assert "8080" in forge()["comments"][0]["body"]
    assert f"crosshost {stack.name}: exposed-port" in forge()["labels"]
    declared = "Expected: exposed-port bridged onhost"
    codes = steps("preview", "preview", PULL_REQUEST="7", TEXT=declared)
    assert codes == {"Preview": 0, "Report": 0, "Comment": 0, "Gates": 0}
    assert len(forge()["comments"]) == 1

    codes = steps("up", "up", COMMIT="ab12")
    assert codes == {"Up": 0, "Report of an up": 0, "Comment on an up": 0, "Result": 0}
    assert lab.ssh("docker01", "docker ps -q | wc -l").stdout.strip() == "4"
    codes = steps("preview", "preview", PULL_REQUEST="8")
    assert codes == {"Preview": 0, "Report": 0, "Comment": 0, "Gates": 0}
    assert "nothing changes" in (checkout / "report.md").read_text()
