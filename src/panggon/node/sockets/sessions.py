"""SFTP sessions of the sites' owners: OpenSSH bounds who has logged in by nothing.

All sessions of a site together get a control group as its programs have one. Of more connections than SESSIONS_MOST the
oldest are ended: so nobody shuts out the machine's own proofs, which log in as the site too.
"""

import signal
from collections.abc import Iterable, Mapping, Set
from contextlib import suppress
from pathlib import Path

from panggon.node.cgroups import Bounds
from panggon.node.sockets import processes
from panggon.node.sockets.sandbox import SFTP, Machine

# Clients that people use open some ten at a time.
SESSIONS_MOST = 16
BOUNDS = Bounds(memory_mebibytes=256, processes=6 * SESSIONS_MOST, cpu_percent=100)


class Sessions:
    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._seen: Mapping[int, frozenset[int]] = {}
        self._known: dict[int, frozenset[int]] = {}  # SFTP's, by user

    def look(self) -> None:
        """At whoever came since the last look at the machine's processes."""
        running = self._machine.users.running()
        if running is self._seen:
            return
        base = self._machine.settings.uid_base
        users = {uid: pids for uid, pids in running.items() if 0 < uid - base <= 999_999}
        for uid in self._known.keys() - users.keys():
            self._machine.groups.remove(_group(uid - base))
            del self._known[uid]
        for uid, pids in users.items():
            self._attend(uid, pids, new=pids - self._seen.get(uid, frozenset()))
        self._seen = running

    def _attend(self, uid: int, pids: frozenset[int], *, new: Set[int]) -> None:
        came = frozenset(filter(_is_sftp, new))
        sessions = self._known.get(uid, frozenset()) & pids | came
        if came:
            with suppress(OSError):
                self._machine.groups.enter(_group(uid - self._machine.settings.uid_base), BOUNDS, came)
        if sessions:
            self._known[uid] = sessions
            _end_oldest(pid for pid in sessions if processes.parent(pid) not in pids)


def _group(number: int) -> str:
    return f"s{number:06}-sftp"


def _is_sftp(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text().startswith(SFTP)
    return False


def _end_oldest(connections: Iterable[int]) -> None:
    since = {pid: started for pid in connections if (started := processes.start_time(pid))}
    for pid in sorted(since, key=since.__getitem__)[:-SESSIONS_MOST]:
        processes.send(pid, signal.SIGKILL)
