from hypothesis import given
from hypothesis import strategies as st

from panggon.core.node.databases.heaviness import (
    HASTY_DOOR,
    HEAVY,
    HEAVY_DOOR,
    LIGHT,
    LIGHT_SECONDS,
    beginning,
    doors,
    heavy,
    lane_of_server,
    lanes,
    niceness,
)

ONE, OTHER = "s900001", "s900002"


def test_the_sessions_of_a_site_weigh_as_much_as_one():
    assert [niceness(active) for active in (0, 1, 2, 20, 100)] == [0, 0, 3, 13, 19]
    assert 0.9 < 20 * 1.25 ** -niceness(20) < 1.1


def test_a_site_is_heavy_until_it_has_been_light_for_a_while_and_not_before_it_is_heavy():
    between = (HEAVY + LIGHT) / 2
    assert heavy({}, {ONE: HEAVY + 0.01, OTHER: between}, now=1.0) == {ONE: 1.0}
    assert heavy({ONE: 1.0}, {ONE: between, OTHER: between}, now=9.0) == {ONE: 9.0}
    for light in ({ONE: LIGHT}, {}):
        assert heavy({ONE: 1.0}, light, now=0.9 + LIGHT_SECONDS) == {ONE: 1.0}
        assert heavy({ONE: 1.0}, light, now=1.0 + LIGHT_SECONDS) == {}


@given(st.sets(st.sampled_from("abcd")), st.sets(st.sampled_from("abcd")))
def test_who_is_hasty_waits_long_however_heavy_and_nobody_waits_who_is_neither(heavy, hasty):
    found = doors(heavy, hasty)
    assert {site for site, seconds in found.items() if seconds == HASTY_DOOR} == hasty
    assert {site for site, seconds in found.items() if seconds == HEAVY_DOOR} == heavy - hasty
    assert found.keys() == heavy | hasty


def test_each_heavy_site_has_one_processor_and_the_first_is_nobodys():
    assert lanes({"c", "a", "b"}, {3, 0, 5}) == {"a": 3, "b": 5, "c": 3}
    assert lanes({"a", "b"}, {0, 1}) == {"a": 1, "b": 1}
    assert lanes({"a"}, {0}) == {}
    assert lanes((), {0, 1}) == {}


def test_what_a_server_does_of_itself_is_not_on_the_first_processor_while_somebody_is_heavy():
    assert [lane_of_server({"a"}, {3, 0, 5}), lane_of_server({"a"}, {0}), lane_of_server((), {0, 1})] == [
        {3, 5},
        {0},
        {0, 1},
    ]


def test_new_sessions_begin_where_no_heavy_ones_are_but_on_half_of_the_processors_at_least():
    assert [beginning({"a"}, {0, 1}), beginning({"a"}, {0}), beginning((), {0, 1})] == [{0}, {0}, {0, 1}]
    assert [beginning({"a"}, {0, 1, 2, 3}), beginning(set("abc"), {0, 1, 2, 3})] == [{0, 2, 3}, {0, 1}]
