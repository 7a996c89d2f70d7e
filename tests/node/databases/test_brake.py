"""What the brake does when, with a server of the test; on real ones: `attacks.py`."""

import os
import subprocess
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from panggon.core.errors import TemporaryError
from panggon.core.node import database_load
from panggon.core.node.database_load import (
    HASTY_DOOR,
    HEAVY_DOOR,
    SHARED_MOST,
    SHARED_SOME,
    SHARED_STEP,
    STRANGERS_FEW,
    STRANGERS_MOST,
    UNCOUNTED_SOME,
    UNCOUNTED_STEP,
    Load,
    Session,
    Taken,
    niceness,
)
from panggon.core.sites.spec import Engine
from panggon.node import slices
from panggon.node.databases import brake as brakes
from panggon.node.databases import crowd, placement
from panggon.node.databases.brake import Brake
from panggon.node.databases.placement import Placement
from tests.node.scheduling import KNOWS_SLICES, slice_of
from tests.node.stand import UID_BASE
from tests.waiting import until

ONE, OTHER = "s900001", "s900002"


@dataclass
class Server:
    now: Load = field(default_factory=lambda: Load(()))
    said: list[str] = field(default_factory=list)
    away: bool = False
    held: Mapping[str, float] | None = None
    seen: Mapping[str, Taken] = field(default_factory=dict)
    crowd: Load | None = None
    own_threads: Set[int] = frozenset()
    strangers: Set[int] = frozenset()
    process: int = 0
    thread: int = 0
    door: Path = Path("/run/door")
    left: str = ""
    tidied: threading.Event = field(default_factory=threading.Event)

    def load(self) -> Load:
        self._answer()
        return self.now

    @contextmanager
    def watched(self) -> Iterator["Server"]:
        self._answer()
        self.said.append("open")
        yield self

    def threads(self, sites: Collection[str]) -> Sequence[tuple[str, int]]:
        self._answer()
        return [(each.site, each.thread) for each in self.now.sessions if each.site in sites]

    def waiting(self, known: Set[int]) -> Set[int]:
        return self.strangers - known

    def taken(self) -> Mapping[str, Taken]:
        return self.seen

    def own(self) -> Set[int]:
        return self.own_threads

    def holders(self) -> Sequence[int]:
        return ()

    def refused(self) -> int:
        return 0

    def crowding(self) -> Load | None:
        return self.crowd

    def _answer(self) -> None:
        if self.away:
            raise TemporaryError("database.down", "away")

    def hold(self, doors: Mapping[str, float]) -> None:
        self.held = doors

    def end(self, number: int) -> None:
        self.said.append(f"end {number}")

    def is_tidy(self) -> bool:
        return not self.left

    def tidy(self) -> None:
        self.left = ""
        self.tidied.set()

    def close_tables(self) -> None:
        self.said.append("close tables")

    def begin_anew(self) -> None:
        self.said.append("begin anew")


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def brake(server: Server) -> Brake:
    return Brake({Engine.MARIADB: server}, UID_BASE)  # type: ignore[dict-item]


@pytest.fixture
def threads() -> Iterator[tuple[int, int]]:
    """One that works and one that sleeps."""
    with subprocess.Popen(["sh", "-c", "while :; do :; done"]) as busy, subprocess.Popen(["sleep", "60"]) as idle:
        until(lambda: "(sleep) S" in Path(f"/proc/{idle.pid}/stat").read_text())  # to begin takes work too
        yield busy.pid, idle.pid
        busy.kill()
        idle.kill()


def follow(brake: Brake, engine: Engine, server: Server, over: threading.Event) -> None:
    brake._follow(engine, server, over, float("inf"), also=lambda _: None)


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


def works(thread: int) -> None:
    """Wait until it has worked some more."""
    before = worked(thread)
    until(lambda: worked(thread) > before)


def worked(thread: int) -> float:
    clock = placement._clock(thread)
    assert clock
    return clock.worked


def test_who_takes_too_much_is_ended(brake: Brake, server: Server) -> None:
    server.now = Load((Session(ONE, 1, 0, seconds=1.0), Session(OTHER, 2, 0, seconds=1801.0)))
    brake.look(Engine.MARIADB, server)
    assert server.said == ["end 2"]


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
    monkeypatch.setattr(database_load, "HEAVY", 0.001)
    monkeypatch.setattr(database_load, "LIGHT", 0.001)
    works(busy)
    brake.look(Engine.MARIADB, server)
    assert [os.sched_getaffinity(each) for each in threads] == [ONE_PROCESSOR, EVERYWHERE]
    assert server.held == {ONE: HEAVY_DOOR}
    works(busy)
    server.held = None  # the server has begun anew
    brake.look(Engine.MARIADB, server)
    assert server.held == {ONE: HEAVY_DOOR}
    monkeypatch.setattr(database_load, "LIGHT", 100.0)
    monkeypatch.setattr(database_load, "LIGHT_SECONDS", 0.0)
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


def test_what_an_ended_session_had_opened_is_closed(brake: Brake, server: Server) -> None:
    for step in range(2):
        server.now = Load((Session(ONE, 1, 0),), resident=UNCOUNTED_SOME + step * (UNCOUNTED_STEP + 1))
        brake.look(Engine.MARIADB, server)
    assert server.said == ["end 1", "close tables"]


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
