"""A private MariaDB: reached over its Unix socket only, its data made once."""

import grp
import pwd
import resource
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path

from panggon.core.node.databases.entrances import ENTRANCES
from panggon.core.sites.spec import Engine
from panggon.drivers.databases.entrances import Entrances
from panggon.drivers.databases.mariadb import undo_files
from panggon.drivers.system import files, shell
from panggon.node.servers import Server, make_copy

USER = "mysql"
PYTHON = "/usr/bin/python3"
OPENER = Path(__file__).with_name("mariadb_entrances.py")
UNDO_FILES = 3


@dataclass(frozen=True, slots=True)
class Settings:
    """`socket` lies in a directory of its own: sandboxes see that directory, so they survive a restart of the server.
    `buffer_mebibytes` is what the server keeps of all sites' data in memory.
    """

    data: Path
    socket: Path
    configuration: Path
    log: Path
    buffer_mebibytes: int = 128
    connections: int = 500

    @property
    def temporary(self) -> Path:
        """Of its own: a MariaDB that starts removes what looks like temporary tables in the directory it uses, also
        those of another running one.
        """
        return self.data.with_name(f"{self.data.name}.tmp")


def prepare(settings: Settings) -> None:
    """Write the configuration; make the data directory unless there is one."""
    user, group = _ids()
    files.directory(settings.socket.parent, uid=user, gid=group)
    entrances = Entrances(settings.socket.parent, Engine.MARIADB)
    for entrance in (*entrances.all, entrances.last):
        files.directory(entrance, uid=user, gid=group)
    files.directory(settings.configuration.parent)
    files.directory(settings.log.parent)
    files.directory(settings.data.parent)
    files.directory(settings.temporary, mode=0o700, uid=user, gid=group)
    files.ensure(_opener(settings), OPENER.read_text())
    if not settings.data.exists():
        _make_data(settings, user, group)
    files.ensure(settings.configuration, _configuration(settings))


def server(settings: Settings) -> Server:
    user, group = _ids()
    return Server(
        name="mariadb",
        argv=(
            *(PYTHON, "-I", str(_opener(settings)), str(settings.socket), str(ENTRANCES[Engine.MARIADB])),
            *("mariadbd", f"--defaults-file={settings.configuration}"),
        ),
        log=settings.log,
        ready=lambda: _answers(settings.socket),
        stop_seconds=60,
        user=user,
        group=group,
    )


def has_undo_files(settings: Settings) -> bool:
    """Whether what can be taken back lies in files of its own. Otherwise it lies in `ibdata1` with much else: it never
    shrinks, and nobody sees how much of it there is.
    """
    return any(undo_files(settings.data))


def copy(settings: Settings, place: Path) -> None:
    """A whole copy of the running server's data in a new directory, accounts included. Raises PermanentError
    `shell.failed`.
    """
    # It holds each table's file open from the first to the last, so that no change of a table escapes it.
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    program, where = ("mariadb-backup", "--no-defaults"), f"--target-dir={place}"
    words = (f"--socket={settings.socket}", "--user=root", f"--datadir={settings.data}", f"--open-files-limit={most}")
    make_copy(*program, "--backup", where, *words)
    make_copy(*program, "--prepare", where)


def _opener(settings: Settings) -> Path:
    return settings.configuration.with_name("mariadb-entrances.py")


def _ids() -> tuple[int, int]:
    return pwd.getpwnam(USER).pw_uid, grp.getgrnam(USER).gr_gid


def _configuration(settings: Settings) -> str:
    """What a session cannot set for itself; the rest is the brake's (`node.databases`). Tables are InnoDB's whatever is
    asked for: those of other kinds in memory count as nobody's, and without NO_ENGINE_SUBSTITUTION a file that names
    another kind is loaded all the same. Prepared statements count in their session's memory, so that their number,
    which all sites share, needs no bound. A thread serves one session only: it keeps the priority that the brake gave
    it. What each user takes is counted. Who reads the list of users comes in after each who writes there: a site's
    user may change its own password again and again, and those who write would otherwise all come first. What can
    be taken back lies in files that shrink again; where there are none the server makes them at its start, but only
    after a stop that has left nothing to take back. `ibtmp1`, which has the temporary tables of all sites, is not
    bounded here: a server that cannot roll back there for want of room dies.
    """
    text = f"""[mariadbd]
datadir = {settings.data}
tmpdir = {settings.temporary}
socket = {settings.socket}
pid-file = {settings.data}/mariadbd.pid
skip-networking
skip-name-resolve
skip-symbolic-links
local-infile = 0
performance-schema = off
character-set-server = utf8mb4
max-connections = {settings.connections}
innodb-buffer-pool-size = {settings.buffer_mebibytes}M
enforce-storage-engine = InnoDB
sql-mode = STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_AUTO_CREATE_USER
max-delayed-threads = 0
max-write-lock-count = 1
connect-timeout = 5
thread-cache-size = 0
userstat = 1
max-prepared-stmt-count = 1048576
innodb-undo-tablespaces = {UNDO_FILES}
innodb-undo-log-truncate = on
"""
    return text if has_undo_files(settings) else f"{text}innodb-fast-shutdown = 0\n"


def _make_data(settings: Settings, user: int, group: int) -> None:
    """Beside its place, then renamed: a directory under the right name is always a whole one."""
    draft = settings.data.with_name(f"{settings.data.name}.new")
    if draft.exists():
        shutil.rmtree(draft)
    files.directory(draft, mode=0o700, uid=user, gid=group)
    places = (f"--datadir={draft}", f"--tmpdir={settings.temporary}")
    options = ("--skip-test-db", "--auth-root-authentication-method=socket", "--auth-root-socket-user=root")
    undo = f"--innodb-undo-tablespaces={UNDO_FILES}"
    shell.check(
        ["mariadb-install-db", "--no-defaults", f"--user={USER}", *places, *options, undo],
        seconds=120,
    )
    draft.rename(settings.data)


def _answers(path: Path) -> bool:
    """Its greeting: a packet of four octets' head that begins with the protocol's version, ten."""
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(2)
            line.connect(str(path))
            return line.recv(5)[4:] == b"\n"
    except OSError:
        return False
