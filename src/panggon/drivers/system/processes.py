"""Processes that are not our children, from /proc and pidfds: identity, whose they are, children and end."""

import os
import re
import select
import signal
import time
from contextlib import suppress
from pathlib import Path

from panggon.drivers.system import kernel

PROC = Path("/proc")
TICKS = os.sysconf("SC_CLK_TCK")
OPENSSH = "sshd"  # what its programs call themselves; since 9.8 also `sshd-session`
# Code of Debian's that runs from a file which is gone (proc(5), `maps`). Elsewhere a program may remove its own.
REPLACED = re.compile(r"^\S+ ..x. \S+ \S+ \S+ +/usr/\S+ \(deleted\)$", re.MULTILINE)
# Programs that people use have some tens of KiB. One may have 65,530 mappings of a file whose path has 20 KiB.
MAPS_BYTES_MOST = 1024 * 1024


def start_time(pid: int) -> int:
    """When it started, in clock ticks since boot (proc(5), field 22); 0 when there is no such process, or a zombie.
    One whose first thread only has ended looks like that, but has others (field 20).

    Pid and start time together name one process for ever; a pid alone is used again.
    """
    try:
        found = fields(pid)
    except OSError:
        return 0
    return 0 if found[0] == "Z" and found[17] == "1" else int(found[19])


def fields(pid: int) -> list[str]:
    """Of its `stat` (proc(5)), from the third on: its state. Raises OSError when there is no such process."""
    return _said(pid, "stat").rpartition(")")[2].split()


def name(pid: int) -> str:
    """What its program is called, or calls itself; "" when there is no such process."""
    with suppress(OSError):
        return _said(pid, "comm").removesuffix("\n")
    return ""


def clock() -> int:
    """Now, as `start_time` counts."""
    return int(time.clock_gettime(time.CLOCK_BOOTTIME) * TICKS)


def is_stopped(pid: int) -> bool:
    """By a signal, or by who traces it (field 3)."""
    with suppress(OSError):
        return fields(pid)[0] in "Tt"
    return False


def parent(pid: int) -> int:
    """The parent's process id (field 4); 0 when there is no such process."""
    try:
        return int(fields(pid)[1])
    except OSError:
        return 0


def worked(pid: int) -> float:
    """Seconds of a processor that it has taken, with its children that have ended (fields 14 to 17); 0.0 when there is
    no such process.
    """
    try:
        return sum(map(int, fields(pid)[11:15])) / TICKS
    except OSError:
        return 0.0


def children(pid: int) -> tuple[int, ...]:
    try:
        return tuple(map(int, kernel.told(PROC / f"{pid}/task/{pid}/children").split()))
    except OSError:
        return ()


def by_user() -> dict[int, frozenset[int]]:
    """All processes, by the user whose rights they have: the owner of their directory, whatever they hide (proc(5))."""
    found: dict[int, set[int]] = {}
    with os.scandir(PROC) as entries:
        for entry in entries:
            if entry.name.isdigit():
                with suppress(OSError):
                    found.setdefault(entry.stat().st_uid, set()).add(int(entry.name))
    return {uid: frozenset(pids) for uid, pids in found.items()}


def of_user(uid: int) -> frozenset[int]:
    """The running processes of this user: what has ended and waits for its parent is none."""
    return frozenset(filter(start_time, by_user().get(uid, frozenset())))


def is_named_openssh(pid: int) -> bool:
    """Whether it says that it is OpenSSH's own, which runs as a site's user for its SFTP. A program of the site's may
    say so too, but only in its sandbox: `in_own_view` tells them apart.
    """
    return name(pid).startswith(OPENSSH)


def in_own_view(pid: int) -> bool:
    """Whether it sees processes as this one does, and is in no sandbox (pid_namespaces(7)). Never, to who may not look
    into the processes of others (CAP_SYS_PTRACE).
    """
    with suppress(OSError):
        return (PROC / f"{pid}/ns/pid").stat().st_ino == (PROC / "self/ns/pid").stat().st_ino
    return False


def is_replaced(pid: int) -> bool:
    """Whether the program of this process, or a library of it, is no longer the file that lies on the disk; looked for
    in as much as a usual program has.
    """
    with suppress(OSError):
        return REPLACED.search(kernel.told(PROC / f"{pid}/maps", most=MAPS_BYTES_MOST)) is not None
    return False


def open_pidfd(pid: int, started: int) -> int | None:
    """A descriptor that becomes readable when exactly this process ends; None when it is gone already."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return None
    if start_time(pid) == started != 0:
        return descriptor
    os.close(descriptor)
    return None


def ended(pidfd: int) -> bool:
    poll = select.poll()  # select() would refuse descriptors above 1023
    poll.register(pidfd, select.POLLIN)
    return bool(poll.poll(0))


def send(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def _said(pid: int, what: str) -> str:
    return kernel.told(PROC / str(pid) / what)
