"""What a proof found, for people and machines: the matrix of hosts, what is broken, JUnit."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as XML

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from planning.reachability.results import Report, Result, sentence

# Beyond these columns a terminal wraps.
_MOST_HOSTS = 20
_MOST_SENTENCES = 20


def shown(report: Report, hosts: Sequence[str]) -> RenderableType:
    """A line that says it all, the matrix of each network, and a sentence for each broken pair."""
    parts: list[RenderableType] = [verdict(report)]
    if len(hosts) <= _MOST_HOSTS:
        networks = dict.fromkeys(one.probe.network for one in report.results if one.probe.network)
        parts += [matrix(report, name, hosts) for name in networks]
    sentences = [*report.sentences(), *report.doubts()]
    parts += [Text(f"  {one}", style="red") for one in sentences[:_MOST_SENTENCES]]
    if len(sentences) > _MOST_SENTENCES:
        parts.append(Text(f"  and {len(sentences) - _MOST_SENTENCES} more: --json lists them"))
    return Group(*parts)


def verdict(report: Report) -> Text:
    """How many promises and denials hold."""
    total, broken, unknown = len(report.results), len(report.broken), len(report.unknown)
    if not total:
        return Text("there is nothing to prove: no container is on a network of the stack")
    if not broken and not unknown:
        return Text(f"all {total} promises and denials hold", style="bold green")
    words = [f"{total - broken - unknown} of {total} promises and denials hold"]
    if broken:
        words.append(f"{broken} broken")
    if unknown:
        words.append(f"{unknown} not known")
    return Text(", ".join(words), style="bold red" if broken else "bold yellow")


def matrix(report: Report, network: str, hosts: Sequence[str]) -> Table:
    """From each host (row) to each host (column): whether all of a network holds, and the ping."""
    own = [one for one in report.results if one.probe.network == network]
    used = [
        name
        for name in hosts
        if any(name in (one.probe.source_host, one.probe.to_host) for one in own)
    ]
    table = Table(title=Text(network, style="bold"), title_justify="left")
    table.add_column("from \\ to", no_wrap=True)
    for name in used:
        table.add_column(name, no_wrap=True)
    for source in used:
        cells = [
            _cell([o for o in own if (o.probe.source_host, o.probe.to_host) == (source, to)])
            for to in used
        ]
        table.add_row(source, *cells)
    return table


def _cell(results: Sequence[Result]) -> Text:
    if not results:
        return Text("")
    broken = [one for one in results if one.broken]
    if broken:
        kinds = ", ".join(dict.fromkeys(one.probe.kind for one in broken))
        alone = " by IPv6" if {one.probe.family for one in broken} == {"IPv6"} else ""
        return Text(f"✗ {len(broken)} of {len(results)}: {kinds}{alone}", style="red")
    if any(one.observed == "unknown" for one in results):
        return Text("? not known", style="yellow")
    pings = [one.ms for one in results if one.probe.kind == "ping" and one.ms is not None]
    return Text(f"✓ {min(pings):.2f} ms" if pings else "✓ as promised", style="green")


def junit(report: Report, stack: str) -> str:
    """JUnit's XML: a test case for each probe, a failure for each broken one."""
    suite = XML.Element(
        "testsuite",
        name=f"reachability of {stack}",
        tests=str(len(report.results)),
        failures=str(len(report.broken)),
        skipped=str(len(report.unknown)),
    )
    for one in report.results:
        probe = one.probe
        start = probe.source or probe.source_host
        case = XML.SubElement(
            suite,
            "testcase",
            classname=probe.network or "published",
            name=f"{probe.kind} {start}@{probe.source_host} -> {probe.to}@{probe.to_host}"
            + (f":{probe.more}" if probe.more else "")
            + (" by IPv6" if probe.family == "IPv6" else "")
            + ("" if probe.expected else " (denied)"),
            time=str((one.ms or 0) / 1000),
        )
        if one.broken:
            XML.SubElement(case, "failure", message=sentence(one))
        elif one.observed == "unknown":
            XML.SubElement(case, "skipped", message=sentence(one))
    XML.indent(suite)
    return XML.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"
