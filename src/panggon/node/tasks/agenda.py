"""The agenda of all sites, as their files say it: read again only where a file has changed."""

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from panggon.core.errors import PanggonError
from panggon.core.node.tasks import Entry, Name, entry, since
from panggon.core.sites.spec import SITE_ID
from panggon.drivers import tasks
from panggon.drivers.system import files

NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(slots=True)
class Agenda:
    """`looked` is when somebody last started what was due, None at the very first time."""

    folder: Path
    zone: ZoneInfo
    looked: datetime | None
    entries: dict[Name, Entry] = field(default_factory=dict)
    _first: datetime | None = None  # None where it is not known
    _names: dict[str, tuple[Name, ...]] = field(default_factory=dict)
    _folder_changed: int = 0
    _changed: dict[str, int] = field(default_factory=dict)

    def read(self, now: datetime) -> bool:
        """Whether anything has changed. A change takes a new file, so the folder's own time tells."""
        changed = self.folder.stat().st_mtime_ns
        if changed == self._folder_changed:
            return False
        self._folder_changed = changed
        found = {}
        for item in os.scandir(self.folder):
            site, _, end = item.name.partition(".")
            if end == "json" and SITE_ID.fullmatch(site) and item.is_file(follow_symlinks=False):
                found[site] = item.stat(follow_symlinks=False).st_mtime_ns
        for site in self._changed.keys() | found.keys():
            if self._changed.get(site) != found.get(site):
                self._take(site, found.get(site), now)
        self._changed = found
        return True

    def of(self, site: str) -> dict[Name, Entry]:
        return {name: self.entries[name] for name in self._names.get(site, ())}

    def first(self) -> datetime:
        """Before it nothing comes. Asked at each word that any task says, and there are thousands of entries."""
        if self._first is None:
            self._first = min((each.due for each in self.entries.values()), default=NEVER)
        return self._first

    def next(self, name: Name, now: datetime) -> None:
        """Its next time, once the present one has been dealt with."""
        self._first = None
        self.entries[name] = entry(self.entries[name].task, since=now, zone=self.zone)

    def count_anew(self, now: datetime) -> None:
        """The clock was set back further than anything can explain."""
        for name in self.entries:
            self.next(name, now)

    def _take(self, site: str, changed: int | None, now: datetime) -> None:
        former, self._first = self.of(site), None
        for name in self._names.pop(site, ()):
            del self.entries[name]
        try:
            content = files.read(self.folder / f"{site}.json")
        except PanggonError:
            return
        begin = since(self.looked, changed=datetime.fromtimestamp((changed or 0) / 1e9, UTC), now=now)
        found = tasks.load(content or b"", site) or ()
        self._names[site] = tuple(Name(site, task.name) for task in found)
        for name, task in zip(self._names[site], found, strict=True):
            kept = former.get(name)
            self.entries[name] = kept if kept and kept.task == task else entry(task, since=begin, zone=self.zone)
