"""What the brake does when, with a server of the test; on real ones: `attacks.py`."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from panggon.core.database_load import SHARED_MOST, SHARED_SOME, SHARED_STEP, Load, Session
from panggon.core.spec import Engine
from panggon.node.databases.brake import Brake
from tests.waiting import until

ONE, OTHER = "s900001", "s900002"


@dataclass
class Server:
    now: Load = field(default_factory=lambda: Load(()))
    said: list[str] = field(default_factory=list)

    def load(self) -> Load:
        return self.now

    def end(self, number: int) -> None:
        self.said.append(f"end {number}")

    def tidy(self) -> None:
        self.said.append("tidy")

    def begin_anew(self) -> None:
        self.said.append("begin anew")


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def brake(server: Server) -> Brake:
    return Brake({Engine.MARIADB: server})  # type: ignore[dict-item]


@pytest.fixture
def threads() -> Iterator[tuple[int, int]]:
    """One that works and one that sleeps."""
    with subprocess.Popen(["sh", "-c", "while :; do :; done"]) as busy, subprocess.Popen(["sleep", "60"]) as idle:
        yield busy.pid, idle.pid
        busy.kill()
        idle.kill()


def test_who_takes_too_much_is_ended(brake: Brake, server: Server) -> None:
    server.now = Load((Session(ONE, 1, 0, seconds=1.0), Session(OTHER, 2, 0, seconds=1801.0)))
    brake.look(Engine.MARIADB)
    assert server.said == ["end 2", "tidy"]


def test_the_sessions_of_a_site_wait_for_those_of_others_and_are_free_again(
    brake: Brake, server: Server, threads: tuple[int, int]
) -> None:
    busy, idle = threads
    server.now = Load((*(Session(ONE, number, busy, active=True) for number in range(8)), Session(OTHER, 9, idle)))
    brake.look(Engine.MARIADB)
    assert [os.getpriority(os.PRIO_PROCESS, each) for each in threads] == [9, 0]
    server.now = Load((Session(OTHER, 10, busy, active=True),))  # the server gave the thread to another
    brake.look(Engine.MARIADB)
    assert os.getpriority(os.PRIO_PROCESS, busy) == 0


def test_who_makes_the_shared_room_grow_is_ended_and_not_who_has_some(
    brake: Brake, server: Server, threads: tuple[int, int]
) -> None:
    busy, idle = threads
    sessions = (Session(ONE, 1, idle), Session(OTHER, 2, busy))
    size = SHARED_SOME
    for more in (0, SHARED_STEP, SHARED_STEP + 1):
        size += more
        server.now = Load(sessions, shared=size)
        brake._worked.clear()
        until(lambda: brake._working(sessions)[OTHER] > 0)
        brake._worked.clear()
        brake.look(Engine.MARIADB)
    assert server.said == ["tidy", "tidy", "end 2", "tidy"]
    server.now = Load((), shared=SHARED_MOST + 1)
    brake.look(Engine.MARIADB)
    assert server.said[4:] == ["tidy", "begin anew"]
