"""What is not judged anew of a path: for how long, how many, and of which site."""

from typing import Any

import pytest

from panggon.core.sites.spec import Profile, SiteKind, SiteState
from tests.node import lua
from tests.node.web_stand import WebStand

MOST = 2048
RULES = """
local time = 100
ngx = { now = function() return time end }
local judged = require("judged")
local one, other = {}, {}
local function knows(site, path) return judged.script(site, path) ~= nil end
"""


def rules(code: str) -> Any:
    return lua.run(RULES + code)


def test_what_is_remembered_is_known_for_two_seconds() -> None:
    known = rules("""
        local before = knows(one, "/a")
        judged.remember(one, "/a", "")
        time = 101.9
        local soon = knows(one, "/a")
        time = 102
        return string.format("[%s, %s, %s]", before, soon, knows(one, "/a"))
    """)
    assert known == [False, True, False]


def test_a_script_is_told_from_what_is_sent_as_it_is() -> None:
    told = rules("""
        judged.remember(one, "/", "/index.php")
        judged.remember(one, "/a", "")
        return string.format('["%s", "%s"]', judged.script(one, "/"), judged.script(one, "/a"))
    """)
    assert told == ["/index.php", ""]


def test_another_path_or_site_is_not() -> None:
    known = rules("""
        judged.remember(one, "/a", "")
        return string.format("[%s, %s]", knows(one, "/b"), knows(other, "/a"))
    """)
    assert known == [False, False]


@pytest.mark.parametrize(("before", "kept"), [(MOST - 1, True), (MOST, False)])
def test_one_too_many_and_all_are_judged_anew(before: int, kept: bool) -> None:
    known = rules(f"""
        for number = 1, {before} do
            judged.remember(number % 2 == 0 and one or other, "/" .. number, "")
            judged.remember(one, "/2", "")
        end
        judged.remember(one, "/latest", "")
        return string.format("[%s, %s]", knows(one, "/2"), knows(one, "/latest"))
    """)
    assert known == [kept, True]


@pytest.mark.parametrize(("length", "known"), [(256, True), (257, False)])
def test_a_path_of_any_length_takes_no_memory(length: int, known: bool) -> None:
    assert (
        rules(f"""
        local path = "/" .. string.rep("a", {length} - 1)
        judged.remember(one, path, "")
        return tostring(knows(one, path))
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

    def test_where_no_application_is_any_more_no_script_runs(self, warm: WebStand) -> None:
        warm.make(kind=SiteKind.PHP)
        warm.put("jalan.php", "<?php")
        for _ in warm.each_worker():
            assert [warm.get("/jalan.php").status for _ in range(3)] == [503] * 3  # handed over; nobody answers
        warm.make()
        assert [warm.get("/jalan.php").status for _ in warm.each_worker()] == [404, 404]

    def test_a_closed_site_sends_nothing(self, warm: WebStand) -> None:
        warm.make(state=SiteState.SUSPENDED)
        assert [warm.get("/readme.html").status for _ in warm.each_worker()] == [503, 503]
