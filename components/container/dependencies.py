"""What a container waits for of others, on any host."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import pulumi
import pulumi_docker as docker

from components.container.settings import ContainerSettings
from components.host import ConfiguredHost

Wait = Literal["healthy", "completed"]
_WAITS: Mapping[str, Wait] = {
    "service_healthy": "healthy",
    "service_completed_successfully": "completed",
}


@dataclass(frozen=True)
class Dependencies:
    """``after``: what must be there first. ``made_anew_with``: containers whose IDs it carries."""

    after: Sequence[pulumi.Resource] = ()
    made_anew_with: Sequence[docker.Container] = ()


@dataclass
class Waits:
    """The waits of a stack: each asked once a container that is waited for."""

    containers: Mapping[str, ContainerSettings]
    hosts: Mapping[str, ConfiguredHost]
    made: dict[tuple[str, Wait], pulumi.Resource] = field(default_factory=dict)

    def of(self, name: str, made: Mapping[str, docker.Container]) -> Dependencies:
        """``made``: the containers that were made before this one."""
        wanted = self.containers[name].depends_on
        after: list[pulumi.Resource] = []
        for other, how in wanted.items():
            if other in made:
                wait = _WAITS.get(how.condition)
                after.append(self._wait(other, wait, made[other]) if wait else made[other])
        anew = [made[other] for other, how in wanted.items() if how.restart and other in made]
        return Dependencies(after, anew)

    def _wait(self, name: str, wait: Wait, container: docker.Container) -> pulumi.Resource:
        if (name, wait) not in self.made:
            settings = self.containers[name]
            host = self.hosts[settings.host]
            self.made[name, wait] = host.check(
                f"{wait}-{name}",
                f"dependency.sh {wait}",
                pulumi.Output.concat(
                    "id=", container.id, f" name={settings.container_name or name}\n"
                ),
                parent=host.component,
                depends_on=[container],
            )
        return self.made[name, wait]


def ending(containers: Mapping[str, ContainerSettings]) -> set[str]:
    """The containers for whose end others wait."""
    return {
        name
        for one in containers.values()
        for name, how in one.depends_on.items()
        if how.condition == "service_completed_successfully"
    }


def in_order(containers: Mapping[str, ContainerSettings]) -> list[str]:
    """The containers so that each is after those that it waits for; there are no circles."""
    found: dict[str, None] = {}

    def put(name: str) -> None:
        for other in containers[name].comes_after:
            if other in containers and other not in found:
                put(other)
        found.setdefault(name)

    for name in containers:
        put(name)
    return list(found)
