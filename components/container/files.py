"""The files that a container sees, put on its host."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_command as command
import pulumi_docker as docker

from components.host import Host
from planning import records
from planning.facts import HostFacts
from planning.host_paths import of_stack
from planning.service_files import MountedFile, folder_of, hash_of

# Files are numbered from here, so that their names have an order.
FIRST = 10


@dataclass(frozen=True)
class PlacedFiles:
    """A container's files on its host. ``folder``: its path there."""

    files: tuple[MountedFile, ...]
    folder: str
    change: command.remote.Command

    @property
    def mounts(self) -> list[docker.ContainerVolumeArgs]:
        """How the container has them. The paths tell what is in the files, so they are secret."""
        return [
            docker.ContainerVolumeArgs(
                container_path=one.target,
                host_path=pulumi.Output.secret(f"{self.folder}/{number}"),
                read_only=True,
            )
            for number, one in enumerate(self.files, FIRST)
        ]


def place(
    host: Host, container: str, files: Sequence[MountedFile], *, parent: pulumi.Resource
) -> PlacedFiles | None:
    """The files on the host; None without any. ``container``: its Docker name."""
    files = tuple(files)
    if not files:
        return None
    change, name = f"files-{container}", folder_of(files)
    facts = host.facts
    here = facts.certificates if isinstance(facts, HostFacts) else {}
    modes = " ".join(sorted({f"{one.mode:o}" for one in files}))
    intact = here.get(name) == f"{hash_of(files)} {modes}"
    if name in here and not intact:
        pulumi.log.warn(
            f"{host.host_name}: the files of {container} were changed by hand: up writes them again",
            resource=parent,
        )
    lines = "".join(
        f"{one.mode:o} {one.uid} {one.gid} {base64.b64encode(one.content).decode()}\n"
        for one in files
    )
    header = records.text(
        "",
        record=host.record(change),
        intact=intact,
        header={"container": container, "name": name, "hash": hash_of(files)},
    )
    made = host.change(
        change,
        "files.sh",
        pulumi.Output.secret(header + lines),
        parent=parent,
        generation=pulumi.Output.secret(name),
    )
    return PlacedFiles(files, f"{of_stack(host.stack)}/{change}/{name}", made)
