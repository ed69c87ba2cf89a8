"""What hosts that keep something together must have in common, or must not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from planning.facts import HostFacts

MAX_SKEW = 60  # seconds


def clocks(facts: Mapping[str, HostFacts]) -> list[str]:
    """Hosts whose clocks differ too much for what they keep together."""
    skews = {name: f.skew for name, f in facts.items() if f.skew is not None}
    if not skews:
        return []
    late, early = min(skews, key=lambda n: skews[n]), max(skews, key=lambda n: skews[n])
    apart = skews[early] - skews[late]
    if apart <= MAX_SKEW:
        return []
    wrong = max(late, early, key=lambda n: abs(skews[n]))
    return [
        f"the clocks of {late} and {early} are {apart} s apart: set that of {wrong}, which is "
        f"{abs(skews[wrong])} s {'ahead' if skews[wrong] > 0 else 'behind'} (`timedatectl set-ntp "
        "true` there keeps it right)"
    ]


def same_hostnames(facts: Mapping[str, HostFacts]) -> list[str]:
    """Hosts whose own names are equal: engines on one overlay would not find each other."""
    count = Counter(f.hostname.lower() for f in facts.values())
    return [
        f"{', '.join(sorted(n for n, f in facts.items() if f.hostname.lower() == hostname))} all "
        f"call themselves {hostname!r}, and overlay names would not resolve: give each its own "
        "name with hostnamectl"
        for hostname, times in count.items()
        if times > 1
    ]
