"""The rows of a reachability check, as far as they are drawn: which paths are broken, between what."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from planning.reachability import interruptions
from reports.topology.model import Topology

Answer = Literal["yes", "no", "unknown"]


class Row(BaseModel):
    """One row of a reachability check. Further keys are not read."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    source: str = Field(alias="from")
    from_host: str = ""
    to: str
    to_host: str = ""
    network: str = ""
    kind: str = ""
    expected: Answer
    observed: Answer
    cause: str | None = None

    @property
    def broken(self) -> bool:
        """Whether something is otherwise than promised, and surely so."""
        return "unknown" not in (self.expected, self.observed) and self.expected != self.observed


_ROWS = TypeAdapter(list[Row])


def rows(text: str | bytes) -> list[Row]:
    """The rows of a JSON list; ValueError with a sentence that says what is wrong where."""
    try:
        found = _ROWS.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ValueError(f"{where + ': ' if where else ''}{first['msg']}") from None
    # What an up interrupted is over.
    return [row for row in found if row.kind != interruptions.KIND]


@dataclass(frozen=True)
class End:
    """One end of a path. ``host``: empty outside of the fleet; ``container``: empty for the host."""

    host: str
    container: str = ""
    outside: str = ""

    def __str__(self) -> str:
        """For people."""
        if self.container:
            return f"{self.container} on {self.host}"
        return self.host or self.outside


@dataclass(frozen=True)
class BrokenPath:
    """A path on which something is not as promised.

    ``kinds``: what was tested; ``count``: how many rows say so; ``back``: so is the way back.
    """

    source: End
    target: End
    network: str
    expected: str
    kinds: tuple[str, ...]
    cause: str
    count: int = 1
    back: bool = False

    @property
    def ends(self) -> tuple[End, End]:
        """Both ends."""
        return self.source, self.target

    def __str__(self) -> str:
        """For people, in one line."""
        arrow = "<->" if self.back else "->"
        kinds = ", ".join(self.kinds) or "reachable"
        wanted = (
            f"{kinds} should {'work and does' if self.expected == 'yes' else 'fail and does'} not"
        )
        on = f" on {self.network}" if self.network else ""
        times = f" ({self.count} checks)" if self.count > 1 else ""
        cause = f": {self.cause}" if self.cause else ""
        return f"{self.source} {arrow} {self.target}{on}: {wanted}{times}{cause}"


def broken(found: Iterable[Row], fleet: Topology) -> list[BrokenPath]:
    """The broken paths of a check, each once, whatever was tested on it and in which direction."""
    known = {(c.host, name): c.name for c in fleet.containers for name in (c.docker_name, c.name)}
    hosts = {host.name for host in fleet.hosts}

    def end(host: str, name: str) -> End:
        if (host, name) in known:
            return End(host, known[host, name])
        here = host if host in hosts else name if name in hosts else ""
        return End(here) if here else End("", outside=name or host or "outside")

    return _joined(
        BrokenPath(
            end(row.from_host, row.source),
            end(row.to_host, row.to),
            row.network,
            row.expected,
            (row.kind,) if row.kind else (),
            row.cause or "",
        )
        for row in found
        if row.broken
    )


def between_hosts(paths: Sequence[BrokenPath]) -> list[BrokenPath]:
    """The same paths by their hosts alone."""
    return _joined(
        replace(path, source=replace(path.source, container=""), target=replace(path.target, container=""))
        for path in paths
    )  # fmt: skip


def _joined(paths: Iterable[BrokenPath]) -> list[BrokenPath]:
    found: dict[tuple[object, ...], BrokenPath] = {}
    for path in paths:
        ahead = (path.source, path.target, path.network, path.expected)
        behind = (path.target, path.source, path.network, path.expected)
        if behind in found and path.source != path.target:
            ahead, path = behind, replace(path, back=True)
        if ahead in found:
            path = _both(found[ahead], path)
        found[ahead] = path
    return list(found.values())


def _both(first: BrokenPath, more: BrokenPath) -> BrokenPath:
    causes = dict.fromkeys(cause for cause in (first.cause, more.cause) if cause)
    return replace(
        first,
        kinds=tuple(dict.fromkeys((*first.kinds, *more.kinds))),
        cause=next(iter(causes), ""),
        count=first.count + more.count,
        back=first.back or more.back,
    )
