"""docs/operations.md on real hosts: each task by the page's own commands and edits."""

from __future__ import annotations

from contextlib import contextmanager

import pytest

from tests import pages
from tests.lab.host_state import difference, look
from tests.lab.reader import Reader, commit
from tests.lab.waiting import wait

HOSTS = ("docker01", "docker02")
pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def reader(lab, tmp_path_factory):
    """Somebody with the page's stack up, and a third host that it does not have."""
    lab.up(hosts=3)
    one = Reader(lab, tmp_path_factory.mktemp("reader"), "operations.md", "prod")
    yield one
    one.leaves()


@pytest.fixture
def up(reader):
    reader.begins()
    return reader


def started(lab, host, container):
    return lab.ssh(host, f"docker inspect -f {{{{.State.StartedAt}}}} {container}").stdout


def containers(lab, host):
    return set(lab.ssh(host, "docker ps --format {{.Names}}").stdout.split())


def reaches(lab, host, container, other):
    ping = f"docker exec {container} ping -c 1 -W 2 {other}"
    wait(lambda: lab.ssh(host, ping, check=False).returncode == 0, 20)


def test_a_host_is_added_and_nothing_that_runs_is_touched(lab, up):
    before = started(lab, "docker01", "web")
    said = up.does("Add a host")
    assert "docker03" in said
    assert started(lab, "docker01", "web") == before
    reaches(lab, "docker03", "worker", "db")
    up.nothing_is_left_to_do()


def test_a_host_is_removed_and_its_containers_run_elsewhere(lab, reader):
    reader.leaves()
    before = look(lab, "docker02")
    reader.begins()
    reader.does("Remove a host")
    assert look(lab, "docker02") == before
    reaches(lab, "docker01", "web", "db")
    reader.nothing_is_left_to_do()


def test_a_host_is_renamed_and_no_container_is_touched(lab, up):
    before = started(lab, "docker02", "db")
    up.does("Rename a host")
    assert started(lab, "docker02", "db") == before
    up.nothing_is_left_to_do()


def test_a_host_is_replaced_by_another_machine(lab, up):
    up.does("Replace a host")
    assert "db" in containers(lab, "docker03")
    assert "db" not in containers(lab, "docker02")
    reaches(lab, "docker01", "web", "db")
    up.nothing_is_left_to_do()


def test_a_host_that_was_set_up_anew_gets_all_that_it_had(lab, up):
    lab.power_off("docker02")
    lab.reset("docker02")
    up.does("A host that was set up anew")
    reaches(lab, "docker01", "web", "db")
    up.nothing_is_left_to_do()


def test_a_host_with_a_new_disk_and_another_key_gets_all_that_it_had(lab, up):
    keys = "/etc/ssh/ssh_host_ed25519_key"

    def comes_back():
        lab.reset("docker02")
        lab.ssh(
            "docker02",
            f"mkdir /root/kept && mv {keys} {keys}.pub /root/kept/ && "
            f"ssh-keygen -q -t ed25519 -N '' -f {keys} && systemctl reload ssh",
        )

    lab.power_off("docker02")
    comes_back()
    try:
        up.does("A host with a new disk and another key")
        reaches(lab, "docker01", "web", "db")
        up.nothing_is_left_to_do()
    finally:
        gives_its_key_back(up)
    up.begins()


def gives_its_key_back(reader):
    """docker02 has the key again that the lab knows it by."""
    back = "cp -a /root/kept/* /etc/ssh/ && rm -r /root/kept && systemctl reload ssh"
    reader.types(f"ssh -F .crosshost/{reader.stack}/ssh_config docker02 '{back}'")


def test_crosshost_is_upgraded_and_no_container_is_touched(lab, up):
    before = started(lab, "docker01", "web")
    script = up.origin / "components" / "scripts" / "present.sh"
    script.write_text(script.read_text() + "# of the next release\n")
    commit(up.origin, "The next release")
    up.does("Upgrade crosshost")
    lab.ssh("docker01", "grep -rq 'of the next release' /var/lib/crosshost")
    assert started(lab, "docker01", "web") == before
    up.nothing_is_left_to_do()


def test_an_engine_is_upgraded_and_its_containers_run_again(lab, up, boot_with):
    boot_with("trixie")
    said = up.does("Upgrade an engine")
    assert "docker02: Docker was 20.10.5+dfsg1 at the last up and is 26.1.5+dfsg1 now" in said
    reaches(lab, "docker01", "web", "db")
    up.nothing_is_left_to_do()


def test_another_ssh_key_takes_the_place_of_the_one_before(lab, up):
    before = started(lab, "docker01", "web")
    kept = {host: lab.ssh(host, "cat /root/.ssh/authorized_keys").stdout for host in HOSTS}
    try:
        up.does("Another SSH key")
        up.nothing_is_left_to_do()
        old = (up.home / ".ssh" / "id_ed25519.pub").read_text().split()[1]
        for host in HOSTS:
            assert old not in up.types(f"ssh -i ~/.ssh/crosshost {host} cat .ssh/authorized_keys")
            assert up.types(f"ssh {host} true || echo refused").endswith("refused\n")
    finally:
        for host in HOSTS:
            put = f"ssh -i ~/.ssh/crosshost {host} 'cat >.ssh/authorized_keys' <<'E'\n"
            up.types(f"{put}{kept[host]}E\n", check=False)
    up.begins()
    assert started(lab, "docker01", "web") == before


@contextmanager
def keeps_the_host_key(lab, reader):
    """Puts back docker02's key, which the lab knows it by."""
    keys = "/etc/ssh/ssh_host_ed25519_key"
    lab.ssh("docker02", f"mkdir /root/kept && cp -a {keys} {keys}.pub /root/kept/")
    try:
        yield
    finally:
        gives_its_key_back(reader)


def test_another_host_key_takes_the_place_of_the_one_before(lab, up):
    before = started(lab, "docker02", "db")
    with keeps_the_host_key(lab, up):
        up.does("Another host key")
        up.nothing_is_left_to_do()
        assert up.types("ssh docker02 true || echo refused").endswith("refused\n")
        key = up.types("ssh-keyscan -t ed25519 10.0.0.12 2>/dev/null").split()[-1]
        assert key in up.file.read_text()
    up.begins()
    assert started(lab, "docker02", "db") == before


def served(reader, address):
    """The serial number of the certificate that a daemon shows."""
    show = f"openssl s_client -connect {address}:2376 </dev/null 2>/dev/null"
    return reader.types(f"({show} || true) | openssl x509 -noout -serial")


def test_certificates_of_the_api_are_given_and_given_anew(lab, up):
    up.does("Certificates of the daemons' API")
    first = served(up, "10.0.0.12")
    assert first == up.types("openssl x509 -noout -serial -in ~/certs/docker02.pem")
    up.nothing_is_left_to_do()
    _, again, _, put_in_use = pages.blocks(up.page, "Certificates of the daemons' API")
    up.types(again.text)
    up.types(put_in_use.text)
    assert served(up, "10.0.0.12") == up.types(
        "openssl x509 -noout -serial -in ~/certs/docker02.pem"
    )
    assert served(up, "10.0.0.12") != first
    reaches(lab, "docker01", "web", "db")
    up.nothing_is_left_to_do()
    up.begins()
    assert up.types("openssl s_client -connect 10.0.0.12:2376 </dev/null || echo shut").endswith(
        "shut\n"
    )


def authority(lab):
    return lab.ssh(
        "docker02", "sha256sum /var/lib/docker/swarm/certificates/swarm-root-ca.crt"
    ).stdout


def test_join_tokens_and_the_authority_of_a_swarm_are_rotated_at_any_time(lab, up):
    before, had = started(lab, "docker02", "db"), authority(lab)
    said = up.does("Other keys and certificates")
    assert "Successfully rotated worker join token" in said
    assert authority(lab) != had
    assert started(lab, "docker02", "db") == before
    reaches(lab, "docker01", "web", "db")
    up.nothing_is_left_to_do()


def test_the_state_moves_to_another_backend(up):
    up.does("Move the state")
    assert (up.home / "new-state" / ".pulumi").is_dir()
    up.nothing_is_left_to_do()


def test_who_leaves_may_let_all_run_and_come_back(lab, up):
    before = {host: started(lab, host, one) for host, one in zip(HOSTS, ("web", "db"), strict=True)}
    up.does("Leave, and let all run")
    up.nothing_is_left_to_do()
    assert before == {
        host: started(lab, host, one) for host, one in zip(HOSTS, ("web", "db"), strict=True)
    }


def test_who_leaves_leaves_no_trace(lab, reader):
    reader.leaves()
    before = {host: look(lab, host) for host in HOSTS}
    reader.begins()
    reader.does("Leave, and take all along")
    assert not difference(before, {host: look(lab, host) for host in HOSTS})
    reader.types(f"pulumi stack init {reader.stack}")
