"""What is done with a site's database and its user."""

import hashlib
import os
import re
import secrets
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import pymysql
from pymysql.cursors import Cursor

from panggon.core.node.planning.driver import Check
from panggon.drivers.databases.arrivals import Arrivals
from panggon.drivers.databases.database_server import Copying, Found, Watched
from panggon.drivers.databases.mariadb import reading, rights, sessions
from panggon.drivers.databases.mariadb.line import root, session
from panggon.drivers.system import files

DENIED = (1044, 1142)
# The table of a proof, with the time when it was made, in seconds of the epoch; earlier versions gave none.
PROBE, PROBE_TABLE = "_panggon_probe", re.compile(r"_panggon_probe(?:_([0-9]{1,12})_[0-9a-f]{16})?")
LEFT_SECONDS = 3600
# Of a user by its connections at a time, and by nothing else.
BOUNDS = (
    "MAX_USER_CONNECTIONS %s MAX_QUERIES_PER_HOUR 0 MAX_UPDATES_PER_HOUR 0 MAX_CONNECTIONS_PER_HOUR 0 "
    "MAX_STATEMENT_TIME 0"
)
# A table that its user is making just now would hold up the question as long as that takes.
FREE = """
SET STATEMENT lock_wait_timeout = 1, max_statement_time = 5 FOR
SELECT SUM(data_free) FROM information_schema.tables WHERE table_schema = %s
"""


# What lies in tables of all sites: procedures, functions and events, and what `ANALYZE TABLE … PERSISTENT` has found in
# columns, of which as much stays as their values had, also when the rows are gone. Of all sites: before that nobody
# asks, because the server has to read all of them to answer.
PROGRAMS_MANY = 32 * 1024 * 1024
PROGRAMS_FILES = ("proc", "event", "column_stats")
PROGRAMS = """
SELECT db, SUM(size) FROM (
  SELECT db, LENGTH(param_list) + LENGTH(returns) + LENGTH(body) + LENGTH(body_utf8) AS size FROM mysql.proc
  UNION ALL SELECT db, LENGTH(body) + LENGTH(body_utf8) FROM mysql.event
  UNION ALL SELECT db_name, LENGTH(histogram) FROM mysql.column_stats
) AS programs GROUP BY db
"""


@dataclass(frozen=True, slots=True)
class MariaDb:
    """`socket` is where root reaches the server, `site_socket` what the same socket is called inside a sandbox, `data`
    and `temporary` the server's directories.
    """

    socket: Path
    site_socket: Path
    data: Path
    temporary: Path

    @property
    def door(self) -> Path:
        return self.socket

    @property
    def process(self) -> int:
        return int(files.read(self.data / "mariadbd.pid") or b"0")

    def find(self, site: str, *, known: bool) -> Found:
        with self._root() as cursor:
            return rights.look(cursor, site).judged(site, known=known)

    def verifies(self, verifier: str, password: str) -> bool:
        return verifier == _native_hash(password)

    def make(self, site: str, *, password: str | None, connections: int, locked: bool = False) -> None:
        with self._root() as cursor:
            seen = rights.look(cursor, site)
            if seen.comment is None:
                cursor.execute(f"CREATE DATABASE `{site}` CHARACTER SET utf8mb4 COMMENT %s", (rights.mark(site),))
            is_there = "localhost" in seen.hosts
            verb = "ALTER" if is_there else "CREATE"
            words: tuple[str | int, ...] = (site, connections)
            login = ""
            if password is not None or not is_there:
                login = "IDENTIFIED VIA mysql_native_password USING PASSWORD(%s)"
                words = (site, password or secrets.token_urlsafe(32), connections)
            lock = "ACCOUNT LOCK" if locked else "ACCOUNT UNLOCK"
            cursor.execute(f"{verb} USER %s@localhost {login} REQUIRE NONE WITH {BOUNDS} {lock}", words)
            for stranger in seen.strangers:
                rights.take_rights(cursor, *stranger)
            rights.take_other_users(cursor, site, seen)
            if seen.rights(site) is None:
                if is_there:
                    rights.take_more(cursor, site, seen.grants)
                cursor.execute(f"GRANT ALL PRIVILEGES ON `{site}`.* TO %s@localhost", (site,))
            if locked:
                sessions.end_all(cursor, site)

    def fault_inside(self, site: str) -> str:  # noqa: ARG002
        """Tables have no owner here."""
        return ""

    def lock(self, site: str) -> None:
        with self._root() as cursor:
            cursor.execute("ALTER USER %s@localhost ACCOUNT LOCK", (site,))
            sessions.end_all(cursor, site)

    def unlock(self, site: str) -> None:
        with self._root() as cursor:
            cursor.execute("ALTER USER %s@localhost ACCOUNT UNLOCK", (site,))

    def sessions(self, site: str) -> int:
        with self._root() as cursor:
            return sessions.count(cursor, site)

    def drop(self, site: str) -> None:
        with self._root() as cursor:
            rights.take_other_users(cursor, site, rights.look(cursor, site))
            cursor.execute("DROP USER IF EXISTS %s@localhost", (site,))
            cursor.execute(f"DROP DATABASE IF EXISTS `{site}`")

    @contextmanager
    def reader(self, site: str) -> Iterator[Copying]:
        with self._root() as cursor, reading.reader(cursor, self.socket, site) as copying:
            yield copying

    def proofs(self, site: str, password: str) -> tuple[Check, ...]:
        with self._root() as cursor:
            full = rights.look(cursor, site).judged(site, known=True).full
            of_all = rights.open_to_all(cursor)
        with session(self.socket, user=site, password=password, database=site) as cursor:
            reached = (*rights.reached(cursor), *of_all)
            return (
                Check("database.login", ok=True, detail=f"masuk sebagai {site}"),
                Check("database.alone", reached == (site,), f"berhak di {', '.join(reached)}"),
                _refused_row(cursor) if full else _row(cursor, site),
            )

    def login(self, site: str) -> Mapping[str, str]:
        return {"host": "localhost", "socket": str(self.site_socket), "database": site, "user": site}

    def sizes(self, sites: Collection[str]) -> Mapping[str, int]:
        """The tables' files, whatever kind of tables their owner has made; procedures and events, which lie with those
        of all, only where there is much of them.
        """
        programs = self._programs()
        return {site: _bytes_in(f"{self.data}/{site}") + programs.get(site, 0) for site in sites}

    def used(self, site: str) -> int:
        with self._root() as cursor:
            cursor.execute(FREE, (site,))
            free = cursor.fetchall()[0][0] or 0
        return max(0, _bytes_in(f"{self.data}/{site}") - int(free)) + self._programs().get(site, 0)

    def _programs(self) -> Mapping[str, int]:
        """By site, the bytes of its procedures, functions and events, and of what is known of its columns."""
        if sum(_bytes_of(self.data / "mysql" / f"{table}.MAD") for table in PROGRAMS_FILES) < PROGRAMS_MANY:
            return {}
        with self._root() as cursor:
            cursor.execute(PROGRAMS)
            return {str(site): int(size or 0) for site, size in cursor.fetchall()}

    def stop_writing(self, site: str) -> None:
        with self._root() as cursor:
            cursor.execute(f"REVOKE {', '.join(rights.WRITING)} ON `{site}`.* FROM %s@localhost", (site,))
            sessions.end_known(cursor, site)  # open sessions remember their rights

    def shut(self, site: str) -> None:
        """Nothing here writes without the right to."""

    def compact(self, site: str) -> None:
        """`used` counts without it."""

    def let_write(self, site: str) -> None:
        with self._root() as cursor:
            cursor.execute(f"GRANT ALL PRIVILEGES ON `{site}`.* TO %s@localhost", (site,))

    @contextmanager
    def watched(self) -> Iterator[Watched]:
        process = self.process
        with self._root() as cursor, Arrivals.of(process) as arrivals:
            yield sessions.Sessions(cursor, process, self.data, self.temporary, arrivals)

    def guard(self, over: Event) -> None:
        """Nothing that all sessions need can be had alone here."""
        over.wait()

    def tidy(self) -> None:
        with self._root() as cursor:
            sessions.roll_back_prepared(cursor)
            sessions.forget_transactions(cursor, self.data)

    @contextmanager
    def _root(self) -> Iterator[Cursor]:
        with root(self.socket) as cursor:
            yield cursor


def _native_hash(password: str) -> str:
    """As `mysql_native_password` keeps it: the SHA-1 of the SHA-1."""
    once = hashlib.sha1(password.encode()).digest()  # noqa: S324 - the server's form; the password has 256 random bits
    return "*" + hashlib.sha1(once).hexdigest().upper()  # noqa: S324


def _row(cursor: Cursor, site: str) -> Check:
    """In a table of its own, because another proof may go on."""
    token = secrets.token_hex(8)
    table = f"{PROBE}_{int(time.time())}_{token}"
    _drop_left(cursor)
    cursor.execute(f"CREATE TABLE {table} (token CHAR(16) PRIMARY KEY)")
    cursor.execute(f"INSERT INTO {table} VALUES (%s)", (token,))  # noqa: S608 - a name that was made here
    cursor.execute(f"SELECT token FROM {table}")  # noqa: S608
    found = cursor.fetchall()
    cursor.execute(f"DROP TABLE {table}")
    return Check("database.row", found == ((token,),), f"satu baris ditulis dan dibaca di {site}")


def _drop_left(cursor: Cursor) -> None:
    """What killed proofs have left, some time ago."""
    cursor.execute("SHOW TABLES LIKE %s", (PROBE.replace("_", r"\_") + "%",))
    for name in [str(row[0]) for row in cursor.fetchall()]:
        made = PROBE_TABLE.fullmatch(name)
        if made and abs(time.time() - int(made[1] or 0)) > LEFT_SECONDS:
            cursor.execute(f"DROP TABLE IF EXISTS {name}")


def _refused_row(cursor: Cursor) -> Check:
    try:
        cursor.execute("CREATE TABLE _panggon_probe (token CHAR(16) PRIMARY KEY)")
    except pymysql.MySQLError as error:
        if error.args[0] in DENIED:
            return Check("database.full", ok=True, detail="penuh: hanya dapat dibaca dan dihapus")
        raise
    return Check("database.full", ok=False, detail="penuh, tetapi masih dapat ditulis")


def _bytes_in(place: str) -> int:
    """What the directory's files take on disk; one that vanishes meanwhile takes nothing."""
    try:
        with os.scandir(place) as entries:
            return sum(entry.stat(follow_symlinks=False).st_blocks for entry in entries) * 512
    except FileNotFoundError:
        return 0


def _bytes_of(path: Path) -> int:
    try:
        return path.lstat().st_blocks * 512
    except FileNotFoundError:
        return 0
