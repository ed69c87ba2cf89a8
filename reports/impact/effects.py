"""What happens on each host, from the engine's changes and from what the program said about them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from planning import daemon_text, records, removal_text
from planning.engine_events import Act, Change, Preview, stdin
from planning.preview_notes import NOT_LOOKED_AT, UP_STOPS
from reports.impact import containers, devices, ports
from reports.impact.called import called
from reports.impact.model import Effect, Gate, Weight

NETWORK = "docker:index/network:Network"
VOLUME = "docker:index/volume:Volume"
# Commands that keep crosshost's own records, by their names without their hosts'.
_RECORDS = re.compile(
    r"scripts|install-scripts|images|present|undo|reachability|conflicts|slices-.*|.*-(?:endpoints|leader|hosts)"
)
_ENDED = "program exited with non-zero exit code"
_SIMPLE: Mapping[str, tuple[str, str]] = {
    "tls": ("certificates of the Docker API are written", "certificates of the Docker API are removed"),
    "consul-access": ("what it uses Consul with is written", "what it uses Consul with is removed"),
}  # fmt: skip


def effects(preview: Preview) -> list[Effect]:
    """Everything that happens, the heaviest first."""
    changes = [change for change in preview.changes if change.custom]
    networks_anew = any(c.type == NETWORK and c.act is Act.REPLACE for c in changes)
    restarts = sum(1 for change in changes if _restarts(change))
    seconds = removal_text.away(daemons=min(restarts, 1), networks=networks_anew)
    interrupted = list(devices.interrupted(preview))
    told = {(effect.host, f"{effect.names[0]}-vxlan") for effect in interrupted}
    found = [*ports.effects(changes), *interrupted]
    for change in changes:
        if (change.host, change.base) in told:
            continue
        if change.type == ports.CONTAINER:
            found += containers.effects(change, preview, seconds)
        elif change.type == NETWORK:
            found += _network(change)
        elif change.type == VOLUME:
            found += _volume(change)
        elif change.type.startswith("command:"):
            found += _command(change, preview, changes)
        elif change.host:
            found.append(Effect(change.host, _kept_word(change), Weight.QUIET))
    removed = list(_removals(preview))
    first = {(effect.host, name) for effect in removed for name in effect.names}
    found = [
        effect
        for effect in found
        if effect.gate is not Gate.REPLACE
        or effect.weight is not Weight.AWAY
        or not any((effect.host, name) in first for name in effect.names)
    ]
    return in_order([*found, *removed])


def in_order(found: Iterable[Effect]) -> list[Effect]:
    """The heaviest first, and containers before what they hold."""
    return sorted(
        dict.fromkeys(found),
        key=lambda one: (
            -one.weight,
            one.host,
            not one.sentence.startswith("container "),
            one.sentence,
        ),
    )


def unseen(preview: Preview) -> tuple[str, ...]:
    """Hosts that the preview could not look at."""
    said = [
        text.removeprefix(NOT_LOOKED_AT)
        for text in preview.said("info")
        if text.startswith(NOT_LOOKED_AT)
    ]
    return tuple(dict.fromkeys(name for text in said for name in text.split(", ")))  # fmt: skip


def stops(preview: Preview) -> tuple[str, ...]:
    """Why an up would stop before it changes anything."""
    said = preview.said("warning")
    return tuple(text.removeprefix(UP_STOPS) for text in said if text.startswith(UP_STOPS))


def errors(preview: Preview) -> tuple[str, ...]:
    """Why there is no whole preview; that the program ended is said only where nothing else is."""
    found = preview.said("error")
    return tuple(text for text in found if _ENDED not in text) or tuple(found)


def said(preview: Preview, used: Sequence[Effect]) -> tuple[str, ...]:
    """What the program says that no effect says already; warnings first."""
    known = " \n".join(effect.sentence for effect in used)
    texts = [*preview.said("warning"), *preview.said("info")]
    return tuple(
        text
        for text in texts
        if not text.startswith((UP_STOPS, NOT_LOOKED_AT)) and _without_host(text) not in known
    )


def _network(change: Change) -> Iterator[Effect]:
    name, driver = change.base, str((change.new or change.old).get("driver") or "")
    where = " for all its hosts" if driver == "overlay" else ""
    if change.act is Act.REPLACE:
        # Its labels say only that it begins anew.
        words = called(key for key in change.keys if key != "labels")
        keys = f" ({', '.join(words)})" if words else ""
        yield Effect(
            change.host, f"network {name} is made anew{where}{keys}", Weight.AWAY, Gate.REPLACE, (name,)
        )  # fmt: skip
    elif change.act is Act.DELETE:
        yield Effect(change.host, f"network {name} is removed{where}", Weight.ENDS)
    else:
        done = {Act.CREATE: "is made", Act.IMPORT: "is taken over as it is"}.get(
            change.act, "changes"
        )
        yield Effect(change.host, f"network {name} ({driver}) {done}", Weight.CHANGES)


def _volume(change: Change) -> Iterator[Effect]:
    if change.act in (Act.DELETE, Act.REPLACE):
        yield Effect(
            change.host, f"volume {change.base} is deleted with its data", Weight.LOST,
            Gate.REPLACE, (change.base,),
        )  # fmt: skip
    else:
        yield Effect(change.host, f"volume {change.base} is made", Weight.CHANGES)


def _command(change: Change, preview: Preview, changes: Sequence[Change]) -> Iterator[Effect]:
    base, host, gone = change.base, change.host, change.act is Act.DELETE
    if base == "scripts" and gone:
        yield Effect(host, "leaves the stack: nothing of crosshost's stays there", Weight.ENDS)
    elif base == "daemon" and not gone:
        yield _daemon(change, preview)
    elif base.endswith("-leave"):
        if gone:
            yield _leaves(change)
    elif base == "swarm":
        told = _told(preview, change.name, "swarm")
        done = "leaves the swarm" if gone else told or "its place in the swarm is written anew"
        yield Effect(host, done, Weight.ENDS if gone else Weight.CHANGES)
    elif base == "firewall":
        yield from _firewall(change, preview, changes)
    elif base.startswith("promiscuous-"):
        nic = base.removeprefix("promiscuous-")
        how = (
            f"{nic} is no longer promiscuous"
            if gone
            else f"{nic} becomes promiscuous, and stays so"
        )
        yield Effect(host, how, Weight.CHANGES)
    elif base in _SIMPLE:
        yield Effect(host, _SIMPLE[base][gone], Weight.CHANGES)
    elif _RECORDS.fullmatch(base) or base == "daemon":
        yield Effect(host, _kept_word(change), Weight.QUIET)
    else:
        sentence = devices.sentence(change) or f"{base}: {change.act.value}"
        yield Effect(host, sentence, Weight.CHANGES)


def _restarts(change: Change) -> bool:
    return change.base == "daemon" and _header(change.new).get("action") == "restart"


def _daemon(change: Change, preview: Preview) -> Effect:
    sentence = _told(preview, change.name, "daemon") or "files of the Docker daemon are written"
    if not _restarts(change):
        return Effect(change.host, sentence, Weight.CHANGES)
    more = daemon_text.bouncing(sentence)
    return Effect(
        change.host, sentence, Weight.AWAY, Gate.RESTART, (change.host,),
        more=more, seconds=removal_text.away(daemons=1) if more else 0,
    )  # fmt: skip


def _leaves(change: Change) -> Effect:
    how = _header(change.old).get("leave", "restart")
    names = (change.host,)
    if how == "restart":
        sentence = "daemon.json goes back to what it was: the Docker daemon will be restarted"
        return Effect(change.host, sentence, Weight.AWAY, Gate.RESTART, names)
    by = "the Docker daemon will be reloaded" if how == "reload" else "the daemon goes on as it is"
    return Effect(change.host, f"daemon.json goes back to what it was: {by}", Weight.CHANGES)


def _firewall(change: Change, preview: Preview, changes: Sequence[Change]) -> Iterator[Effect]:
    host = change.host
    if change.act is not Act.DELETE:
        news = [
            m.text
            for m in preview.messages
            if m.about == "firewall" and host in m.text.split(" will ")[0]
        ]
        for text in news or ["rules for the ports of engines are written"]:
            yield Effect(host, _without_host(text), Weight.CHANGES)
        return  # fmt: skip
    left = {c.base for c in changes if c.host == host and c.act is Act.DELETE}
    lines = [line.split(" ") for line in records.body(stdin(change.old)).splitlines()]
    given = ", ".join(dict.fromkeys(f"{line[0]} {line[1]}" for line in lines if len(line) == 4))
    sentence = f"rules that kept strangers from {given or 'the ports of engines'} are removed"
    if left & {"scripts", "swarm", "daemon-leave"}:
        yield Effect(host, sentence, Weight.CHANGES)
    else:
        yield Effect(host, sentence, Weight.OPEN, Gate.EXPOSED_PORT, (host,))


def _removals(preview: Preview) -> Iterator[Effect]:
    """What the program removes first, as it is in the way."""
    for text in preview.said("warning"):
        found = removal_text.removed(text)
        if found is not None:
            kind, name, host, seconds = found
            bounced = (name,) if kind == "container" else ()
            names = (name, f"{host}/{name}")
            yield Effect(host, text, Weight.AWAY, Gate.REPLACE, names, bounced, seconds=seconds)


def _told(preview: Preview, about: str, word: str) -> str:
    """What the program says of a resource."""
    found = [m.text for m in preview.messages if m.about == about and word in m.text]
    return "; ".join(_without_host(text) for text in found)


def _without_host(text: str) -> str:
    return re.sub(r"^[\w.-]+(?:: (?=\S)| (?=will ))", "", text)


def _kept_word(change: Change) -> str:
    return f"{change.base}: {change.act.value}"


def _header(inputs: Mapping[str, object]) -> Mapping[str, str]:
    return records.header_fields(stdin(inputs))
