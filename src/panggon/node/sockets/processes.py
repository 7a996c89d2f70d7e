"""Processes that are not our children: identity, children and end, from /proc and pidfds."""

import os
import re
import select
import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
# Code of Debian's that runs from a file which is gone (proc(5), `maps`). Elsewhere a program may remove its own.
REPLACED = re.compile(r"^\S+ ..x. \S+ \S+ \S+ +/usr/\S+ \(deleted\)$", re.MULTILINE)


def start_time(pid: int) -> int:
    """When it started, in clock ticks since boot (proc(5), field 22); 0 when there is no such process, or a zombie.

    Pid and start time together name one process for ever; a pid alone is used again.
    """
    try:
        state, *fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return 0 if state == "Z" else int(fields[18])


def clock() -> int:
    """Now, as `start_time` counts."""
    return int(time.clock_gettime(time.CLOCK_BOOTTIME) * os.sysconf("SC_CLK_TCK"))


def parent(pid: int) -> int:
    """The parent's process id (field 4); 0 when there is no such process."""
    try:
        return int((PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def children(pid: int) -> tuple[int, ...]:
    try:
        return tuple(map(int, (PROC / f"{pid}/task/{pid}/children").read_text().split()))
    except OSError:
        return ()


def of_user(uid: int, *, but: str) -> frozenset[int]:
    """The running processes of this user, without those whose command name begins with `but`."""
    found = set()
    for entry in PROC.iterdir():
        if not entry.name.isdigit():
            continue
        with suppress(OSError):
            status = dict(line.split(":\t", 1) for line in (entry / "status").read_text().splitlines() if ":\t" in line)
            if status["Uid"].split()[0] == str(uid) and not status["Name"].startswith(but) and "VmSize" in status:
                found.add(int(entry.name))
    return frozenset(found)


def in_own_view(pid: int) -> bool:
    """Whether it sees processes as this one does, and is in no sandbox (pid_namespaces(7))."""
    with suppress(OSError):
        return (PROC / f"{pid}/ns/pid").stat().st_ino == (PROC / "self/ns/pid").stat().st_ino
    return False


def is_replaced(pid: int) -> bool:
    """Whether the program of this process, or a library of it, is no longer the file that lies on the disk."""
    with suppress(OSError):
        return REPLACED.search((PROC / str(pid) / "maps").read_text()) is not None
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


class Conversations:
    """Which Unix sockets have connections now, by the name that they were bound to; looked up once for many."""

    SECONDS = 0.4  # less than the time between two looks of the holder

    def __init__(self) -> None:
        self._looked = 0.0
        self._names: frozenset[str] = frozenset()

    def on(self, name: str) -> bool:
        if time.monotonic() - self._looked > self.SECONDS:
            self._names, self._looked = connected_sockets(), time.monotonic()
        return name in self._names


def connected_sockets() -> frozenset[str]:
    """unix(7): each end that a listening socket has made has its name and is connected (state 03), or waits to be
    accepted (02).
    """
    lines = (line.split(maxsplit=7) for line in (PROC / "net" / "unix").read_text().splitlines()[1:])
    return frozenset(fields[7] for fields in lines if len(fields) == 8 and fields[5] in ("02", "03"))


class Users:
    """Which processes each user runs; looked up once for many."""

    SECONDS = 2.0

    def __init__(self) -> None:
        self._looked = -self.SECONDS
        self._found: Mapping[int, frozenset[int]] = {}

    def running(self) -> Mapping[int, frozenset[int]]:
        """By user id."""
        if time.monotonic() - self._looked >= self.SECONDS:
            self.look()
        return self._found

    def look(self) -> None:
        self._found, self._looked = by_user(), time.monotonic()


def by_user() -> dict[int, frozenset[int]]:
    found: dict[int, set[int]] = {}
    with os.scandir(PROC) as entries:
        for entry in entries:
            if entry.name.isdigit():
                with suppress(OSError):
                    found.setdefault(entry.stat().st_uid, set()).add(int(entry.name))
    return {uid: frozenset(pids) for uid, pids in found.items()}
