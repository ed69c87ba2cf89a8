"""A fleet as a picture: what is on it, what is red, and what is left out of a large one."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from reports.topology import example, mermaid, svg
from reports.topology.model import Container, Host, HostLink, Network, Status, Topology
from reports.topology.paths import broken, rows
from tests.unit.topologies import HOSTILE, Chart, every_pair, fleet, row

SVG = "{http://www.w3.org/2000/svg}"
SIZES = [(0, 0), (1, 0), (1, 1), (2, 2), (5, 3), (9, 1), (20, 10), (21, 1), (100, 10), (400, 2)]


def drawn(text: str) -> tuple[list[str], ElementTree.Element]:
    """The texts of an SVG, and its root."""
    root = ElementTree.fromstring(text)
    return [element.text or "" for element in root.iter(f"{SVG}text")], root


def test_hosts_networks_containers_addresses_roles_and_ports_are_on_both_pictures():
    chart = "\n".join(Chart(mermaid.text(example.FLEET, ())).labels())
    picture = "\n".join(drawn(svg.text(example.FLEET, ()))[0])
    words = [
        "docker01", "10.0.0.11", "Docker 28.5.2", "swarm manager", "backend", "overlay on Swarm",
        "172.16.1.0/24", "macvlan", "ens33, promiscuous", "slice 10.0.0.64/28", "proxy",
        "172.16.1.2", "10.0.0.65", "published 8080:80/tcp", "network host",
    ]  # fmt: skip
    assert [word for word in words if word not in picture] == []
    hosts = set(Chart(mermaid.text(example.FLEET, ())).subgraphs.values())
    assert hosts == {"docker01", "docker02", "docker03"}
    assert [word for word in words[1:] if word not in chart] == []


def test_nothing_is_red_without_a_check_and_with_one_that_found_no_fault():
    good = row("web00@docker00", "web02@docker01", observed="yes")
    for found in ([], [good]):
        assert Chart(mermaid.text(fleet(2), found)).red == set()
        assert "#cf222e" not in re.sub("classDef.*", "", mermaid.text(fleet(2), found))
        assert "#cf222e" not in svg.text(fleet(2), found)


def test_a_broken_path_is_red_from_end_to_end_and_its_cause_is_written():
    found = [row("web00@docker00", "web02@docker01")]
    chart = Chart(mermaid.text(fleet(2), found))
    ((source, arrow, label, target),) = [chart.edges[i] for i in chart.red]
    assert chart.nodes[source] == ("web00\nnet00 172.16.1.00\npublished 8080:80/tcp00", "broken")
    assert chart.nodes[target][0].startswith("web02")
    assert (arrow, label) == ("--x", "1. icmp")
    assert any("udp 4789 is shut" in one for one in chart.labels())
    texts, root = drawn(svg.text(fleet(2), found))
    assert "udp 4789 is shut" in " ".join(texts)
    red = [p for p in root.iter(f"{SVG}path") if p.get("stroke") == "#cf222e"]
    assert len(red) == 1


def test_a_denial_that_is_broken_is_red_too_and_says_so():
    found = [
        row("docker00@docker00", "web00@docker00", kind="own host", expected="no", observed="yes")
    ]
    assert len(Chart(mermaid.text(fleet(2), found)).red) == 1
    (path,) = broken(found, fleet(2))
    assert str(path) == (
        "docker00 -> web00 on docker00 on net00: own host should fail and does not: udp 4789 is shut"
    )


def test_what_is_not_known_is_not_red_but_counted():
    found = [row("web00@docker00", "web02@docker01", observed="unknown")]
    sentence = "of 1 of 1 checks the outcome is not known"
    chart = Chart(mermaid.text(fleet(2), found))
    assert chart.red == set()
    assert sentence in chart.labels()
    assert sentence in drawn(svg.text(fleet(2), found))[0]


def test_both_ways_and_all_kinds_between_two_containers_are_one_path():
    found = [
        row("web00@docker00", "web02@docker01"),
        row("web00@docker00", "web02@docker01", kind="tcp"),
        row("web02@docker01", "web00@docker00", kind="name"),
    ]
    (path,) = broken(found, fleet(2))
    assert (path.kinds, path.count, path.back) == (("icmp", "tcp", "name"), 3, True)
    # A path to itself has no way back.
    (alone,) = broken([row("web00@docker00", "web00@docker00")] * 2, fleet(2))
    assert (alone.count, alone.back) == (2, False)


def test_an_end_outside_of_the_fleet_is_drawn_as_such():
    found = [row("LAN@", "web00@docker00", kind="LAN"), row("x@gone", "y@", kind="tcp")]
    chart = Chart(mermaid.text(fleet(2), found))
    assert {"LAN", "x", "y"} <= set(chart.labels())
    assert {"LAN", "x", "y"} <= set(drawn(svg.text(fleet(2), found))[0])


def test_a_container_is_found_by_its_docker_name():
    one = fleet(2)
    named = replace(
        one, containers=tuple(replace(c, docker_name=f"d-{c.name}") for c in one.containers)
    )
    (path,) = broken([row("d-web00@docker00", "web02@docker01")], named)
    assert path.source.container == "web00"


@pytest.mark.parametrize("pairs", [False, True], ids=["whole", "broken"])
@pytest.mark.parametrize(("hosts", "each"), SIZES)
def test_a_picture_of_any_size_is_well_formed_and_within_bounds(hosts, each, pairs):
    of = fleet(hosts, each, networks=2)
    found = every_pair(of) if pairs else []
    text = mermaid.text(of, found)
    chart = Chart(text)
    assert len(text) < 50_000
    assert len(chart.edges) <= 500
    assert bool(chart.red) == bool(found)
    _, root = drawn(svg.text(of, found))
    _assert_inside(root)


def test_names_of_any_length_and_number_fit_into_a_pull_request():
    of = fleet(300, 5, 60, names=tuple("🐳" * n for n in (50, 500)))
    text = mermaid.text(of, every_pair(of, cause="🐳" * 3000))
    assert len(text) < 50_000
    Chart(text)


def test_what_people_write_and_hosts_answer_is_no_markup():
    of = fleet(len(HOSTILE), 2, 4, names=HOSTILE)
    found = [
        *every_pair(of, cause=HOSTILE[2], kind=HOSTILE[4], network=of.networks[0].name, most=60),
        *(row(f"{name}@{name}", f"{name}@", kind=name, cause=name) for name in HOSTILE),
    ]
    Chart(mermaid.text(of, found))
    Chart(mermaid.text(of, ()))
    texts, root = drawn(svg.text(of, found))
    assert any("</text><script>" in text for text in texts)
    assert {element.tag.removeprefix(SVG) for element in root.iter()} == {
        "svg", "title", "desc", "style", "rect", "text", "path", "circle", "polygon",
    }  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_a_label_reads_as_the_text_that_it_was(text):
    one = Container(text, "docker01", mode="host")
    chart = Chart(mermaid.text(Topology("x", (Host("docker01", "10.0.0.11"),), (), (one,)), ()))
    shown = next(label for key, (label, _) in chart.nodes.items() if key == "h0c0").splitlines()[0]
    printable = text.isprintable() and 0 < len(text) <= 64
    assert shown == text or not printable
    assert shown.isprintable()


def test_a_large_fleet_is_counted_and_only_what_matters_stays():
    of = fleet(100, 10)
    chart = Chart(mermaid.text(of, ()))
    assert chart.subgraphs == {}
    assert any(label.startswith("100 hosts\n1000 containers") for label in chart.labels())
    found = [row("web005@docker00", "web990@docker99")]
    of = replace(
        of, containers=tuple(replace(c, name=f"web{i:03d}") for i, c in enumerate(of.containers))
    )
    chart = Chart(mermaid.text(of, found, keep=["docker50", "web700", "net00"]))
    assert sorted(chart.subgraphs.values()) == ["docker00", "docker50", "docker70", "docker99"]
    labels = "\n".join(chart.labels())
    assert all(name in labels for name in ("web005", "web990", "web700", "9 more containers"))
    assert "web006" not in labels
    assert "96 more hosts\n960 containers" in labels
    texts, _ = drawn(svg.text(of, found, keep=["docker50"]))
    assert {"docker00", "docker50", "docker98"} <= set(texts)
    assert "9 more containers" in texts


def test_what_is_kept_comes_before_broken_paths():
    of = fleet(100, 1)
    text = mermaid.text(of, every_pair(of), keep=["docker77", "web88"])
    assert {"docker77", "docker88"} <= set(Chart(text).subgraphs.values())


def test_many_broken_paths_are_drawn_between_hosts():
    of = fleet(2, 12)
    chart = Chart(mermaid.text(of, every_pair(of)))
    assert len(chart.red) == 1
    assert any("(288 checks)" in label for label in chart.labels())


def test_what_the_next_up_makes_or_removes_is_said_and_stays_in_a_large_fleet():
    of = fleet(100, 2)
    new, gone = (
        replace(c, status=s)
        for c, s in zip(of.containers[7:9], (Status.NEW, Status.GONE), strict=True)
    )
    of = replace(of, containers=(*of.containers[:7], new, gone, *of.containers[9:]))
    chart = Chart(mermaid.text(of, ()))
    assert {"docker03", "docker04"} == set(chart.subgraphs.values())
    labels = "\n".join(chart.labels())
    assert "not up yet" in labels
    assert "no longer in the stack file" in labels


def test_a_host_without_containers_and_a_network_without_hosts_are_drawn():
    of = Topology(
        "x",
        (Host("docker01", "10.0.0.11"),),
        (
            Network("a", "overlay", "10.1.0.0/24", {"docker01": HostLink()}),
            Network("b", "overlay", ""),
        ),
    )
    chart = Chart(mermaid.text(of, ()))
    assert [(a, b) for a, _, _, b in chart.edges] == [("h0self", "n0")]
    texts, _ = drawn(svg.text(of, ()))
    assert "no containers" in texts


def test_the_same_fleet_gives_the_same_pictures():
    of = fleet(5, 3, 2)
    for draw in (mermaid.text, svg.text):
        assert draw(of, every_pair(of)) == draw(of, every_pair(of))


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "Invalid JSON"),
        ("{}", "valid array"),
        ("[1]", "0: "),
        ('[{"from": "a"}]', "0.to: "),
        ('[{"from": "a", "to": "b", "expected": "yes", "observed": "maybe"}]', "0.observed: "),
        (b"\xff", "Invalid JSON"),
        ("[" * 100_000, "Invalid JSON"),
    ],
)
def test_what_is_no_list_of_rows_is_said_so(text, wrong):
    with pytest.raises(ValueError, match=re.escape(wrong)):
        rows(text)


def test_rows_may_say_more_than_is_drawn():
    (one,) = rows(
        '[{"from": "a", "to": "b", "expected": "yes", "observed": "no", "ms": 3, "cause": null}]'
    )
    assert one.broken


def _assert_inside(root: ElementTree.Element) -> None:
    """Nothing lies outside of the picture, and no text is wider than it."""
    w, h = float(root.get("width", "0")), float(root.get("height", "0"))
    for element in root.iter():
        x, y = float(element.get("x", "0")), float(element.get("y", "0"))
        assert 0 <= x <= w, element.attrib
        assert 0 <= y <= h, element.attrib
        if element.tag == f"{SVG}path":
            numbers = [float(n) for n in re.findall(r"-?[\d.]+", element.get("d", ""))]
            assert all(0 <= n <= w for n in numbers[::2])
            assert all(0 <= n <= h for n in numbers[1::2])
        if element.tag == f"{SVG}rect" and element.get("width") != "100%":
            assert x + float(element.get("width", "0")) <= w
