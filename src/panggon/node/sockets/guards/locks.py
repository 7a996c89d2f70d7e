"""Whose programs lock parts of files without number. Each lock is memory of the kernel, which counts it as nobody's."""

import logging
import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress

from panggon.core.sites.spec import SITE_ID
from panggon.drivers.system import kernel, processes
from panggon.drivers.system.processes import PROC
from panggon.node.sockets.quota.held import threads
from panggon.node.sockets.sandboxes.lookups import Users

# Of one process: SQLite has three a connection.
LOCKS_MOST = 1000
# Of the machine's memory, what the kernel may have for itself and cannot give back, before anybody is looked at.
PART = 1 / 8
SECONDS = 0.05  # of a look, for which every other site waits
READ_BYTES = 128 * 1024  # lines of some 60 bytes, more than `LOCKS_MOST`

log = logging.getLogger(__name__)


class Locks:
    """`short`: whether the kernel has much memory for itself now."""

    def __init__(self, users: Users, uid_base: int, short: Callable[[], bool]) -> None:
        self._users = users
        self._uid_base = uid_base
        self._short = short

    def look(self) -> None:
        """Where it has, programs of sites with many locks are ended: of all of them as many as there is time for, each
        time others.
        """
        if not self._short():
            return
        until = time.monotonic() + SECONDS
        found = [(pid, uid) for uid, pids in self._users.running().items() if self._is_of_site(uid) for pid in pids]
        random.shuffle(found)
        for pid, uid in found:
            if _has_many(pid, until) and _is_of(pid, uid):
                log.warning("s%06d: a program with more than %d locks is ended", uid - self._uid_base, LOCKS_MOST)
                processes.send(pid, signal.SIGKILL)
            if time.monotonic() > until:
                return

    def _is_of_site(self, uid: int) -> bool:
        return SITE_ID.fullmatch(f"s{uid - self._uid_base:06d}") is not None


def is_short() -> bool:
    """proc(5), meminfo: in KiB. Locks are a part of it."""
    lines = (line.split() for line in kernel.told(PROC / "meminfo").splitlines())
    members = {words[0]: int(words[1]) for words in lines}
    return members["SUnreclaim:"] > PART * members["MemTotal:"]


def _is_of(pid: int, uid: int) -> bool:
    """Still: its number may have become another's."""
    with suppress(OSError):
        return (PROC / str(pid)).stat().st_uid == uid
    return False


def _has_many(pid: int, until: float) -> bool:
    """proc(5), fdinfo: a line each, at each descriptor by which its program could give it back. As far as there is
    time: the kernel looks at all locks of a file each time.
    """
    count = 0
    with suppress(OSError):  # ended meanwhile
        for thread in threads(pid):
            names = os.listdir(PROC / f"{thread}/fdinfo")  # noqa: PTH208 -- names are all that is wanted
            for number in random.sample(names, len(names)):
                count += _locks(f"{PROC}/{thread}/fdinfo/{number}")
                if count > LOCKS_MOST or time.monotonic() > until:
                    return count > LOCKS_MOST
    return False


def _locks(path: str) -> int:
    with suppress(OSError), open(path, "rb") as lines:  # noqa: PTH123 -- ten thousands of them
        return lines.read(READ_BYTES).count(b"\nlock:")
    return 0
