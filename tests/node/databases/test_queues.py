"""Who waits at which entrance: real sockets, in the place of those of a server."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, cast

import pytest

from panggon.core.node.databases.entrances import GONE_LOOKS, QUEUE_MOST, QUEUE_SECONDS, SHUT_SECONDS, WAITING_SECONDS
from panggon.core.sites.spec import Engine
from panggon.drivers.databases.entrances import Entrances
from panggon.drivers.system import unix_sockets
from panggon.drivers.system.unix_sockets import listening, waiting
from panggon.node.databases.queues import Queues

SITES = "s000003", "s000004"


class Server:
    """Listens at entrances of its own and takes nobody in."""

    def __init__(self, run: Path, engine: Engine) -> None:
        self.process, self.door = os.getpid(), run / "a.sock"
        self.entrances = Entrances(run, engine)
        self.sockets, self.visitors = ExitStack(), ExitStack()
        self.listeners: dict[Path, socket.socket] = {}
        for place in (*self.entrances.all, *([self.entrances.last] if engine is Engine.MARIADB else [])):
            place.mkdir(parents=True, exist_ok=True)
        self.begin_anew()
        self.places = {site: self.entrances.of(site, running=frozenset) / "a.sock" for site in SITES}

    def begin_anew(self) -> None:
        self.sockets.close()
        for place in self.entrances.run.iterdir():
            (place / "a.sock").unlink(missing_ok=True)
            listener = self.sockets.enter_context(socket.socket(socket.AF_UNIX))
            listener.bind(str(place / "a.sock"))
            (place / "a.sock").chmod(0o777)
            listener.listen(QUEUE_MOST + 9)
            self.listeners[place / "a.sock"] = listener

    @contextmanager
    def in_another_process(self) -> Iterator[None]:
        """Which has ended afterwards, with its sockets."""
        self.process = os.fork()
        if not self.process:
            signal.pause()
        try:
            self.sockets.close()
            yield
        finally:
            os.kill(self.process, signal.SIGKILL)
            os.waitid(os.P_PID, self.process, os.WEXITED)
            self.process = os.getpid()

    def visited(self, site: str, times: int = 1) -> socket.socket:
        for _ in range(times):
            visitor = self.visitors.enter_context(socket.socket(socket.AF_UNIX))
            visitor.connect(str(self.places[site]))
        return visitor

    def takes_in(self, site: str) -> None:
        self.visitors.enter_context(self.listeners[self.places[site]].accept()[0])

    def is_shut(self, site: str) -> bool:
        return self.places[site].stat().st_mode & 0o777 == 0o700


@pytest.fixture(params=[Engine.MARIADB, Engine.POSTGRESQL])
def server(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Server]:
    made = Server(tmp_path_factory.mktemp("q") / "d", request.param)
    with made.sockets, made.visitors:
        yield made


@pytest.fixture
def looking(server: Server) -> Iterator[Queues]:
    made = Queues(cast("Any", server), server.entrances.engine)
    yield made
    made.close()


def test_one_is_shut_before_which_too_many_wait_and_opened_later(server: Server, looking: Queues) -> None:
    assert not looking.look(now=100)
    server.visited(SITES[0], QUEUE_MOST + 1)
    assert looking.look(now=101)
    looking.look(now=101 + QUEUE_SECONDS)
    assert [server.is_shut(site) for site in SITES] == [True, False]
    for _ in range(QUEUE_MOST + 1):
        server.takes_in(SITES[0])
    assert not looking.look(now=102 + QUEUE_SECONDS + SHUT_SECONDS)
    assert not server.is_shut(SITES[0])


def test_one_is_shut_that_some_have_left_again_and_again_however_few(server: Server, looking: Queues) -> None:
    shut = []
    with socket.socket(socket.AF_UNIX) as waits:
        waits.connect(str(server.places[SITES[1]]))
        for look in range(GONE_LOOKS):
            for _ in range(2 - look % 2):
                with socket.socket(socket.AF_UNIX) as visitor:
                    visitor.connect(str(server.places[SITES[0]]))
            looking.look(now=100 + look / 100)
            shut.append([server.is_shut(site) for site in SITES])
            for _ in range(2 - look % 2):
                server.takes_in(SITES[0])
    assert shut == [*[[False, False]] * (GONE_LOOKS - 1), [True, False]], "who waits has not gone"


def test_a_server_that_begins_anew_is_followed(server: Server, looking: Queues) -> None:
    with server.in_another_process():
        looking.look(now=100)
        visitor = server.visited(SITES[1])
    looking.look(now=101)
    visitor.settimeout(5)
    with pytest.raises(ConnectionResetError):  # else he would wait for ever at what the server has left
        visitor.recv(1)
    server.begin_anew()
    server.visited(SITES[1])
    assert looking.look(now=102)


def test_the_kernel_is_not_asked_of_all_sockets_while_nobody_waits(
    server: Server, looking: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There are thousands where sites sleep."""
    looking.look(now=100)
    asked: list[int] = []
    monkeypatch.setattr(unix_sockets, "waiting", lambda: asked.append(1) or waiting())
    assert [looking.look(now=101), asked] == [False, []]
    server.visited(SITES[0])
    assert [looking.look(now=102), asked] == [True, [1]]
    server.takes_in(SITES[0])
    assert [looking.look(now=103), asked] == [False, [1]]


def test_who_always_waits_comes_last_for_a_while_where_the_server_is_unfair(server: Server, looking: Queues) -> None:
    own = server.places[SITES[0]]
    last = server.entrances.last / "a.sock"
    server.visited(SITES[0])
    looking.look(now=100)
    looking.look(now=100 + WAITING_SECONDS)
    assert (last.exists() and own.samefile(last)) == (server.entrances.engine is Engine.MARIADB)
    server.takes_in(SITES[0])
    looking.look(now=100 + WAITING_SECONDS + SHUT_SECONDS)
    assert not last.exists() or not own.samefile(last)
    server.visited(SITES[0])
    named, lengths = listening(), waiting()
    assert lengths[named[str(own)]] == 1


def test_who_is_refused_again_and_again_is_shut_out_for_a_while_also_where_he_comes_last(
    server: Server, looking: Queues
) -> None:
    for site in SITES:
        server.visited(site)
    looking.look(now=100)
    looking.look(now=100 + WAITING_SECONDS)
    looking.shut_out(SITES[0])
    looking.shut_out("s000099")
    looking.look(now=102)
    assert [server.is_shut(site) for site in SITES] == [True, False]
    looking.look(now=102 + SHUT_SECONDS - 0.1)
    assert server.is_shut(SITES[0])
    looking.look(now=102 + SHUT_SECONDS)
    assert [server.is_shut(site) for site in SITES] == [False, False]
