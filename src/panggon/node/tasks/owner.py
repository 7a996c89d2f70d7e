"""The owner's loop: one thread, asleep until a task is due, one says something or ends, or somebody asks.

It may be killed at any instruction. What was due is written down as dealt with before it is started: a kill may cost a
run, and never makes two of one. The tasks that run end with it.
"""

import logging
import selectors
import socket
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from panggon.core.errors import PanggonError, TemporaryError
from panggon.core.node.tasks import BACK_MOST, Name, due, to_start
from panggon.core.sites.spec import SITE_ID
from panggon.core.sites.tasks import dump_task
from panggon.node import clock
from panggon.node.daemons import alive
from panggon.node.daemons.control import Connection, Desk
from panggon.node.daemons.going_on import heed
from panggon.node.daemons.resting import Resting
from panggon.node.logs.sink import Sink
from panggon.node.state import records
from panggon.node.tasks.agenda import Agenda
from panggon.node.tasks.run import Launcher, Run, note
from panggon.node.tasks.settings import TaskSettings

# A clock that was set shows itself at the next look; files are asked about their time no more often.
LOOK_SECONDS = 20.0
# Of what a task said just before its end: more than a pipe has.
PARTS_MOST = 16

log = logging.getLogger(__name__)


class Owner:
    def __init__(
        self,
        settings: TaskSettings,
        sink: Sink,
        launch: Launcher,
        *,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._settings, self._sink, self._launch, self._now = settings, sink, launch, now
        self.agenda = Agenda(settings.folder, ZoneInfo(settings.zone), _looked(settings))
        self.running: dict[Name, Run] = {}
        self._waiting: list[Name] = []
        self._asked: list[tuple[str, Connection]] = []
        self._selector = selectors.DefaultSelector()
        self._resting = Resting(self._selector)

    def run(self, ending: socket.socket) -> None:
        """Until `ending` becomes readable; the tasks that run are ended then."""
        desk = Desk(self._selector, self._obey, refusal="tasks.request")
        listener = desk.open(self._settings.control)
        self._selector.register(ending, selectors.EVENT_READ, None)
        self.look()
        alive.announce(self._settings.alive)
        while not self._step():
            self.look()
        for run in self.running.values():
            run.end("dihentikan bersama layanan")
        while self.running and not self._step():
            pass
        self._settings.control.unlink(missing_ok=True)
        desk.close(listener)

    def look(self) -> None:
        """Start what is due, end what takes too long."""
        now = self._now()
        if self.agenda.read(now):
            self._end_unwished()
        # Noted before anything was due, too: by this a clock that is set back shows itself.
        if self.agenda.looked is None or self.agenda.looked - now > BACK_MOST:
            self.agenda.count_anew(now)
            self._deal_with(now)
        if self.agenda.first() <= now:
            self._take_up(due(self.agenda.entries, now), now)
        for name in to_start(self._waiting, self.running):
            if self._start(name, now):
                self._waiting.remove(name)
        moment = time.monotonic()
        for run in self.running.values():
            if moment - run.started > run.task.seconds:
                run.end(f"dihentikan setelah {run.task.seconds} detik")

    def _take_up(self, ready: Iterable[Name], now: datetime) -> None:
        still = self.running.keys() | set(self._waiting)
        for name in ready:
            if name in still:
                self._write(name.site, note(self._here(now), name.task, "dilewati, yang sebelumnya belum selesai"))
            else:
                self._waiting.append(name)
            self.agenda.next(name, now)
        self._deal_with(now)

    def _step(self) -> bool:
        """Wait and do what comes; whether somebody wants the end."""
        self._resting.go_on()
        for key, _ in self._selector.select(self._pause()):
            if key.data is None:
                self._selector.unregister(key.fileobj)
                return True
            if self._selector.get_map().get(key.fd) == key:  # an event of the same round may have closed it
                heed(log, key.data)
        return False

    def _pause(self) -> float:
        now, clock = self._now(), time.monotonic()
        moments = [(self.agenda.first() - now).total_seconds()]
        moments += [run.started + run.task.seconds - clock for run in self.running.values() if not run.ended_because]
        return max(0.0, min([LOOK_SECONDS, self._resting.pause(), *moments]))

    def _deal_with(self, now: datetime) -> None:
        self.agenda.looked = now
        try:
            records.save(self._settings.record, {"looked": now.isoformat()})
        except PanggonError as error:  # a full disk: only after a kill could what is due now run again
            log.warning("%s", error)

    def _start(self, name: Name, now: datetime) -> bool:
        """False where it may be possible in a moment: at the machine's start the holder comes up beside us."""
        task = self.agenda.entries[name].task
        try:
            program = self._launch(name.site, task)
        except TemporaryError as error:
            log.warning("%s %s waits: %s", name.site, name.task, error)
            return False
        except (OSError, ValueError, PanggonError) as error:
            log.warning("%s %s: %s", name.site, name.task, error)
            self._write(name.site, note(self._here(now), name.task, f"tidak dapat dijalankan: {error}"))
            return True
        run = self.running[name] = Run(task, program, self._here(now), time.monotonic())
        self._selector.register(program.output, selectors.EVENT_READ, lambda: self._listen(run))
        self._selector.register(program.pidfd, selectors.EVENT_READ, lambda: self._ended(name, run))
        return True

    def _here(self, now: datetime) -> datetime:
        return now.astimezone(self.agenda.zone)

    def _listen(self, run: Run) -> None:
        if run.listen():
            self._resting.rest(run.program.output)
        else:
            self._selector.unregister(run.program.output)

    def _ended(self, name: Name, run: Run) -> None:
        for _ in range(PARTS_MOST):
            if not (_readable(run.program.output) and run.listen()):
                break
        for descriptor in (run.program.pidfd, run.program.output):
            with suppress(KeyError):
                self._selector.unregister(descriptor)
        self._resting.forget(run.program.output)
        seconds = time.monotonic() - run.started
        wanted_memory = run.program.wanted_memory()
        code = run.program.close()
        del self.running[name]
        self._write(name.site, run.report(code, seconds, wanted_memory=wanted_memory))
        self._answer()

    def _end_unwished(self) -> None:
        self._waiting = [name for name in self._waiting if name in self.agenda.entries]
        for name, run in self.running.items():
            found = self.agenda.entries.get(name)
            if found is None or found.task != run.task:
                run.end("dihentikan, tugas ini diubah atau dihapus")

    def _write(self, site: str, lines: bytes) -> None:
        """A log that cannot be written must not keep tasks from running."""
        try:
            _, data = self._sink.room(site, "tasks", lines, now=self._now())
            self._sink.append(site, "tasks", data)
        except (OSError, PanggonError) as error:
            log.warning("%s: %s", site, error)

    # Control

    def _obey(self, request: dict[str, Any], connection: Connection) -> None:
        """`show` and `sync` answer the tasks of a site; `sync` when nothing runs that is not among them."""
        site = str(request.get("site"))
        if request.get("do") not in ("show", "sync") or not SITE_ID.fullmatch(site):
            connection.refuse("tasks.request", "unknown request or site")
            return
        self.look()
        if request["do"] == "show":
            self._tell(site, connection)
        else:
            self._asked.append((site, connection))
            self._answer()

    def _answer(self) -> None:
        """Those who asked to wait until nothing of the site ends any more."""
        ending = {name.site for name, run in self.running.items() if run.ended_because}
        ready = [asked for asked in self._asked if asked[0] not in ending]
        self._asked = [asked for asked in self._asked if asked[0] in ending]
        for site, connection in ready:
            self._tell(site, connection)

    def _tell(self, site: str, connection: Connection) -> None:
        found = self.agenda.of(site).values()
        rows = [{"task": dump_task(each.task), "next": self._told(each.due)} for each in found]
        connection.answer(ok=True, tasks=rows)

    def _told(self, due: datetime) -> str:
        """As people read the schedule itself."""
        return f"{self._here(due):%d-%m-%Y %H.%M} {self.agenda.zone.key}"


def _readable(descriptor: int) -> bool:
    with selectors.PollSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        return bool(selector.select(0))


def _looked(settings: TaskSettings) -> datetime | None:
    try:
        document = records.load(settings.record)
        return datetime.fromisoformat(document["looked"]) if document else None
    except (ValueError, KeyError, TypeError):
        return None
