"""MariaDB: one database and one user a site, reached over the server's socket only."""

import hashlib
import re
import secrets
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import pymysql
from pymysql.cursors import Cursor

from panggon.core.database_load import Load, Session
from panggon.core.driver import Check
from panggon.core.resources import Standing
from panggon.core.spec import SITE_ID
from panggon.drivers import files
from panggon.drivers.database_server import ENDING_SECONDS, Found
from panggon.drivers.mariadb_session import root, session

# Of whole databases (whose names may hold % and _ for others), of tables, of columns.
STRANGERS = tuple(
    f"{rights} AND NOT (User = %(site)s AND Host = 'localhost')"
    for rights in (
        "SELECT User, Host, Db, '' FROM mysql.db WHERE %(site)s LIKE Db",
        "SELECT User, Host, Db, Table_name FROM mysql.tables_priv WHERE Db = %(site)s",
        "SELECT User, Host, Db, Table_name FROM mysql.columns_priv WHERE Db = %(site)s",
    )
)
NO_SUCH_THREAD, NO_SUCH_GRANT, DENIED = 1094, (1141, 1147), (1044, 1142)
# What lets a user store more. The rest of ALL PRIVILEGES remains: read, delete, empty and drop tables.
WRITING = (
    *("INSERT", "UPDATE", "CREATE", "REFERENCES", "INDEX", "ALTER", "CREATE TEMPORARY TABLES", "CREATE VIEW"),
    *("CREATE ROUTINE", "ALTER ROUTINE", "EVENT", "TRIGGER"),
)

# The number of the session in hexadecimal, behind that of the process.
TEMPORARY = re.compile(r"#sql-temptable-[0-9a-f]+-([0-9a-f]+)-")
LOAD = """
SELECT p.user, p.id, p.tid, p.memory_used, IFNULL(t.trx_rows_modified, 0), p.command <> 'Sleep',
  GREATEST(IF(p.command = 'Sleep', 0, p.time_ms / 1000), IFNULL(TIMESTAMPDIFF(SECOND, t.trx_started, NOW()), 0))
FROM information_schema.processlist p LEFT JOIN information_schema.innodb_trx t ON t.trx_mysql_thread_id = p.id
WHERE p.user REGEXP '^s[0-9]{6}$'
"""

# A table that its user is making just now would hold up the question as long as that takes.
FREE = """
SET STATEMENT lock_wait_timeout = 1, max_statement_time = 5 FOR
SELECT SUM(data_free) FROM information_schema.tables WHERE table_schema = %s
"""


class Rights(Enum):
    ALL = "ALL PRIVILEGES"
    READING = "without WRITING"


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the server has under a site's name. `grants` are those beyond the right to log in; `strangers` have rights
    in its database too: user, host, database as their right names it, table or "" for all.
    """

    comment: str | None
    hosts: tuple[str, ...] = ()
    connections: int = 0
    grants: tuple[str, ...] = ()
    strangers: tuple[tuple[str, str, str, str], ...] = ()
    locked: bool = False


@dataclass(frozen=True, slots=True)
class MariaDb:
    """`socket` is where root reaches the server, `site_socket` what the same socket is called inside a sandbox, `data`
    and `temporary` the server's directories.
    """

    socket: Path
    site_socket: Path
    data: Path
    temporary: Path

    def find(self, site: str, *, known: bool) -> Found:
        with self._root() as cursor:
            return _judged(site, _seen(cursor, site), known=known)

    def accepts(self, site: str, password: str) -> bool:
        with self._root() as cursor:
            cursor.execute(
                "SELECT authentication_string FROM mysql.user WHERE User = %s AND Host = 'localhost'", (site,)
            )
            return cursor.fetchall() == ((_native_hash(password),),)

    def make(self, site: str, *, password: str | None, connections: int, locked: bool = False) -> None:
        with self._root() as cursor:
            seen = _seen(cursor, site)
            if seen.comment is None:
                cursor.execute(f"CREATE DATABASE `{site}` CHARACTER SET utf8mb4 COMMENT %s", (_mark(site),))
            verb = "ALTER" if seen.hosts else "CREATE"
            words: tuple[str | int, ...] = (site, connections)
            login = ""
            if password is not None or not seen.hosts:
                login = "IDENTIFIED VIA mysql_native_password USING PASSWORD(%s)"
                words = (site, password or secrets.token_urlsafe(32), connections)
            lock = "ACCOUNT LOCK" if locked else "ACCOUNT UNLOCK"
            cursor.execute(f"{verb} USER %s@localhost {login} WITH MAX_USER_CONNECTIONS %s {lock}", words)
            for stranger in seen.strangers:
                _take_rights(cursor, *stranger)
            if _rights(site, seen) is None:
                if seen.hosts:  # rights that a person gave it go as well
                    cursor.execute("REVOKE ALL PRIVILEGES, GRANT OPTION FROM %s@localhost", (site,))
                cursor.execute(f"GRANT ALL PRIVILEGES ON `{site}`.* TO %s@localhost", (site,))
            if locked:
                _end_sessions(cursor, site)

    def lock(self, site: str) -> None:
        with self._root() as cursor:
            cursor.execute("ALTER USER %s@localhost ACCOUNT LOCK", (site,))
            _end_sessions(cursor, site)

    def unlock(self, site: str) -> None:
        with self._root() as cursor:
            cursor.execute("ALTER USER %s@localhost ACCOUNT UNLOCK", (site,))

    def sessions(self, site: str) -> int:
        with self._root() as cursor:
            return _sessions(cursor, site)

    def drop(self, site: str) -> None:
        with self._root() as cursor:
            cursor.execute("DROP USER IF EXISTS %s@localhost", (site,))
            cursor.execute(f"DROP DATABASE IF EXISTS `{site}`")

    def proofs(self, site: str, password: str) -> tuple[Check, ...]:
        full = self.find(site, known=True).full
        with session(self.socket, user=site, password=password, database=site) as cursor:
            cursor.execute("SHOW DATABASES")
            shown = sorted(str(row[0]) for row in cursor.fetchall())
            return (
                Check("database.login", ok=True, detail=f"masuk sebagai {site}"),
                Check("database.alone", shown == ["information_schema", site], f"melihat {', '.join(shown)}"),
                _refused_row(cursor) if full else _row(cursor, site),
            )

    def login(self, site: str) -> Mapping[str, str]:
        return {"host": "localhost", "socket": str(self.site_socket), "database": site, "user": site}

    def sizes(self) -> Mapping[str, int]:
        """The tables' files: that is all there is of a database, whatever kind of tables its owner has made."""
        return {place.name: _bytes_in(place) for place in self.data.glob("s??????") if SITE_ID.fullmatch(place.name)}

    def used(self, site: str) -> int:
        with self._root() as cursor:
            cursor.execute(FREE, (site,))
            free = cursor.fetchall()[0][0] or 0
        return max(0, _bytes_in(self.data / site) - int(free))

    def stop_writing(self, site: str) -> None:
        with self._root() as cursor:
            cursor.execute(f"REVOKE {', '.join(WRITING)} ON `{site}`.* FROM %s@localhost", (site,))
            _kill(cursor, site)  # open sessions remember their rights

    def shut(self, site: str) -> None:
        """Nothing here writes without the right to."""

    def compact(self, site: str) -> None:
        """`used` counts without it."""

    def let_write(self, site: str) -> None:
        with self._root() as cursor:
            cursor.execute(f"GRANT ALL PRIVILEGES ON `{site}`.* TO %s@localhost", (site,))

    def load(self) -> Load:
        """Temporary tables that the server makes bear their session's number; those of a site lie in one file of all
        sites, and what is sorted in files without a name.
        """
        with self._root() as cursor:
            cursor.execute(LOAD)
            rows = cursor.fetchall()
        owned: Counter[int] = Counter()
        for path in self.temporary.glob("#sql-temptable-*"):
            if (found := TEMPORARY.match(path.name)) and (size := _bytes_of(path)):
                owned[int(found[1], 16)] += size
        sessions = tuple(
            Session(site, number, thread, float(seconds), memory, owned[number], changed=changed, active=bool(active))
            for site, number, thread, memory, changed, active, seconds in rows
        )
        undo = sum(map(_bytes_of, self.data.glob("undo*")))
        return Load(sessions, _bytes_of(self.data / "ibtmp1") + self._nameless(), undo)

    @contextmanager
    def threads(self, sites: Collection[str]) -> Iterator[Callable[[], Sequence[tuple[str, int]]]]:
        with self._root() as cursor:

            def ask() -> Sequence[tuple[str, int]]:
                cursor.execute("SELECT user, tid FROM information_schema.processlist WHERE user IN %s", (tuple(sites),))
                return cursor.fetchall()

            yield ask

    def _nameless(self) -> int:
        """Bytes of the server's files in its temporary directory that have no name there."""
        process = (files.read(self.data / "mariadbd.pid") or b"0").decode().strip()
        total = 0
        for descriptor in Path("/proc", process, "fd").glob("*"):
            with suppress(OSError):
                if descriptor.readlink().name.endswith(" (deleted)"):
                    total += descriptor.stat().st_blocks * 512
        return total

    def end(self, number: int) -> None:
        with self._root() as cursor:
            _unless_gone(cursor, "KILL CONNECTION %s", number)

    def tidy(self) -> None:
        """A prepared transaction of XA outlives its session, with its locks and all that it could take back."""
        with self._root() as cursor:
            cursor.execute("XA RECOVER FORMAT='SQL'")
            for *_, name in cursor.fetchall():
                with suppress(pymysql.MySQLError):  # a session has it
                    cursor.execute(f"XA ROLLBACK {name}")

    def begin_anew(self) -> None:
        with self._root() as cursor:
            cursor.execute("SHUTDOWN")

    @contextmanager
    def _root(self) -> Iterator[Cursor]:
        with root(self.socket) as cursor:
            yield cursor


def _mark(site: str) -> str:
    return f"panggon site={site}"


def _judged(site: str, seen: _Seen, *, known: bool) -> Found:
    if seen.comment is None and not seen.hosts:
        return Found(Standing.ABSENT)
    if not known and seen.comment != _mark(site):
        which = "pengguna" if seen.comment is None else "basis data"
        return Found(Standing.FOREIGN, detail=f"{which} {site}")
    if any(host != "localhost" for host in seen.hosts):
        return Found(Standing.FOREIGN, detail=f"pengguna {site} dari mesin lain")
    rights = _rights(site, seen)
    if seen.comment is None or rights is None or seen.strangers:
        return Found(Standing.PARTIAL)
    return Found(Standing.OURS, seen.connections, full=rights is Rights.READING, locked=seen.locked)


def _seen(cursor: Cursor, site: str) -> _Seen:
    cursor.execute("SELECT schema_comment FROM information_schema.schemata WHERE schema_name = %s", (site,))
    comment = next((row[0] for row in cursor.fetchall()), None)
    cursor.execute("SELECT Host, max_user_connections FROM mysql.user WHERE User = %s ORDER BY Host", (site,))
    users = cursor.fetchall()
    cursor.execute(" UNION ".join(STRANGERS), {"site": site})
    strangers = tuple((str(user), str(host), str(name), str(table)) for user, host, name, table in cursor.fetchall())
    if not users:
        return _Seen(comment, strangers=strangers)
    hosts = tuple(row[0] for row in users)
    if "localhost" not in hosts:
        return _Seen(comment, hosts, users[0][1], strangers=strangers)
    return _Seen(comment, hosts, users[0][1], _grants(cursor, site), strangers, _is_locked(cursor, site))


def _take_rights(cursor: Cursor, user: str, host: str, database: str, table: str) -> None:
    place = f"{_quoted(database)}.{_quoted(table) if table else '*'}"
    for rights in ("GRANT OPTION", "ALL PRIVILEGES"):
        try:
            cursor.execute(f"REVOKE {rights} ON {place} FROM %s@%s", (user, host))
        except pymysql.MySQLError as error:
            if error.args[0] not in NO_SUCH_GRANT:  # it had no other
                raise


def _quoted(name: str) -> str:
    """As a name in a statement that has arguments."""
    return f"`{name.replace('`', '``').replace('%', '%%')}`"


def _is_locked(cursor: Cursor, site: str) -> bool:
    cursor.execute("SHOW CREATE USER %s@localhost", (site,))
    return str(cursor.fetchall()[0][0]).endswith(" ACCOUNT LOCK")


def _end_sessions(cursor: Cursor, site: str) -> None:
    """Who had just logged in is among them at the second time; a long transaction takes its time to be rolled back."""
    ends = time.monotonic() + ENDING_SECONDS
    _kill(cursor, site)
    while _sessions(cursor, site) and time.monotonic() < ends:
        time.sleep(0.02)
        _kill(cursor, site)


def _kill(cursor: Cursor, site: str) -> None:
    _unless_gone(cursor, "KILL CONNECTION USER %s@localhost", site)


def _unless_gone(cursor: Cursor, words: str, *values: object) -> None:
    try:
        cursor.execute(words, values)
    except pymysql.MySQLError as error:
        if error.args[0] != NO_SUCH_THREAD:
            raise


def _sessions(cursor: Cursor, site: str) -> int:
    cursor.execute("SELECT COUNT(*) FROM information_schema.processlist WHERE user = %s", (site,))
    return int(cursor.fetchall()[0][0])


def _grants(cursor: Cursor, site: str) -> tuple[str, ...]:
    cursor.execute("SHOW GRANTS FOR %s@localhost", (site,))
    lines = [str(row[0]) for row in cursor.fetchall()]
    return tuple(line for line in lines if not line.startswith("GRANT USAGE ON *.* "))


def _rights(site: str, seen: _Seen) -> Rights | None:
    """What the user may do in its own database; None where it has other rights than one of the two, or more of them."""
    end = f" ON `{site}`.* TO `{site}`@`localhost`"
    if len(seen.grants) != 1 or not seen.grants[0].endswith(end):
        return None
    words = set(seen.grants[0].removesuffix(end).removeprefix("GRANT ").split(", "))
    if words == {"ALL PRIVILEGES"}:
        return Rights.ALL
    return Rights.READING if {"SELECT", "DELETE", "DROP"} <= words and not words & {*WRITING} else None


def _native_hash(password: str) -> str:
    """As `mysql_native_password` keeps it: the SHA-1 of the SHA-1."""
    once = hashlib.sha1(password.encode()).digest()  # noqa: S324 - the server's form; the password has 256 random bits
    return "*" + hashlib.sha1(once).hexdigest().upper()  # noqa: S324


def _row(cursor: Cursor, site: str) -> Check:
    token = secrets.token_hex(8)
    cursor.execute("DROP TABLE IF EXISTS _panggon_probe")
    cursor.execute("CREATE TABLE _panggon_probe (token CHAR(16) PRIMARY KEY)")
    cursor.execute("INSERT INTO _panggon_probe VALUES (%s)", (token,))
    cursor.execute("SELECT token FROM _panggon_probe")
    found = cursor.fetchall()
    cursor.execute("DROP TABLE _panggon_probe")
    return Check("database.row", found == ((token,),), f"satu baris ditulis dan dibaca di {site}")


def _refused_row(cursor: Cursor) -> Check:
    try:
        cursor.execute("CREATE TABLE _panggon_probe (token CHAR(16) PRIMARY KEY)")
    except pymysql.MySQLError as error:
        if error.args[0] in DENIED:
            return Check("database.full", ok=True, detail="penuh: hanya dapat dibaca dan dihapus")
        raise
    return Check("database.full", ok=False, detail="penuh, tetapi masih dapat ditulis")


def _bytes_in(place: Path) -> int:
    """What the directory's files take on disk; one that vanishes meanwhile takes nothing."""
    try:
        return sum(path.lstat().st_blocks for path in place.iterdir()) * 512
    except FileNotFoundError:
        return 0


def _bytes_of(path: Path) -> int:
    try:
        return path.lstat().st_blocks * 512
    except FileNotFoundError:
        return 0
