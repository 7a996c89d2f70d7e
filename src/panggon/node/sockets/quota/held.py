"""What a site's programs store under no name: deleted files that are still open, mapped, or on their way.

No directory shows them, and the disk keeps them until the last program lets go. What lies in memory (memfd, /dev/shm)
is none of it: control groups count that as the site's memory.
"""

import ctypes
import os
import platform
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

DELETED = b" (deleted)"
# Of one process. Programs that people use have some hundreds; the kernel allows 65,530, and each takes time to look at.
MAPPINGS_MOST = 8192
# kcmp(2), which the C library does not know by name: whether two threads have their descriptors in common.
KCMP = {"x86_64": 312, "aarch64": 272}
KCMP_FILES = 2

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Held:
    """`file` tells one file from another. `unread`: descriptors lie in this socket, sent and not received
    (unix(7), SCM_RIGHTS): what they lead to is open and cannot be seen. `uncounted`: a process has more mappings than
    anybody counts.
    """

    file: int
    blocks: int = 0
    unread: bool = False
    uncounted: bool = False


def held(processes: Iterable[int], *, device: int) -> Iterator[Held | None]:
    """One step a descriptor or a mapping, None for what counts as nothing. `device` is the one whose room counts."""
    for pid in processes:
        for thread in threads(pid):
            with suppress(OSError):  # ended meanwhile
                yield from _open(thread, device)
                yield from _mapped(thread, device)


def threads(pid: int) -> list[int]:
    """As a rule the first, whose descriptors all others have too. Any may have its own (clone(2), CLONE_FILES), and the
    first shows nothing once it has ended, although its process goes on.
    """
    found: list[int] = []
    with suppress(OSError):
        for thread in map(int, os.listdir(f"/proc/{pid}/task")):  # noqa: PTH208
            if not found or not _have_in_common(found[-1], thread):
                found.append(thread)
    return found


def _have_in_common(one: int, other: int) -> bool:
    """Not known where the kernel does not tell: then they are looked at one by one."""
    number = KCMP.get(platform.machine())
    return number is not None and _libc.syscall(number, one, other, KCMP_FILES, 0, 0) == 0


def _open(pid: int, device: int) -> Iterator[Held | None]:
    for number in os.listdir(f"/proc/{pid}/fd"):  # noqa: PTH208 -- names are all that is wanted
        found: Held | None = None
        with suppress(OSError):
            status = os.stat(f"/proc/{pid}/fd/{number}")  # noqa: PTH116 -- ten thousands of them
            if stat.S_ISSOCK(status.st_mode):
                found = Held(status.st_ino, unread=True) if _has_unread(pid, number) else None
            else:
                found = _nameless(status, device)
        yield found


def _mapped(pid: int, device: int) -> Iterator[Held | None]:
    """A file that is closed may still be mapped (proc(5), maps: the range is the first word of a line)."""
    with open(f"/proc/{pid}/maps", "rb") as lines:  # noqa: PTH123
        for number, line in enumerate(lines):
            if number == MAPPINGS_MOST:
                yield Held(0, uncounted=True)
                return
            found: Held | None = None
            if line.endswith(DELETED + b"\n"):
                with suppress(OSError):
                    place = f"/proc/{pid}/map_files/{line.split()[0].decode()}"
                    found = _nameless(os.stat(place), device)  # noqa: PTH116
            yield found


def _nameless(status: os.stat_result, device: int) -> Held | None:
    if status.st_nlink or status.st_dev != device:
        return None
    return Held(status.st_ino, status.st_blocks)


def _has_unread(pid: int, number: str) -> bool:
    """proc(5), fdinfo: Linux counts them since 5.7."""
    with open(f"/proc/{pid}/fdinfo/{number}", "rb") as lines:  # noqa: PTH123
        return any(line.startswith(b"scm_fds:") and int(line.split()[1]) for line in lines)
