"""How much a site may store: bounded by the file system where it can be, otherwise counted (`node.sockets.quota`).

What is wished lies in root's `quota.json` in the site's directory; who counts reads it there. Where the file system
bounds the site, its own figure counts.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from panggon.core.errors import PanggonError, PermanentError
from panggon.core.node.planning.driver import Check
from panggon.core.node.planning.resources import Attributes, Key, Observation, Standing, absent, ours, partial, strange
from panggon.core.sites.spec import SiteSpec
from panggon.drivers.file_systems import storage
from panggon.drivers.system import files
from panggon.drivers.system.owner import uid_of

RECORD = "quota.json"
UNBOUNDED: Attributes = {"mebibytes": 0, "files": 0}
# With less room than this an application saves nearly nothing.
LEFT = storage.Limit(mebibytes=1, files=16)


@dataclass(frozen=True, slots=True)
class Settings:
    """`bounded`: whether this machine was found to keep the limits of its file system (`storage.unbounded`)."""

    root: Path
    uid_base: int
    bounded: bool


@dataclass(frozen=True, slots=True)
class Record:
    """`writing`: the file system and the record are being changed, and may differ."""

    limit: storage.Limit
    writing: bool


@dataclass(frozen=True, slots=True)
class QuotaDriver:
    """Attributes: `mebibytes` and `files`, of everything below the site's directory."""

    settings: Settings
    owned: frozenset[Key] = frozenset()  # on record as the site's: what is strange there is damaged

    def read(self, key: Key) -> Observation:
        place = self._place(key)
        owned = files.is_root_file(place / RECORD)
        if owned is None:
            return absent(key)
        record = load_record(place) if owned else None
        if record is None:
            return strange(key, f"{place / RECORD} bukan milik {key.name}", owned=self.owned)
        if record.writing or (wrong := files.fault(place / RECORD)):
            return partial(key, "" if record.writing else wrong)
        mebibytes: int | None = record.limit.mebibytes
        most_files: int | None = record.limit.files
        if self._bounded(place):
            seen = storage.bound_of(place)
            if not storage.is_bound(seen, record.limit):
                mebibytes = None if seen.most is None else seen.most // storage.MEBIBYTE
                most_files = seen.most_files if seen.counts else most_files
        return ours(key, mebibytes=mebibytes, files=most_files)

    def write(self, key: Key, after: Attributes | None) -> None:
        place = self._place(key)
        seen = self.read(key)
        if seen.standing is Standing.FOREIGN:
            raise PermanentError("quota.foreign", seen.detail)
        files.sweep(place / RECORD)
        if self._bounded(place):
            # The file system and the record cannot change at once: meanwhile the record says so.
            self._record(key, after or UNBOUNDED, writing=True)
            storage.bound(place, _limit(after) if after else None)
        if after is None:
            files.remove(place / RECORD)
        else:
            self._record(key, after, writing=False)

    def probe(self, key: Key, *, spec: SiteSpec) -> tuple[Check, ...]:
        """What the file system says; where it says nothing, that the limit is only watched."""
        place = self._place(key)
        wished = storage.Limit(spec.limits.disk_mebibytes, spec.limits.files)
        if not self._bounded(place):
            record = load_record(place)
            limit = record.limit if record else None
            noted = f"batas {limit.mebibytes} MiB dan {limit.files} berkas" if limit else "batas tidak tercatat"
            return (Check("watch.space", limit == wished, f"{noted}, hanya diawasi di mesin ini"),)
        try:
            seen = storage.bound_of(place)
        except PanggonError as error:
            return (Check("quota.bounded", ok=False, detail=str(error)),)
        words = f"terpakai {seen.used // storage.MEBIBYTE} MiB dari {(seen.most or 0) // storage.MEBIBYTE} MiB"
        of_files = f", paling banyak {seen.most_files or 0} berkas" if seen.counts else ""
        ok = storage.is_bound(seen, wished)
        return (Check("quota.bounded", ok, f"{words}{of_files}, ditegakkan oleh sistem berkas"),)

    def used(self, key: Key) -> int | None:
        """Bytes, where the file system counts them."""
        place = self._place(key)
        return storage.bound_of(place).used if self._bounded(place) else None

    def is_full(self, key: Key, limit: storage.Limit) -> bool:
        """Whether the file system bounds the site, and what is left of this limit is less than an application needs to
        save anything. btrfs refuses more even some MiB before.
        """
        place = self._place(key)
        if not self._bounded(place):
            return False
        seen = storage.bound_of(place)
        no_space = seen.used > (limit.mebibytes - LEFT.mebibytes) * storage.MEBIBYTE
        no_files = seen.counts and seen.used_files > limit.files - LEFT.files
        return no_space or no_files or storage.is_full(place)

    def _record(self, key: Key, attributes: Attributes, *, writing: bool) -> None:
        document = {"site": key.name, **attributes, "writing": writing}
        storage.write(self._place(key) / RECORD, json.dumps(document))

    def _bounded(self, place: Path) -> bool:
        return self.settings.bounded and place.is_dir() and storage.is_bounded(place)

    def _place(self, key: Key) -> Path:
        uid_of(key.name, base=self.settings.uid_base)
        return self.settings.root / "sites" / key.name


def _limit(attributes: Attributes) -> storage.Limit:
    return storage.Limit(int(str(attributes["mebibytes"])), int(str(attributes["files"])))


def load_record(place: Path) -> Record | None:
    """What root's record in a site's directory says; None where there is none that Panggon has written."""
    try:
        document = json.loads(files.read(place / RECORD) or b"")
        if document["site"] != place.name:
            return None
        limit = storage.Limit(int(document["mebibytes"]), int(document["files"]))
        return Record(limit, writing=document["writing"] is True)
    except (ValueError, KeyError, TypeError):
        return None
