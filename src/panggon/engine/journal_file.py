"""The journal of one site in a file: one JSON line an entry, durable before the act that it announces.

What only says that something is done waits for the next announcement: without it that is done once more.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from panggon.core.errors import TemporaryError
from panggon.core.node.planning import journal
from panggon.core.node.planning.journal import Entry, Finished, Probed, Started, Undone, Word, Written

# Bytes kept free behind the entries of a run under way, as zeros without a line's end: a disk that fills up during the
# run must not keep it from writing down how it goes back. A run's entries take some 10 kB.
RESERVE = 64 * 1024
LOOKS_BACK = (Written, Probed, Undone)
# Times of files go by ticks of some milliseconds.
SETTLED_NANOSECONDS = 1_000_000_000


class JournalFile:
    """The store behind `writing`; it keeps the run under way and what `journal.kept` says of those before it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._entries = list(journal.load(_content(path)))
        self._trusted = True

    def entries(self) -> tuple[Entry, ...]:
        return tuple(self._entries)

    def append(self, entry: Entry) -> None:
        """Raises TemporaryError `journal.unwritable` (a full disk); the entry then does not count as written."""
        if not self._trusted:
            raise TemporaryError("journal.unwritable", "the file must be opened again")
        try:
            if isinstance(entry, Started):
                self._begin(entry)
            else:
                self._extend(entry)
        except OSError as error:
            # What reached the disk is unknown now. Going on could put entries behind one that was never there.
            self._trusted = False
            raise TemporaryError("journal.unwritable", str(error)) from error

    def _begin(self, entry: Started) -> None:
        """A new file with what is kept of earlier runs and the new one's beginning; the old one stays until it is
        complete.
        """
        kept = journal.kept(self._entries, entry)
        draft = _draft(self._path)
        with draft.open("wb") as file:
            length = file.write("".join(map(journal.dump, kept)).encode())
            os.posix_fallocate(file.fileno(), 0, length + RESERVE)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)
        _fsync_directory(self._path.parent)
        self._entries = [*kept]

    def _extend(self, entry: Entry) -> None:
        with self._path.open("r+b") as file:
            content = file.read()
            end = journal.sound_length(content)
            file.seek(end)
            if content[end:].strip(b"\0"):  # torn by a power cut: it must never end up behind what is sound
                file.write(bytes(len(content) - end))
                file.seek(end)
            file.write(journal.dump(entry).encode())
            if isinstance(entry, Finished):
                file.truncate()
            elif file.tell() >= len(content):
                os.posix_fallocate(file.fileno(), file.tell(), RESERVE)
            file.flush()
            if not isinstance(entry, LOOKS_BACK):
                os.fsync(file.fileno())
        self._entries.append(entry)


@contextmanager
def writing(path: Path) -> Iterator[JournalFile]:
    """The store, for one writer at a time: a second one gets TemporaryError `journal.busy`, in any process.

    The lock is a file of its own, because the journal's is replaced at each beginning. A kill frees it.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise TemporaryError("journal.unwritable", str(error)) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise TemporaryError("journal.busy", path.stem) from error
        try:
            _draft(path).unlink(missing_ok=True)  # of a run that was killed before it began
        except OSError as error:
            raise TemporaryError("journal.unwritable", str(error)) from error
        yield JournalFile(path)
    finally:
        os.close(descriptor)


def sweep(folder: Path) -> None:
    """Take away what writers that were killed have left of beginnings, also of sites that nobody asks for again."""
    for draft in folder.glob(".*.jsonl.new"):
        with suppress(TemporaryError), writing(folder / draft.name[1:].removesuffix(".new")):
            pass


def read(path: Path) -> tuple[Entry, ...]:
    """The entries for one who only looks, also while another writes."""
    return journal.load(_content(path))


def may_be_open(path: Path) -> bool:
    """Whether a run may be under way: then room is kept behind its entries. One byte is read, no more."""
    try:
        with path.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read() == b"\0"
    except OSError:  # what is wrong is told by who reads it
        return True


@dataclass(slots=True)
class Ended:
    """The journals of a folder that have ended, as they were when that was read. What is not written again is not read
    again, and what had ended is not even looked at while no file has come into the folder, as at the beginning of each
    run: there may be thousands.
    """

    folder: Path
    _known: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    _others: tuple[str, ...] = ()  # when the folder was as it was `_changed` last; -1 where it may be another since
    _changed: int = -1

    def others(self) -> Iterator[Path]:
        """Those that `may_be_open`."""
        with suppress(FileNotFoundError):
            changed = self.folder.stat().st_mtime_ns
            names = self._others if changed == self._changed else os.listdir(self.folder)  # noqa: PTH208
            self._others = tuple(name for name in names if name.endswith(".jsonl") and not self._is_known(name))
            # What comes right after has the same time.
            self._changed = changed if time.time_ns() - changed > SETTLED_NANOSECONDS else -1
            return map(self.folder.joinpath, self._others)
        return iter(())

    def _is_known(self, name: str) -> bool:
        path = f"{self.folder}/{name}"
        try:
            found = os.stat(path)  # noqa: PTH116 -- thousands of them
        except OSError:
            return False
        written = found.st_mtime_ns, found.st_ino, found.st_size
        if self._known.get(name) != written and not may_be_open(Path(path)):
            self._known[name] = written
        return self._known.get(name) == written


def ended(path: Path) -> tuple[Word, Any] | None:
    """How the last run has ended (`journal.ended`)."""
    return journal.ended(_content(path))


def _draft(path: Path) -> Path:
    return path.with_name(f".{path.name}.new")


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise TemporaryError("journal.unreadable", str(error)) from error


def _fsync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
