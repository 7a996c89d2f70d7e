"""What ext4 and XFS bound: a directory that belongs to a project, as does all that is made in it, by project quota.

The kernel's own calls, the same for both: quotactl_fd(2), and the requests of ioctl_xfs_fsgetxattr(2).
"""

import ctypes
import fcntl
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from panggon.drivers.system import files

GET_ATTRIBUTES, SET_ATTRIBUTES = 0x801C581F, 0x401C5820  # FS_IOC_FSGETXATTR, FS_IOC_FSSETXATTR of linux/fs.h
ATTRIBUTES = struct.Struct("=5I8x")  # struct fsxattr: flags, …, the project as the fourth, …
INHERITED = 0x200  # FS_XFLAG_PROJINHERIT: what is made in the directory belongs to its project
QUOTACTL_FD = 443  # the number of the call on every processor that Debian has packages of PHP for
GET, SET = (0x800007 << 8) | 2, (0x800008 << 8) | 2  # Q_GETQUOTA, Q_SETQUOTA of PRJQUOTA (linux/quota.h)
# struct if_dqblk: the limit of space in KiB, the softer one, bytes used; the same of files; two times; what is set.
QUOTA = struct.Struct("=8QI4x")
KIBIBYTE = 1024
LIMITS = 1 | 4  # QIF_BLIMITS, QIF_ILIMITS

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Usage:
    """Limits are None where nothing is bounded."""

    used_bytes: int
    most_bytes: int | None
    used_files: int
    most_files: int | None


def join(path: Path, number: int) -> bool:
    """Let an empty directory belong to a project; False where the file system knows none."""
    try:
        with _opened(path) as descriptor:
            flags, *others, _, extent = ATTRIBUTES.unpack(_attributes(descriptor))
            fcntl.ioctl(descriptor, SET_ATTRIBUTES, ATTRIBUTES.pack(flags | INHERITED, *others, number, extent))
    except OSError:
        return False
    return True


def bounds(path: Path) -> bool:
    """Whether the directory belongs to a project, and the file system counts what projects use."""
    try:
        with _opened(path) as descriptor:
            number = _project(descriptor)
            return number != 0 and bool(_quota(descriptor, GET, number))
    except OSError:
        return False


def limit(path: Path, *, most_bytes: int | None, most_files: int | None) -> None:
    """Of the directory's project; None: any amount."""
    blocks = (most_bytes or 0) // KIBIBYTE
    wished = QUOTA.pack(blocks, blocks, 0, most_files or 0, most_files or 0, 0, 0, 0, LIMITS)
    with files.translated(), _opened(path) as descriptor:
        _quota(descriptor, SET, _project(descriptor), wished)


def usage(path: Path) -> Usage:
    """Of the directory's project, with the directory itself."""
    with files.translated(), _opened(path) as descriptor:
        found = QUOTA.unpack(_quota(descriptor, GET, _project(descriptor)))
    return Usage(
        used_bytes=found[2],
        most_bytes=found[0] * KIBIBYTE or None,
        used_files=found[5],
        most_files=found[3] or None,
    )


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _attributes(descriptor: int) -> bytes:
    return fcntl.ioctl(descriptor, GET_ATTRIBUTES, bytes(ATTRIBUTES.size))


def _project(descriptor: int) -> int:
    return int(ATTRIBUTES.unpack(_attributes(descriptor))[3])


def _quota(descriptor: int, command: int, number: int, wished: bytes = bytes(QUOTA.size)) -> bytes:
    """Raises OSError: ESRCH where nothing is counted, ENOSYS before Linux 5.14."""
    place = ctypes.create_string_buffer(wished, QUOTA.size)
    asked = (ctypes.c_long(QUOTACTL_FD), ctypes.c_uint(descriptor), ctypes.c_uint(command), ctypes.c_uint(number))
    if _libc.syscall(*asked, place):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return place.raw
