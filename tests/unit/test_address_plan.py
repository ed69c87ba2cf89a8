"""Addresses that the program gives: who keeps which, and what is left over."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

from planning.address_plan import Member, assign

BLOCKS = {"one": IPv4Network("10.1.0.0/29"), "two": IPv4Network("10.1.0.8/29")}
TAKEN = {IPv4Address(text) for text in ("10.1.0.0", "10.1.0.1", "10.1.0.9")}


def address(last: int) -> IPv4Address:
    return IPv4Address(f"10.1.0.{last}")


def given(*members, taken=TAKEN):
    plan = assign(BLOCKS, members, taken)
    found = {name: int(one) & 255 for (_, name), one in plan.given.items()}
    return found, [member.name for member in plan.without]


def test_each_gets_the_first_free_address_of_its_hosts_slice():
    members = [Member("a", "one"), Member("b", "one"), Member("c", "two")]
    assert given(*members) == ({"a": 2, "b": 3, "c": 8}, [])


def test_what_one_has_it_keeps_and_the_next_ones_go_around_it():
    members = [Member("new", "one"), Member("old", "one", had=(address(2),))]
    assert given(*members)[0] == {"new": 3, "old": 2}


def test_a_chosen_address_is_its_and_nobody_elses_not_even_who_had_it():
    members = [Member("old", "one", had=(address(2),)), Member("new", "one", chosen=address(2))]
    assert given(*members)[0] == {"new": 2, "old": 3}


def test_one_that_moved_has_no_address_of_its_new_hosts_slice_yet():
    assert given(Member("a", "two", had=(address(2),)))[0] == {"a": 8}


def test_of_two_that_had_one_address_the_first_keeps_it():
    members = [Member("a", "one", had=(address(4),)), Member("b", "one", had=(address(4),))]
    assert given(*members)[0] == {"a": 4, "b": 2}


def test_the_last_address_of_the_slice_is_a_name_servers():
    members = [Member("dns", "one", last=True), Member("dns", "two", last=True)]
    plan = assign(BLOCKS, [*members, Member("a", "one")], {*TAKEN, address(15)})
    assert {key: int(one) & 255 for key, one in plan.given.items()} == {
        ("one", "dns"): 7,
        ("two", "dns"): 14,
        ("one", "a"): 2,
    }


def test_who_finds_none_is_named_and_takes_nobody_elses():
    members = [Member(name, "one") for name in "abcdefgh"]
    found, without = given(*members)
    assert sorted(found.values()) == [2, 3, 4, 5, 6, 7]
    assert without == ["g", "h"]


def test_a_host_without_a_slice_gives_none():
    assert given(Member("a", "three")) == ({}, [])
