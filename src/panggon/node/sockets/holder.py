"""The holder: one loop, one thread. Wakes sites on their first connection, puts idle ones to sleep, obeys `control`.

It may be killed at any instruction: its parent has the sockets, `served.json` says what it serves, and the records say
which sandboxes run. A holder that is started beside a living one (its keeper was killed) takes everything over from it.
"""

import dataclasses
import logging
import os
import resource
import selectors
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from importlib import resources
from typing import Any

from panggon.core.errors import PanggonError
from panggon.core.spec import SITE_ID, SiteKind
from panggon.drivers import files
from panggon.node import cgroups
from panggon.node.sockets import channel, control
from panggon.node.sockets.control import Connection
from panggon.node.sockets.launch import document_root
from panggon.node.sockets.protections import active, demand, protections
from panggon.node.sockets.sandbox import Machine
from panggon.node.sockets.served import Served, remember, remembered, wished
from panggon.node.sockets.settings import SocketSettings
from panggon.node.sockets.site import Site, open_socket, socket_path

TICK_SECONDS = 0.5

log = logging.getLogger(__name__)


class Holder:
    def __init__(self, settings: SocketSettings, keeper: socket.socket) -> None:
        """Raises PermanentError `sockets.unprotected` where the settings forbid to run."""
        self.protections = protections(settings)
        demand(settings, self.protections)
        self._settings = settings
        self._machine = Machine(settings, active(self.protections), cgroups.find())
        self._keeper: socket.socket | None = keeper
        self._selector = selectors.DefaultSelector()
        self._sites: dict[str, Site] = {}
        self._watched: dict[str, dict[int, Callable[[], None]]] = {}
        self._dropping: set[str] = set()
        self._ending = False
        self._done = False
        _prepare(settings)

    def run(self, *, end: bool = False) -> None:
        """Serve until SIGTERM (or `end`) has let every sandbox end, or until another holder took over."""
        self._take_over()
        self._watch(control.listen(self._settings.control), self._accept)
        if self._keeper:
            self._watch(self._keeper, self._keeper_gone)
        self._watch(self._signals(), self._begin_end)
        if end:
            self._begin_end()
        log.info("serving %d sites", len(self._sites))
        while not self._done:
            waiting = [site for site in self._sites.values() if site.waiting]
            for key, _ in self._selector.select(TICK_SECONDS if waiting else None):
                key.data()
            now = time.monotonic()
            for site in waiting:
                site.tick(now)
                self._attend(site)

    def _take_over(self) -> None:
        """Get every socket from the keeper, or from a holder that lost its keeper; open what nobody had."""
        listeners = dict(channel.receive_all(self._keeper)) if self._keeper else {}
        kept = set(listeners)
        listeners |= dict(_handed_over(self._settings))
        for served in remembered(self._settings):
            listener = listeners.pop(served.site, None) or open_socket(self._settings, served.site)
            if served.site not in kept:
                self._tell(channel.KEEP, served.site, listener)
            self._add(served, listener)
        for site, listener in listeners.items():
            listener.close()
            self._tell(channel.DROP, site)
        for path in (self._settings.root / "run").glob("*.sock"):
            if path.stem not in self._sites:
                path.unlink()

    def _add(self, served: Served, listener: socket.socket) -> Site:
        site = self._sites[served.site] = Site(self._machine, served, listener)
        if site.serve(served):
            site.end(time.monotonic())
        self._attend(site)
        return site

    # The loop's side of one site

    def _attend(self, site: Site) -> None:
        """Watch exactly what this site waits for now: its socket while asleep, its sandbox's end while awake."""
        name = site.served.site
        wanted: dict[int, Callable[[], None]] = {}
        if site.listens(time.monotonic()) and not self._ending:
            wanted[site.listener.fileno()] = lambda: self._wake(site)
        if site.sandbox:
            wanted[site.sandbox.pidfd] = lambda: self._sandbox_ended(site)
        watched = self._watched.get(name, {})
        for descriptor in watched.keys() - wanted.keys():
            self._selector.unregister(descriptor)
        for descriptor in wanted.keys() - watched.keys():
            self._selector.register(descriptor, selectors.EVENT_READ, wanted[descriptor])
        self._watched[name] = wanted

    def _wake(self, site: Site) -> None:
        if site.listens(time.monotonic()) and self._sites.get(site.served.site) is site:
            site.wake(time.monotonic())
            self._attend(site)

    def _sandbox_ended(self, site: Site) -> None:
        if site.sandbox is None:
            return
        self._selector.unregister(site.sandbox.pidfd)
        self._watched[site.served.site].pop(site.sandbox.pidfd)
        site.ended(time.monotonic())
        if self._sites.get(site.served.site) is site:
            self._attend(site)
        self._done = self._done or (self._ending and not self._awake())

    def _awake(self) -> bool:
        return any(site.sandbox for site in self._sites.values())

    # Control

    def _watch(self, source: socket.socket, act: Callable[[socket.socket], None]) -> None:
        self._selector.register(source, selectors.EVENT_READ, lambda: act(source))

    def _accept(self, listener: socket.socket) -> None:
        client, _ = listener.accept()
        connection = Connection(client)
        self._watch(client, lambda _: self._read(connection))

    def _read(self, connection: Connection) -> None:
        try:
            request = connection.receive()
        except (OSError, EOFError, ValueError) as error:
            self._selector.unregister(connection.client)
            connection.refuse(str(error))
            return
        if request is None:
            return
        self._selector.unregister(connection.client)
        try:
            self._obey(request, connection)
        except (OSError, ValueError, PanggonError) as error:
            log.warning("%s: %s", request, error)
            connection.refuse(str(error))

    def _obey(self, request: dict[str, Any], connection: Connection) -> None:
        site = str(request.get("site", ""))
        match request.get("do"):
            case "sync" if SITE_ID.fullmatch(site):
                self._sync(site, lambda: connection.answer(ok=True, serving=self._serving(site)))
            case "drop" if SITE_ID.fullmatch(site):
                self._drop(site, lambda: connection.answer(ok=True))
            case "stop" if site in self._sites:
                self._sites[site].end(time.monotonic(), lambda: connection.answer(ok=True))
            case "list":
                sites = [self._serving(name) for name in self._sites]
                reduced = [dataclasses.asdict(protection) for protection in self.protections]
                connection.answer(ok=True, sites=sites, protections=reduced)
            case "handover" if connection.passed:
                self._hand_over(connection.passed)
            case _:
                connection.refuse("unknown request or site")

    def _serving(self, name: str) -> dict[str, Any] | None:
        """What a client of the site's socket would meet now; None when there is no socket under its name."""
        site = self._sites.get(name)
        if site is None or not socket_path(self._settings, name).is_socket():
            return None
        served = dataclasses.asdict(site.served)
        awake = site.sandbox.pid if site.sandbox else None
        return {**served, "kind": SiteKind.PHP.value, "process": awake, "failures": site.failures}

    def _sync(self, name: str, then: Callable[[], None]) -> None:
        """Serve what `site.json` wishes. Raises ValueError for a document root that sites do not have here."""
        served = wished(self._settings, name)
        site = self._sites.get(name)
        if served is None:
            self._drop(name, then)
        elif site and not socket_path(self._settings, name).is_socket():
            self._drop(name, lambda: self._sync(name, then))
        else:
            self._check_root(served)
            remember(self._settings, served)
            site = site or self._open(served)
            self._dropping.discard(name)
            if site.serve(served):
                site.end(time.monotonic(), then)
            else:
                then()
            self._attend(site)

    def _check_root(self, served: Served) -> None:
        if served.document_root != document_root(self._settings, served.site, self._machine.shields):
            raise ValueError(f"document_root {served.document_root} is not where this machine's PHP finds the site")

    def _open(self, served: Served) -> Site:
        listener = open_socket(self._settings, served.site)
        self._tell(channel.KEEP, served.site, listener)
        return self._add(served, listener)

    def _drop(self, name: str, then: Callable[[], None]) -> None:
        """Serve the site no more: first nobody new comes in, then what runs may finish."""
        files.remove(self._settings.served(name))
        files.remove(socket_path(self._settings, name))
        site = self._sites.get(name)
        if site is None:
            then()
            return
        self._dropping.add(name)
        site.end(time.monotonic(), lambda: self._dropped(name, then))
        if name in self._sites:
            self._attend(site)

    def _dropped(self, name: str, then: Callable[[], None]) -> None:
        if name in self._dropping:
            self._dropping.remove(name)
            site = self._sites.pop(name)
            for descriptor in self._watched.pop(name):
                self._selector.unregister(descriptor)
            site.listener.close()
            self._tell(channel.DROP, name)
        then()

    # Keeper, successor, signals

    def _tell(self, word: str, site: str, listener: socket.socket | None = None) -> None:
        if self._keeper:
            with suppress(OSError):  # it is gone; the loop sees that by itself
                channel.send(self._keeper, word, site, listener)

    def _keeper_gone(self, keeper: socket.socket) -> None:
        """Go on alone: the sites keep working until a new keeper's holder takes over."""
        log.warning("the keeper is gone; going on without it")
        self._selector.unregister(keeper)
        self._keeper = None

    def _hand_over(self, successor: socket.socket) -> None:
        log.info("handing over to another holder")
        listeners = {name: site.listener for name, site in self._sites.items() if name not in self._dropping}
        with successor:
            channel.send_all(successor, listeners)
        self._done = True

    def _signals(self) -> socket.socket:
        """A socket that becomes readable on SIGTERM or SIGINT."""
        reader, writer = socket.socketpair()
        writer.setblocking(False)
        signal.set_wakeup_fd(writer.fileno())
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: None)
        self._writer = writer
        return reader

    def _begin_end(self, reader: socket.socket | None = None) -> None:
        if reader:
            reader.recv(64)
        self._ending = True
        for site in self._sites.values():
            site.end(time.monotonic())
            self._attend(site)
        self._done = not self._awake()


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
    """The directories of the holder, its PHP pages, and as many descriptors as the system allows."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    files.directory(settings.root / "run", mode=0o750, gid=settings.web_group)
    files.directory(settings.records, mode=0o700)
    files.directory(settings.pages)
    page = resources.files("panggon.node") / "php" / "proof.php"
    files.write(settings.pages / "proof.php", page.read_bytes())
    os.chdir(settings.root)
