"""Who is found when a server refuses many, with a server of the test; on a real one: `knocking.py`."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from panggon.core.node.databases.entrances import REFUSED_GLANCES, REFUSED_MOST
from panggon.drivers.system import processes
from panggon.node.databases import crowd
from panggon.node.databases.refusals import Refusals
from tests.node.stand import UID_BASE

REFUSED, USUAL, NEW = "s900001", "s900002", "s900003"
MANY = int(REFUSED_MOST) + 1


@dataclass
class Server:
    """`sessions`: what it says at each question, again and again."""

    sessions: list[list[tuple[str, int]]] = field(default_factory=list)
    count: int = 0
    asked: int = 0
    shut: list[str] = field(default_factory=list)
    own: bool = True
    door: Path = Path("/run/door")

    def refused(self) -> int:
        return self.count

    def holders(self) -> Sequence[int]:
        return (7,)

    def threads(self, sites: Collection[str]) -> Sequence[tuple[str, int]]:
        self.asked += 1
        return [each for each in self.sessions[self.asked % len(self.sessions)] if each[0] in sites]

    @property
    def entrances(self) -> "Server":
        return self

    def is_own(self, site: str) -> bool:
        return self.own

    def shut_out(self, site: str) -> None:
        self.shut.append(site)


@pytest.fixture
def server() -> Server:
    return Server([[]])


@pytest.fixture
def refusals(server: Server) -> Refusals:
    return Refusals(cast("Any", server), cast("Any", server), UID_BASE)


def glance(refusals: Refusals, server: Server, times: int) -> None:
    for _ in range(times):
        refusals.glance(cast("Any", server))


def look(refusals: Refusals, server: Server, *, now: float) -> None:
    refusals.look(cast("Any", server), now=now)


@pytest.fixture
def _connected(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that nobody logs in by, and several that somebody has just logged in by."""
    monkeypatch.setattr(crowd, "connections", lambda *_: {REFUSED: {5: 1}, USUAL: {6: 2, 7: 1}})


@pytest.mark.usefixtures("_connected")
def test_who_is_refused_is_shut_out_and_nobody_who_logs_in_meanwhile(refusals: Refusals, server: Server) -> None:
    server.sessions = [[(USUAL, 1), (USUAL, 2)], [(USUAL, 2), (USUAL, 3)]]
    look(refusals, server, now=100)
    server.count += MANY
    look(refusals, server, now=101)
    glance(refusals, server, REFUSED_GLANCES - 1)
    assert server.shut == []
    server.count += MANY
    look(refusals, server, now=102)
    glance(refusals, server, 1)
    assert server.shut == [REFUSED]
    glance(refusals, server, REFUSED_GLANCES - 1)
    assert server.shut == [REFUSED]


@pytest.mark.usefixtures("_connected")
@pytest.mark.parametrize(("counts", "now"), [([10_000], 100), ([10_000, 10_200], 101), ([10_000, 300], 101)])
def test_nobody_is_looked_for_while_few_are_refused_and_when_the_server_begins_anew(
    refusals: Refusals, server: Server, counts: list[int], now: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowd, "connections", lambda *_: pytest.fail("the kernel is asked"))
    for place, server.count in enumerate(counts):
        look(refusals, server, now=now - len(counts) + 1 + place)
    glance(refusals, server, REFUSED_GLANCES)
    assert server.shut == []


@pytest.mark.usefixtures("_connected")
def test_what_was_seen_is_forgotten_once_few_are_refused(refusals: Refusals, server: Server) -> None:
    for place, server.count in enumerate((0, MANY, MANY, 2 * MANY)):
        look(refusals, server, now=100 + place)
        glance(refusals, server, REFUSED_GLANCES - 1)
    assert server.shut == []


@pytest.mark.usefixtures("_connected")
def test_where_others_come_in_by_its_entrance_its_programs_are_ended(
    refusals: Refusals, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[tuple[int, frozenset[int]]] = []
    monkeypatch.setattr(crowd, "end", lambda uid, programs: ended.append((uid, programs)))
    monkeypatch.setattr(processes, "of_user", lambda uid: frozenset({uid + 1}))
    server.own, server.sessions = False, [[(USUAL, 1), (USUAL, 2), (USUAL, 3)]]
    for place, server.count in enumerate((0, MANY)):
        look(refusals, server, now=100 + place)
    glance(refusals, server, REFUSED_GLANCES)
    uid = UID_BASE + int(REFUSED[1:])
    assert (server.shut, ended) == ([], [(uid, frozenset({uid + 1}))])
