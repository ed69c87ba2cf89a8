"""One lab of one checkout: hosts, registry and network, found again and reused.

lab = Lab.for_checkout()
lab.up(hosts=2, engines=["20", "28"])
lab.ssh("docker01", "docker", "ps").stdout
lab.run(["pulumi", "-s", "lab-overlay", "preview"])
"""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from lab import (
    access,
    cache,
    environment,
    fleets,
    images,
    inotify,
    inside,
    keys,
    machine,
    network,
    registry,
    roots,
)
from lab.cgroups import Cgroup
from lab.environment import Environment
from lab.errors import LabError
from lab.hosts import Host, name_of
from lab.progress import step
from lab.record import HostRecord, Record
from lab.roots import Suite
from lab.status import HostStatus, status_of

CHECKOUT = Path(__file__).resolve().parent.parent
DEFAULT_HOSTS = 2
DEFAULT_ENGINES = ("bullseye",)


class Lab:
    """A lab by its checkout's folder. Nothing is started before `up`.

    A checkout may have several: CROSSHOST_LAB_NAME in the environment names another one.
    """

    def __init__(self, checkout: Path) -> None:
        self.checkout = checkout
        name = os.environ.get("CROSSHOST_LAB_NAME", "")
        self.id = sha256(f"{checkout}{name and f'#{name}'}".encode()).hexdigest()[:8]
        self.folder = cache.root() / "labs" / self.id
        self.namespace = f"crosshost-{self.id}"
        self.key_file = self.folder / "id_ed25519"
        self._record_file = self.folder / "lab.json"
        self._hosts_folder = self.folder / "hosts"

    @staticmethod
    def for_checkout(checkout: Path = CHECKOUT) -> Lab:
        """The lab of the checkout that this file is in, or of another one."""
        return Lab(checkout.resolve())

    # What runs

    @contextmanager
    def _locked(self) -> Iterator[Record]:
        """Hold the lab's lock, with its record loaded."""
        machine.require_linux_root()
        with cache.lock(cache.root() / "locks" / f"lab-{self.id}", "it works on this lab"):
            yield Record.load(self._record_file)

    def running(self) -> bool:
        """Whether the lab is up: its network and registry run (hosts may be off)."""
        record = Record.load(self._record_file)
        return record.registry is not None and record.registry.alive()

    def hosts(self) -> list[str]:
        """The names of the lab's hosts, running or not."""
        return list(Record.load(self._record_file).hosts)

    def address(self, name: str) -> str:
        """The address of a host on the lab's LAN."""
        return self._known(Record.load(self._record_file), name).address

    def status(self) -> list[HostStatus]:
        """All hosts, in order; empty where there is no lab."""
        up = self.running()
        return [status_of(host, up) for host in self._all(Record.load(self._record_file))]

    # Up and down

    def up(
        self, hosts: int = DEFAULT_HOSTS, engines: Sequence[str] = DEFAULT_ENGINES
    ) -> list[HostStatus]:
        """Have at least `hosts` hosts running; what runs already is left alone.

        The i-th host takes the i-th of `engines` (a suite or the beginning of a version), the
        last repeats. A host that exists keeps its engine, unless another one is asked for: then
        LabError. Hosts that are off or dead are booted from their disks.
        """
        suites = [roots.suite_of(engine) for engine in engines] or [roots.suite_of("bullseye")]
        if not 1 <= hosts <= network.MAX_HOSTS:
            raise LabError(f"{hosts} hosts: a lab has 1 to {network.MAX_HOSTS}")
        explicit = tuple(engines) != DEFAULT_ENGINES
        fleet = {n: suites[min(n, len(suites)) - 1] for n in range(1, hosts + 1)}
        with self._locked() as record:
            client_key = self._know(record, fleet, keep_engine=not explicit)
            self._start_hosts(record, self._all(record), client_key)
        return self.status()

    def up_for(self, stack: str) -> list[HostStatus]:
        """Have the hosts of an environment running; others are left as they are."""
        return self._up_only(fleets.fleet(stack))

    def up_numbered(self, fleet: Mapping[int, str]) -> list[HostStatus]:
        """Have these hosts running, number -> suite; others are left as they are."""
        return self._up_only({number: roots.SUITES[suite] for number, suite in fleet.items()})

    def _up_only(self, fleet: Mapping[int, Suite]) -> list[HostStatus]:
        with self._locked() as record:
            client_key = self._know(record, fleet)
            wanted = [self._host(record, name_of(number)) for number in fleet]
            self._start_hosts(record, wanted, client_key)
        return self.status()

    def _know(
        self, record: Record, fleet: Mapping[int, Suite], *, keep_engine: bool = False
    ) -> str:
        """Have records of these hosts and a running network; the client's public key."""
        machine.require_tools()
        machine.require_disk(self.folder)
        client_key = keys.ensure_client_key(self.key_file)
        for number, suite in fleet.items():
            name = name_of(number)
            known = record.hosts.get(name)
            if known is None:
                record.hosts[name] = HostRecord(name, network.address(number), suite.name)
            elif not keep_engine and known.suite != suite.name:
                raise LabError(
                    f"{name} already has {known.suite} and {suite.name} is wanted: "
                    "name an engine for each host, or run `python -m lab clean` first"
                )
        access.write(self.folder, self.key_file, record.hosts.values())
        self._start_network(record, client_key)
        return client_key

    def _start_network(self, record: Record, client_key: str) -> None:
        """Have namespace and registry; hosts whose namespace is gone are switched off first."""
        if record.registry and record.registry.alive() and network.exists(self.namespace):
            return
        content = images.images(client_key, self.folder)
        self._sweep(record)
        record.namespace = self.namespace
        record.registry_cgroup = f"crosshost-{self.id}/registry"
        record.save(self._record_file)
        network.create(self.namespace)
        storage = self.folder / "registry"
        registry.write(storage, content)
        record.registry = registry.start(storage, self.namespace, Cgroup(record.registry_cgroup))
        record.save(self._record_file)

    def _start_hosts(
        self, record: Record, wanted: Sequence[Host], client_key: str, *, wait: bool = True
    ) -> None:
        missing = [host for host in wanted if not host.running]
        if missing:
            bases = {h.record.suite: roots.host_root(roots.SUITES[h.record.suite]) for h in missing}
            for host in missing:
                host.kill()
                host.plan_start()
            record.save(self._record_file)
            inotify.make_room()
            names = [host.record.name for host in missing]
            with step(f"booting {', '.join(names) if len(names) < 5 else f'{len(names)} hosts'}"):
                for host in missing:
                    host.start(bases[host.record.suite], client_key)
                    record.save(self._record_file)
                if wait:
                    self._wait(missing)
        if wait:
            self._wait(wanted)

    @staticmethod
    def _wait(hosts: Sequence[Host]) -> None:
        with ThreadPoolExecutor(max(len(hosts), 1)) as pool:
            list(pool.map(Host.wait_ready, hosts))

    def down(self) -> None:
        """Shut the hosts down cleanly and stop all that the lab has started; disks stay."""
        with self._locked() as record:
            self._sweep(record, Host.shut_down)

    def clean(self) -> None:
        """Stop everything and delete the lab's folder: disks, keys, Pulumi state."""
        with self._locked() as record:
            self._sweep(record)
            cache.remove(self.folder)

    def _sweep(
        self, record: Record, stop: Callable[[Host], None] = lambda host: host.kill()
    ) -> None:
        """End everything that the record tells of."""
        hosts = self._all(record)
        started = [host for host in hosts if host.record.cgroup or host.record.mounts]
        if started:
            with step(f"stopping {len(started)} hosts"), ThreadPoolExecutor(len(started)) as pool:
                list(pool.map(stop, started))
        if record.registry_cgroup:
            cgroup = Cgroup(record.registry_cgroup)
            cgroup.kill()
            cgroup.remove()
            Cgroup(f"crosshost-{self.id}").remove()
        if record.namespace:
            network.delete(record.namespace)
        record.registry, record.registry_cgroup, record.namespace = None, "", ""
        record.save(self._record_file)
        inotify.give_back()

    # Single hosts

    def power_off(self, name: str) -> None:
        """Pull the plug of a host: all its processes end at once; its disk stays."""
        with self._locked() as record:
            host = self._host(record, name)
            host.kill()
            host.record.wanted = "off"
            record.save(self._record_file)

    def power_on(self, name: str, *, wait: bool = True) -> None:
        """Boot a host from its disk and, unless told otherwise, wait until it is ready."""
        with self._locked() as record:
            client_key = keys.ensure_client_key(self.key_file)
            self._start_network(record, client_key)
            self._start_hosts(record, [self._host(record, name)], client_key, wait=wait)

    def reset(self, *names: str) -> None:
        """Give hosts (without names: all) new disks and boot them."""
        with self._locked() as record:
            client_key = keys.ensure_client_key(self.key_file)
            hosts = [self._host(record, name) for name in names or record.hosts]
            for host in hosts:
                host.kill()
                record.save(self._record_file)
                host.wipe()
            self._start_network(record, client_key)
            self._start_hosts(record, hosts, client_key)

    # Commands

    def environment(self) -> dict[str, str]:
        """The whole environment that `run` gives its commands."""
        found = environment.find(self.folder)
        return found.over(dict(os.environ), self.checkout)

    def prepare(self) -> Environment:
        """Have a running lab (the default one, where none runs) and all that lab/run needs."""
        if not self.running():
            self.up()
        found = environment.find(self.folder)
        record = Record.load(self._record_file)
        if record.registry is None:
            raise LabError("the lab was stopped meanwhile: run this again")
        environment.write(self.folder / "env", found, self.namespace, record.registry)
        return found

    def run(
        self,
        argv: Sequence[str | Path],
        *,
        input: str | None = None,
        check: bool = True,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command inside the lab's network with the lab's environment.

        `cwd` is the checkout unless given, `env` is added to the environment, `timeout` is in
        seconds. Errors: CommandFailed on another exit code than 0, unless `check` is False;
        subprocess.TimeoutExpired.
        """
        full = {**self.environment(), **(env or {})}
        folder = cwd or self.checkout
        return inside.run(self.namespace, argv, full, folder, input, check, timeout)

    def ssh(
        self,
        name: str,
        *argv: str,
        input: str | None = None,
        check: bool = True,
        timeout: float | None = 60,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command on a host; several words are passed on as they are, one is a script.

        `name` may be a container's LAN address too. Errors: as `run`.
        """
        remote = argv[0] if len(argv) == 1 else shlex.join(argv)
        command = ["ssh", "-F", str(self.folder / "ssh_config"), name, remote]
        folder = self.checkout
        return inside.run(self.namespace, command, os.environ, folder, input, check, timeout)

    def _all(self, record: Record) -> list[Host]:
        return [
            Host(self.id, self.namespace, self._hosts_folder, host)
            for host in record.hosts.values()
        ]

    def _host(self, record: Record, name: str) -> Host:
        return Host(self.id, self.namespace, self._hosts_folder, self._known(record, name))

    @staticmethod
    def _known(record: Record, name: str) -> HostRecord:
        if name not in record.hosts:
            there = ", ".join(record.hosts) or "none: `python -m lab up` makes them"
            raise LabError(f"the lab has no host {name!r}; it has {there}")
        return record.hosts[name]
