"""Whether crosshost can keep its own things on a host, and only root there can change them."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from planning.facts import HostFacts

STATE = "/var/lib/crosshost"
MIN_FREE = 1 << 20


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
    if facts.free_state is not None and facts.free_state < MIN_FREE:
        yield (
            f"{name} has {facts.free_state // 1024} kB left for {STATE}: make room there (`df -h "
            f"{STATE}` shows the file system)"
        )
