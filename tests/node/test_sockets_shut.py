"""A program of a site has the socket that visitors come in by, and may do to it what it likes."""

import logging
import selectors
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from panggon.core.sites.spec import SiteKind
from panggon.drivers.system import files
from panggon.node.sockets import SocketSettings
from panggon.node.sockets.control_groups.groups import ControlGroups
from panggon.node.sockets.sandboxes.sandbox import Machine
from panggon.node.sockets.served import Served
from panggon.node.sockets.serving.site import FAILURES_TO_WAIT_FOR
from panggon.node.sockets.serving.sites import Sites
from tests.node import stand as stands
from tests.node.stand import UID_BASE, Stand
from tests.waiting import until

SITE = "s900330"
SHUTS = """
import os, signal, socket
for number in range(3, 20):
    try:
        socket.socket(fileno=os.dup(number)).shutdown(socket.SHUT_RDWR)
        open("/site/private/shut", "a").write("x")
    except OSError:
        pass
"""
ENDS = "for pid in (os.getppid(), 1):\n    os.kill(pid, signal.SIGTERM)\n"
ANSWERS = "def app(environ, start):\n    start('200 OK', [])\n    return [b'answered']\n"


@pytest.fixture
def stand(request: pytest.FixtureRequest) -> Iterator[Stand]:
    yield from stands.started(request)


def put(stand: Stand, code: str) -> None:
    uid, private = stand.settings.uid(SITE), stand.settings.site(SITE) / "private"
    files.write(private / "app.py", code, mode=0o644, uid=uid, gid=uid)
    (private / "shut").unlink(missing_ok=True)


def ask(stand: Stand) -> bytes:
    """What one visitor gets; nothing where there is nobody to let him in."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(20)
        try:
            client.connect(str(stand.settings.root / "run" / f"{SITE}.sock"))
            client.sendall(b"GET / HTTP/1.0\r\n\r\n")
            return b"".join(iter(lambda: client.recv(4096), b""))
        except OSError:
            return b""


@pytest.mark.real
def test_who_shuts_its_socket_has_no_visitors_until_it_is_served_anew_and_the_holder_goes_on(stand: Stand) -> None:
    neighbour, holder = stand.serve(900331), stand.holder()
    stand.lay_out(900330, {"kind": "python", "interface": "wsgi", "entry": "app:app"})
    put(stand, SHUTS + ENDS + ANSWERS)
    assert stand.sync(SITE)["ok"]
    until(lambda: ask(stand) == b"" and (stand.settings.site(SITE) / "private" / "shut").exists())
    ends = time.monotonic() + 9  # three failures in a row, and visitors are turned away
    while time.monotonic() < ends:
        ask(stand)
        time.sleep(0.2)
    assert stand.get(neighbour) == "ok"
    assert stand.holder() == holder
    put(stand, ANSWERS)
    until(lambda: ask(stand).endswith(b"answered"), seconds=20)


@pytest.mark.real
def test_a_sync_gives_a_site_that_is_awake_another_socket_for_one_that_is_shut(stand: Stand) -> None:
    stand.lay_out(900330, {"kind": "python", "interface": "wsgi", "entry": "app:app"})
    put(stand, SHUTS + ANSWERS)
    assert stand.sync(SITE)["ok"]
    until(lambda: ask(stand) == b"" and (stand.settings.site(SITE) / "private" / "shut").exists())
    put(stand, ANSWERS)
    assert ask(stand) == b""
    assert stand.sync(SITE)["ok"]
    assert ask(stand).endswith(b"answered")


class Untouchable(socket.socket):
    """A program of the site would take in whom the holder is about to, and he would stand there."""

    def accept(self) -> Any:
        raise AssertionError("the holder takes nobody in")


def test_who_waits_for_what_fails_again_and_again_is_told_so_by_another_socket_in_the_place_of_this(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run").mkdir()
    settings = SocketSettings(tmp_path, tmp_path / "run", tmp_path / "logs", UID_BASE, web_group=0)
    served = Served(SITE, SiteKind.PYTHON, 1, interface="wsgi", entry="app:app")
    now, name = time.monotonic(), f"run/{SITE}.sock"
    with selectors.DefaultSelector() as selector, socket.socket(socket.AF_UNIX) as client:
        sites = Sites(Machine(settings, frozenset(), ControlGroups(None, None, None)), selector, None)
        listener = Untouchable(fileno=sites.sockets.begin(SITE).detach())
        site = sites.add(served, listener, groups=frozenset())
        site.failures, site._wake_after = FAILURES_TO_WAIT_FOR - 1, now + 60
        sites._attend(site)
        client.settimeout(0.1)
        client.connect(name)
        sites.tick(now)
        assert site.listener is listener, "the next try may be his"
        site.failures = FAILURES_TO_WAIT_FOR
        sites.tick(now)
        with pytest.raises(ConnectionResetError):
            client.recv(1)
        with site.listener, socket.socket(socket.AF_UNIX) as next_one:
            next_one.connect(name)
            assert site.listener is not listener
            assert site.listens(now + 60)
            sites.drop(SITE, lambda: None)
            assert SITE not in sites


class Awake:
    """A site that has something to do at each tick."""

    def __init__(self, name: str, error: Exception | None = None) -> None:
        self.served, self.error, self.ticks = type("Served", (), {"site": name}), error, 0

    def is_due(self, _now: float) -> bool:
        return True

    def count(self, until: float) -> None:
        self.ticks += 1
        if self.error:
            raise self.error


def test_what_fails_for_one_site_is_told_and_the_others_have_their_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    settings = SocketSettings(tmp_path, tmp_path / "run", tmp_path / "logs", UID_BASE, web_group=33)
    with selectors.DefaultSelector() as selector:
        sites = Sites(Machine(settings, frozenset(), ControlGroups(None, None, None)), selector, None)
        errors = (OSError(22, "Invalid argument"), ValueError("odd"), RecursionError("deep"), None)
        there = {f"s90033{number}": Awake(f"s90033{number}", error) for number, error in enumerate(errors)}
        monkeypatch.setattr(sites, "_sites", there)
        monkeypatch.setattr(sites, "_waiting", set(there))
        looks: list[str] = []
        sessions, asleep, *_ = sites._guards._each
        monkeypatch.setattr(sessions, "look", lambda: 1 / 0)
        monkeypatch.setattr(asleep, "look", lambda: looks.append("asleep"))
        with caplog.at_level(logging.WARNING):
            sites.tick(time.monotonic())
    assert [each.ticks for each in there.values()] == [1, 1, 1, 1]
    assert looks == ["asleep"]
    assert {record.getMessage().partition(":")[0] for record in caplog.records} >= {"s900330", "s900331", "s900332"}
