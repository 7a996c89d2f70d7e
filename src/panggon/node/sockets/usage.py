"""How much a site stores, counted a little at every tick while it is awake: only then can its programs write."""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

BLOCK_BYTES = 512  # of `st_blocks`, whatever the file system (stat(2))


@dataclass(frozen=True, slots=True)
class Bounds:
    mebibytes: int
    files: int


@dataclass(slots=True)
class Usage:
    """`hidden`: something lies so deep that it cannot be counted."""

    size: int = 0
    files: int = 0
    hidden: bool = False

    def exceeds(self, bounds: Bounds) -> bool:
        return self.hidden or self.files > bounds.files or self.size > bounds.mebibytes * 1024 * 1024


def usage_of(place: Path, *, files_most: int) -> Usage | None:
    """All that a directory holds, counted at once; None when it is more files than these, or lies too deep."""
    usage = Usage()
    for _ in _walk(place, usage):
        if usage.files > files_most:
            return None
    return None if usage.hidden else usage


class Meter:
    """Counts one site's directory again and again; a pass that finds too much ends at once."""

    def __init__(self, place: Path, bounds: Bounds) -> None:
        self._place = place
        self._bounds = bounds
        self._begin()

    def count(self, until: float, clock: Callable[[], float]) -> bool | None:
        """Count on until this time; when a pass is complete: whether the site stores too much."""
        for _ in self._walk:
            if self._usage.exceeds(self._bounds):
                break
            if clock() >= until:
                return None
        exceeds = self._usage.exceeds(self._bounds)
        self._begin()
        return exceeds

    def _begin(self) -> None:
        self._usage = Usage()
        self._walk = _walk(self._place, self._usage)


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
