"""What happens on each host, from the engine's changes and from what the program said about them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from planning import daemon_text, records, removal_text
from planning.engine_events import Act, Change, Preview, stdin
from planning.preview_notes import NOT_LOOKED_AT, UP_STOPS
from planning.sentences import listed
from reports.impact import containers, devices, networks, ports, volumes
from reports.impact.model import Effect, Fleet, Gate, Weight
from reports.impact.removals import with_removals

LEAVES = "leaves the stack"
# Commands that keep crosshost's own records, by their names without their hosts'.
_RECORDS = re.compile(
    r"scripts|install-scripts|images|present|undo|reachability|conflicts|slices-.*|.*-(?:endpoints|leader|hosts)"
)
_ENDED = "program exited with non-zero exit code"
_SIMPLE: Mapping[str, tuple[str, str]] = {
    "tls": ("certificates of the Docker API are written", "certificates of the Docker API are removed"),
    "consul-access": ("what it uses Consul with is written", "what it uses Consul with is removed"),
}  # fmt: skip


def effects(preview: Preview, before: Fleet, after: Fleet) -> list[Effect]:
    """Everything that happens, the heaviest first. ``before``, ``after``: for what is called how."""
    changes = [change for change in preview.changes if change.custom]
    networks_anew = any(c.type == networks.NETWORK and c.act is Act.REPLACE for c in changes)
    restarts = sum(1 for change in changes if _restarts(change))
    seconds = removal_text.away(daemons=min(restarts, 1), networks=networks_anew)
    interrupted = list(devices.interrupted(preview))
    told = {(effect.host, f"{effect.names[0]}-vxlan") for effect in interrupted}
    moves = containers.moves(changes)
    moving = {half for pair in moves.values() for half in map(id, pair)}
    blind = unseen(preview)
    found = [*ports.effects(changes), *interrupted, *volumes.kept(changes)]
    found += networks.encryption(changes, before, after)
    for old, new in moves.values():
        found += containers.moved(old, new)
    for change in changes:
        if (change.host, change.base) in told or id(change) in moving:
            continue
        if change.type == containers.CONTAINER:
            found += containers.effects(change, preview, seconds)
        elif change.type == networks.NETWORK:
            found += networks.effects(change, before, after)
        elif change.type == volumes.VOLUME:
            found += volumes.effects(change)
        elif change.type.startswith("command:") and change.host in blind:
            sentence = "what else changes there is known once it can be looked at"
            found.append(Effect(change.host, sentence, Weight.CHANGES))
        elif change.type.startswith("command:"):
            found += _command(change, preview, changes)
        elif change.host:
            found.append(Effect(change.host, _kept_word(change), Weight.QUIET))
    return in_order(with_removals(found, preview, changes))


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
    guarded = any(change.base == "firewall" for change in preview.changes)
    messages = [m for level in ("warning", "info") for m in preview.messages if m.severity == level]
    return tuple(
        dict.fromkeys(
            message.text
            for message in messages
            if not message.text.startswith((UP_STOPS, NOT_LOOKED_AT))
            and _without_host(message.text) not in known
            and removal_text.removed(message.text) is None
            and not (message.about == "firewall" and guarded)
            and not _is_of_same_slices(message.text, preview)
        )
    )


def _is_of_same_slices(text: str, preview: Preview) -> bool:
    """Whether a sentence lists the slices of a network that are what they were."""
    found = re.match(r"slices of (\S+): ", text)
    if found is None:
        return False
    made = (Act.CREATE, Act.REPLACE)
    of = (f"slices-{found[1]}", f"{found[1]}-vxlan", found[1])
    return not any(change.base in of and change.act in made for change in preview.changes)


def _command(change: Change, preview: Preview, changes: Sequence[Change]) -> Iterator[Effect]:
    base, host, gone = change.base, change.host, change.act is Act.DELETE
    if base == "scripts" and gone:
        yield Effect(host, f"{LEAVES}: nothing of crosshost's stays there", Weight.ENDS)
    elif base == "daemon" and not gone:
        yield _daemon(change, preview)
    elif base.endswith("-leave"):
        if gone:
            yield _leaves(change)
    elif base == "swarm":
        told = _told(preview, change.name, "swarm")
        if gone:
            yield Effect(host, "leaves the swarm", Weight.ENDS)
        elif told or change.act is Act.CREATE:
            yield Effect(host, told or "joins the swarm", Weight.CHANGES)
        else:
            yield Effect(host, _kept_word(change), Weight.QUIET)
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
        said_of = [m.text for m in preview.messages if m.about == "firewall"]
        news = [sentence for text in said_of if (sentence := _guards(text, host))]
        for text in news or ["rules for the ports of engines are written"]:
            yield Effect(host, text, Weight.CHANGES)
        return
    left = {c.base for c in changes if c.host == host and c.act is Act.DELETE}
    lines = [line.split(" ") for line in records.body(stdin(change.old)).splitlines()]
    given = ", ".join(dict.fromkeys(f"{line[0]} {line[1]}" for line in lines if len(line) == 4))
    sentence = f"rules that kept strangers from {given or 'the ports of engines'} are removed"
    if left & {"scripts", "swarm", "daemon-leave"}:
        yield Effect(host, sentence, Weight.CHANGES)
    else:
        yield Effect(host, sentence, Weight.OPEN, Gate.EXPOSED_PORT, (host,))


def _guards(text: str, host: str) -> str:
    """What a sentence on the rules of several hosts says of one of them; "" for nothing."""
    names, will, rest = text.partition(" will ")
    hosts = names.split(", ")
    if not will or host not in hosts:
        return ""
    others = listed([name for name in hosts if name != host])
    return f"will {rest.replace('let only each other', f'let only {others}')}"


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
