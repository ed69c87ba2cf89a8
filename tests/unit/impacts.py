"""Impacts of previews made by hand."""

from __future__ import annotations

from planning import engine_events
from reports.impact.model import Fleet, Member
from reports.impact.report import impact
from tests.unit.previews import CONTAINER, container, document, step

OPEN = {"SAME_HOST": True, "ACROSS": True, "NAMES": True}
OVERLAY = OPEN | {"FROM_LAN": False, "TO_LAN": True}
MACVLAN = {"SAME_HOST": True, "ACROSS": True, "NAMES": False, "FROM_LAN": True, "TO_LAN": True}
NOTHING = Fleet()


def port(number, ip="0.0.0.0", to=80):
    return {"internal": to, "external": number, "ip": ip, "protocol": "tcp"}


def of(*steps, diagnostics=(), before=NOTHING, after=NOTHING):
    text = document(*steps, diagnostics=tuple(diagnostics))
    preview = engine_events.read(text, "lab-macvlan", "crosshost")
    return impact("lab-macvlan", preview, before, after)


def replaced(name="ssh01", host="docker01", **new):
    return step("replace", CONTAINER, f"{name}@{host}", container(name), container(name, **new))


def sentences(found, host="docker01"):
    return [effect.sentence for effect in found.effects if effect.host == host]


def members(**given):
    return {name: Member(host, dict.fromkeys(nets)) for name, (host, *nets) in given.items()}
