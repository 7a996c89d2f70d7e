"""A site's application as it was loaded, and the node's own proof page beside it.

It lies beside `serve.py`, which puts it on the path; nothing of Panggon can be imported here.
"""

import contextlib
import importlib
import json
import logging
import os
import re
import secrets
import signal
import sys
import time
from collections.abc import Callable, Iterable, MutableMapping
from pathlib import Path
from typing import Any

PROOF_PATH = "/.well-known/panggon/python"
HOME = Path(os.environ["HOME"])
# An application that could not be loaded is tried again when somebody asks, at most this often.
AGAIN_SECONDS = 1.0

log = logging.getLogger("panggon")

Environ = MutableMapping[str, Any]
Start = Callable[..., Any]


class Site:
    """The application as it was loaded, or that it could not be."""

    def __init__(self, entry: str) -> None:
        self._entry = entry
        self._restart = _restart_time()
        self._tried = self._told = float("-inf")
        self._tries = 0
        self._ending = False
        self.application: Any = None
        self._load()

    def _load(self) -> None:
        self._tried, self._tries = time.monotonic(), self._tries + 1
        module, _, name = self._entry.partition(":")
        importlib.invalidate_caches()
        try:
            self.application = getattr(importlib.import_module(module), name)
        except BaseException:  # the site's own code may raise anything, SystemExit as well
            log.exception("%s cannot be loaded", self._entry)

    def asked(self) -> None:
        """Leave a sign that somebody asked, for the holder, who puts idle sites to sleep; once a second is enough."""
        now = time.monotonic()
        if self.application is None and now - self._tried > AGAIN_SECONDS:
            self._load()
        if now - self._told >= 1.0:
            self._told = now
            with contextlib.suppress(OSError):
                (Path(os.environ["TMPDIR"]) / ".panggon-asked").touch()

    def answered(self) -> None:
        """End this worker, for a new one with the site's newest code, when the owner wants that, or when a first try
        has left half of an application behind.
        """
        if not self._ending and (self._tries > 1 or self._outdated()):
            self._ending = True
            os.kill(os.getpid(), signal.SIGTERM)

    def _outdated(self) -> bool:
        """Whether `private/restart.txt` was written since; a clock that was set may make it older than this."""
        return _restart_time() not in (self._restart, 0)


def _restart_time() -> int:
    """When `private/restart.txt` was written; 0 where it was not."""
    with contextlib.suppress(OSError):
        return (HOME / "restart.txt").stat().st_mtime_ns
    return 0


BROKEN = b"Aplikasi situs ini tidak dapat dimulai. Sebabnya ada di logs/error.log.\n"
TEXT = "text/plain; charset=utf-8"


class WsgiSite(Site):
    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        self.asked()
        environ["REMOTE_ADDR"] = environ.get("HTTP_X_FORWARDED_FOR", "")
        try:
            if environ.get("PATH_INFO") == PROOF_PATH:
                return _said(start, "200 OK", "application/json", json.dumps(proof()).encode())
            if self.application is None:
                return _said(start, "500 Internal Server Error", TEXT, BROKEN)
            answer: Iterable[bytes] = self.application(environ, start)
            return answer
        finally:
            self.answered()


def _said(start: Start, status: str, kind: str, body: bytes) -> list[bytes]:
    start(status, [("Content-Type", kind), ("Content-Length", str(len(body))), ("Cache-Control", "no-store")])
    return [body]


# "GRANT … ON [kind] `database`.…", or "*" for all: MariaDB reads a list of databases from the files of every site.
GRANT = re.compile(r"GRANT (?!USAGE ON \*\.\* ).* ON (?:[A-Z ]+ )?(\*|`(?:[^`]|``)+`)\.")
POSTGRESQL_LIST = "SELECT datname FROM pg_database WHERE datallowconn AND has_database_privilege(oid, 'CONNECT')"

# The proof: what this site's Python is and what it can reach. It says what it sees, the node judges.


def proof() -> dict[str, Any]:
    site = os.environ["PANGGON_SITE"]
    return {
        "site": site,
        "generation": int(os.environ["PANGGON_GENERATION"]),
        "uid": os.geteuid(),
        "python_version": ".".join(map(str, sys.version_info[:3])),
        "interface": os.environ["PANGGON_INTERFACE"],
        "environment": sys.prefix == str(HOME / "venv"),
        "root": _names("/"),
        "shadow": os.access("/etc/shadow", os.R_OK),
        "foreign": _foreign(os.environ["PANGGON_SITES"], site),
        "process_owners": sorted({_owner(pid) for pid in _names("/proc") if pid.isdigit()} - {-1}),
        "database": _database(HOME / "database.ini"),
    }


def _names(directory: str) -> list[str]:
    with contextlib.suppress(OSError):
        return sorted(path.name for path in Path(directory).iterdir())
    return []


def _owner(pid: str) -> int:
    with contextlib.suppress(OSError):
        return Path("/proc", pid).stat().st_uid
    return -1


def _foreign(sites: str, own: str) -> list[str]:
    """Paths below the other sites that this site can read; the names are those that every site has."""
    inner = ("public", "private", "private/database.ini", "tmp", "logs", "run", "site.json")
    paths = [f"{sites}/{site}/{name}" for site in _names(sites) if site != own for name in inner]
    return [path for path in paths if os.access(path, os.R_OK)]


def _database(file: Path) -> dict[str, Any] | None:
    """The databases that this site's user can reach, and one row written to and read from its own."""
    if not os.access(file, os.R_OK):
        return None
    pairs = (line.split(" = ", 1) for line in file.read_text().splitlines() if " = " in line)
    access = {name: value.strip('"') for name, value in pairs}
    found: dict[str, Any] = {"row": False, "databases": []}
    word = secrets.token_hex(8)
    try:
        with contextlib.closing(_connected(access)) as link, link.cursor() as cursor:
            postgresql = access.get("engine") == "postgresql"
            cursor.execute(POSTGRESQL_LIST if postgresql else "SHOW GRANTS")
            lines = [str(row[0]) for row in cursor.fetchall()]
            found["databases"] = lines if postgresql else _reached(lines)
            cursor.execute("CREATE TEMPORARY TABLE panggon_proof (word VARCHAR(32))")
            cursor.execute("INSERT INTO panggon_proof VALUES (%s)", (word,))
            cursor.execute("SELECT word FROM panggon_proof")
            found["row"] = cursor.fetchone() == (word,)
    except Exception as error:  # noqa: BLE001 -- each engine's library has errors of its own
        found["error"] = str(error)
    return found


def _reached(grants: list[str]) -> list[str]:
    return sorted({match[1].strip("`") for match in map(GRANT.match, grants) if match})


def _connected(access: dict[str, str]) -> Any:
    """A library is only loaded where there is a database of its engine."""
    user, password, name = (access.get(word, "") for word in ("user", "password", "database"))
    if access.get("engine") == "postgresql":
        import psycopg2  # noqa: PLC0415

        return psycopg2.connect(host=access.get("host", ""), user=user, password=password, dbname=name)
    import pymysql  # noqa: PLC0415

    return pymysql.connect(unix_socket=access.get("socket", ""), user=user, password=password, database=name)
