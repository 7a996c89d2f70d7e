"""What a person may have put on a file besides its owner and mode: a list of who else may use it (acl(5)), and
flags that keep root too from changing it (chattr(1)).
"""

import errno
import fcntl
import os
import stat
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LISTS = ("system.posix_acl_access", "system.posix_acl_default")
# ioctl_iflags(2)
_GET_FLAGS, _SET_FLAGS = 0x80086601, 0x40086602
APPEND_ONLY, IMMUTABLE = 0x20, 0x10
# Of file systems that know no lists or flags.
_UNKNOWN = (errno.ENOTTY, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS)


def words(path: Path, *, lists: bool = True) -> str:
    """What is on a file or directory that is there, "" if nothing; without `lists` only flags count. Raises OSError."""
    with _opened(path) as descriptor:
        if descriptor is None:
            return ""
        if _flags(descriptor):
            return "dikunci dengan chattr"
        return "memuat daftar hak tambahan (setfacl)" if lists and _lists(descriptor) else ""


def take_away(path: Path) -> None:
    """All of it; nothing there is fine. Raises OSError."""
    with _opened(path) as descriptor:
        if descriptor is not None:
            take_away_from(descriptor)


def take_away_from(descriptor: int) -> None:
    """The same of what is open already."""
    if flags := _flags(descriptor):
        bare = _all_flags(descriptor) & ~flags
        fcntl.ioctl(descriptor, _SET_FLAGS, struct.pack("l", bare))
    for name in _lists(descriptor):
        os.removexattr(descriptor, name)


def _flags(descriptor: int) -> int:
    return _all_flags(descriptor) & (APPEND_ONLY | IMMUTABLE)


def _all_flags(descriptor: int) -> int:
    try:
        return int(struct.unpack("l", fcntl.ioctl(descriptor, _GET_FLAGS, struct.pack("l", 0)))[0])
    except OSError as error:
        if error.errno in _UNKNOWN:
            return 0
        raise


def _lists(descriptor: int) -> list[str]:
    try:
        return [name for name in os.listxattr(descriptor) if name in LISTS]
    except OSError as error:
        if error.errno in _UNKNOWN:
            return []
        raise


@contextmanager
def _opened(path: Path) -> Iterator[int | None]:
    """None for what is neither file nor directory."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        found = None
    if found is None or not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):
        yield None
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
