"""A shared log that grows, read from where it was left, whatever it is called by now: files are known by inode."""

import mmap
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

# Each part costs its readers a millisecond, whatever is in it: what it takes to survive a kill.
PART_BYTES = 4 * 1024 * 1024


@dataclass(slots=True)
class Source:
    """`path` and what it was renamed to, `<path>.1`. `offsets`: how far each inode was read."""

    path: Path
    offsets: dict[int, int] = field(default_factory=dict)
    # Made once: memory that comes anew for each part costs more than to read into it. What no part filled takes none.
    _part: mmap.mmap = field(
        init=False, repr=False, default_factory=lambda: mmap.mmap(-1, PART_BYTES, mmap.MAP_PRIVATE)
    )

    @property
    def aside(self) -> Path:
        return self.path.with_name(f"{self.path.name}.1")

    def files(self) -> Iterator[tuple[Path, os.stat_result]]:
        """The older first."""
        for path in (self.aside, self.path):
            with suppress(FileNotFoundError):
                yield path, path.stat()

    def forget_missing(self) -> None:
        """What is gone is not remembered: its inode may be used again."""
        present = {found.st_ino for _, found in self.files()}
        self.offsets = {inode: offset for inode, offset in self.offsets.items() if inode in present}

    def waiting(self) -> int:
        return sum(max(0, found.st_size - self._offset(found)) for _, found in self.files())

    def next(self) -> tuple[int, int, bytes] | None:
        """Inode, offset and whole lines of the next part; None when all was read."""
        for path, found in self.files():
            offset = self.offsets[found.st_ino] = self._offset(found)
            lines = self._lines(path, found.st_ino, offset) if found.st_size > offset else b""
            if lines:
                return found.st_ino, offset, lines
        return None

    def before(self, size: int) -> bytes:
        """The last part of what was read already."""
        parts = []
        for path, found in self.files():
            offset = self._offset(found)
            with path.open("rb") as file:
                file.seek(max(0, offset - size))
                parts.append(file.read(min(offset, size)))
        return b"\n".join(parts)[-size:]

    def give_up(self, most: int) -> int:
        """Where more than `most` bytes wait, go on at the last sixteenth of that; how many bytes were passed over."""
        passed = 0
        if self.waiting() > most:
            for _, found in self.files():
                offset = self._offset(found)
                target = max(offset, found.st_size - most // 16)
                passed += target - offset
                self.offsets[found.st_ino] = target
        return passed

    def _offset(self, found: os.stat_result) -> int:
        """From the beginning again where somebody emptied the file."""
        offset = self.offsets.get(found.st_ino, 0)
        return offset if offset <= found.st_size else 0

    def _lines(self, path: Path, inode: int, offset: int) -> bytes:
        """Whole lines only: the server may be writing the next one. One longer than a part is taken in pieces."""
        with path.open("rb", buffering=0) as file:
            if os.fstat(file.fileno()).st_ino != inode:
                return b""
            file.seek(offset)
            size = file.readinto(self._part)
        end = self._part.rfind(b"\n", 0, size) + 1
        return self._part[: end or (size if size == PART_BYTES else 0)]
