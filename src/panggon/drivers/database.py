"""One MariaDB database and user a site.

The database carries the mark of ownership in its comment, so it is made first and dropped last. The password is made
here and lies only in the owner's `private/database.ini`. Reading never looks at that file: it is in the owner's hands,
and who could make a resource read as changed could keep a plan from running. The probe looks at it instead.
"""

import hashlib
import re
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pymysql
from pymysql.cursors import Cursor

from panggon.core.driver import Check
from panggon.core.errors import PermanentError, TemporaryError
from panggon.core.resources import Attributes, Key, Observation, Standing, absent, foreign, ours, partial
from panggon.core.spec import Engine, SiteSpec
from panggon.drivers import files
from panggon.drivers.owner import uid_of

INI = "database.ini"
INI_PASSWORD = re.compile(r'^password = "([A-Za-z0-9_-]{32,64})"$', re.MULTILINE)
SECONDS = 10
NO_SPACE = "No space left on device"  # the system's word in the server's message, whatever the error's number
# Too many connections, lock waits, a server that is going or gone: all may pass.
PASSING = frozenset({1040, 1053, 1203, 1205, 1213, 1226, 2002, 2003, 2006, 2013})


@dataclass(frozen=True, slots=True)
class Settings:
    """`socket` is where root reaches the server, `site_socket` what the same socket is called inside a sandbox."""

    socket: Path
    site_socket: Path
    root: Path
    uid_base: int


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the server has under a site's name. `grants` are those beyond the right to log in."""

    comment: str | None
    hosts: tuple[str, ...] = ()
    hashed: str = ""
    connections: int = 0
    grants: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DatabaseDriver:
    """Attributes: `engine` ("mariadb"), and `connections`, how many the site may have open at a time."""

    settings: Settings

    def read(self, key: Key) -> Observation:
        uid_of(key.name, base=self.settings.uid_base)
        with _session(self.settings.socket, user="root") as cursor:
            return _judged(key, _seen(cursor, key.name))

    def write(self, key: Key, after: Attributes | None) -> None:
        uid = uid_of(key.name, base=self.settings.uid_base)
        with _session(self.settings.socket, user="root") as cursor:
            seen = _seen(cursor, key.name)
            standing = _judged(key, seen)
            if standing.standing is Standing.FOREIGN:
                raise PermanentError("database.foreign", standing.detail)
            if after is not None:
                self._make(cursor, key.name, uid, seen, after)
            elif standing.standing is not Standing.ABSENT:
                self._drop(cursor, key.name, uid)

    def probe(self, key: Key, *, spec: SiteSpec) -> tuple[Check, ...]:  # noqa: ARG002 - a database knows no states
        uid = uid_of(key.name, base=self.settings.uid_base)
        password = self._kept_password(key.name, uid)
        if password is None:
            return (Check("database.login", ok=False, detail=f"private/{INI} tidak memuat kata sandi"),)
        try:
            with _session(self.settings.socket, user=key.name, password=password, database=key.name) as cursor:
                return _proofs(cursor, key.name)
        except (PermanentError, TemporaryError) as error:
            return (Check("database.login", ok=False, detail=error.detail),)

    def _make(self, cursor: Cursor, site: str, uid: int, seen: _Seen, after: Attributes) -> None:
        if after["engine"] != Engine.MARIADB:
            raise PermanentError("database.engine", str(after["engine"]))
        if seen.comment is None:
            cursor.execute(f"CREATE DATABASE `{site}` CHARACTER SET utf8mb4 COMMENT %s", (_mark(site),))
        password = self._kept_password(site, uid)
        if password is None or _native_hash(password) != seen.hashed:
            password = secrets.token_urlsafe(32)
            self._keep_password(site, uid, password)
        login = "IDENTIFIED VIA mysql_native_password USING PASSWORD(%s) WITH MAX_USER_CONNECTIONS %s"
        verb = "ALTER" if seen.hosts else "CREATE"
        cursor.execute(f"{verb} USER %s@localhost {login}", (site, password, after["connections"]))
        if seen.grants != (site,):
            cursor.execute(f"GRANT ALL PRIVILEGES ON `{site}`.* TO %s@localhost", (site,))

    def _drop(self, cursor: Cursor, site: str, uid: int) -> None:
        cursor.execute("DROP USER IF EXISTS %s@localhost", (site,))
        if self._private(site).is_dir():
            with files.opened(self._private(site), uid=uid) as private:
                files.remove_at(private, INI)
        cursor.execute(f"DROP DATABASE `{site}`")

    def _kept_password(self, site: str, uid: int) -> str | None:
        """The password that the ini file holds; None when its owner has removed or garbled it."""
        with files.opened(self._private(site), uid=uid) as private:
            found = INI_PASSWORD.search((files.read_at(private, INI) or b"").decode(errors="replace"))
        return found[1] if found else None

    def _keep_password(self, site: str, uid: int, password: str) -> None:
        values = {
            "host": "localhost",
            "socket": str(self.settings.site_socket),
            "database": site,
            "user": site,
            "password": password,
        }
        text = "".join(f'{name} = "{value}"\n' for name, value in values.items())
        with files.opened(self._private(site), uid=uid) as private:
            files.write_at(private, INI, text, mode=0o400, uid=uid, gid=uid)

    def _private(self, site: str) -> Path:
        return self.settings.root / "sites" / site / "private"


def _mark(site: str) -> str:
    return f"panggon site={site}"


def _judged(key: Key, seen: _Seen) -> Observation:
    if seen.comment is None and not seen.hosts:
        return absent(key)
    if seen.comment != _mark(key.name):
        return foreign(key, f"{'pengguna' if seen.comment is None else 'basis data'} {key.name}")
    if any(host != "localhost" for host in seen.hosts):
        return foreign(key, f"pengguna {key.name} dari mesin lain")
    if not seen.hosts or seen.grants != (key.name,):
        return partial(key)
    return ours(key, engine=Engine.MARIADB.value, connections=seen.connections)


def _seen(cursor: Cursor, site: str) -> _Seen:
    cursor.execute("SELECT schema_comment FROM information_schema.schemata WHERE schema_name = %s", (site,))
    comment = next((row[0] for row in cursor.fetchall()), None)
    cursor.execute(
        "SELECT Host, authentication_string, max_user_connections FROM mysql.user WHERE User = %s ORDER BY Host",
        (site,),
    )
    users = cursor.fetchall()
    if not users:
        return _Seen(comment)
    hosts = tuple(row[0] for row in users)
    return _Seen(comment, hosts, users[0][1], users[0][2], _grants(cursor, site) if "localhost" in hosts else ())


def _grants(cursor: Cursor, site: str) -> tuple[str, ...]:
    """What the user may do: the name of its own database stands for everything in it; other grants stay as text."""
    cursor.execute("SHOW GRANTS FOR %s@localhost", (site,))
    lines = [str(row[0]) for row in cursor.fetchall()]
    own = f"GRANT ALL PRIVILEGES ON `{site}`.* TO `{site}`@`localhost`"
    return tuple(site if line == own else line for line in lines if not line.startswith("GRANT USAGE ON *.* "))


def _native_hash(password: str) -> str:
    """As `mysql_native_password` keeps it: the SHA-1 of the SHA-1."""
    once = hashlib.sha1(password.encode()).digest()  # noqa: S324 - the server's form; the password has 256 random bits
    return "*" + hashlib.sha1(once).hexdigest().upper()  # noqa: S324


def _proofs(cursor: Cursor, site: str) -> tuple[Check, ...]:
    cursor.execute("SHOW DATABASES")
    shown = sorted(str(row[0]) for row in cursor.fetchall())
    token = secrets.token_hex(8)
    cursor.execute("DROP TABLE IF EXISTS _panggon_probe")
    cursor.execute("CREATE TABLE _panggon_probe (token CHAR(16) PRIMARY KEY)")
    cursor.execute("INSERT INTO _panggon_probe VALUES (%s)", (token,))
    cursor.execute("SELECT token FROM _panggon_probe")
    found = cursor.fetchall()
    cursor.execute("DROP TABLE _panggon_probe")
    return (
        Check("database.login", ok=True, detail=f"masuk sebagai {site}"),
        Check("database.alone", shown == ["information_schema", site], f"melihat {', '.join(shown)}"),
        Check("database.row", found == ((token,),), f"satu baris ditulis dan dibaca di {site}"),
    )


@contextmanager
def _session(server: Path, *, user: str, password: str = "", database: str | None = None) -> Iterator[Cursor]:
    """A session over the server's socket. Raises TemporaryError `database.down`, PermanentError `database.refused`."""
    times: dict[str, Any] = {"connect_timeout": SECONDS, "read_timeout": SECONDS, "write_timeout": SECONDS}
    # A socket of this machine needs no TLS; preparing for it would load all authorities of the system each time.
    login: dict[str, Any] = {"user": user, "password": password, "database": database, "ssl_disabled": True}
    try:
        # PyMySQL leaves its own socket open when nobody answers.
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(SECONDS)
            line.connect(str(server))
            connection: Any = pymysql.connect(
                unix_socket=str(server), autocommit=True, defer_connect=True, **login, **times
            )
            connection.connect(line)
            with connection, connection.cursor() as cursor:
                yield cursor
    except OSError as error:
        raise TemporaryError("database.down", f"{server}: {error}") from error
    except pymysql.MySQLError as error:
        number = error.args[0] if error.args else 0
        if NO_SPACE in str(error):
            raise TemporaryError("disk.full", str(error)) from error
        if number in PASSING:
            raise TemporaryError("database.down", str(error)) from error
        raise PermanentError("database.refused", str(error)) from error
