"""The sessions of sites: what they take of the server, and how they are ended."""

import itertools
import os
import re
import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pymysql
from pymysql.cursors import Cursor

from panggon.core.node.databases import database_load
from panggon.core.node.databases.database_load import Load, Session, Taken
from panggon.drivers.databases.arrivals import Arrivals
from panggon.drivers.databases.database_server import ENDING_SECONDS
from panggon.drivers.system import kernel
from panggon.drivers.system.patience import Patience

NO_SUCH_THREAD = 1094
PAGE = os.sysconf("SC_PAGE_SIZE")
# Of the server: as many as may have not logged in have at least as many, so from here on it is asked.
THREADS_MANY = database_load.STRANGERS_MOST
HISTORY = "SELECT COUNT FROM information_schema.innodb_metrics WHERE name = 'trx_rseg_history_len'"
STRANGERS = """
SELECT SUM(user = 'unauthenticated user'), @@max_connections, COUNT(*) FROM information_schema.processlist
"""
TAKEN = """
SELECT user, id, tid, command <> 'Sleep' FROM information_schema.processlist WHERE user REGEXP '^s[0-9]{6}$'
"""
# The number of the session in hexadecimal, behind that of the process.
TEMPORARY = re.compile(r"#sql-temptable-[0-9a-f]+-([0-9a-f]+)-")
WRITTEN = re.compile(r"^wchar: (\d+)$", re.MULTILINE)
LOAD = """
SELECT p.user, p.id, p.tid, p.memory_used, IFNULL(t.trx_rows_modified, 0), IFNULL(t.trx_lock_memory_bytes, 0),
  p.command <> 'Sleep',
  GREATEST(IF(p.command = 'Sleep', 0, p.time_ms / 1000), IFNULL(TIMESTAMPDIFF(SECOND, t.trx_started, NOW()), 0))
FROM information_schema.processlist p LEFT JOIN information_schema.innodb_trx t ON t.trx_mysql_thread_id = p.id
WHERE p.user REGEXP '^s[0-9]{6}$'
"""

# In bytes.
REGISTERED_MOST = 64 * 1024 * 1024
# By user, since they were forgotten (`userstat`).
STATISTICS = """
SELECT user, cpu_time, total_connections FROM information_schema.user_statistics WHERE user REGEXP '^s[0-9]{6}$'
"""
BEGUN = "SELECT COALESCE(SUM(total_connections), 0) FROM information_schema.user_statistics WHERE user IN %s"
# All that is counted with it, which nobody reads: some 600 bytes for each table and index that anybody has used since.
FORGET = "FLUSH LOCAL USER_STATISTICS, CLIENT_STATISTICS, TABLE_STATISTICS, INDEX_STATISTICS"


@dataclass(frozen=True, slots=True)
class Sessions:
    """As `Watched` says; `process` is the server, `data` and `temporary` are its directories."""

    cursor: Cursor
    process: int
    data: Path
    temporary: Path
    arrivals: Arrivals

    def load(self) -> Load:
        """Temporary tables that the server makes bear their session's number; those of a site lie in one file of all
        sites, and what is sorted in files without a name.
        """
        self.cursor.execute(LOAD)
        rows = self.cursor.fetchall()
        owned: Counter[int] = Counter()
        for name in os.listdir(self.temporary):  # noqa: PTH208 -- every second
            if (found := TEMPORARY.match(name)) and (size := _bytes_of(self.temporary / name)):
                owned[int(found[1], 16)] += size
        sessions = tuple(
            Session(
                *(site, number, thread, float(seconds), memory, owned[number]),
                row_locks=row_locks,
                changed=changed,
                written=_written(thread),
                fresh=_fresh(thread),
                active=bool(active),
            )
            for site, number, thread, memory, changed, row_locks, active, seconds in rows
        )
        undo = sum(map(_bytes_of, undo_files(self.data)))
        history = self._history() if undo > database_load.UNDO_MOST else 0
        self.cursor.execute("SELECT @@innodb_buffer_pool_size")
        buffer = int(self.cursor.fetchall()[0][0])
        shared = _bytes_of(self.data / "ibtmp1"), _nameless(self.process)
        return Load(sessions, *shared, undo, history, buffer, _resident(self.process))

    def _history(self) -> int:
        self.cursor.execute(HISTORY)
        return int(self.cursor.fetchall()[0][0])

    def taken(self) -> Mapping[str, Taken]:
        """They are forgotten, so that those are few who have any: what is counted in between is lost."""
        self.cursor.execute(STATISTICS)
        rows = self.cursor.fetchall()
        self.cursor.execute(FORGET)
        return {site: Taken(float(worked), begun) for site, worked, begun in rows}

    def begun(self, sites: Set[str]) -> int:
        self.cursor.execute(BEGUN, (tuple(sites),))
        return int(self.cursor.fetchall()[0][0])

    def crowding(self) -> Load | None:
        """Places for connections. Each has a thread, which is counted without asking."""
        if len(_threads(self.process)) < THREADS_MANY:
            return None
        self.cursor.execute(STRANGERS)
        strangers, places, taken = map(int, self.cursor.fetchall()[0])
        if taken <= database_load.PLACES_MOST * places:
            return Load((), strangers=strangers)
        self.cursor.execute(TAKEN)
        rows = self.cursor.fetchall()
        sessions = tuple(Session(site, number, thread, active=bool(active)) for site, number, thread, active in rows)
        return Load(sessions, strangers=strangers, places=places)

    def is_alone(self) -> bool:
        """By what counts each as soon as he is taken in."""
        self.cursor.execute("SHOW GLOBAL STATUS LIKE 'Threads_connected'")
        return bool(self.cursor.fetchall()[0][1] == "1")

    def holders(self) -> Sequence[int]:
        return (self.process,)

    def refused(self) -> int:
        """Counted for all together: `userstat` does not know of a wrong password."""
        self.cursor.execute("SHOW GLOBAL STATUS LIKE 'Aborted_connects'")
        return int(self.cursor.fetchall()[0][1])

    def threads(self, sites: Collection[str]) -> Sequence[tuple[str, int]]:
        words = "SELECT user, tid FROM information_schema.processlist WHERE user IN %s"
        self.cursor.execute(words, (tuple(sites),))
        return self.cursor.fetchall()

    def waiting(self, known: Set[int]) -> Set[int]:
        """Who stands at a door is not among the server's sessions: it shows none that does not hear its client."""
        new = _threads(self.process) - known - {self.process}
        return new - self._of_sessions() if new else new

    @property
    def thread(self) -> int:
        self.cursor.execute("SELECT tid FROM information_schema.processlist WHERE id = CONNECTION_ID()")
        return int(self.cursor.fetchall()[0][0])

    def own(self) -> Set[int]:
        there = _threads(self.process)
        return there - self._of_sessions() - {self.process}

    def _of_sessions(self) -> Set[int]:
        """Without those of which nobody knows yet whose they are."""
        self.cursor.execute("SELECT tid FROM information_schema.processlist")
        return {thread for (thread,) in self.cursor.fetchall()}

    def hold(self, doors: Mapping[str, float]) -> None:
        """By what the server does for each session first, before its client may say anything (`init_connect`)."""
        waits = " ".join(f"WHEN '{site}' THEN {seconds}" for site, seconds in sorted(doors.items()))
        words = f"DO SLEEP(CASE SUBSTRING_INDEX(USER(), '@', 1) {waits} ELSE 0 END)" if doors else ""
        self.cursor.execute("SET GLOBAL init_connect = %s", (words,))

    def end(self, number: int) -> None:
        _unless_gone(self.cursor, "KILL CONNECTION %s", number)

    def close_tables(self) -> None:
        """Waits for nobody."""
        self.cursor.execute("FLUSH LOCAL TABLES")

    def begin_anew(self) -> None:
        self.cursor.execute("SHUTDOWN")

    def is_tidy(self) -> bool:
        return not _prepared(self.cursor) and _registered(self.data) <= REGISTERED_MOST


def count(cursor: Cursor, site: str) -> int:
    cursor.execute("SELECT COUNT(*) FROM information_schema.processlist WHERE user = %s", (site,))
    return int(cursor.fetchall()[0][0])


def end_all(cursor: Cursor, site: str) -> None:
    """Who had just logged in is among them at the second time; a long transaction takes its time to be rolled back."""
    patience = Patience(ENDING_SECONDS)
    end_known(cursor, site)
    while count(cursor, site) and not patience.is_over():
        time.sleep(0.02)
        end_known(cursor, site)


def end_known(cursor: Cursor, site: str) -> None:
    """Those that have logged in by now."""
    _unless_gone(cursor, "KILL CONNECTION USER %s@localhost", site)


def roll_back_prepared(cursor: Cursor) -> None:
    """A prepared transaction of XA outlives its session, with its locks and all that it could take back."""
    for name in _prepared(cursor):
        with suppress(pymysql.MySQLError):  # a session has it
            cursor.execute(f"XA ROLLBACK {name}")


def forget_transactions(cursor: Cursor, data: Path) -> None:
    """A table whose rows are kept by transaction (`PERIOD FOR SYSTEM_TIME` of numbers) has each noted down for ever, in
    a table of all sites that does not say whose it was.
    """
    if _registered(data) > REGISTERED_MOST:
        with suppress(pymysql.MySQLError):  # somebody looks there
            cursor.execute("SET STATEMENT lock_wait_timeout = 1 FOR TRUNCATE TABLE mysql.transaction_registry")


def _registered(data: Path) -> int:
    return _bytes_of(data / "mysql" / "transaction_registry.ibd")


def _prepared(cursor: Cursor) -> list[str]:
    cursor.execute("XA RECOVER FORMAT='SQL'")
    return [str(name) for *_, name in cursor.fetchall()]


def _unless_gone(cursor: Cursor, words: str, *values: object) -> None:
    try:
        cursor.execute(words, values)
    except pymysql.MySQLError as error:
        if error.args[0] != NO_SUCH_THREAD:
            raise


def _written(thread: int) -> int:
    """Bytes that it has asked the system to write (proc(5), `wchar`)."""
    with suppress(OSError):
        if found := WRITTEN.search(kernel.told(f"/proc/{thread}/task/{thread}/io")):
            return int(found[1])
    return 0


def _fresh(thread: int) -> int:
    """Bytes of memory that the kernel has given it (proc_pid_stat(5), `minflt`), as far as its pages are small ones."""
    with suppress(OSError):
        return int(kernel.told(f"/proc/{thread}/task/{thread}/stat").rpartition(") ")[2].split()[7]) * PAGE
    return 0


def _resident(process: int) -> int:
    """Bytes of memory that the server has (proc(5), `statm`)."""
    try:
        return int(kernel.told(f"/proc/{process}/statm").split()[1]) * PAGE
    except OSError:
        return 0


def _threads(process: int) -> Set[int]:
    try:
        return set(map(int, os.listdir(f"/proc/{process}/task")))  # noqa: PTH208 -- many times a second
    except OSError:
        return frozenset()


def _nameless(process: int) -> int:
    """Bytes of the server's files in its temporary directory that have no name there. It has hundreds of other files
    and sockets open, and this is asked every second.
    """
    total = 0
    with suppress(OSError), os.scandir(f"/proc/{process}/fd") as descriptors:
        for descriptor in descriptors:
            with suppress(OSError):
                if os.readlink(descriptor.path).endswith(" (deleted)"):  # noqa: PTH115
                    total += descriptor.stat().st_blocks * 512
    return total


def undo_files(data: Path) -> Iterator[Path]:
    """By the names that the server gives them in order: beside them lies a directory of each site."""
    return itertools.takewhile(Path.exists, (data / f"undo{number:03}" for number in itertools.count(1)))


def _bytes_of(path: Path) -> int:
    try:
        return path.lstat().st_blocks * 512
    except FileNotFoundError:
        return 0
