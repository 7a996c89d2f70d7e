"""What the brake does when, with a server of the test; on real ones: `attacks.py`."""

import threading
import time

import pytest

from panggon.core.node.databases import database_load
from panggon.core.node.databases.database_load import (
    SHARED_MOST,
    SHARED_SOME,
    SHARED_STEP,
    STRANGERS_FEW,
    STRANGERS_MOST,
    UNCOUNTED_SLOWLY,
    UNCOUNTED_SOME,
    UNCOUNTED_STEP,
    Load,
    Session,
    Taken,
)
from panggon.core.sites.spec import Engine
from panggon.node.databases import brake as brakes
from panggon.node.databases import crowd
from panggon.node.databases.brake import Brake
from tests.node.databases.watched import ONE, OTHER, Server, follow
from tests.node.stand import UID_BASE
from tests.waiting import until


def tidied(brake: Brake, server: Server, *, wait: float) -> bool:
    """Whether it is within so many seconds."""
    server.tidied.clear()
    over = threading.Event()
    running = threading.Thread(target=brake._tidy_up, args=(Engine.MARIADB, over))
    running.start()
    found = server.tidied.wait(wait)
    over.set()
    running.join(60)
    return found


def test_who_takes_too_much_is_ended(brake: Brake, server: Server) -> None:
    server.now = Load((Session(ONE, 1, 0, seconds=1.0), Session(OTHER, 2, 0, seconds=1801.0)))
    brake.look(Engine.MARIADB, server)
    assert server.said == ["end 2"]


def test_who_has_sessions_and_whose_have_ended_since_is_told_once(brake: Brake, server: Server) -> None:
    server.now, server.seen = Load((Session(ONE, 1, 0),)), {OTHER: Taken(begun=1)}
    brake.look(Engine.MARIADB, server)
    server.now, server.seen = Load(()), {}
    brake.look(Engine.MARIADB, server)
    assert [brake.seen(), brake.seen()] == [frozenset({ONE, OTHER}), frozenset()]


def test_a_server_that_is_away_or_a_fault_ends_neither_looks_nor_following(
    brake: Brake, server: Server, threads: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(brakes, "SECONDS", 0.01)
    brake.placement.heavy[Engine.MARIADB] = {ONE: 0.0}
    server.away = True
    over = threading.Event()
    running = threading.Thread(target=brake.run, args=(over,))
    running.start()
    over.wait(0.1)
    server.away = False
    server.now = None  # type: ignore[assignment]
    over.wait(0.1)
    server.now = Load((Session(OTHER, 7, threads[1], seconds=1801.0),))
    until(lambda: "end 7" in server.said)
    over.set()
    running.join(60)
    assert not running.is_alive()


def test_what_a_gone_session_has_left_is_taken_back_unless_a_look_has_just_seen_nothing(
    brake: Brake, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(brakes, "SECONDS", 60.0)
    monkeypatch.setattr(brakes, "TIDY_SECONDS", 0.01)
    assert tidied(brake, server, wait=10.0)  # whatever the looks meet
    brake.look(Engine.MARIADB, server)
    assert not tidied(brake, server, wait=0.1)
    server.left = "a prepared transaction"
    brake.look(Engine.MARIADB, server)
    assert tidied(brake, server, wait=10.0)
    brake.look(Engine.MARIADB, server)
    monkeypatch.setattr(brakes, "SECONDS", 0.0)
    assert tidied(brake, server, wait=10.0)


def test_a_server_is_watched_by_one_session_and_another_one_that_is_slow_keeps_nobody_from_it(
    brake: Brake, server: Server, threads: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """When all places are taken there is none for a new session, not even root's."""
    monkeypatch.setattr(brakes, "SECONDS", 0.01)
    let_go = threading.Event()

    class Slow(Server):
        def load(self) -> Load:
            let_go.wait()
            return self.now

    two = Brake({Engine.POSTGRESQL: Slow(), Engine.MARIADB: server}, UID_BASE)  # type: ignore[dict-item]
    over = threading.Event()
    running = threading.Thread(target=two.run, args=(over,))
    running.start()
    for number in (7, 8):
        server.now = Load((Session(OTHER, number, threads[1], seconds=1801.0),))
        until(lambda: f"end {number}" in server.said)  # noqa: B023
    assert server.said.count("open") == 1
    over.set()
    let_go.set()
    running.join(10)
    assert not running.is_alive()


def test_while_nobody_is_there_and_nobody_comes_the_server_is_not_asked(
    brake: Brake, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever comes then is seen at once."""
    monkeypatch.setattr(brakes, "SECONDS", 0.05)
    monkeypatch.setattr(brakes, "GLANCE_SECONDS", 0.005)
    over, server.came = threading.Event(), b"1"
    running = threading.Thread(target=brake.run, args=(over,))
    running.start()
    over.wait(0.5)
    assert [server.loads, server.tidied.is_set()] == [1, False]
    server.now, server.came = Load((Session(ONE, 7, 0, seconds=1801.0),)), b"2"
    until(lambda: "end 7" in server.said, seconds=10)
    over.wait(0.5)
    assert server.loads > 4, "he is still there"
    over.set()
    running.join(60)


@pytest.mark.parametrize("there", ["a stranger", "what is left", "a site that is heavy", "nothing known"])
def test_it_is_asked_each_second_while_there_is_anything(
    brake: Brake, server: Server, monkeypatch: pytest.MonkeyPatch, there: str
) -> None:
    monkeypatch.setattr(brakes, "SECONDS", 0.02)
    server.came = b"" if there == "nothing known" else b"1"
    server.crowd = Load((), strangers=1) if there == "a stranger" else None
    server.left = "a prepared transaction" if there == "what is left" else ""
    monkeypatch.setattr(server, "tidy", lambda: None)
    brake.placement.heavy[Engine.MARIADB] = {ONE: time.monotonic()} if there == "a site that is heavy" else {}
    over = threading.Event()
    running = threading.Thread(target=brake.run, args=(over,))
    running.start()
    until(lambda: server.loads > 4, seconds=2)
    over.set()
    running.join(60)


def test_what_can_be_taken_within_a_second_has_looks_of_its_own(
    brake: Brake, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = database_load.LOCKS_MOST
    server.crowd = Load((Session("role 1", 4, 4, locks=many), Session("role 2", 5, 5, locks=many + 1)))
    over = threading.Event()
    following = threading.Thread(target=follow, args=(brake, Engine.POSTGRESQL, server, over))
    following.start()
    until(lambda: server.said)
    over.set()
    following.join(60)
    assert set(server.said) == {"end 5"}


def test_who_makes_the_shared_room_grow_is_ended_and_not_who_has_some(brake: Brake, server: Server) -> None:
    size = SHARED_SOME
    for written in (0, SHARED_STEP, 2 * SHARED_STEP + 1):
        size += written
        server.now = Load((Session(ONE, 1, 0), Session(OTHER, 2, 0, written=written)), sorting=size)
        brake.look(Engine.MARIADB, server)
    assert server.said == ["end 2"]
    server.now = Load((), tables=SHARED_MOST + 1)
    brake.look(Engine.MARIADB, server)
    assert server.said[1:] == ["begin anew"]


def swollen(step: int, *fresh: int) -> Load:
    """By so much more than where it begins to matter, in a hundredth of what is too much."""
    sessions = tuple(Session(site, number, 0, fresh=fresh[number]) for number, site in enumerate((ONE, OTHER)))
    return Load(sessions, resident=UNCOUNTED_SOME + step * UNCOUNTED_SLOWLY // 100)


def test_what_an_ended_session_had_opened_is_closed(brake: Brake, server: Server) -> None:
    for step in range(2):
        server.now = Load((Session(ONE, 1, 0),), resident=UNCOUNTED_SOME + step * (UNCOUNTED_STEP + 1))
        brake.look(Engine.MARIADB, server)
    assert server.said == ["end 1", "close tables"]


def test_who_makes_it_grow_slowly_is_ended_where_it_was_not_enough_to_close_tables(
    brake: Brake, server: Server
) -> None:
    def seen(*loads: Load) -> list[str]:
        del server.said[:]
        for load in loads:
            server.now = load
            brake.look(Engine.MARIADB, server)
        return server.said

    assert seen(*(swollen(step, 1000 * step, step) for step in range(0, 101, 10))) == []
    assert seen(swollen(109, 9, 8), swollen(118, 9, 8)) == ["close tables"]
    assert seen(*(swollen(step, step // 2, step) for step in range(118, 202, 10))) == []
    assert seen(swollen(210, 105, 210)) == ["end 1", "close tables"]
    assert seen(*(swollen(step, step // 2, step) for step in range(220, 431, 10))) == [
        "close tables",
        "end 0",
        "close tables",
    ]
    assert seen(*(swollen(step, 0, 0) for step in (-1, *range(0, 111, 10)))) == ["close tables"], (
        "it is calm in between"
    )


def test_where_it_was_in_vain_it_is_another_ones_turn(brake: Brake, server: Server) -> None:
    sessions = (Session(ONE, 1, 0, changed=1), Session(OTHER, 2, 0, changed=1))
    for step in range(4):
        server.now = Load(sessions, tables=SHARED_SOME + step * (SHARED_STEP + 1))
        brake.look(Engine.MARIADB, server)
    first, *others = server.said
    assert others == [{"end 1": "end 2", "end 2": "end 1"}[first], first]


@pytest.mark.parametrize(("places", "ended"), [(0, []), (500, [UID_BASE + int(ONE[1:]), 7])])
def test_where_few_places_are_left_fewer_strangers_are_ended(
    brake: Brake, server: Server, monkeypatch: pytest.MonkeyPatch, places: int, ended: list[int]
) -> None:
    said: list[int] = []
    server.crowd = Load((), strangers=STRANGERS_MOST + 1, places=places)
    monkeypatch.setattr(crowd, "connections", lambda *_: {ONE: {7: STRANGERS_FEW + 1}, OTHER: {8: STRANGERS_FEW}})
    monkeypatch.setattr(crowd, "end", lambda uid, programs: said.extend([uid, *programs]))
    over = threading.Event()

    def crowding() -> Load | None:
        over.set()
        return server.crowd

    monkeypatch.setattr(server, "crowding", crowding)
    follow(brake, Engine.MARIADB, server, over)
    assert said == ended
