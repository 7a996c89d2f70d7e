"""The holder: one loop, one thread. Wakes sites on their first connection, puts idle ones to sleep, obeys `control`.

It may be killed at any instruction: its keeper has the sockets, `served.json` says what it serves, and the records say
which sandboxes run. A holder that is started beside a living one (its keeper was killed) takes everything over from it.
"""

import dataclasses
import logging
import os
import selectors
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from importlib import resources
from pathlib import Path
from typing import Any

from panggon.core.errors import PanggonError
from panggon.core.sites.spec import SITE_ID
from panggon.drivers.system import files
from panggon.node.daemons import systemd
from panggon.node.daemons.control import Connection, Desk
from panggon.node.daemons.going_on import heed
from panggon.node.sockets.control_groups.groups import ControlGroups
from panggon.node.sockets.listening import channel, listener
from panggon.node.sockets.listening.channel import Keeping
from panggon.node.sockets.sandboxes.sandbox import Machine
from panggon.node.sockets.served import Served, remembered
from panggon.node.sockets.serving.leaving import Dropping
from panggon.node.sockets.serving.room import memory_for_sites
from panggon.node.sockets.serving.site import RESTING_SECONDS
from panggon.node.sockets.serving.sites import Sites
from panggon.node.sockets.settings import SocketSettings
from panggon.node.sockets.shields.protections import active, demanded

TICK_SECONDS = 0.5
# While nothing of the holder's runs, or only what rests: who comes in over SFTP is looked for, and what sites store.
IDLE_SECONDS = RESTING_SECONDS
# The node's own pages and programs, for every sandbox.
PAGES = (
    "php/proof.php",
    *(f"python/{name}.py" for name in ("serve", "panggon_site", "panggon_asgi", "panggon_wsgi")),
    *(f"python/{name}.py" for name in ("panggon_database", "panggon_complaints")),
)


log = logging.getLogger(__name__)


class Holder:
    def __init__(self, settings: SocketSettings, keeper: Keeping, groups: ControlGroups) -> None:
        """`groups` are where those of the sites are made. Raises PermanentError `sockets.unprotected` where the
        settings forbid to run.
        """
        self.protections = demanded(settings, groups)
        _prepare(settings)
        self._settings = settings
        self._selector = selectors.DefaultSelector()
        self._groups = groups
        with suppress(OSError):  # where the kernel refuses, that is named a reduced protection already
            groups.bound(memory_mebibytes=memory_for_sites())
        machine = Machine(settings, active(self.protections), self._groups)
        self._sites = Sites(machine, self._selector, keeper)
        self._ending = False
        self._done = False

    def run(self, *, end: bool = False) -> None:
        """Serve until SIGTERM (or `end`) has let every sandbox end, SIGHUP has come, or another holder took over."""
        signals, self._woken = _signals()
        self._take_over()
        Desk(self._selector, self._answer, refusal="runtime.request").open(self._settings.control)
        if self._sites.sockets.keeper and self._sites.sockets.keeper.line:
            self._watch(self._sites.sockets.keeper.line, self._keeper_gone)
        self._watch(signals, self._told_to_end)
        log.info("serving %d sites", len(self._sites))
        systemd.ready()
        if end:
            self._end()
        self._serve()
        self._sites.close()
        self._groups.close()

    def _serve(self) -> None:
        looked = time.monotonic()
        while not self._done and not (self._ending and not self._sites.awake):
            alert = self._sites.busy(time.monotonic()) or self._sites.sockets.keeper is None
            pause = TICK_SECONDS if alert else IDLE_SECONDS
            until = min(looked + pause, self._sites.spares.due)
            for key, _ in self._selector.select(max(0.0, until - time.monotonic())):
                heed(log, key.data)
            if time.monotonic() >= self._sites.spares.due:
                heed(log, self._spare)
            if time.monotonic() - looked >= pause:  # not after each event: who knocks would wait for the one before
                looked = time.monotonic()
                self._look(looked)

    def _spare(self) -> None:
        self._sites.spares.look(time.monotonic())

    def _look(self, now: float) -> None:
        """At what nobody tells of."""
        self._sites.tick(now)
        if self._sites.sockets.keeper is None and not self._settings.control.is_socket():
            self._end()  # nobody can ask for anything any more: the installation was removed

    def _take_over(self) -> None:
        """Get every socket from the keeper, or from a holder that lost its keeper; open what nobody had."""
        kept = self._sites.sockets.keeper.kept() if self._sites.sockets.keeper else {}
        there = {**kept, **dict(_handed_over(self._settings))}
        found, known, groups = dict(listener.newest(there.values())), set(kept.values()), self._groups.names()
        for served in remembered(self._settings):
            own = found.pop(served.site, None)
            if own:
                self._sites.sockets.take(own, kept=own in known)
            self._sites.add(served, own or self._sites.sockets.begin(served.site), groups=groups)
        self._sites.close_but_own(there.values())
        for site in [site for site in self._sites if self._settings.leaving(site).exists()]:
            self._sites.drop(site, lambda: None, Dropping.LATER)
        listener.sweep(self._settings)
        self._sites.renew()
        self._sites.expect()

    def _watch(self, source: socket.socket, act: Callable[[socket.socket], None]) -> None:
        self._selector.register(source, selectors.EVENT_READ, lambda: act(source))

    # Control

    def _answer(self, request: dict[str, Any], connection: Connection) -> None:
        try:
            self._obey(request, connection)
        except PanggonError as error:
            connection.refuse(error.code, error.detail, temporary=error.temporary)
        except ValueError as error:
            connection.refuse("runtime.invalid", str(error))
        except OSError as error:
            log.warning("%s: %s", request, error)
            connection.refuse("runtime.failed", str(error), temporary=True)

    def _obey(self, request: dict[str, Any], connection: Connection) -> None:
        """The control protocol of docs/architecture.md."""
        name = str(request.get("site"))
        known, done = SITE_ID.fullmatch(name), lambda: connection.answer(ok=True)
        match request.get("do"):
            case "sync":
                self._sites.sync(_served(request), done)
            case "drop" if known:
                self._sites.drop(name, done, Dropping(request.get("running", "")))
            case "stop" if name in self._sites:
                self._sites.end(name, done)
            case "show" if known:
                known_now = {"serving": self._sites.serving(name), "ending": self._sites.ending(name)}
                connection.answer(ok=True, foreign=self._sites.foreign(name), **known_now)
            case "about":
                connection.answer(ok=True, **self._about())
            case "list":
                sites = [serving for site in self._sites if (serving := self._sites.serving(site))]
                connection.answer(ok=True, sites=sites, **self._about())
            case "handover" if connection.passed:
                self._hand_over(connection.passed)
            case _:
                connection.refuse("runtime.request", "unknown request or site")

    def _about(self) -> dict[str, Any]:
        protections = [dataclasses.asdict(protection) for protection in self.protections]
        return {"full": list(self._sites.full), "protections": protections, "spares": self._sites.spares.ready}

    # Keeper, successor, end

    def _keeper_gone(self, keeper: socket.socket) -> None:
        """Go on alone: the sites keep working until a new keeper's holder takes over."""
        log.warning("the keeper is gone; going on without it")
        self._selector.unregister(keeper)
        self._sites.sockets.keeper = None

    def _hand_over(self, successor: socket.socket) -> None:
        log.info("handing over to another holder")
        with successor:
            channel.send_all(successor, self._sites.listeners)
        self._done = True

    def _told_to_end(self, signals: socket.socket) -> None:
        """SIGHUP: another holder comes at once, so the sandboxes go on, for it to adopt."""
        if signal.SIGHUP in signals.recv(64):
            self._done = True
        else:
            self._end()

    def _end(self) -> None:
        self._ending = True
        self._sites.end_all()


def _served(request: dict[str, Any]) -> Served:
    """Raises ValueError for what cannot be served."""
    members = {name: value for name, value in request.items() if name != "do"}
    try:
        return Served(**members)
    except TypeError as error:
        raise ValueError(str(error)) from error


def _signals() -> tuple[socket.socket, socket.socket]:
    """A socket from which the numbers of signals are read, and its other end, which must not be closed."""
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    signal.set_wakeup_fd(writer.fileno())
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    return reader, writer


def _handed_over(settings: SocketSettings) -> tuple[tuple[str, socket.socket], ...]:
    """Every socket of a holder that still lives under our control socket, which ends with this."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs, socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(str(settings.control))
        except OSError:
            return ()
        socket.send_fds(client, [b'{"do": "handover"}\n'], [theirs.fileno()])
        theirs.close()
        return tuple(channel.receive_all(ours))


def _prepare(settings: SocketSettings) -> None:
    """The directories of the holder and the node's own pages."""
    files.directory(settings.root / "run", mode=0o750, gid=settings.web_group)
    files.directory(settings.records, mode=0o700)
    files.directory(settings.pages)
    for page in PAGES:
        files.write(settings.pages / Path(page).name, (resources.files("panggon.node") / page).read_bytes())
    os.chdir(settings.root)
