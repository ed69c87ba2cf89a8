"""The lab keeps what it promises: real hosts, found again, and nothing left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lab import inotify, keys
from lab.errors import CommandFailed, LabError
from lab.lab import CHECKOUT, Lab
from lab.processes import Process
from tests.lab.waiting import wait

RUN = str(CHECKOUT / "lab/run")


def traces(lab: Lab) -> list[str]:
    """What of a lab is still on the machine: processes, mounts, cgroups, namespaces."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if f"-{lab.id}" in command or f"labs/{lab.id}" in command:
            found.append(f"process {process.name}: {command}")
    mounts = Path("/proc/self/mounts").read_text().splitlines()
    found += [f"mount {line}" for line in mounts if lab.id in line]
    found += [f"cgroup {path}" for path in Path("/sys/fs/cgroup").glob(f"*/crosshost-{lab.id}")]
    found += [f"cgroup {path}" for path in Path("/sys/fs/cgroup").glob(f"crosshost-{lab.id}")]
    found += [f"namespace {path}" for path in Path("/run/netns").glob(lab.namespace)]
    return found


def lab_command(*arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "lab", *arguments],
        capture_output=True,
        text=True,
        check=check,
        cwd=CHECKOUT,
        env={**os.environ, "COLUMNS": "120"},
    )


def test_hosts_run_the_engine_that_was_promised(lab: Lab) -> None:
    for name in ("docker01", "docker02"):
        version = lab.ssh(name, "docker version --format '{{.Server.Version}}'").stdout
        assert version.startswith("20.10.5")
        assert lab.ssh(name, "docker", "info", "-f", "{{.Driver}}").stdout.strip() == "overlay2"


def test_hosts_are_whole_systems_without_failed_units(lab: Lab) -> None:
    for name in ("docker01", "docker02"):
        state = lab.ssh(name, "systemctl is-system-running --wait", check=False).stdout.strip()
        assert state == "running", lab.ssh(name, "systemctl --failed --no-legend").stdout


def test_hosts_have_the_notes_addresses_on_ens33(lab: Lab) -> None:
    for name, address in (("docker01", "10.0.0.11"), ("docker02", "10.0.0.12")):
        assert lab.address(name) == address
        nics = json.loads(lab.ssh(name, "ip -j -4 address show dev ens33").stdout)
        assert [entry["local"] for entry in nics[0]["addr_info"]] == [address]
        route = json.loads(lab.ssh(name, "ip -j route show default").stdout)
        assert (route[0]["gateway"], route[0]["dev"]) == ("10.0.0.2", "ens33")
        assert lab.ssh(name, "hostname").stdout.strip() == name


def test_hosts_reach_each_other_but_nothing_outside(lab: Lab) -> None:
    lab.ssh("docker01", "ping -c1 -W2 10.0.0.12")
    began = time.monotonic()
    outside = lab.ssh("docker01", "curl -sS -m 8 http://192.0.2.1/", check=False)
    assert outside.returncode != 0
    assert time.monotonic() - began < 6, "what is outside is refused, not waited for"


def test_the_machines_own_network_knows_nothing_of_the_lab(lab: Lab) -> None:
    def ip(*arguments: str) -> str:
        return subprocess.run(["ip", *arguments], capture_output=True, text=True).stdout

    assert "10.0.0.0/24" not in ip("route", "show", "table", "all")
    assert "10.0.0." not in ip("-brief", "address")
    assert "lan0" not in ip("-brief", "link")
    assert "10.0.0.2/24" in lab.run(["ip", "-brief", "address"]).stdout


@pytest.mark.parametrize("image", ["centos_ssh:v2", "consul:1.8.7", "busybox:1"])
def test_images_are_pulled_by_their_plain_names(lab: Lab, image: str) -> None:
    assert lab.ssh("docker01", "docker", "pull", image).stdout.strip()
    labels = lab.ssh("docker01", "docker", "image", "inspect", "-f", "{{.RepoTags}}", image)
    assert labels.stdout.strip() == f"[{image}]"


def test_an_unknown_image_is_refused_in_no_time(lab: Lab) -> None:
    began = time.monotonic()
    assert lab.ssh("docker01", "docker pull nonesuch:1", check=False).returncode != 0
    assert time.monotonic() - began < 8, "a resolver that times out takes 10 s at least"


def test_the_ssh_image_lets_the_labs_key_in_and_has_the_tools(spare: Lab) -> None:
    spare.ssh(
        "docker01",
        "docker rm -f lab-test-ssh >/dev/null 2>&1; docker network rm lab-test >/dev/null 2>&1; "
        "docker network create -d macvlan --subnet 10.0.0.0/24 --gateway 10.0.0.2 "
        "-o parent=ens33 lab-test && "
        "docker run -d --name lab-test-ssh --network lab-test --ip 10.0.0.250 centos_ssh:v2",
    )
    try:
        # Its sshd may take a moment on a busy machine.
        wait(lambda: spare.ssh("10.0.0.250", "true", check=False).returncode == 0, 20)
        tools = spare.ssh("10.0.0.250", "command -v tcpdump ping iperf3 ip; ping -c1 10.0.0.2")
        assert "1 received" in tools.stdout
        for tool in ("tcpdump", "ping", "iperf3", "ip"):
            assert f"/{tool}\n" in tools.stdout
    finally:
        spare.ssh("docker01", "docker rm -f lab-test-ssh; docker network rm lab-test")


def test_a_containers_memory_limit_holds(spare: Lab) -> None:
    spare.ssh("docker01", "docker pull -q busybox:1")
    run = "docker run --rm -m 64m --memory-swap 64m busybox:1"
    limit = "cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max 2>/dev/null"
    shown = spare.ssh("docker01", f"{run} sh -c '{limit}; true'").stdout
    assert shown == f"{64 * 2**20}\n"


def test_host_keys_are_the_ones_that_stack_files_name(lab: Lab) -> None:
    for name in ("docker01", "docker02"):
        there = lab.ssh(name, "cat /etc/ssh/ssh_host_*_key.pub").stdout.split()[:2]
        assert " ".join(there) == keys.host_key(name)
    shown = lab.run(["ssh-keyscan", "-t", "ed25519", "10.0.0.11"]).stdout
    assert keys.host_key("docker01") in shown


def test_a_second_up_reuses_what_runs(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    before = json.loads((lab.folder / "lab.json").read_text())
    lab.up(hosts=2)
    assert json.loads((lab.folder / "lab.json").read_text()) == before
    assert "booting" not in capsys.readouterr().err


def test_another_engine_than_a_host_has_is_refused_with_the_remedy(lab: Lab) -> None:
    with pytest.raises(LabError, match=r"docker01 already has bullseye.*lab clean"):
        lab.up(hosts=1, engines=["26"])


def test_status_shows_each_host(lab: Lab) -> None:
    hosts = {host.name: host for host in lab.status()}
    assert hosts["docker01"].state == "running"
    assert hosts["docker01"].engine == "20.10.5"
    assert 20 * 2**20 < hosts["docker01"].memory < 500 * 2**20
    rows = [line.split()[:5] for line in lab_command("status").stdout.splitlines()]
    assert ["docker02", "10.0.0.12", "20.10.5", "(bullseye)", "running"] in rows


def test_pulling_the_plug_ends_a_host_at_once_and_keeps_its_disk(spare: Lab) -> None:
    spare.ssh(
        "docker01", "echo kept > /root/kept; docker run -d --restart always busybox:1 sleep 99"
    )
    began = time.monotonic()
    spare.power_off("docker01")
    assert time.monotonic() - began < 9, "a container that is stopped cleanly takes 10 s"
    try:
        assert {h.name: h.state for h in spare.status()}["docker01"] == "off"
        with pytest.raises(CommandFailed):
            spare.ssh("docker01", "true")
    finally:
        spare.power_on("docker01")
    assert spare.ssh("docker01", "cat /root/kept").stdout == "kept\n"
    assert spare.ssh("docker01", "docker ps -q").stdout, "its containers start again too"


def test_a_host_that_died_is_booted_again_by_up(spare: Lab) -> None:
    record = json.loads((spare.folder / "lab.json").read_text())
    process = Process(**record["hosts"]["docker01"]["process"])
    os.kill(process.pid, 9)
    while process.alive():
        time.sleep(0.01)
    assert {h.name: h.state for h in spare.status()}["docker01"] == "dead"
    spare.up(hosts=1)
    spare.ssh("docker01", "docker ps")


def test_reset_gives_a_pristine_disk(spare: Lab) -> None:
    spare.ssh("docker01", "echo '{}' > /etc/docker/daemon.json; docker pull -q busybox:1")
    spare.reset("docker01")
    mirrors = json.loads(spare.ssh("docker01", "cat /etc/docker/daemon.json").stdout)
    assert mirrors == {"registry-mirrors": ["http://10.0.0.2:5000"]}
    assert spare.ssh("docker01", "docker images -q").stdout == ""


def test_lab_run_passes_arguments_through_and_stays_where_it_was_called(tmp_path: Path) -> None:
    script = 'printf "%s|" "$@"; pwd; printenv CROSSHOST_LAB; command -v pulumi'
    argv = [RUN, "sh", "-c", script, "x", "a b", "*", ""]
    lines = subprocess.run(argv, capture_output=True, text=True, check=True, cwd=tmp_path).stdout
    arguments, folder, pulumi = lines.splitlines()
    assert arguments == f"a b|*||{tmp_path}"
    assert folder == str(Lab.for_checkout().folder)
    assert Path(pulumi).is_absolute()


def test_lab_run_gives_back_the_exit_code(lab: Lab) -> None:
    assert subprocess.run([RUN, "sh", "-c", "exit 7"]).returncode == 7


def test_lab_run_ssh_reaches_a_host_by_name(lab: Lab) -> None:
    argv = [RUN, "ssh", "docker01", "uname -n"]
    assert subprocess.run(argv, capture_output=True, text=True).stdout == "docker01\n"


def test_lab_run_pulumi_makes_a_stack_that_has_a_file(lab: Lab) -> None:
    argv = [RUN, "pulumi", "-s", "lab-modes", "config", "--json"]
    done = subprocess.run(argv, capture_output=True, text=True, cwd="/")
    assert done.returncode == 0, done.stderr
    assert "crosshost:hosts" in json.loads(done.stdout)
    listed = lab.run(["pulumi", "stack", "ls", "--json"]).stdout
    assert "lab-modes" in [stack["name"].rpartition("/")[2] for stack in json.loads(listed)]


def test_two_labs_run_beside_each_other_and_a_clean_one_leaves_nothing(
    lab: Lab, other_lab: Lab
) -> None:
    other_lab.up(hosts=1)
    assert other_lab.address("docker01") == lab.address("docker01") == "10.0.0.11"
    other_lab.ssh("docker01", "touch /root/other")
    with pytest.raises(CommandFailed):
        lab.ssh("docker01", "ls /root/other")
    other_lab.down()
    assert traces(other_lab) == []
    other_lab.up(hosts=1)
    other_lab.ssh("docker01", "ls /root/other")
    other_lab.clean()
    assert traces(other_lab) == []
    assert not other_lab.folder.exists()
    lab.ssh("docker01", "true")


@pytest.mark.parametrize("seconds", [0.05, 0.5])
def test_what_a_killed_up_left_is_swept_by_the_next(other_lab: Lab, seconds: float) -> None:
    script = (
        "import sys; from pathlib import Path; from lab.lab import Lab; "
        "Lab.for_checkout(Path(sys.argv[1])).up(hosts=1)"
    )
    argv = [sys.executable, "-c", script, str(other_lab.checkout)]
    starting = subprocess.Popen(argv, cwd=CHECKOUT, stderr=subprocess.DEVNULL)
    while not (other_lab.folder / "hosts").exists():
        time.sleep(0.01)
        assert starting.poll() is None
    time.sleep(seconds)
    starting.kill()
    starting.wait()
    assert traces(other_lab) != []
    other_lab.up(hosts=1)
    other_lab.ssh("docker01", "true")
    other_lab.clean()
    assert traces(other_lab) == []


def test_a_second_command_waits_for_the_first_and_says_so(other_lab: Lab) -> None:
    script = (
        "import sys; from pathlib import Path; from lab.lab import Lab; "
        "lab = Lab.for_checkout(Path(sys.argv[1])); print(lab.up(hosts=1)[0].state)"
    )
    argv = [sys.executable, "-c", script, str(other_lab.checkout)]
    both = [
        subprocess.Popen(
            argv, cwd=CHECKOUT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(2)
    ]
    outputs = [process.communicate(timeout=120) for process in both]
    assert [out for out, _ in outputs] == ["running\n", "running\n"]
    said = "".join(err for _, err in outputs)
    assert "waiting for another command: it works on this lab" in said
    assert said.count("booting docker01: done") == 1


def test_hosts_of_different_engines_stand_in_one_lab(other_lab: Lab) -> None:
    hosts = other_lab.up(hosts=2, engines=["20.10.24", "28"])
    assert [host.engine for host in hosts] == ["20.10.24", "28.5.2"]
    for name in ("docker01", "docker02"):
        other_lab.ssh(name, "docker run --rm busybox:1 ping -c1 -W2 10.0.0.2")


def test_the_inotify_limit_is_put_back(other_lab: Lab) -> None:
    limit = Path("/proc/sys/fs/inotify/max_user_instances")
    before = limit.read_text()
    other_lab.up(hosts=1)
    other_lab.clean()
    assert limit.read_text() == before or inotify.raised(), "no other lab needs it"
