"""How sessions share the processors, with a server of the test; on real ones: `attacks.py`."""

import os
import threading
from collections.abc import Mapping

import pytest

from panggon.core.node.databases import heaviness
from panggon.core.node.databases.database_load import Load, Session, Taken
from panggon.core.node.databases.heaviness import HASTY_DOOR, HEAVY_DOOR, niceness
from panggon.core.sites.spec import Engine
from panggon.node import slices
from panggon.node.databases import brake as brakes
from panggon.node.databases import placement
from panggon.node.databases.brake import Brake
from panggon.node.databases.placement import Placement
from tests.node.databases.watched import ONE, OTHER, Server, follow
from tests.node.scheduling import KNOWS_SLICES, slice_of
from tests.node.stand import UID_BASE
from tests.waiting import until


def works(thread: int) -> None:
    """Wait until it has worked some more."""
    before = worked(thread)
    until(lambda: worked(thread) > before)


def worked(thread: int) -> float:
    clock = placement._clock(thread)
    assert clock
    return clock.worked


def test_the_sessions_of_a_site_wait_for_those_of_others_and_are_free_again(
    brake: Brake, server: Server, threads: tuple[int, int]
) -> None:
    busy, idle = threads
    server.now = Load((*(Session(ONE, number, busy, active=True) for number in range(8)), Session(OTHER, 9, idle)))
    brake.look(Engine.MARIADB, server)
    assert [os.getpriority(os.PRIO_PROCESS, each) for each in threads] == [9, 0]
    server.now = Load((Session(OTHER, 10, busy, active=True),))  # the server gave the thread to another
    brake.look(Engine.MARIADB, server)
    assert os.getpriority(os.PRIO_PROCESS, busy) == 0


EVERYWHERE = os.sched_getaffinity(0)
ONE_PROCESSOR = {*sorted(EVERYWHERE)[1:2]} or EVERYWHERE


def test_the_sessions_of_a_heavy_site_share_a_processor_until_it_is_light(
    brake: Brake, server: Server, threads: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However slow this machine is, who only waits is light, and who works is heavy where little is asked of it."""
    busy, idle = threads
    server.now = Load((Session(ONE, 1, busy), Session(OTHER, 2, idle)))
    brake.look(Engine.MARIADB, server)
    monkeypatch.setattr(heaviness, "HEAVY", 0.001)
    monkeypatch.setattr(heaviness, "LIGHT", 0.001)
    works(busy)
    brake.look(Engine.MARIADB, server)
    assert [os.sched_getaffinity(each) for each in threads] == [ONE_PROCESSOR, EVERYWHERE]
    assert server.held == {ONE: HEAVY_DOOR}
    works(busy)
    server.held = None  # the server has begun anew
    brake.look(Engine.MARIADB, server)
    assert server.held == {ONE: HEAVY_DOOR}
    monkeypatch.setattr(heaviness, "LIGHT", 100.0)
    monkeypatch.setattr(heaviness, "LIGHT_SECONDS", 0.0)
    brake.look(Engine.MARIADB, server)
    assert os.sched_getaffinity(busy) == EVERYWHERE
    assert server.held == {}


@pytest.fixture
def hour(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the clock of who looks says, in seconds: the test turns it."""
    now = [100.0]
    monkeypatch.setattr(placement, "monotonic", lambda: now[0])
    return now


def test_whose_sessions_have_ended_before_anybody_looks_is_heavy_by_what_they_have_taken(
    brake: Brake, server: Server, threads: tuple[int, int], hour: list[float]
) -> None:
    """Where nobody can say since when, nothing is concluded."""
    server.seen = {ONE: Taken(worked=0.8), OTHER: Taken(worked=0.6)}
    server.now = Load((Session(ONE, 1, threads[1]),))
    for heavy, doors in ((frozenset(), {}), (frozenset({ONE}), {ONE: HEAVY_DOOR})):
        brake.look(Engine.MARIADB, server)
        assert frozenset(brake.placement.heavy[Engine.MARIADB]) == heavy
        assert server.held == doors
        hour[0] += 1.0
    assert os.sched_getaffinity(threads[1]) == ONE_PROCESSOR


def test_who_begins_too_many_sessions_waits_longer_until_some_seconds_after(
    brake: Brake, server: Server, hour: list[float]
) -> None:
    """By the second: a look that comes late sees more."""
    brake.look(Engine.MARIADB, server)
    hour[0] += 2.0
    server.seen = {ONE: Taken(begun=402), OTHER: Taken(begun=400)}
    brake.look(Engine.MARIADB, server)
    assert server.held == {ONE: HASTY_DOOR}
    server.seen = {}
    for seconds, doors in ((19.0, {ONE: HASTY_DOOR}), (1.0, {})):
        hour[0] += seconds
        brake.look(Engine.MARIADB, server)
        assert server.held == doors


def test_who_was_hasty_and_is_so_again_is_found_before_the_next_look(
    brake: Brake, server: Server, hour: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nobody else by so short a look."""
    brake.look(Engine.MARIADB, server)
    hour[0] += 2.0
    server.seen = {ONE: Taken(begun=402)}
    brake.look(Engine.MARIADB, server)
    server.seen = {}
    hour[0] += 20.0
    brake.look(Engine.MARIADB, server)
    assert server.held == {}
    monkeypatch.setattr(brakes, "SECONDS", 600.0)
    over = threading.Event()
    following = threading.Thread(target=follow, args=(brake, Engine.MARIADB, server, over))
    following.start()
    until(lambda: server.said.count("begun") > 2)
    assert following.is_alive()
    server.seen = {ONE: Taken(begun=41), OTHER: Taken(begun=41, worked=0.19)}
    following.join(60)
    assert not following.is_alive()
    hour[0] += 0.2
    brake.look(Engine.MARIADB, server)
    assert server.held == {ONE: HASTY_DOOR}
    assert brake.placement.heavy[Engine.MARIADB] == {}


@pytest.mark.parametrize(("begun", "doors"), [(201, {ONE: HASTY_DOOR}), (200, {})])
def test_of_postgresql_fewer_sessions_are_too_many_on_a_small_machine(
    server: Server, hour: list[float], monkeypatch: pytest.MonkeyPatch, begun: int, doors: Mapping[str, float]
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    brake = Brake({Engine.POSTGRESQL: server}, UID_BASE)  # type: ignore[dict-item]
    brake.look(Engine.POSTGRESQL, server)
    hour[0] += 2.0
    server.seen = {ONE: Taken(begun=begun)}
    brake.look(Engine.POSTGRESQL, server)
    assert server.held == doors


def test_a_new_session_of_a_heavy_site_is_found_before_the_next_look(
    brake: Brake, server: Server, threads: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(brakes, "SECONDS", 600.0)
    brake.placement.heavy[Engine.MARIADB] = {ONE: 0.0}
    new = [(ONE, 1, threads[0]), (ONE, 2, threads[0]), (OTHER, 3, threads[1])]
    server.now = Load(tuple(Session(*each) for each in new))
    over = threading.Event()
    following = threading.Thread(target=follow, args=(brake, Engine.MARIADB, server, over))
    following.start()
    until(lambda: slice_of(threads[0]) == slices.HEAVY or not KNOWS_SLICES)
    until(lambda: os.sched_getaffinity(threads[0]) == ONE_PROCESSOR)
    over.set()
    following.join(60)
    assert [os.getpriority(os.PRIO_PROCESS, each) for each in threads] == [niceness(2), 0]
    assert os.sched_getaffinity(threads[1]) == EVERYWHERE


def test_who_waits_to_begin_for_the_second_time_is_at_a_door_and_works_where_heavy_ones_do(
    threads: tuple[int, int],
) -> None:
    """Who is of no such site after all, and only slow, is free again."""
    heavy, slow = threads
    where = Placement()
    where.heavy[Engine.MARIADB] = {ONE: 0.0}
    for found in (EVERYWHERE, ONE_PROCESSOR):
        where.follow(Engine.MARIADB, [], {heavy, slow})
        assert [os.sched_getaffinity(each) for each in threads] == [found, found]
    assert [os.getpriority(os.PRIO_PROCESS, each) for each in threads] == [niceness(2)] * 2
    where.follow(Engine.MARIADB, [(ONE, heavy)])
    assert [os.sched_getaffinity(each) for each in threads] == [ONE_PROCESSOR, EVERYWHERE]
    assert [os.getpriority(os.PRIO_PROCESS, each) for each in threads] == [0, 0]


def test_the_servers_own_threads_are_no_strangers_from_the_second_look_on(
    brake: Brake, server: Server, threads: tuple[int, int]
) -> None:
    server.own_threads = {threads[0]}
    brake.look(Engine.MARIADB, server)
    assert brake.placement.known(Engine.MARIADB) == set()
    server.own_threads, server.now = set(threads), Load((Session(OTHER, 1, 7),))
    brake.look(Engine.MARIADB, server)
    assert brake.placement.known(Engine.MARIADB) == {threads[0], 7}


@pytest.mark.skipif(len(EVERYWHERE) < 2, reason="with one processor there is none to share")
def test_sessions_begin_apart_from_heavy_ones(brake: Brake, server: Server, threads: tuple[int, int]) -> None:
    """They inherit it."""
    server.process = threads[0]
    brake.placement.heavy[Engine.POSTGRESQL] = {ONE: 0.0}
    brake.look(Engine.MARIADB, server)
    assert os.sched_getaffinity(threads[0]) == EVERYWHERE - ONE_PROCESSOR
    brake.placement.heavy[Engine.POSTGRESQL] = {}
    brake.look(Engine.MARIADB, server)
    assert os.sched_getaffinity(threads[0]) == EVERYWHERE


def test_what_a_server_does_of_itself_leaves_the_first_processor_while_a_site_is_heavy(
    brake: Brake, server: Server, threads: tuple[int, int]
) -> None:
    """Only what was there a look before: a session that begins is not, and would stay there."""
    own, new = threads
    os.setpriority(os.PRIO_PROCESS, own, 9)  # started by a session of a heavy site
    brake.placement.heavy[Engine.POSTGRESQL] = {ONE: 0.0}
    server.own_threads = {own}
    brake.look(Engine.MARIADB, server)
    server.own_threads = {own, new}
    brake.look(Engine.MARIADB, server)
    first = {min(EVERYWHERE)} if len(EVERYWHERE) > 1 else set()
    assert [os.sched_getaffinity(each) for each in threads] == [EVERYWHERE - first, EVERYWHERE]
    assert os.getpriority(os.PRIO_PROCESS, own) == 0
    assert slice_of(own) == slices.OWN or not (KNOWS_SLICES and first)
    assert slice_of(own) != slice_of(new) or not (KNOWS_SLICES and first)
    brake.placement.heavy[Engine.POSTGRESQL] = {}
    brake.look(Engine.MARIADB, server)
    assert [os.sched_getaffinity(each) for each in threads] == [EVERYWHERE, EVERYWHERE]
    assert slice_of(own) == slice_of(new)


@pytest.mark.skipif(not KNOWS_SLICES, reason="this kernel has no slices")
def test_who_watches_waits_for_nobody(threads: tuple[int, int]) -> None:
    """Neither here nor in the server; all else of the server works as before."""
    usual, over = slice_of(0), threading.Event()

    class Looked(Server):
        def load(self) -> Load:
            self.said.append(f"look {slice_of(0)}")
            return self.now

    server = Looked(thread=threads[1])
    watching = threading.Thread(target=Brake({Engine.MARIADB: server}, UID_BASE).run, args=(over,))  # type: ignore[dict-item]
    watching.start()
    until(lambda: f"look {slices.WATCH}" in server.said)
    over.set()
    watching.join(60)
    assert [slice_of(each) for each in (*threads, 0)] == [usual, slices.WATCH, usual]


def test_what_a_brake_that_was_killed_has_left_is_free_again(
    brake: Brake, server: Server, threads: tuple[int, int]
) -> None:
    os.sched_setaffinity(threads[1], ONE_PROCESSOR)
    os.setpriority(os.PRIO_PROCESS, threads[1], 0)
    server.now, server.held = Load((Session(ONE, 1, threads[1]),)), {ONE: HEAVY_DOOR}
    brake.look(Engine.MARIADB, server)
    assert os.sched_getaffinity(threads[1]) == EVERYWHERE
    assert server.held == {}
