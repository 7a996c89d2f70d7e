"""The owner's loop: one thread that looks, starts what is wished, waits for its end, and answers who asks.

It may be killed at any instruction. What it decides lies with the databases and in files of root's; a load that was cut
off has left marks there and in the site's folder, and is taken back at the next look.
"""

import logging
import selectors
import socket
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from panggon.core.errors import PanggonError
from panggon.core.sites.spec import SITE_ID
from panggon.drivers.database import Record, load_record
from panggon.drivers.file_systems import storage
from panggon.drivers.file_systems.storage import leaving_mark, open_mark
from panggon.drivers.system import files
from panggon.node.daemons import alive
from panggon.node.daemons.control import Connection, Desk
from panggon.node.daemons.going_on import going_on, heed
from panggon.node.daemons.resting import Resting
from panggon.node.databases.brake import Brake
from panggon.node.databases.compactor import Compactor
from panggon.node.databases.jobs import Job, Launcher
from panggon.node.databases.watch import Databases, Watch
from panggon.node.databases.wishes import LOAD_BY_HAND, Folders, Todo, Wish, is_let_in, loading_mark

# A look at all takes at most a quarter of a hundredth of the time, however many sites there are, but none is later than
# the last one says. At those that have sessions it is looked in between: what they write meanwhile nothing bounds.
LEAST_SECONDS, REST, MOST_SECONDS = 2.0, 400.0, 120.0
GLANCE_REST, GLANCE_MOST_SECONDS = 50.0, 10.0
JOBS_MOST = 2
FULL = "basis data ini penuh; hapus dahulu sebagian isinya sebelum memuat salinan lagi"
CLOSED = "situs ini tidak terbuka bagi pemiliknya"

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Owner:
    """Whose last turn is longest ago comes first. Those whose last copy took too long are `_slow`: only one of them at
    a time, so that they never have every place.
    """

    watch: Watch
    launch: Launcher
    control: Path
    alive: Path
    running: dict[str, Job] = field(default_factory=dict)
    _turns: dict[str, float] = field(default_factory=dict)
    _slow: set[str] = field(default_factory=set)
    _brake: Brake = field(init=False)
    _known: Databases = field(init=False)
    _folders: Folders = field(init=False)
    _selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    _resting: Resting = field(init=False)

    def __post_init__(self) -> None:
        self._resting = Resting(self._selector)
        self._brake = Brake(self.watch.servers, self.watch.uid_base)
        self._known = Databases(self.watch.sites)
        self._folders = Folders(self.watch.sites, self.watch.uid_base)

    def run(self, ending: socket.socket) -> None:
        """Until `ending` becomes readable; what is under way is ended then, and taken back at the next start."""
        desk = Desk(self._selector, self._obey, refusal="database.request")
        listener = desk.open(self.control)
        self._selector.register(ending, selectors.EVENT_READ, None)
        alive.announce(self.alive)
        over = threading.Event()
        for beside in (self._brake.run, Compactor(self.watch).run):
            threading.Thread(target=beside, args=(over,), daemon=True).start()
        due = glance_due = 0.0
        while not self._step(
            max(0.0, min(min(due, glance_due) - time.monotonic(), LEAST_SECONDS, self._resting.pause()))
        ):
            self._end_what_must()
            began = time.monotonic()
            if began >= due:
                with going_on(log, "a look"):
                    self.look()
                due = time.monotonic() + _pause(time.monotonic() - began, REST, MOST_SECONDS)
            elif began >= glance_due:
                with going_on(log, "a glance"):
                    self.glance()
                glance_due = time.monotonic() + _pause(time.monotonic() - began, GLANCE_REST, GLANCE_MOST_SECONDS)
        over.set()
        for job in self.running.values():
            job.end("dihentikan bersama layanan")
            job.program.close()
            self._lock_again(job.wish.site)
        self.control.unlink(missing_ok=True)
        desk.close(listener)

    def look(self) -> None:
        found = self._databases()
        for site in found.keys() - self.running.keys():
            with going_on(log, site):
                self._lock_again(site)
        self.watch.besides = self._brake.faults()
        self._end_outgrown(self.watch.look(found, loading=self._loading()))
        self._end_what_must()
        for site in sorted(found, key=lambda each: self._turns.get(each, 0.0)):
            with going_on(log, site):
                for wish in self._folders.wishes(site, now=time.time()):
                    self._take(wish, found[site])

    def glance(self) -> None:
        """How large those are that may have become larger since."""
        if sites := self._brake.seen():
            self._end_outgrown(self.watch.glance(self._known.some(sites), loading=self._loading()))

    def _end_outgrown(self, sites: Iterable[str]) -> None:
        for site in sites:
            self.running[site].end("isi berkas lebih besar daripada yang diizinkan paket situs ini")

    def _databases(self) -> Mapping[str, Record]:
        """By site, those of the servers that run here: one may have been taken out of the settings."""
        found = self._known.whole().items()
        return {site: record for site, record in found if record.engine in self.watch.servers}

    def _end_what_must(self) -> None:
        for site, job in self.running.items():
            if job.late:
                job.end("terlalu lama")
            elif not is_let_in(self.watch.sites, site):
                job.end(CLOSED)

    def _loading(self) -> frozenset[str]:
        """Also the ones that are taken back: what they put back was there before."""
        return frozenset(site for site, job in self.running.items() if job.wish.todo is not Todo.DUMP)

    def _take(self, wish: Wish, record: Record) -> str:
        """Why it cannot be begun now; "" once it has begun."""
        slow = wish.site in self._slow and bool(self._slow & self.running.keys())
        if wish.site in self.running or len(self.running) >= JOBS_MOST or slow:
            return "sedang ada salinan lain yang dikerjakan; coba lagi sebentar lagi"
        if not is_let_in(self.watch.sites, wish.site):
            return CLOSED
        if wish.todo is Todo.LOAD and not self.watch.may_load(wish.site):
            return FULL
        try:
            self._folders.make(wish.site)
            self._let_write(wish, record)
            if record.locked:
                self._unlock(wish.site, record)
            job = self.running[wish.site] = Job(wish, self.launch(wish))
        except (OSError, ValueError, KeyError, PanggonError) as error:
            log.warning("%s %s: %s", wish.site, wish.todo, error)
            self._lock_again(wish.site)
            return str(error)
        self._turns[wish.site] = time.monotonic()
        self._selector.register(job.program.output, selectors.EVENT_READ, lambda: self._listen(job))
        self._selector.register(job.program.pidfd, selectors.EVENT_READ, lambda: self._ended(job))
        return ""

    def _let_write(self, wish: Wish, record: Record) -> None:
        """The mark comes first: whoever finds it after a kill takes back what has been loaded by then."""
        server = self.watch.servers[record.engine]
        if wish.todo is Todo.LOAD:
            storage.write(loading_mark(self.watch.sites / wish.site), "")
            self.watch.lend(server, wish.site)
        elif wish.todo is Todo.RESTORE:
            self.watch.give_back(server, wish.site)

    def _unlock(self, site: str, record: Record) -> None:
        """The mark comes first: whoever finds it after a kill locks again."""
        storage.write(open_mark(self.watch.sites / site), "")
        self.watch.servers[record.engine].unlock(site)

    def _lock_again(self, site: str) -> None:
        """After a copy of a closed site, and when all have ended who were let in before it was suspended. What the
        record says holds, and a plan may change it meanwhile: it writes the record first, so it is read again
        afterwards.
        """
        place = self.watch.sites / site
        record = load_record(place) if open_mark(place).exists() else None
        if record is None or (record.locked and leaving_mark(place).exists()):
            return
        server = self.watch.servers[record.engine]
        try:
            if record.locked:
                server.lock(site)
                now = load_record(place)
                if now and not now.locked:
                    server.unlock(site)
            files.remove(open_mark(place))
        except PanggonError as error:
            log.warning("%s: %s", site, error)

    def _listen(self, job: Job) -> None:
        if not job.listen():
            self._selector.unregister(job.program.output)
        elif job.says_too_much:
            self._resting.rest(job.program.output)

    def _ended(self, job: Job) -> None:
        while job.program.output in self._selector.get_map() and job.listen():
            with selectors.PollSelector() as ready:
                ready.register(job.program.output, selectors.EVENT_READ)
                if not ready.select(0):
                    break
        for descriptor in (job.program.pidfd, job.program.output):
            with suppress(KeyError):
                self._selector.unregister(descriptor)
        self._resting.forget(job.program.output)
        del self.running[job.wish.site]
        (self._slow.add if job.late else self._slow.discard)(job.wish.site)
        result = job.result()
        self._lock_again(job.wish.site)
        if result["done"] or (job.wish.todo is Todo.RESTORE and job.why != CLOSED):
            self._forget_load(job.wish)
        log.info("%s %s: %s", job.wish.site, job.wish.todo, result["words"])
        for answer in job.answers:
            answer(ok=True, **result)

    def _forget_load(self, wish: Wish) -> None:
        """It is done, or was tried to be taken back. That is tried once, because the site may write meanwhile; its
        owner still has the content, and can load it.
        """
        if wish.todo is not Todo.DUMP:
            try:
                files.remove(loading_mark(self.watch.sites / wish.site))
            except PanggonError as error:
                log.warning("%s: %s", wish.site, error)

    def _step(self, pause: float) -> bool:
        """Wait and do what comes; whether somebody wants the end."""
        self._resting.go_on()
        for key, _ in self._selector.select(pause):
            if key.data is None:
                return True
            if self._selector.get_map().get(key.fd) == key:  # an event of the same round may have closed it
                heed(log, key.data)
        return False

    # Control

    def _obey(self, request: Mapping[str, Any], connection: Connection) -> None:
        """`{"do": "dump" | "load", "site"}`, answered at the end of it; a load takes what lies in the site's folder
        under the name LOAD_BY_HAND.
        """
        site, todo = str(request.get("site")), request.get("do")
        record = self._databases().get(site) if SITE_ID.fullmatch(site) else None
        if record is None or todo not in (Todo.DUMP, Todo.LOAD):
            connection.refuse("database.request", f"situs {site} tidak mempunyai basis data")
            return
        refusal = self._take(Wish(site, Todo(todo), LOAD_BY_HAND if todo == Todo.LOAD else ""), record)
        if refusal:
            connection.refuse("database.busy", refusal, temporary=True)
        else:
            self.running[site].answers.append(connection.answer)


def _pause(seconds: float, rest: float, most: float) -> float:
    """Until the next one, after one that took so long."""
    return min(most, max(LEAST_SECONDS, rest * seconds))
