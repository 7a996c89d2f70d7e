"""When a site's database is full, and when it has room again: a pure rule over its size."""

from dataclasses import dataclass

MEBIBYTE = 1024 * 1024
# Given back only below this part of the bound, so that a database at its bound does not flutter.
ROOM = 0.95
# As a rule a file system has one inode for so much of it (mke2fs(8)), and an empty table takes one too.
INODE_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True)
class Size:
    """`used` in bytes, `most` in MiB as the spec bounds it, `full` whether writing is stopped now."""

    used: int
    most: int
    full: bool = False

    @property
    def stops(self) -> bool:
        """Whether it may not write from now on."""
        bound = self.most * MEBIBYTE
        return self.used > (bound * ROOM if self.full else bound)

    @property
    def mebibytes(self) -> int:
        """Rounded up, so that what is more than the bound also reads so."""
        return -(-self.used // MEBIBYTE)


def taken(size: int, files: int) -> int:
    """What so many files of this size together take of a file system, in bytes."""
    return max(size, files * INODE_BYTES)
