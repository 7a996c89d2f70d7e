"""How much a site stores, counted a little at every tick: what lies in its directory, and what its programs hold."""

import errno
import os
from collections.abc import Callable, Generator, Iterable, Iterator, Set
from contextlib import suppress
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path

from panggon.drivers.file_systems.storage import Limit
from panggon.node.sockets.quota.held import held

BLOCK_BYTES = 512  # of `st_blocks`, whatever the file system (stat(2))
# A directory's time of access would tell the site when it is counted.
DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_NOATIME
# Each folder on the way down keeps two descriptors open, and all sites share the holder's.
DEPTH_MOST = 100
# What is renamed again and again is looked for so often in its folder, many names in one step.
LOOKS_MOST = 8
NAMES = 256
REPLACED = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)


class Excess(IntEnum):
    """What a site has too much of; the greater one leaves its owner less."""

    NOTHING = 0
    SPACE = 1
    FILES = 2


@dataclass(slots=True)
class Usage:
    """`hidden`: something cannot be counted, because it lies too deep, is renamed too fast, was sent to nobody, or is
    mapped too often. `unread` are sockets; a program may be about to receive what was sent to it.
    """

    size: int = 0
    files: int = 0
    hidden: bool = False
    unread: set[int] = field(default_factory=set)

    def excess(self, limit: Limit) -> Excess:
        if self.hidden or self.files > limit.files:
            return Excess.FILES
        return Excess.SPACE if self.size > limit.mebibytes * 1024 * 1024 else Excess.NOTHING


def usage_of(place: Path, *, files_most: int) -> Usage | None:
    """All that a directory holds, counted at once; None when it is more files than these, or lies too deep."""
    usage = Usage()
    for _ in _tree(place, usage):
        if usage.files > files_most:
            return None
    return None if usage.hidden else usage


@dataclass(slots=True)
class Meter:
    """Counts one site again and again: what its `processes` hold, then what its directory holds. A pass that finds
    more than was `known` to be too much ends at once.
    """

    place: Path
    limit: Limit
    processes: Callable[[], Iterable[int]] = tuple
    known: Excess = Excess.NOTHING
    _usage: Usage = field(default_factory=Usage)
    _steps: Iterator[None] | None = None
    _unread: Set[int] = frozenset()  # at the last pass

    def count(self, until: float, clock: Callable[[], float]) -> Excess | None:
        """Count on until this time; when a pass is complete: what the site has too much of. Raises OSError where there
        is no descriptor left; then the pass begins anew.
        """
        try:
            self._steps = self._steps or _pass(self.place, self.processes, self._usage, self._unread)
            for _ in self._steps:
                if self._usage.excess(self.limit) > min(self.known, Excess.SPACE):
                    break
                if clock() >= until:
                    return None
            self.known = self._usage.excess(self.limit)
        except OSError:
            self._begin_anew()
            raise
        self._begin_anew()
        return self.known

    def _begin_anew(self) -> None:
        self._steps, self._usage, self._unread = None, Usage(), self._usage.unread


def _pass(place: Path, processes: Callable[[], Iterable[int]], usage: Usage, unread: Set[int]) -> Iterator[None]:
    """What is unread at two passes stays so on purpose."""
    yield from _held(place, processes(), usage)
    usage.hidden |= bool(usage.unread & unread)
    yield from _tree(place, usage)


def _held(place: Path, processes: Iterable[int], usage: Usage) -> Iterator[None]:
    """Each file counts once, however many programs have it."""
    seen: set[int] = set()
    with suppress(FileNotFoundError):
        for found in held(processes, device=place.stat().st_dev):
            if found and found.unread:
                usage.unread.add(found.file)
            elif found and found.uncounted:
                usage.hidden = True
            elif found and found.file not in seen:
                seen.add(found.file)
                usage.size += found.blocks * BLOCK_BYTES
            yield


def _tree(place: Path, usage: Usage) -> Iterator[None]:
    try:
        directory = os.open(place, DIRECTORY)
    except (FileNotFoundError, NotADirectoryError):
        return
    yield from _walk(directory, usage, DEPTH_MOST)


def _walk(directory: int, usage: Usage, deeper: int) -> Generator[None, None, None]:
    """Down from descriptor to descriptor, so that names which change meanwhile hide nothing below them. What is not
    there any more under the name that was read is looked for by its number; if it is there under another one each time,
    nobody can count it. Closes the directory.
    """
    try:
        missed = yield from _read(directory, usage, deeper)
        for _ in range(LOOKS_MOST):
            if not missed:
                return
            missed = yield from _read(directory, usage, deeper, only=missed)
        usage.hidden |= bool(missed)
    finally:
        os.close(directory)


def _read(
    directory: int, usage: Usage, deeper: int, only: Set[int] | None = None
) -> Generator[None, None, frozenset[int]]:
    """One step an entry; returns the numbers of those that were not there any more. `only`: these alone, if they are
    there.
    """
    missed: set[int] = set()
    with os.scandir(directory) as entries:
        for number, entry in enumerate(entries, start=1):
            if only is None or entry.inode() in only:
                try:
                    child = _add(directory, entry, usage, deeper)
                except OSError as error:
                    if error.errno not in REPLACED:
                        raise
                    missed.add(entry.inode())
                else:
                    if child is not None:
                        yield from _walk(child, usage, deeper - 1)
                yield
            elif number % NAMES == 0:
                yield
    return frozenset(missed)


def _add(directory: int, entry: "os.DirEntry[str]", usage: Usage, deeper: int) -> int | None:
    """Count the entry; a descriptor of a directory. A file with several names counts in parts. Raises OSError."""
    if not entry.is_dir(follow_symlinks=False):
        status = entry.stat(follow_symlinks=False)
        usage.files += 1
        usage.size += status.st_blocks * BLOCK_BYTES // max(1, status.st_nlink)
        return None
    child = os.open(entry.name, DIRECTORY, dir_fd=directory)
    usage.files += 1
    usage.size += os.fstat(child).st_blocks * BLOCK_BYTES
    if deeper:
        return child
    os.close(child)
    usage.hidden = True
    return None
