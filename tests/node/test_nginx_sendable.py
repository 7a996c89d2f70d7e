"""Paths that nginx may send without being judged anew: for how long, how many, and of which site."""

from typing import Any

import pytest

from panggon.core.spec import Profile, SiteState
from tests.node import lua
from tests.node.web_stand import WebStand

MOST = 2048
RULES = """
local time = 100
ngx = { now = function() return time end }
local sendable = require("sendable")
local one, other = {}, {}
"""


def rules(code: str) -> Any:
    return lua.run(RULES + code)


def test_what_is_remembered_is_known_for_two_seconds() -> None:
    known = rules("""
        local before = sendable.knows(one, "/a")
        sendable.remember(one, "/a")
        time = 101.9
        local soon = sendable.knows(one, "/a")
        time = 102
        return string.format("[%s, %s, %s]", before, soon, sendable.knows(one, "/a"))
    """)
    assert known == [False, True, False]


def test_another_path_or_site_is_not() -> None:
    known = rules("""
        sendable.remember(one, "/a")
        return string.format("[%s, %s]", sendable.knows(one, "/b"), sendable.knows(other, "/a"))
    """)
    assert known == [False, False]


@pytest.mark.parametrize(("before", "kept"), [(MOST - 1, True), (MOST, False)])
def test_one_too_many_and_all_are_judged_anew(before: int, kept: bool) -> None:
    known = rules(f"""
        for number = 1, {before} do
            sendable.remember(number % 2 == 0 and one or other, "/" .. number)
            sendable.remember(one, "/2")
        end
        sendable.remember(one, "/latest")
        return string.format("[%s, %s]", sendable.knows(one, "/2"), sendable.knows(one, "/latest"))
    """)
    assert known == [kept, True]


@pytest.mark.parametrize(("length", "known"), [(256, True), (257, False)])
def test_a_path_of_any_length_takes_no_memory(length: int, known: bool) -> None:
    assert (
        rules(f"""
        local path = "/" .. string.rep("a", {length} - 1)
        sendable.remember(one, path)
        return tostring(sendable.knows(one, path))
    """)
        is known
    )


@pytest.mark.real
class TestChanges:
    @pytest.fixture
    def warm(self, stand: WebStand) -> WebStand:
        """Each worker has just sent it."""
        stand.put("readme.html", "terbuka")
        for _ in stand.each_worker():
            assert [stand.get("/readme.html").body for _ in range(3)] == [b"terbuka"] * 3
        return stand

    def test_what_another_profile_keeps_private_is_missing_at_once(self, warm: WebStand) -> None:
        warm.make(profile=Profile.WORDPRESS)
        assert [warm.get("/readme.html").status for _ in warm.each_worker()] == [404, 404]
        warm.make(profile=Profile.PLAIN)
        assert [warm.get("/readme.html").status for _ in warm.each_worker()] == [200, 200]

    def test_a_closed_site_sends_nothing(self, warm: WebStand) -> None:
        warm.make(state=SiteState.SUSPENDED)
        assert [warm.get("/readme.html").status for _ in warm.each_worker()] == [503, 503]
