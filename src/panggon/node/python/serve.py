"""Runs a site's Python application on the socket that the holder hands over; also the site's proof page.

It runs as the site's own user, in the site's sandbox, with the site's virtual environment: nothing of Panggon can be
imported here. Debian's gunicorn does the work, with uvicorn's worker for ASGI; both come last on the path, so that what
the site brings itself is preferred. What it reads of its environment is set by `node/sockets/launch.py`.
"""

import asyncio
import contextlib
import hashlib
import importlib
import json
import logging
import os
import secrets
import signal
import subprocess
import sys
import time
import venv
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from pathlib import Path
from typing import Any

SYSTEM_PACKAGES = "/usr/lib/python3/dist-packages"
PROOF_PATH = "/.well-known/panggon/python"
HOME = Path(os.environ["HOME"])
ENVIRONMENT = HOME / "venv"
# An application that could not be loaded is tried again when somebody asks, at most this often.
AGAIN_SECONDS = 1.0
LISTEN_DESCRIPTOR = 3  # where gunicorn looks for handed-over sockets (sd_listen_fds(3))

log = logging.getLogger("panggon")

Environ = MutableMapping[str, Any]
Start = Callable[..., Any]
Wsgi = Callable[[Environ, Start], Iterable[bytes]]
Scope = MutableMapping[str, Any]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Asgi = Callable[[Scope, Any, Send], Awaitable[None]]


def main() -> None:
    if sys.prefix == sys.base_prefix:
        _enter_environment()
    os.chdir(HOME)
    own = sys.path[0]
    sys.path[0] = str(HOME)
    sys.path += [SYSTEM_PACKAGES, own]
    _hand_over(int(os.environ.pop("PANGGON_SOCKET")))
    _serve(os.environ["PANGGON_ENTRY"], os.environ["PANGGON_INTERFACE"])


# The virtual environment


def _enter_environment() -> None:
    """Become the interpreter of `private/venv`, made or mended first: the owner may have copied it from elsewhere."""
    python = ENVIRONMENT / "bin" / "python3"
    wanted = _requirements()
    if not os.access(python, os.X_OK):
        venv.EnvBuilder(symlinks=True).create(ENVIRONMENT)
    if wanted and _installed() != wanted:
        _install(python)
        (ENVIRONMENT / ".panggon-installed").write_text(wanted)
    os.execv(python, [str(python), __file__])  # noqa: S606 -- the same program, with the site's packages


def _requirements() -> str:
    """Differs whenever something else is to be installed; empty where the owner asks for nothing."""
    listed = HOME / "requirements.txt"
    if not listed.is_file():
        return ""
    wheels = sorted(f"{path.name} {path.stat().st_size}" for path in (HOME / "wheels").glob("*.whl"))
    return hashlib.sha256(listed.read_bytes() + "\n".join(wheels).encode()).hexdigest()


def _installed() -> str:
    with contextlib.suppress(OSError):
        return (ENVIRONMENT / ".panggon-installed").read_text()
    return ""


def _install(python: Path) -> None:
    """From `private/wheels` only: no site needs the network to start. What fails is in the site's log."""
    pip = next(Path("/usr/share/python-wheels").glob("pip-*.whl")) / "pip"  # it runs as it is packed
    listed = ["--find-links", str(HOME / "wheels"), "--requirement", str(HOME / "requirements.txt")]
    quiet = ["--quiet", "--disable-pip-version-check", "--no-index", "--no-cache-dir"]
    subprocess.run([python, pip, "install", *quiet, *listed], check=False)


# The server


def _hand_over(descriptor: int) -> None:
    if descriptor != LISTEN_DESCRIPTOR:
        os.dup2(descriptor, LISTEN_DESCRIPTOR)
        os.close(descriptor)
    os.environ |= {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1"}


def _serve(entry: str, interface: str) -> None:
    from gunicorn.app.base import BaseApplication  # noqa: PLC0415 -- on the path only now

    class Server(BaseApplication):  # type: ignore[misc]
        def load_config(self) -> None:
            for name, value in _settings(interface).items():
                self.cfg.set(name, value)

        def load(self) -> Any:
            """In each worker anew: the master never holds the site's code, so a new worker has its newest."""
            return (AsgiSite if interface == "asgi" else WsgiSite)(entry)

    Server().run()


def _settings(interface: str) -> dict[str, Any]:
    return {
        "worker_class": "panggon_asgi.Worker" if interface == "asgi" else "gthread",
        "workers": 1,
        "threads": int(os.environ["PANGGON_THREADS"]),
        "worker_tmp_dir": "/dev/shm",  # noqa: S108 -- the worker's sign of life, in memory
        "timeout": 130,  # longer than the web server waits
        "graceful_timeout": int(os.environ["PANGGON_STOP_SECONDS"]),
        "forwarded_allow_ips": "*",  # only the web server reaches the socket
        "loglevel": "warning",
        "umask": 0o027,
        "proc_name": os.environ["PANGGON_SITE"],
    }


# The site: its application, and the node's own page beside it


class Site:
    """The application as it was loaded, or that it could not be."""

    def __init__(self, entry: str) -> None:
        self._entry = entry
        self._since = self._tried = time.time()
        self._tries = 0
        self._ending = False
        self._told = 0.0
        self.application: Any = None
        self._load()

    def _load(self) -> None:
        self._tried, self._tries = time.time(), self._tries + 1
        module, _, name = self._entry.partition(":")
        importlib.invalidate_caches()
        try:
            self.application = getattr(importlib.import_module(module), name)
        except BaseException:  # the site's own code may raise anything, SystemExit as well
            log.exception("%s cannot be loaded", self._entry)

    def asked(self) -> None:
        """Leave a sign that somebody asked, for the holder, who puts idle sites to sleep; once a second is enough."""
        now = time.time()
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
        """Whether `private/restart.txt` was written since."""
        with contextlib.suppress(OSError):
            return (HOME / "restart.txt").stat().st_mtime > self._since
        return False


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


class AsgiSite(Site):
    async def __call__(self, scope: Scope, receive: Any, send: Send) -> None:
        if scope["type"] == "websocket" and scope.get("scheme") == "https":
            scope["scheme"] = "wss"  # what the web server says is the scheme of the connection's beginning
        self.asked()
        try:
            await self._answer(scope, receive, send)
        finally:
            self.answered()

    async def _answer(self, scope: Scope, receive: Any, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == PROOF_PATH:
            await _send(send, 200, "application/json", json.dumps(await asyncio.to_thread(proof)).encode())
        elif self.application is not None:
            await self.application(scope, receive, send)
        elif scope["type"] == "http":
            await _send(send, 500, TEXT, BROKEN)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close"})
        else:
            raise RuntimeError("no application")  # lifespan: the server goes on without


async def _send(send: Send, status: int, kind: str, body: bytes) -> None:
    headers = [(b"content-type", kind.encode()), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


# The proof: what this site's Python is and what it can reach. It says what it sees, the node judges.


def proof() -> dict[str, Any]:
    site = os.environ["PANGGON_SITE"]
    return {
        "site": site,
        "generation": int(os.environ["PANGGON_GENERATION"]),
        "uid": os.geteuid(),
        "python_version": ".".join(map(str, sys.version_info[:3])),
        "interface": os.environ["PANGGON_INTERFACE"],
        "environment": sys.prefix == str(ENVIRONMENT),
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
    """One row written to and read from the site's own database, and the databases that its user sees."""
    if not os.access(file, os.R_OK):
        return None
    import pymysql  # noqa: PLC0415 -- only where there is a database

    pairs = (line.split(" = ", 1) for line in file.read_text().splitlines() if " = " in line)
    access = {name: value.strip('"') for name, value in pairs}
    login: dict[str, Any] = {name: access.get(name, "") for name in ("user", "password", "database")}
    word = secrets.token_hex(8)
    try:
        with pymysql.connect(unix_socket=access.get("socket", ""), **login) as link, link.cursor() as cursor:
            cursor.execute("CREATE TEMPORARY TABLE panggon_proof (word VARCHAR(32))")
            cursor.execute("INSERT INTO panggon_proof VALUES (%s)", (word,))
            cursor.execute("SELECT word FROM panggon_proof")
            read = cursor.fetchone()
            cursor.execute("SHOW DATABASES")
            seen = [row[0] for row in cursor.fetchall() if row[0] != "information_schema"]
    except pymysql.MySQLError as error:
        return {"error": str(error)}
    return {"row": read == (word,), "databases": seen}


if __name__ == "__main__":
    main()
