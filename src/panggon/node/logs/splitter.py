"""From the shared logs into those of the sites, each line once.

Before a part is handed out, its record says how long each file was. After a kill at any instruction the files are cut
back to that, and the part is handed out again; only then is the part counted as read. So nothing is lost or doubled by
a kill, but what a program said may be doubled where its own file was just to be emptied; a power cut may cost the lines
of its last seconds.
"""

import errno
import io
import logging
import os
import signal
from collections import OrderedDict, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from panggon.core.errors import PanggonError, PermanentError
from panggon.core.node.logs.site_logs import VISITORS, Connection, error_origin, origin
from panggon.core.sites.spec import SITE_ID
from panggon.drivers.file_systems import storage
from panggon.drivers.system import processes
from panggon.node.logs import outputs
from panggon.node.logs.evidence import is_evidence
from panggon.node.logs.settings import LogSettings
from panggon.node.logs.sink import Sink
from panggon.node.logs.sources import PART_BYTES, Source
from panggon.node.state import records

CONNECTIONS_MOST = 65_536
# A file put aside is removed when nginx, told to open a new one, has not written to it for so long.
SETTLED = timedelta(seconds=10)
EVERYBODYS = (errno.ENOSPC, errno.EIO, errno.EROFS)

log = logging.getLogger(__name__)

# Lines by site and log.
Parts = defaultdict[tuple[str, str], list[bytes]]
# How much of a line is compared with the ones before: `VISITORS` lies within, unless numbers are very long.
COMPARED = 112


@dataclass(slots=True)
class Splitter:
    settings: LogSettings
    sink: Sink = field(init=False)
    access: Source = field(init=False)
    errors: Source = field(init=False)
    outputs: dict[str, int] = field(init=False)
    _sites: OrderedDict[Connection, str] = field(init=False, default_factory=OrderedDict)

    def __post_init__(self) -> None:
        settings = self.settings
        self.sink = Sink(settings.root, settings.uid_base, settings.retention)
        record = _recorded(settings.record)
        self.access = Source(settings.logs / "access.log", _offsets(record.get("access")))
        self.errors = Source(settings.logs / "nginx.log", _offsets(record.get("errors")))
        self.outputs = {str(site): int(offset) for site, offset in (record.get("outputs") or {}).items()}
        for source in (self.access, self.errors):
            source.forget_missing()
        for place, size in (record.get("batch") or {}).items():
            self._cut(place, size)
        self._learn_again()
        for path in settings.root.glob("sites/s??????/run/output.log"):
            self.outputs.setdefault(path.parent.parent.name, 0)

    def step(self, now: datetime) -> bool:
        """Hand out one part of everything; whether there may be more at once. Raises OSError on a full disk: then
        nothing has been handed out.
        """
        for source in (self.access, self.errors):
            if passed := source.give_up(self.settings.backlog):
                log.warning("%s: %d bytes were passed over", source.path, passed)
        parts: Parts = defaultdict(list)
        read = [self._read_access(parts), self._read_errors(parts, now)]
        emptied = self._read_outputs(parts)
        if any(read) or parts:
            self._hand_out(parts, now)
        if emptied:
            self._empty(emptied)
        for source, keep in ((self.access, False), (self.errors, True)):
            self._rotate(source, now, keep=keep)
        return any(read)

    def waiting(self) -> int:
        """Bytes of the shared logs that are not handed out yet."""
        return self.access.waiting() + self.errors.waiting()

    def _read_access(self, parts: Parts) -> bool:
        part = self.access.next()
        if part is None:
            return False
        inode, offset, lines = part
        begun_alike: dict[bytes, list[bytes]] = {}  # as do all lines of one connection in one second
        gathered: list[bytes] = []
        start = end = 0  # of neighbouring lines that go the same way: they are taken as one piece
        for line in io.BytesIO(lines):  # at line feeds only
            target = begun_alike.get(line[:COMPARED])
            if target is None:
                site = self._learn(line)
                target = parts[site, "access"] if site else []
                if VISITORS in line[:COMPARED]:
                    begun_alike[line[:COMPARED]] = target
            if target is not gathered:
                gathered.append(lines[start:end])
                gathered, start = target, end
            end += len(line)
        gathered.append(lines[start:])
        self.access.offsets[inode] = offset + len(lines)
        return True

    def _learn_again(self) -> None:
        """Whose connections were, as far as the error log may still speak of them."""
        for line in self.access.before(PART_BYTES).splitlines():
            self._learn(line)

    def _learn(self, line: bytes) -> str:
        found = origin(line)
        if found is None:
            return ""
        site, connection = found
        self._sites[connection] = site
        self._sites.move_to_end(connection)
        if len(self._sites) > CONNECTIONS_MOST:
            self._sites.popitem(last=False)
        return site

    def _read_errors(self, parts: Parts, now: datetime) -> bool:
        """A line whose request is not over yet waits for it, and those behind it too; without one it stays where it
        is, in the machine's own log. One of a time to come is of before the clock was set back.
        """
        part = self.errors.next()
        if part is None:
            return False
        inode, offset, lines = part
        taken = 0
        for line in io.BytesIO(lines):  # at line feeds only
            found = error_origin(line)
            site = self._sites.get(found[0]) if found else None
            if found and site is None and abs(now - found[1]) < timedelta(seconds=self.settings.hold):
                break
            if site:
                parts[site, "error"].append(line)
            taken += len(line)
        self.errors.offsets[inode] = offset + taken
        return taken > 0

    def _read_outputs(self, parts: Parts) -> dict[str, bool]:
        """What the programs of sites said; the sites whose file has been read and is to be emptied, and whether it is
        whatever they say meanwhile.
        """
        records = self.settings.sandboxes.glob("s??????*.json")  # one a sandbox: `<id>.json`, `<id>-2.json` …
        awake = {site for record in records if SITE_ID.fullmatch(site := record.stem.partition("-")[0])}
        emptied: dict[str, bool] = {}
        for site in awake | set(self.outputs):
            path, offset = self.settings.output(site), self.outputs.get(site, 0)
            passed = outputs.too_much(path, offset)
            if passed and is_evidence(self.settings.root, site):
                passed = 0
            size, offset, lines = outputs.unread(path, offset + passed, whole=site not in awake)
            if passed:
                parts[site, "error"].append(outputs.PASSED_OVER.format(size=passed).encode())
            if lines:
                parts[site, "error"].append(lines)
            self.outputs[site] = offset + len(lines)
            done = self.outputs[site] >= size
            if passed or (done and size > (outputs.MOST if site in awake else 0)):
                emptied[site] = passed > 0
            elif done and site not in awake:
                del self.outputs[site]
        return emptied

    def _hand_out(self, parts: Parts, now: datetime) -> None:
        before = _recorded(self.settings.record)
        sizes: dict[str, int] = {}
        wanted: dict[tuple[str, str], bytes] = {}
        for (site, name), lines in parts.items():
            with self._its_own_matter(site), suppress(PanggonError):  # a site that is gone has no logs
                size, data = self.sink.room(site, name, b"".join(lines), now=now)
                sizes[f"{site}/{name}"], wanted[site, name] = size, data
        try:
            self._save({**before, "batch": sizes})
            for (site, name), data in wanted.items():
                self._append(site, name, data, sizes[f"{site}/{name}"])
            self._save(self._document())
        except (OSError, PanggonError):
            for place, size in sizes.items():
                self._cut(place, size)
            self._go_back(before)
            raise

    def _append(self, site: str, name: str, data: bytes, size: int) -> None:
        whole = False
        with self._its_own_matter(site):
            self.sink.append(site, name, data)
            whole = True
        if not whole:
            self._cut(f"{site}/{name}", size)

    def _cut(self, place: str, size: int) -> None:
        site, _, name = place.partition("/")
        with self._its_own_matter(site):
            self.sink.cut(site, name, size)

    @contextmanager
    def _its_own_matter(self, site: str) -> Iterator[None]:
        """A full quota, or what somebody has put in the place of a log, costs nobody else a line; a full disk does."""
        try:
            yield
        except (OSError, PermanentError) as error:
            number = error.errno if isinstance(error, OSError) else None
            alone = number == errno.ENOSPC and storage.is_full_alone(self.settings.root / "sites" / site)
            if number in EVERYBODYS and not alone:
                raise
            log.warning("%s: its logs cannot be written: %s", site, error)

    def _go_back(self, record: dict[str, Any]) -> None:
        self.access.offsets, self.errors.offsets = (_offsets(record.get(name)) for name in ("access", "errors"))
        self.outputs = {**dict.fromkeys(self.outputs, 0), **(record.get("outputs") or {})}

    def _document(self) -> dict[str, Any]:
        return {"access": self.access.offsets, "errors": self.errors.offsets, "outputs": self.outputs, "batch": {}}

    def _save(self, document: dict[str, Any]) -> None:
        records.save(self.settings.record, document)

    def _empty(self, sites: dict[str, bool]) -> None:
        """The record comes first: after a kill in here what the file still holds is handed out once more. Lost is only
        what PHP writes between the last look at the size and the cut: nothing else can shorten a file that somebody
        has open.
        """
        read = {site: self.outputs[site] for site in sites}
        self._save({**self._document(), "outputs": {**self.outputs, **dict.fromkeys(sites, 0)}})
        for site, size in read.items():
            with suppress(OSError):
                self.outputs[site] = (
                    0 if outputs.emptied(self.settings.output(site), size, anyway=sites[site]) else size
                )
        self._save(self._document())

    def _rotate(self, source: Source, now: datetime, *, keep: bool) -> None:
        """Put a great log aside, have nginx open a new one, and remove the old one (or keep it for the administrator
        until the next time) once all was read.
        """
        found = dict(source.files())
        current, aside = found.get(source.path), found.get(source.aside)
        if (
            current
            and current.st_size > self.settings.rotate
            and (aside is None or (keep and self._read(source, aside)))
        ):
            source.path.replace(source.aside)
            self._reopen()
        elif aside and current is None:
            self._reopen()
        elif aside and not keep and self._read(source, aside) and _settled(aside, now):
            source.aside.unlink()
            source.forget_missing()
            self._save(self._document())

    def _read(self, source: Source, found: os.stat_result) -> bool:
        return source.offsets.get(found.st_ino) == found.st_size

    def _reopen(self) -> None:
        """nginx(8): USR1 has it open its logs anew."""
        with suppress(OSError, ValueError):
            pid = int(self.settings.nginx_pid.read_text())
            if (processes.PROC / str(pid) / "comm").read_text().strip() == "nginx":
                processes.send(pid, signal.SIGUSR1)


def _settled(found: os.stat_result, now: datetime) -> bool:
    return datetime.fromtimestamp(found.st_mtime, UTC) < now - SETTLED


def _recorded(path: Path) -> dict[str, Any]:
    """A record that cannot be read counts as none: then what the shared logs still have is handed out again."""
    with suppress(ValueError):
        return dict(records.load(path) or {})
    return {}


def _offsets(members: dict[str, int] | None) -> dict[int, int]:
    return {int(inode): int(offset) for inode, offset in (members or {}).items()}
