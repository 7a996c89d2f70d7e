"""What a site's programs store under no name: deleted files that are still open, mapped, or on their way.

No directory shows them, and the disk keeps them until the last program lets go. What lies in memory (memfd, /dev/shm)
is none of it: control groups count that as the site's memory.
"""

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

DELETED = b" (deleted)"
# Of one process. Programs that people use have some hundreds; the kernel allows 65,530, and each takes time to look at.
MAPPINGS_MOST = 8192


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
        with suppress(OSError):  # ended meanwhile
            yield from _open(pid, device)
            yield from _mapped(pid, device)


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
