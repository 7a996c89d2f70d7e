"""The logs of one site: appended to, put aside, removed. The directory is root's: no tenant can put a link there."""

import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from panggon.core.errors import PanggonError, PermanentError
from panggon.core.node.logs.site_logs import Piece, Retention, is_full, outlived, tail
from panggon.drivers.system import files
from panggon.drivers.system.owner import uid_of
from panggon.node.logs.evidence import is_evidence

NAMES = ("access", "error", "tasks")
FLAGS = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
PIECE = re.compile(rf"({'|'.join(NAMES)})(-[0-9TZ]+)?\.log")


@dataclass(frozen=True, slots=True)
class Sink:
    """Every directory is opened as a descriptor, every file relative to it, and links are never followed."""

    root: Path
    uid_base: int
    retention: Retention

    def room(self, site: str, name: str, data: bytes, *, now: datetime) -> tuple[int, bytes]:
        """Make room for these lines: the current file's size, and what of them is to be added to it. Who visits a site
        in quarantine must not push its evidence out of the log: when that is full, nothing is added any more.

        Raises PanggonError where the site has no logs of ours.
        """
        with self._opened(site) as directory:
            current = _piece(directory, f"{name}.log")
            if current and is_full(current, self.retention, incoming=len(data), now=now):
                if is_evidence(self.root, site) and _stored(directory, name) + len(data) > self.retention.size:
                    return current.size, b""
                os.rename(f"{name}.log", _aside(name, now), src_dir_fd=directory, dst_dir_fd=directory)
                self._prune(site, directory, name, now)
                current = None
        return current.size if current else 0, tail(data, self.retention.piece)

    def append(self, site: str, name: str, data: bytes) -> None:
        """Raises OSError (a full disk) and PanggonError; some of `data` may then be there."""
        with self._opened(site) as directory:
            descriptor = os.open(f"{name}.log", FLAGS | os.O_CREAT, 0o640, dir_fd=directory)
            with os.fdopen(descriptor, "ab", buffering=0) as file:
                found = os.fstat(descriptor)
                if not stat.S_ISREG(found.st_mode) or found.st_uid != 0:
                    raise PermanentError("disk.refused", f"{site}/{name}.log is not a file of root's")
                if found.st_size == 0:
                    os.fchown(descriptor, 0, uid_of(site, base=self.uid_base))
                    os.fchmod(descriptor, 0o640)
                left = memoryview(data)
                while left:
                    left = left[file.write(left) :]

    def cut(self, site: str, name: str, size: int) -> None:
        """Take back what an append that was not completed has left behind `size`."""
        with suppress(FileNotFoundError, PanggonError), self._opened(site) as directory:
            descriptor = os.open(f"{name}.log", FLAGS, dir_fd=directory)
            try:
                if os.fstat(descriptor).st_size > size:
                    os.ftruncate(descriptor, size)
            finally:
                os.close(descriptor)

    def sweep(self, site: str, *, now: datetime) -> None:
        """Remove what is too old or too much, in every log of the site."""
        with suppress(PanggonError), self._opened(site) as directory:
            for name in NAMES:
                self._prune(site, directory, name, now)

    def _prune(self, site: str, directory: int, name: str, now: datetime) -> None:
        """Nothing of a site in quarantine."""
        gone = outlived(_pieces(directory, name), self.retention, now=now)
        if gone and not is_evidence(self.root, site):
            for piece in gone:
                os.unlink(piece.name, dir_fd=directory)

    @contextmanager
    def _opened(self, site: str) -> Iterator[int]:
        uid_of(site, base=self.uid_base)  # no name that is not a site's becomes a path
        with files.opened(self.root / "sites" / site / "logs", uid=0) as directory:
            yield directory


def _pieces(directory: int, name: str) -> list[Piece]:
    found = [entry for entry in os.listdir(directory) if (match := PIECE.fullmatch(entry)) and match[1] == name]
    return [piece for entry in found if (piece := _piece(directory, entry))]


def _stored(directory: int, name: str) -> int:
    return sum(piece.size for piece in _pieces(directory, name))


def _piece(directory: int, name: str) -> Piece | None:
    try:
        found = os.stat(name, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        return None
    return Piece(name, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC))


def _aside(name: str, now: datetime) -> str:
    """A name that sorts by time; unique, because one owner puts aside at most one file in a microsecond."""
    return f"{name}-{now:%Y%m%dT%H%M%S%f}Z.log"
