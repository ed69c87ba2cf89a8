"""An impact in one line, the worst first."""

from __future__ import annotations

from planning.interruption_text import is_interrupted
from planning.sentences import listed
from reports.impact.effects import LEAVES
from reports.impact.model import Effect, Gate, Impact, Weight
from reports.impact.volumes import LEFT_BEHIND

NOTHING = "nothing changes"
NOTHING_RUNS = "changes nothing that runs"
_MOST = 3


def verdict(impact: Impact) -> str:
    """One line, without markup."""
    if impact.errors:
        return f"there is no whole preview: {' '.join(impact.errors[0].split())}"
    if impact.stops:
        why = f"up would stop before it changes anything: {_some(impact.stops)}"
        return f"{why}; once that is mended: {_what(impact)}" if impact.changes else why
    unseen = [f"{listed(impact.unseen)} could not be looked at"] if impact.unseen else []
    return "; ".join([*unseen, _what(impact)])


def _what(impact: Impact) -> str:
    """What it does, whether it can or not."""
    if not impact.changes:
        return NOTHING
    parts = []
    lost = [effect for effect in impact.effects if effect.weight is Weight.LOST]
    if lost:
        parts.append(f"cannot be undone: {_some([effect.sentence for effect in lost])}")
    parts += _away(impact.effects)
    opened = [effect for effect in impact.effects if effect.gate is Gate.EXPOSED_PORT]
    if opened:
        parts.append(f"opens ports of {listed(_hosts(opened))}")
    plain = [e.names[0] for e in impact.effects if e.weight is Weight.OPEN and not e.gate]
    if plain:
        parts.append(f"no longer encrypts {listed(plain)}")
    ends = [
        e for e in impact.effects if e.weight is Weight.ENDS and e.sentence.startswith("container ")
    ]
    if ends:
        parts.append(f"ends {_count(len(ends), 'container')} on {listed(_hosts(ends))}")
    left = dict.fromkeys(
        f"volume {e.names[0]}" for e in impact.effects if LEFT_BEHIND in e.sentence
    )
    if left:
        parts.append(f"leaves the data of {listed(list(left))} behind")
    leaving = [effect for effect in impact.effects if effect.sentence.startswith(LEAVES)]
    if leaving:
        parts.append(f"takes {listed(_hosts(leaving))} out of the stack")
    starts = [e for e in impact.effects if " starts (" in e.sentence]
    started = [f"starts {_count(len(starts), 'container')}"] if starts else []
    if any(e.weight >= Weight.ENDS for e in impact.effects):
        parts += started
    else:
        parts.append(", ".join([NOTHING_RUNS, *started]))
    return "; ".join(parts) if parts else "ends what is no longer in the stack file"


def _away(effects: tuple[Effect, ...]) -> list[str]:
    away = [effect for effect in effects if effect.weight is Weight.AWAY]
    bouncing = [effect for effect in away if effect.bounced or effect.more]
    parts = []
    if bouncing:
        count = len({(e.host, name) for e in bouncing for name in e.bounced})
        count = max(count, sum(e.more for e in bouncing))
        seconds = max(effect.seconds for effect in bouncing)
        parts.append(
            f"bounces {_count(count, 'container')} on {listed(_hosts(bouncing))} for about {seconds} s"
        )
    moved = [e for e in away if " moves here from " in e.sentence and not e.seconds]
    if moved:
        parts.append(f"moves {_count(len(moved), 'container')} to {listed(_hosts(moved))}")
    restarted = _hosts([e for e in away if e.gate is Gate.RESTART])
    if restarted:
        parts.append(f"restarts the Docker daemon of {listed(restarted)}")
    interrupted = [e.names[0] for e in away if is_interrupted(e.sentence)]
    if interrupted:
        parts.append(f"interrupts {listed(list(dict.fromkeys(interrupted)))} between hosts")
    networks = [e.names[0] for e in away if e.sentence.startswith("network ")]
    if networks:
        parts.append(f"makes {listed(list(dict.fromkeys(networks)))} anew")
    return parts


def _hosts(effects: list[Effect]) -> list[str]:
    hosts = list(dict.fromkeys(effect.host for effect in effects))
    return (
        hosts
        if len(hosts) <= 2 * _MOST
        else [*hosts[: 2 * _MOST], f"{len(hosts) - 2 * _MOST} more"]
    )


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _some(sentences: list[str] | tuple[str, ...]) -> str:
    more = f" (and {len(sentences) - _MOST} more)" if len(sentences) > _MOST else ""
    return "; ".join(sentences[:_MOST]) + more
