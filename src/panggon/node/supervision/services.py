"""Runs the machine's servers: starts them in order, restarts what dies, stops all in reverse.

Killed itself and started again, it takes over the servers that still run, so that no site notices; one that would be
started differently now is stopped and started anew.
"""

import errno
import hashlib
import json
import logging
import select
import signal
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Any

from panggon.core.errors import PanggonError, PermanentError
from panggon.drivers.system import processes
from panggon.drivers.system.patience import Patience
from panggon.node import clock
from panggon.node.daemons.lock import alone
from panggon.node.layout import Listener
from panggon.node.servers import Server
from panggon.node.state import records
from panggon.node.supervision.running import Running, begin, find

READY_SECONDS = 180.0  # for one that hangs; one that ends is noticed at once
PAUSE_SECONDS = (0.5, 30.0)
# A server that lived this long did not fail at its start.
SOUND_SECONDS = 10.0
LOG_LINES = 5

RECORD = "services.json"

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Service:
    """One server and how it fares. `early`: started before all others; only what follows it waits until it is ready."""

    server: Server
    listeners: Sequence[Listener] = ()
    early: bool = False
    running: Running | None = None
    since: datetime | None = None
    began: float = 0.0
    restarts: int = 0
    pause: float = PAUSE_SECONDS[0]
    due: float | None = None  # when it is to be started again, monotonic
    fingerprint: str = ""


@dataclass(slots=True)
class Supervisor:
    """`services` in the order of starting; `record` is `<run>/services.json`."""

    services: Sequence[Service]
    record: Path
    tell: Callable[[str], None] = field(default=lambda _words: None)
    _ending: bool = False

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT. Raises PermanentError `services.port`, `services.start`, TemporaryError
        `services.busy`; all that was started by then is stopped again.
        """
        with (
            alone(self.record.with_suffix(".lock"), "server mesin ini sudah dijalankan proses lain"),
            _woken_by_signals(self._end) as wakeup,
        ):
            try:
                if self._adopt():
                    self._bring_back()
                else:
                    self._demand_ports()
                    self._bring_up_all()
                if not self._ending:
                    self.tell("semua server siap")
                while not self._ending:
                    self._watch(wakeup)
            finally:
                self._stop_all()

    def _end(self) -> None:
        self._ending = True

    def _bring_up_all(self) -> None:
        for service in self.services:
            if service.early:
                self._start(service)
        for service in self.services:
            if not self._ending:
                self._bring_up(service)

    def _bring_back(self) -> None:
        """On a machine that serves already: one server that does not come up must not take the others with it."""
        for service in self.services:
            try:
                if not self._ending:
                    self._bring_up(service)
            except (OSError, PanggonError) as error:
                log.warning("%s", error)
                service.due = None if service.running else time.monotonic() + service.pause

    def _demand_ports(self) -> None:
        """Before anything is started: a machine that comes up by half is harder to understand."""
        for service in self.services:
            for listener in service.listeners if service.running is None else ():
                demand_free(listener, service.server.name)

    def _bring_up(self, service: Service) -> None:
        if service.running is None:
            self._start(service)
        patience = Patience(READY_SECONDS)
        while not service.server.ready():
            if self._ending:
                return
            if service.running is None or service.running.ended() or patience.is_over():
                raise PermanentError("services.start", f"{service.server.name} tidak mau jalan: {_last_words(service)}")
            time.sleep(0.05)
        self.tell(f"{service.server.name} siap")

    def _start(self, service: Service) -> None:
        server = service.server
        service.running = begin(server)
        service.since, service.began, service.due = clock.now(), time.monotonic(), None
        service.fingerprint = fingerprint(server)
        self._write_record()

    def _watch(self, wakeup: socket.socket) -> None:
        """Sleep until a server ends, one is due, or a signal comes; then do what is needed."""
        poll = select.poll()
        poll.register(wakeup, select.POLLIN)
        for service in self.services:
            if service.running:
                poll.register(service.running.pidfd, select.POLLIN)
        dues = [service.due for service in self.services if service.due is not None]
        poll.poll(max(0.0, min(dues) - time.monotonic()) * 1000 if dues else None)
        now = time.monotonic()
        for service in self.services:
            if service.running and service.running.ended():
                self._died(service, now)
            elif service.due is not None and now >= service.due and not self._ending:
                self._restart(service)

    def _died(self, service: Service, now: float) -> None:
        if service.running is None:
            return
        service.running.stop(signal.SIGKILL, 0)  # what is left of its session
        service.running = None
        shortest, longest = PAUSE_SECONDS
        service.pause = shortest if now - service.began >= SOUND_SECONDS else min(service.pause * 2, longest)
        service.due = now + service.pause
        log.warning(
            "%s ended, starting it again in %.1f s: %s", service.server.name, service.pause, _last_words(service)
        )

    def _restart(self, service: Service) -> None:
        service.restarts += 1
        try:
            self._start(service)
        except (OSError, PanggonError) as error:
            service.pause = min(service.pause * 2, PAUSE_SECONDS[1])
            service.due = time.monotonic() + service.pause
            log.warning("%s cannot be started: %s", service.server.name, error)

    def _stop_all(self) -> None:
        for service in reversed(self.services):
            if service.running:
                service.running.stop(service.server.stop_signal, service.server.stop_seconds)
                service.running = None
                self.tell(f"{service.server.name} berhenti")
        self._write_record()

    # What an earlier supervisor left

    def _adopt(self) -> bool:
        """Whether there was any that goes on."""
        rows = {row["name"]: row for row in recorded(self.record)}
        known = {service.server.name: service for service in self.services}
        for name, row in rows.items():
            running = find(row["pid"], row["started"])
            if running is None:
                continue
            service = known.get(name)
            if service and row["fingerprint"] == fingerprint(service.server):
                service.running, service.restarts = running, row["restarts"]
                service.since, service.began = datetime.fromisoformat(row["since"]), time.monotonic()
                service.fingerprint = row["fingerprint"]
            else:
                running.stop(signal.SIGTERM, service.server.stop_seconds if service else 30)
        self._write_record()
        return any(service.running for service in self.services)

    def _write_record(self) -> None:
        rows = [
            {
                "name": service.server.name,
                "pid": service.running.pid,
                "started": service.running.started,
                "since": service.since.isoformat() if service.since else "",
                "restarts": service.restarts,
                "fingerprint": service.fingerprint,
            }
            for service in self.services
            if service.running
        ]
        records.save(self.record, rows)


def recorded(record: Path) -> list[dict[str, Any]]:
    """What the record says; nothing when there is none or it is damaged."""
    try:
        return list(records.load(record) or [])
    except ValueError:
        return []


def alive(row: Mapping[str, Any]) -> bool:
    """Whether the process of this row of the record still runs."""
    return bool(processes.start_time(row["pid"]) == row["started"] != 0)


def fingerprint(server: Server) -> str:
    """Differs whenever the server would be started differently now: its words, and the files that they name."""
    digest = hashlib.sha256(json.dumps([server.argv, dict(server.environment), str(server.cwd)]).encode())
    for word in server.argv:
        path = Path(word.rpartition("=")[2])
        if path.is_absolute() and path.is_file() and path != server.log:
            digest.update(path.read_bytes())
    return digest.hexdigest()


def demand_free(listener: Listener, server: str) -> None:
    """Raises PermanentError `services.port` when somebody else has the port."""
    family = socket.AF_INET6 if ":" in listener.address else socket.AF_INET
    with socket.socket(family, listener.kind) as trial:
        if listener.kind is socket.SOCK_STREAM:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family is socket.AF_INET6:
            trial.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        try:
            trial.bind((listener.address, listener.port))
        except OSError as error:
            why = "sudah dipakai program lain" if error.errno == errno.EADDRINUSE else str(error.strerror)
            why = f"port {listener.port} di {listener.address} untuk {server} {why}"
            raise PermanentError("services.port", why, port=listener.port) from error


def _last_words(service: Service) -> str:
    try:
        lines = service.server.log.read_text(errors="replace").splitlines()
    except OSError:
        lines = []
    return " | ".join(lines[-LOG_LINES:]) or "tanpa keterangan"


@contextmanager
def _woken_by_signals(end: Callable[[], None]) -> Iterator[socket.socket]:
    """A socket that becomes readable on SIGTERM or SIGINT, which then also call `end`."""

    def handler(_number: int, _frame: FrameType | None) -> None:
        end()

    reader, writer = socket.socketpair()
    writer.setblocking(False)
    former = {number: signal.signal(number, handler) for number in (signal.SIGTERM, signal.SIGINT)}
    wakeup = signal.set_wakeup_fd(writer.fileno())
    try:
        with reader, writer:
            yield reader
    finally:
        signal.set_wakeup_fd(wakeup)
        for number, action in former.items():
            signal.signal(number, action)
