"""Sites that nobody visits: how long they stay awake, and how often they are looked at, by a clock of the test."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from panggon.node.sockets import SocketSettings
from panggon.node.sockets.control_groups.groups import ControlGroups
from panggon.node.sockets.quota.full import Full
from panggon.node.sockets.sandboxes import starting
from panggon.node.sockets.sandboxes.sandbox import Machine
from panggon.node.sockets.sandboxes.spares import Spares
from panggon.node.sockets.served import Served
from panggon.node.sockets.serving import room
from panggon.node.sockets.serving.room import idle_seconds, memory_for_sites
from panggon.node.sockets.serving.site import RESTING_SECONDS, SOUND_SECONDS, Site
from panggon.node.sockets.serving.sites import Sites
from tests.node.stand import UID_BASE

NOW, IDLE, PATIENCE = 1000.0, 30.0, 300.0
ONE = 1024 * 1024
# As the kernel tells of a group, of version 1 and of version 2, with files in memory that it can forget.
FIRST = "cache 9000\nrss 5\nshmem 7\ntotal_cache 9000\ntotal_rss {}\ntotal_shmem {}\n"
SECOND = "anon {}\nfile 9000\nshmem {}\n"


@dataclass
class Running:
    """What answers for a site."""

    working: bool = False
    visited: bool = False
    group: str = "s900340"
    asked: list[str] = field(default_factory=list)

    def ask_to_end(self) -> None:
        self.asked.append("end")

    def clean_up(self) -> None:
        self.asked.append("clean")


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    settings = SocketSettings(tmp_path, tmp_path, tmp_path, UID_BASE, web_group=0, idle_seconds=IDLE)
    return Machine(settings, frozenset(), ControlGroups(None, None, None))


@pytest.fixture
def site(machine: Machine) -> Iterator[Site]:
    """Awake since NOW."""
    with socket.socket(socket.AF_UNIX) as listener:
        served = Served("s900340", "php", 1, php_version="8.2")
        made = Site(machine, served, listener, Full(machine.settings), groups=frozenset(), now=NOW)
        made.sandbox = cast("Any", Running())
        yield made


def asked(site: Site) -> list[str]:
    return cast("Running", site.sandbox).asked


def set_working(site: Site, working: bool) -> None:
    cast("Running", site.sandbox).working = working


def test_it_stays_for_as_long_as_there_is_patience(site: Site) -> None:
    site.tick(NOW + PATIENCE - 0.1, patience=PATIENCE)
    assert (asked(site), site.stays_awake) == ([], True)
    site.tick(NOW + PATIENCE - 0.1, patience=PATIENCE / 2)
    assert (asked(site), site.stays_awake) == (["end"], False)


def test_it_is_looked_at_less_often_while_nobody_visits_it_and_as_often_as_before_when_somebody_does(
    site: Site,
) -> None:
    site.tick(NOW + IDLE - 0.1, patience=PATIENCE)
    assert site.is_due(NOW + IDLE - 0.1)
    site.tick(NOW + IDLE, patience=PATIENCE)
    assert not site.is_due(NOW + IDLE + RESTING_SECONDS - 0.1)
    assert site.is_due(NOW + IDLE + RESTING_SECONDS)
    set_working(site, working=True)
    site.tick(NOW + IDLE + RESTING_SECONDS, patience=PATIENCE)
    assert site.is_due(NOW + IDLE + RESTING_SECONDS + 0.5)
    set_working(site, working=False)
    site.tick(NOW + IDLE + RESTING_SECONDS + PATIENCE - 0.1, patience=PATIENCE)
    assert asked(site) == []


@pytest.mark.parametrize(("seconds", "failures"), [(SOUND_SECONDS - 0.1, 2), (SOUND_SECONDS, 0)])
def test_who_was_awake_for_long_and_is_put_to_sleep_has_not_failed(site: Site, seconds: float, failures: int) -> None:
    site.failures = 2
    site.end(NOW)
    site.ended(NOW + seconds)
    assert (site.awake, site.failures) == (False, failures)


def test_nothing_has_to_be_done_soon_while_all_that_is_awake_rests(machine: Machine, site: Site) -> None:
    sites = Sites(machine, cast("Any", None), None)
    sites._sites["s900340"] = site
    assert not sites.busy(NOW)
    sites._waiting.add("s900340")
    assert [sites.busy(NOW + IDLE - 0.1), sites.busy(NOW + IDLE)] == [True, False]
    site.end(NOW + IDLE)
    assert sites.busy(NOW + IDLE)


def test_what_computes_though_nobody_visits_it_is_found(site: Site) -> None:
    found: list[str] = []

    class Lanes:
        def look(self, group: str, **_: Any) -> None:
            found.append(group)

    object.__setattr__(site.machine, "lanes", Lanes())
    site.tick(NOW + IDLE + RESTING_SECONDS, patience=PATIENCE)
    assert found == ["s900340"]


def test_one_that_ends_is_looked_at_each_time(site: Site) -> None:
    site.tick(NOW + PATIENCE, patience=PATIENCE)
    assert site.is_due(NOW + PATIENCE + 0.1)


@pytest.mark.parametrize("words", [FIRST, SECOND])
def test_how_long_is_by_the_memory_that_is_not_given_back_before_or_by_how_many_there_are(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    monkeypatch.setattr(room, "memory_for_sites", lambda: 800)
    (tmp_path / "memory.stat").write_text(words.format(50 * ONE, 150 * ONE))
    counted = Machine(machine.settings, frozenset(), ControlGroups(tmp_path, None, None))
    assert idle_seconds(counted, 1, most=100) == pytest.approx(300.0)
    assert idle_seconds(counted, 40, most=100) == pytest.approx(120.0)
    assert idle_seconds(counted, 50, most=100) == IDLE


def test_where_memory_is_not_counted_nobody_stays_longer_than_he_must(machine: Machine, tmp_path: Path) -> None:
    assert idle_seconds(machine, 1, most=100) == IDLE
    gone = Machine(machine.settings, frozenset(), ControlGroups(tmp_path / "gone", None, None))
    assert idle_seconds(gone, 1, most=100) == IDLE
    assert memory_for_sites() > 0


@pytest.mark.parametrize(("keeps", "said"), [(True, []), (False, ["end"])])
def test_one_that_has_another_entrance_since_it_began_is_started_again(
    site: Site, monkeypatch: pytest.MonkeyPatch, keeps: bool, said: list[str]
) -> None:
    monkeypatch.setattr(Site, "_wanted", lambda _: (None, None))
    monkeypatch.setattr(Spares, "take", lambda *_: None)
    monkeypatch.setattr(starting, "start", lambda *_, **__: Running())
    monkeypatch.setattr("panggon.node.sockets.serving.site.keeps_entrance", lambda *_: keeps)
    site.wake(NOW)
    assert (asked(site), site.stays_awake) == (said, keeps)
