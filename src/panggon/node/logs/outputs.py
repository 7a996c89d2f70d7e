"""What one site's programs said: a file of the site's own, read from where it was left, and emptied."""

import os
from contextlib import suppress
from pathlib import Path

# Once it is read, from so much on.
MOST = 256 * 1024
PART = 1024 * 1024
# So much may wait to be read: beyond that the oldest is passed over. Who says more than PART a second, all the time,
# would fill his site with it, because the file counts as the site's.
WAITS = 16 * 1024 * 1024
PASSED_OVER = "Panggon: {size} byte keluaran program dilewati, karena lebih banyak daripada yang dapat dicatat\n"


def too_much(path: Path, offset: int) -> int:
    """How many bytes of it are to be passed over."""
    with suppress(OSError):
        waiting = path.lstat().st_size - offset
        return waiting - PART if waiting > WAITS else 0
    return 0


def unread(path: Path, offset: int, *, whole: bool) -> tuple[int, int, bytes]:
    """Size, offset and the next lines of what a site's programs said; `whole`: nobody will complete the last one."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return 0, 0, b""
    with os.fdopen(descriptor, "rb") as file:
        size = os.fstat(descriptor).st_size
        offset = offset if offset <= size else 0
        if size == offset:
            return size, offset, b""
        file.seek(offset)
        data = file.read(PART)
    end = data.rfind(b"\n") + 1
    return size, offset, data if whole or (not end and len(data) == PART) else data[:end]


def emptied(path: Path, size: int, *, anyway: bool) -> bool:
    """Whether the file was emptied: only one that is still of this size is, or `anyway`. Raises OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        same = anyway or os.fstat(descriptor).st_size == size
        if same:
            os.ftruncate(descriptor, 0)
        return same
    finally:
        os.close(descriptor)
