"""Whether there is room on a host, and only root there can change what crosshost keeps."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from planning.facts import HostFacts
from planning.host_paths import STATE

MEGABYTE = 1 << 20


def refusals(name: str, facts: HostFacts, changes: Collection[str]) -> Iterator[str]:
    """Sentences why a host's folders do not do.

    ``changes``: what the stack changes there of "units" and "daemon_json".
    """
    folder = facts.state_folder
    if folder is not None:
        if folder.kind != "directory":
            yield (
                f"{STATE} of {name} is no folder ({folder.kind or 'it leads nowhere'}), and crosshost "
                "keeps there what it has to undo: look what it is, and move it away"
            )
        elif folder.owner != 0 or folder.open_to_others:
            whose = (
                f"belongs to user {folder.owner}" if folder.owner else "can be written by others"
            )
            yield (
                f"{STATE} of {name} {whose}, who could change what root runs from there: look what is "
                f"in it, then `chown -R root:root {STATE}` and `chmod -R go-w {STATE}` there"
            )
    for what, path in facts.read_only.items():
        if what == "state" or what in changes:
            yield (
                f"{path} of {name} is read-only, and crosshost has to write there: mount it "
                f"read-write (`findmnt -T {path}` shows what is mounted, `dmesg` whether the kernel did "
                "it after an error of the disk)"
            )
    yield from _space(name, facts)


def _space(name: str, facts: HostFacts) -> Iterator[str]:
    """Sentences about places that are too full to work with."""
    for what, free, least, look in (
        (
            "Docker's data",
            facts.free_docker,
            50 * MEGABYTE,
            "`docker system df` shows what takes it",
        ),
        ("/etc", facts.free_etc, 50 * MEGABYTE, "`df -h /etc` shows the file system"),
        (STATE, facts.free_state, MEGABYTE, f"`df -h {STATE}` shows the file system"),
    ):
        if free is not None and free < least:
            left = f"{free // MEGABYTE} MB" if free >= MEGABYTE else f"{free // 1024} kB"
            yield f"{name} has {left} left for {what}: make room there ({look})"
