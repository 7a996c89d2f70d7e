"""SFTP sessions of the sites' owners: OpenSSH bounds who has logged in by nothing.

All sessions of a site together get a control group as its programs have one. Of more connections than SESSIONS_MOST
the oldest are ended: so nobody shuts out the machine's own proofs, which log in as the site too. Those that began
before the site was full are ended: OpenSSH asks only then what they may do.
"""

import signal
from collections.abc import Mapping, Set
from contextlib import suppress

from panggon.core.sites.spec import SITES_MOST
from panggon.drivers.system import processes
from panggon.node.sockets.control_groups.groups import GroupBounds
from panggon.node.sockets.quota.full import Full
from panggon.node.sockets.sandboxes.sandbox import Machine

# Clients that people use open some ten at a time.
SESSIONS_MOST = 16
BOUNDS = GroupBounds(memory_mebibytes=256, processes=6 * SESSIONS_MOST, cpu_percent=100)


class Sessions:
    def __init__(self, machine: Machine, full: Full) -> None:
        self._machine = machine
        self._full = full
        self._seen: Mapping[int, frozenset[int]] = {}
        self._known: dict[int, frozenset[int]] = {}  # SFTP's, by the number of the site

    def look(self) -> None:
        """At whoever came since the last look at the machine's processes."""
        running, base = self._machine.users.running(), self._machine.settings.uid_base
        if running is self._seen:
            return
        for number in {uid - base for uid in running if 0 < uid - base <= SITES_MOST} | self._known.keys():
            pids = running.get(base + number, frozenset())
            self._attend(number, pids, new=pids - self._seen.get(base + number, frozenset()))
        self._seen = running

    def _attend(self, number: int, pids: frozenset[int], *, new: Set[int]) -> None:
        came = frozenset(filter(_is_session, new))
        since = {pid: processes.start_time(pid) for pid in self._known.get(number, frozenset()) & pids | came}
        sessions = frozenset(pid for pid, started in since.items() if started)
        if came:
            with suppress(OSError):
                self._machine.groups.enter(group_of(number), BOUNDS, came)
        if came or number in self._known:
            self._known[number] = sessions
        if sessions:
            connections = [pid for pid in sessions if processes.parent(pid) not in pids]
            oldest = frozenset(sorted(connections, key=since.__getitem__)[:-SESSIONS_MOST])
            full_since = self._full.since(_site(number))
            for pid in connections:
                if pid in oldest or 0 < _began(pid) <= full_since:
                    processes.send(pid, signal.SIGKILL)
        elif number in self._known:
            self._leave(number)

    def close(self) -> None:
        """With the holder goes the group of everybody who has gone."""
        for number in tuple(self._known):
            self._leave(number)

    def _leave(self, number: int) -> None:
        """A group that is still dying is tried again at the next look."""
        self._machine.groups.remove(group_of(number))
        if not self._machine.groups.has(group_of(number)):
            del self._known[number]


def _site(number: int) -> str:
    return f"s{number:06}"


def group_of(number: int) -> str:
    return f"{_site(number)}-sftp"


def _began(pid: int) -> int:
    """Its connection, which root's process has accepted before anybody logged in."""
    return processes.start_time(processes.parent(pid))


def _is_session(pid: int) -> bool:
    """What a program in a sandbox calls itself makes it no session, and gives it no bounds beside those it has."""
    return processes.is_named_openssh(pid) and processes.in_own_view(pid)
