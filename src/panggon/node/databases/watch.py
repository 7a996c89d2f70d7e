"""How large each site's database is; a full one may be read and deleted from until it has room again."""

import logging
import os
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Set
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from panggon.core.errors import PanggonError, TemporaryError
from panggon.core.node.databases.database_size import MEBIBYTE, Size
from panggon.core.sites.spec import SITE_ID, Engine
from panggon.drivers.database import RECORD, Record, load_record
from panggon.drivers.databases.database_server import DatabaseServer
from panggon.drivers.file_systems import storage
from panggon.drivers.file_systems.storage import database_mark, open_mark
from panggon.drivers.system import files
from panggon.node.state import records

NOTE = "PENUH-BASIS-DATA.txt"
NOTE_WORDS = """Basis data situs ini lebih besar daripada yang diizinkan paketnya ({most} MiB; terpakai {used} MiB).
Isinya masih dapat dibaca dan dihapus, tetapi tidak dapat ditambah sampai terpakai kurang dari {room} MiB.
Sampai saat itu salinan yang lebih kecil dapat dimuat paling banyak {loads} kali.
"""

# Of a stopped database: from where on it grows in spite of that (its files vary a little by themselves; what is
# compacted lies there twice meanwhile).
GROWN_PART, GROWN_PART_COMPACTING, GROWN_MORE = 1.1, 2.1, 16 * MEBIBYTE
# So many copies may be loaded into a full one until it has had room again.
LOADS_MOST = 3
# What fails is tried again after so many times of what it took.
REST = 200.0

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Watch:
    """The one that stops a database's writing and lets it write again. `full` are those that may not write now; what
    `_least` says is how small each of them has been since; `compacting` is the one that is just made smaller.
    `besides`: what is to be reported too.
    """

    servers: Mapping[Engine, DatabaseServer]
    sites: Path
    uid_base: int
    report: Path
    full: dict[str, Size] = field(default_factory=dict)
    compacting: str = ""
    besides: tuple[str, ...] = ()
    _least: dict[str, int] = field(default_factory=dict)
    _shut: set[str] = field(default_factory=set)
    _later: dict[str, float] = field(default_factory=dict)
    _loads: Counter[str] = field(default_factory=Counter)
    _told: list[str] | None = None

    def look(self, found: Mapping[str, Record], *, loading: Set[str]) -> tuple[str, ...]:
        """As `glance`, where these are all that there are."""
        outgrown = self.glance(found, loading=loading)
        self._forget_others(found)
        self._tell()
        return outgrown

    def glance(self, found: Mapping[str, Record], *, loading: Set[str]) -> tuple[str, ...]:
        """Stop and give back where it is time; the sites of `loading` that have outgrown their bound are the
        caller's matter.
        """
        outgrown = []
        for engine, server in self.servers.items():
            own = {site: record for site, record in found.items() if record.engine is engine and record.mebibytes}
            own = {site: record for site, record in own.items() if not self._is_shut(site, record) or site in loading}
            try:
                sizes = server.sizes(own) if own else {}
            except PanggonError as error:  # a server that is away: nothing grows there
                log.warning("%s: %s", engine, error)
                continue
            for site, record in own.items():
                size = Size(sizes.get(site, 0), record.mebibytes, full=database_mark(self.sites / site).exists())
                if site in loading:
                    outgrown += [site] if size.stops else []
                else:
                    self._attend(server, site, size)
        self._tell()
        return tuple(outgrown)

    def give_back(self, server: DatabaseServer, site: str) -> None:
        """It may write from now on. Safe to repeat: the mark is there until everything else is done."""
        server.let_write(site)
        files.remove(self.sites / site / "logs" / NOTE)
        files.remove(database_mark(self.sites / site))
        self._forget(site)

    def may_load(self, site: str) -> bool:
        """Whether a copy may be loaded: its site writes too until it has ended, and longer."""
        return self._loads[site] < LOADS_MOST or not database_mark(self.sites / site).exists()

    def lend(self, server: DatabaseServer, site: str) -> None:
        """As `give_back`, for a load, though it may have no room."""
        if database_mark(self.sites / site).exists():
            self._loads[site] += 1
        self.give_back(server, site)

    def _is_shut(self, site: str, record: Record) -> bool:
        """A closed one does not grow, and nothing in it is to be moved: it may be evidence. One that is still open for
        who was let in before grows as any.
        """
        return record.locked and not open_mark(self.sites / site).exists()

    def _attend(self, server: DatabaseServer, site: str, size: Size) -> None:
        """One that fails is left for a while: it must not take the time of all others."""
        began = time.monotonic()
        if not size.full and not size.stops:
            self._loads.pop(site, None)
            return
        if began < self._later.get(site, 0.0):
            return
        grown = GROWN_PART_COMPACTING if self.compacting == site else GROWN_PART
        try:
            self._decide(server, site, _in_use(server, site, size), grown)
        except PanggonError as error:
            log.warning("%s: %s", site, error)
            self._later[site] = time.monotonic() + REST * (time.monotonic() - began)

    def _decide(self, server: DatabaseServer, site: str, size: Size, grown: float) -> None:
        if size.stops and site not in self._least:
            self._stop(server, site, size)
        elif size.stops:
            self.full[site] = size
            self._least[site] = min(size.used, self._least[site])
            if size.used > self._least[site] * grown + GROWN_MORE and site not in self._shut:
                log.warning("%s grows although it is stopped: %d MiB", site, size.mebibytes)
                server.shut(site)
                self._shut.add(site)
        elif size.full:
            self._loads.pop(site, None)
            self.give_back(server, site)

    def _stop(self, server: DatabaseServer, site: str, size: Size) -> None:
        """The mark comes first: whoever finds it after a kill does the rest again."""
        place = self.sites / site
        storage.write(database_mark(place), "")
        self.full[site] = size
        server.stop_writing(site)
        words = NOTE_WORDS.format(most=size.most, used=size.mebibytes, room=int(size.most * 0.95), loads=LOADS_MOST)
        storage.write(place / "logs" / NOTE, words, mode=0o640, gid=self.uid_base + int(site[1:]))
        self._least[site] = size.used
        log.info("%s is full: %d of %d MiB", site, size.mebibytes, size.most)

    def _forget_others(self, found: Mapping[str, Record]) -> None:
        for site in self.full.keys() - found.keys():
            self._forget(site)

    def _forget(self, site: str) -> None:
        for known in (self.full, self._least, self._later):
            known.pop(site, None)
        self._shut.discard(site)

    def _tell(self) -> None:
        """On a full disk it is told at a later look: that disk is what the looks are for."""
        words = [*self.besides] + [
            f"{site}: basis data penuh ({size.mebibytes} dari {size.most} MiB), "
            + ("ditutup, karena tetap bertambah" if site in self._shut else "hanya dapat dibaca dan dihapus")
            for site, size in sorted(self.full.items())
        ]
        if words != self._told:
            with suppress(PanggonError):
                records.save(self.report, words)
                self._told = words


def _in_use(server: DatabaseServer, site: str, size: Size) -> Size:
    """All of it where its user keeps the server from saying how much is in use."""
    try:
        return Size(server.used(site), size.most, size.full)
    except TemporaryError as error:
        log.warning("%s: %s", site, error)
        return size


@dataclass(slots=True)
class Databases:
    """What root's records say; one is read again only where it was written since."""

    sites: Path
    _known: dict[str, tuple[tuple[int, int], Record | None]] = field(default_factory=dict)

    def whole(self) -> dict[str, Record]:
        """Every site with a database that is whole, in the order of their numbers."""
        names = os.listdir(self.sites) if self.sites.exists() else ()  # noqa: PTH208 -- thousands
        return self.some(sorted(filter(SITE_ID.fullmatch, names)))

    def some(self, sites: Iterable[str]) -> dict[str, Record]:
        """Those of these sites that have one that is whole."""
        found = {site: self._record(site) for site in sites}
        return {site: record for site, record in found.items() if record and not record.writing}

    def _record(self, site: str) -> Record | None:
        try:
            found = os.lstat(f"{self.sites}/{site}/{RECORD}")
        except (FileNotFoundError, NotADirectoryError):
            return None
        written = found.st_mtime_ns, found.st_ino
        if self._known.get(site, (None, None))[0] != written:
            self._known[site] = written, load_record(self.sites / site)
        return self._known[site][1]
