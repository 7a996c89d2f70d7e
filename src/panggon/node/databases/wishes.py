"""What owners wish about their database, as they can say it over SFTP: files in their folder `private/database`."""

import json
import os
import re
import stat
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from pathlib import Path

from panggon.core.errors import PanggonError
from panggon.drivers.system import files

FOLDER = "database"
README = "BACA-SAYA.txt"
README_WORDS = """Salinan basis data situs

Meminta salinan: buat berkas atau folder kosong bernama minta-salinan di folder ini.
  Dalam beberapa menit muncul berkas salinan-<tanggal>.sql.gz, dan minta-salinan hilang.

Memuat salinan: unggah berkasnya (.sql atau .sql.gz) ke folder ini dengan nama apa saja. Setelah selesai diunggah,
  ubah namanya menjadi muat.sql atau muat.sql.gz. Isi basis data DIGANTI seluruhnya dengan isi berkas itu.
  Isi sebelumnya disimpan sebagai sebelum-muat.sql.gz. Bila pemuatan gagal, isi sebelumnya dikembalikan.
  Sesudahnya nama berkas itu diawali sudah- bila berhasil, atau gagal- bila tidak.

Hasilnya tertulis di hasil.txt, yang terbaru paling atas.
"""
INTERRUPTED = ".sedang-memuat"
DUMP_NAME = re.compile(r"minta-salinan(\.[a-z]{1,8})?", re.IGNORECASE)
LOAD_NAMES = ("muat.sql", "muat.sql.gz")
LOAD_BY_HAND = "muat-petugas.sql"  # what the command line has put there
# What a file is called while it is loaded (`node/python/panggon_database.py`).
TAKEN = tuple(f"sedang-dimuat{end}" for end in (".sql", ".sql.gz"))
# An upload that still goes on under its last name changes the file all the time.
SETTLED_SECONDS = 10.0
# Two changes that follow each other may bear the same time, and a look may fall in between.
SAME_SECONDS = 2.0
NAMES_MOST = 1000


class Todo(StrEnum):
    DUMP = "dump"
    LOAD = "load"
    RESTORE = "restore"


@dataclass(frozen=True, slots=True)
class Wish:
    site: str
    todo: Todo
    name: str = ""


@dataclass(slots=True)
class Folders:
    """The folders of all sites; one is read again only when it has changed."""

    sites: Path
    uid_base: int
    _seen: dict[str, int] = field(default_factory=dict)

    def wishes(self, site: str, *, now: float) -> tuple[Wish, ...]:
        """`now` in seconds of the epoch. What an interrupted load has left comes before everything else, if root's
        mark says so too: the file alone may be the site's own.
        """
        if self._is_as_seen(site):
            return ()
        uid, private = self.uid_base + int(site[1:]), self.sites / site / "private"
        try:
            with files.opened(private, uid=uid) as parent:
                folder = opened(parent, uid)
                try:
                    return self._in(site, folder, now)
                finally:
                    os.close(folder)
        except (OSError, PanggonError):
            return ()

    def _is_as_seen(self, site: str) -> bool:
        """Asked of thousands, so before anything is opened. `private` itself lies in a directory of root's."""
        try:
            found = os.lstat(f"{self.sites}/{site}/private/{FOLDER}")
        except OSError:
            return False
        return stat.S_ISDIR(found.st_mode) and self._seen.get(site) == found.st_mtime_ns

    def make(self, site: str) -> None:
        """For a copy that is asked for before the first look, or after its owner has removed the folder. Raises
        OSError and PanggonError.
        """
        uid = self.uid_base + int(site[1:])
        with files.opened(self.sites / site / "private", uid=uid) as parent:
            os.close(opened(parent, uid))

    def _in(self, site: str, folder: int, now: float) -> tuple[Wish, ...]:
        found_now = os.fstat(folder)
        changed = found_now.st_mtime_ns
        if self._seen.get(site) == changed:
            return ()
        names = _names(folder)
        if {INTERRUPTED, *TAKEN} & set(names) and loading_mark(self.sites / site).exists():
            return (Wish(site, Todo.RESTORE),)
        found = [Wish(site, Todo.DUMP, name) for name in names if DUMP_NAME.fullmatch(name)]
        waiting = [name for name in names if name in LOAD_NAMES]
        ready = [name for name in waiting if _settled(folder, name, now)]
        if not found and not waiting and now - found_now.st_mtime > SAME_SECONDS:
            self._seen[site] = changed
        return (*found[:1], *(Wish(site, Todo.LOAD, name) for name in ready[:1]))


def opened(parent: int, uid: int) -> int:
    """The folder in `private`, made with its explanation where it is missing. Raises OSError where something else lies
    in its place.
    """
    with suppress(FileExistsError):
        os.mkdir(FOLDER, 0o700, dir_fd=parent)
    descriptor = os.open(FOLDER, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=parent)
    if os.fstat(descriptor).st_uid == 0:  # just made
        files.write_at(descriptor, README, README_WORDS, mode=0o600, uid=uid, gid=uid)
        os.fchown(descriptor, uid, uid)
    return descriptor


def _names(folder: int) -> list[str]:
    """Some of what lies there, and all that must not be missed: the more a site puts there, the later all would have
    their turn.
    """
    with os.scandir(folder) as entries:
        found = {entry.name for entry in islice(entries, NAMES_MOST)}
    return sorted(found | {name for name in (INTERRUPTED, *TAKEN, *LOAD_NAMES) if _there(folder, name)})


def _there(folder: int, name: str) -> bool:
    with suppress(OSError):
        os.stat(name, dir_fd=folder, follow_symlinks=False)
        return True
    return False


def _settled(folder: int, name: str, now: float) -> bool:
    with suppress(OSError):
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
        # One that lies ahead was written before the clock was set back: nobody writes it now.
        return stat.S_ISREG(found.st_mode) and abs(now - found.st_ctime) > SETTLED_SECONDS
    return False


def loading_mark(place: Path) -> Path:
    """Root's mark of a load that has begun and has not said its last word."""
    return place / "run" / "loading"


def is_let_in(sites: Path, site: str) -> bool:
    """Whether the site's owner may come in now: it is open or suspended (docs/architecture.md, `live`)."""
    with suppress(OSError, ValueError, KeyError, PanggonError):
        host = json.loads(files.read(sites / site / "site.json") or b"")["host"]
        return str((sites.parent / "live" / host).readlink()) in (f"../sites/{site}", f"../suspended/{site}")
    return False
