"""How much a site stores, counted a little at every tick: what lies in its directory, and what its programs hold."""

import errno
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path

from panggon.node.sockets.quota.bounds import Bounds
from panggon.node.sockets.quota.held import held

BLOCK_BYTES = 512  # of `st_blocks`, whatever the file system (stat(2))


class Excess(IntEnum):
    """What a site has too much of; the greater one leaves its owner less."""

    NOTHING = 0
    SPACE = 1
    FILES = 2


@dataclass(slots=True)
class Usage:
    """`hidden`: something cannot be counted, because it lies too deep, was sent to nobody, or is mapped too
    often.
    """

    size: int = 0
    files: int = 0
    hidden: bool = False

    def excess(self, bounds: Bounds) -> Excess:
        if self.hidden or self.files > bounds.files:
            return Excess.FILES
        return Excess.SPACE if self.size > bounds.mebibytes * 1024 * 1024 else Excess.NOTHING


def usage_of(place: Path, *, files_most: int) -> Usage | None:
    """All that a directory holds, counted at once; None when it is more files than these, or lies too deep."""
    usage = Usage()
    for _ in _walk(place, usage):
        if usage.files > files_most:
            return None
    return None if usage.hidden else usage


@dataclass(slots=True)
class Meter:
    """Counts one site again and again: what its `processes` hold, then what its directory holds. A pass that finds
    more than was `known` to be too much ends at once.
    """

    place: Path
    bounds: Bounds
    processes: Callable[[], Iterable[int]] = tuple
    known: Excess = Excess.NOTHING
    _usage: Usage = field(default_factory=Usage)
    _steps: Iterator[None] | None = None
    _unread: frozenset[int] = frozenset()  # sockets; a program may be about to receive what was sent to it

    def count(self, until: float, clock: Callable[[], float]) -> Excess | None:
        """Count on until this time; when a pass is complete: what the site has too much of."""
        self._steps = self._steps or self._pass()
        for _ in self._steps:
            if self._usage.excess(self.bounds) > min(self.known, Excess.SPACE):
                break
            if clock() >= until:
                return None
        self.known = self._usage.excess(self.bounds)
        self._steps, self._usage = None, Usage()
        return self.known

    def _pass(self) -> Iterator[None]:
        yield from self._held()
        yield from _walk(self.place, self._usage)

    def _held(self) -> Iterator[None]:
        """Each file counts once, however many programs have it; what is unread at two passes stays so on purpose."""
        seen: set[int] = set()
        unread: set[int] = set()
        with suppress(FileNotFoundError):
            for found in held(self.processes(), device=self.place.stat().st_dev):
                if found and found.unread:
                    unread.add(found.file)
                elif found and found.uncounted:
                    self._usage.hidden = True
                elif found and found.file not in seen:
                    seen.add(found.file)
                    self._usage.size += found.blocks * BLOCK_BYTES
                yield
        self._usage.hidden |= bool(unread & self._unread)
        self._unread = frozenset(unread)


def _walk(place: Path, usage: Usage) -> Iterator[None]:
    """One step an entry."""
    left = [str(place.resolve())]
    while left:
        path = left.pop()
        try:
            directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError as error:
            usage.hidden |= error.errno == errno.ENAMETOOLONG
            continue
        try:
            if str(Path(f"/proc/self/fd/{directory}").readlink()) != path:
                continue  # the site's owner has put a link in the way meanwhile
            with os.scandir(directory) as entries:
                for entry in entries:
                    if _add(entry, usage):
                        left.append(f"{path}/{entry.name}")
                    yield
        finally:
            os.close(directory)


def _add(entry: "os.DirEntry[str]", usage: Usage) -> bool:
    """Count the entry; True for a directory. A file with several names counts in parts."""
    with suppress(FileNotFoundError):
        status = entry.stat(follow_symlinks=False)
        directory = entry.is_dir(follow_symlinks=False)
        usage.files += 1
        usage.size += status.st_blocks * BLOCK_BYTES // (1 if directory else status.st_nlink)
        return directory
    return False
