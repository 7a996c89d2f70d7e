"""Who comes to a server again and again for nothing, on real ones and with the brake on: he is shut out or ended, and
the neighbour goes on (script/test-more).
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from panggon.core.node.databases import database_load, entrances
from panggon.core.node.databases.entrances import ENTRANCES
from panggon.core.sites.spec import Engine
from tests.node.databases.place import Place, entrance, served
from tests.node.stand import UID_BASE
from tests.waiting import until

pytestmark = pytest.mark.real
HOLDING = """
import ctypes, os, socket, sys, time
door, begins, most, where = sys.argv[1], bytes.fromhex(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
ctypes.CDLL(None).prctl(4, 0)  # PR_SET_DUMPABLE: what /proc has of it is root's

def hold(ways):
    for number in range(most):
        try:
            held.append(socket.socket(socket.AF_UNIX))
            held[-1].connect(door)
            held[-1].sendall(begins)
            if where != "open":  # nobody has it as an open file
                socket.send_fds(ways[number // 8][0], [b"x"], [held[-1].fileno()])
                held[-1].close()
        except OSError:
            time.sleep(0.01)

ways = [socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM) for _ in range(most // 8 + 1)]
if where == "left":  # by who has ended
    if os.fork() == 0:
        held = []
        hold(ways)
        os._exit(0)
    os.wait()
    time.sleep(600)
while True:
    held = []
    hold(ways)
    time.sleep(4)  # the server lets go of them then
    ways = [socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM) for _ in range(most // 8 + 1)]
"""
# As far as a client of PostgreSQL comes without its password: version 3.0, user and database "s900871".
BEGINNING = "0000002700030000" + b"user\0s900871\0database\0s900871\0\0".hex()


@pytest.mark.usefixtures("_brake")
@pytest.mark.parametrize("engine", list(Engine))
@pytest.mark.parametrize(
    ("programs", "each", "where"), [(1, 300, "open"), (40, 5, "open"), (1, 100, "on their way"), (1, 100, "left")]
)
def test_programs_that_connect_and_never_log_in_are_ended(
    made: tuple[Place, str], neighbour: str, engine: Engine, programs: int, each: int, where: str
) -> None:
    place, site = made
    begins = BEGINNING if engine is Engine.POSTGRESQL else ""
    door, uid = str(place.owner.watch.servers[engine].door), UID_BASE + int(site[1:])
    argv = [sys.executable, "-c", HOLDING, door, begins, str(each), where]
    crowd = [subprocess.Popen(argv, user=uid, group=uid, extra_groups=[]) for _ in range(programs)]
    most = database_load.STRANGERS_MOST // each
    until(lambda: sum(one.poll() is None for one in crowd) <= most)
    assert {one.poll() for one in crowd} - {None} == {-signal.SIGKILL}
    until(lambda: served(place, neighbour, engine), seconds=20)
    for one in crowd:
        one.kill()
        one.wait()
    assert served(place, site, engine)


CLOSING = """
import socket, sys
while True:
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(sys.argv[1])
    except OSError:
        pass
"""


def is_turned_away(door: Path) -> bool:
    """As who does not wait."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.setblocking(False)
        try:
            connection.connect(str(door))
        except BlockingIOError:
            return True
    return False


@pytest.mark.usefixtures("_brake")
@pytest.mark.parametrize("engine", list(Engine))
def test_who_connects_and_goes_fills_only_its_own_queue_and_is_shut_out_for_a_while(
    made: tuple[Place, str],
    neighbour: str,
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(database_load, "STRANGERS_MOST", 100_000)
    monkeypatch.setattr(entrances, "QUEUE_MOST", 100_000)
    monkeypatch.setattr(entrances, "QUEUE_SECONDS", 0.0)
    place, site = made
    asleep, doors = [f"s{each:06d}" for each in range(1, ENTRANCES[engine] + 1)], place.stand.settings.entrances(engine)
    for each in asleep:
        entrance(place, each, engine)
    own, other, uid = (*(entrance(place, each, engine) for each in (site, neighbour)), UID_BASE + int(site[1:]))
    assert [doors.is_own(each) for each in (site, neighbour)] == [True, True]
    argv = [sys.executable, "-c", CLOSING, str(own)]
    with contextlib.ExitStack() as crowd:
        for _ in range(8):
            one = crowd.enter_context(subprocess.Popen(argv, user=uid, group=uid, extra_groups=[]))
            crowd.callback(one.kill)
        until(lambda: is_turned_away(own), seconds=60)
        assert [is_turned_away(other) for _ in range(20)] == [False] * 20
        monkeypatch.setattr(entrances, "QUEUE_MOST", 50)
        until(lambda: own.stat().st_mode & 0o777 == 0o700, seconds=60)
        assert f"{site}: " in caplog.text
        assert neighbour not in caplog.text
        assert own not in {entrance(place, each, engine) for each in asleep}
        assert served(place, neighbour, engine)
    monkeypatch.setattr(entrances, "SHUT_SECONDS", 0.0)
    until(lambda: own.stat().st_mode & 0o777 == 0o777)
    assert served(place, site, engine)


# As far as a client of MariaDB comes with a wrong password.
REFUSED = """
import socket, struct, sys
said = struct.pack("<IIB23x", 0x88200, 1 << 24, 45) + sys.argv[2].encode() + b"\\0\\x14" + b"salah" * 4
said += b"mysql_native_password\\0"
while True:
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(sys.argv[1])
            connection.recv(1024)
            connection.sendall(struct.pack("<I", len(said) | 1 << 24) + said)
            assert b"Access denied" in connection.recv(1024)
    except OSError:
        pass
"""


@pytest.mark.usefixtures("_brake")
@pytest.mark.parametrize("engine", [Engine.MARIADB])
def test_whose_password_is_wrong_again_and_again_is_shut_out_for_a_while(
    made: tuple[Place, str], neighbour: str, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entrances, "REFUSED_MOST", 1.0)  # on a slow machine too
    place, site = made
    own, uid = entrance(place, site, engine), UID_BASE + int(site[1:])
    argv = [sys.executable, "-c", REFUSED, str(own), site]
    with contextlib.ExitStack() as crowd:
        for _ in range(8):
            one = crowd.enter_context(subprocess.Popen(argv, user=uid, group=uid, extra_groups=[]))
            crowd.callback(one.kill)
        until(lambda: own.stat().st_mode & 0o777 == 0o700, seconds=60)
        assert served(place, neighbour, engine)
        assert entrance(place, neighbour, engine).stat().st_mode & 0o777 == 0o777
    monkeypatch.setattr(entrances, "SHUT_SECONDS", 0.0)
    until(lambda: own.stat().st_mode & 0o777 == 0o777)
    assert served(place, site, engine)


def greeted(connection: socket.socket) -> int:
    """The number of the session that MariaDB begins; it counts them as it takes them in."""
    said = connection.recv(1024)
    version = said.index(b"\0", 5)
    return int.from_bytes(said[version + 1 : version + 5], "little")


@pytest.mark.usefixtures("_brake")
@pytest.mark.parametrize("engine", [Engine.MARIADB])
def test_who_always_has_somebody_waiting_comes_last_for_a_while(
    made: tuple[Place, str], neighbour: str, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server itself would take in all of his before the first of a neighbour."""
    monkeypatch.setattr(entrances, "WAITING_SECONDS", 0.0)
    place, site = made
    server = place.owner.watch.servers[engine]
    last = place.stand.settings.entrances(engine).last / server.door.name
    own, other = (entrance(place, each, engine) for each in (site, neighbour))
    with contextlib.ExitStack() as stack:
        stack.callback(os.kill, server.process, signal.SIGCONT)
        os.kill(server.process, signal.SIGSTOP)
        first = stack.enter_context(socket.socket(socket.AF_UNIX))
        first.connect(str(own))
        until(lambda: own.samefile(last))
        monkeypatch.setattr(entrances, "WAITING_SECONDS", 600.0)
        two = [stack.enter_context(socket.socket(socket.AF_UNIX)) for _ in range(2)]
        for connection, door in zip(two, (own, other), strict=True):
            connection.connect(str(door))
        os.kill(server.process, signal.SIGCONT)
        mine, theirs = (greeted(each) for each in two)
        assert mine > theirs
    assert served(place, site, engine)
    monkeypatch.setattr(entrances, "SHUT_SECONDS", 0.0)
    until(lambda: not own.samefile(last))
    assert served(place, site, engine)
