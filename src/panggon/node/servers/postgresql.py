"""A private PostgreSQL: reached over its Unix socket only, its data made once."""

import grp
import pwd
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path

import psycopg

from panggon.core.errors import PermanentError
from panggon.core.node.databases.heaviness import HASTY_DOOR
from panggon.core.sites.spec import Engine
from panggon.drivers.databases.entrances import Entrances
from panggon.drivers.databases.postgresql.reading import READER
from panggon.drivers.system import files, shell
from panggon.node.servers import Server, make_copy

USER = "postgres"
PROGRAMS = Path("/usr/lib/postgresql")
# root is the superuser; a site's user reaches the database of its own name, with its password. So does who copies
# that of a closed site, while he has a password (`drivers.databases.postgresql.reading`). Nobody else comes in.
HOST_ACCESS = f"""local all,replication postgres peer map=root
local all {READER} scram-sha-256
local sameuser all scram-sha-256
"""
IDENTITIES = "root root postgres\n"
_OF_OTHERS = (  # on one line: each is a statement
    "DO $$ DECLARE f regprocedure; BEGIN "
    "FOR f IN SELECT oid FROM pg_proc WHERE proname ~ '^pg_stat_get_(db|backend|progress)_' "
    "LOOP EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', f); END LOOP; END $$"
)
# What every new database is copied from (template1): nobody sees what others do, and nobody makes files beside his
# database, each snapshot for others to import being one. `panggon_kept` owns what a full database holds
# (`drivers.databases.postgresql`).
FIRST_WORDS = f"""REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC
REVOKE SELECT ON pg_stat_activity, pg_stat_database, pg_stat_database_conflicts, pg_db_role_setting FROM PUBLIC
REVOKE EXECUTE ON FUNCTION pg_stat_get_activity(integer), pg_export_snapshot() FROM PUBLIC
{_OF_OTHERS}
CREATE ROLE panggon_kept NOLOGIN
"""  # noqa: S608 -- nothing of anybody's is in it
# So long waits who is refused: his places are worth no more than at the door.
REFUSED_MILLISECONDS = round(1000 * HASTY_DOOR)


@dataclass(frozen=True, slots=True)
class Settings:
    """`run` is the socket's directory: sandboxes see it, so they survive a restart of the server. `buffer_mebibytes`
    is what the server keeps of all sites' data in memory.
    """

    data: Path
    run: Path
    configuration: Path
    log: Path
    buffer_mebibytes: int = 128
    connections: int = 200


def prepare(settings: Settings) -> None:
    """Write the configuration; make the data directory unless there is one."""
    user, group = _ids()
    for folder in (settings.run, *Entrances(settings.run, Engine.POSTGRESQL).all):
        files.directory(folder, uid=user, gid=group)
    for folder in (settings.configuration, settings.log, settings.data):
        files.directory(folder.parent)
    files.ensure(settings.configuration, _configuration(settings))
    files.ensure(_host_access(settings), HOST_ACCESS)
    files.ensure(_identities(settings), IDENTITIES)
    if not settings.data.exists():
        _make_data(settings, user, group)


def server(settings: Settings) -> Server:
    user, group = _ids()
    words = {
        "config_file": settings.configuration,
        "hba_file": _host_access(settings),
        "ident_file": _identities(settings),
    }
    return Server(
        name="postgresql",
        argv=(
            str(_programs(settings) / "postgres"),
            *("-D", str(settings.data)),
            *(word for name, path in words.items() for word in ("-c", f"{name}={path}")),
        ),
        log=settings.log,
        ready=lambda: _answers(settings.run),
        cwd=Path("/"),
        stop_signal=signal.SIGINT,  # sessions are ended, what was committed is kept
        stop_seconds=60,
        user=user,
        group=group,
    )


@dataclass(frozen=True, slots=True)
class Versions:
    """`data`: of the programs that made the data, "" before that; `programs`: those installed, oldest first."""

    data: str
    programs: tuple[str, ...]


def versions(settings: Settings) -> Versions:
    """An upgrade of Debian brings programs of another version, which do not read these data."""
    return Versions(_version(settings), tuple(path.parts[-3] for path in _all_programs()))


def copy(settings: Settings, place: Path) -> None:
    """A whole copy of the running server's data in a new directory, roles included. Raises PermanentError
    `shell.failed`.
    """
    server = f"host={settings.run} user={USER} options='-c statement_timeout=0'"
    words = ("--checkpoint=fast", "--wal-method=stream", "--no-password", "-d", server)
    make_copy(str(_programs(settings) / "pg_basebackup"), "-D", str(place), *words)


def _ids() -> tuple[int, int]:
    return pwd.getpwnam(USER).pw_uid, grp.getgrnam(USER).gr_gid


def _host_access(settings: Settings) -> Path:
    return settings.configuration.with_name("postgresql-access.conf")


def _identities(settings: Settings) -> Path:
    return settings.configuration.with_name("postgresql-identities.conf")


def _configuration(settings: Settings) -> str:
    """What sites ask stays out of the log: it may be about people. `temp_file_limit` only the superuser may raise. One
    processor a session, no workers beside it; room for the locks of some thousand tables. Who had a row locked together
    with others is noted down in files of all databases (`pg_multixact`), which no size has: they are taken away when
    there are so many notes, of 25 names at most, and not only at ten gigabytes.
    """
    places = ", ".join(map(str, (settings.run, *Entrances(settings.run, Engine.POSTGRESQL).all)))
    return f"""listen_addresses = ''
unix_socket_directories = '{places}'
max_connections = {settings.connections}
shared_buffers = {settings.buffer_mebibytes}MB
authentication_timeout = 5s
password_encryption = scram-sha-256
shared_preload_libraries = auth_delay
auth_delay.milliseconds = {REFUSED_MILLISECONDS}
lc_messages = C
log_min_error_statement = panic
log_parameter_max_length_on_error = 0
jit = off
max_wal_size = 512MB
temp_file_limit = 256MB
max_worker_processes = 0
max_locks_per_transaction = 1024
autovacuum_multixact_freeze_max_age = 10000000
statement_timeout = 5min
idle_in_transaction_session_timeout = 5min
"""


def _make_data(settings: Settings, user: int, group: int) -> None:
    """Beside its place, then renamed: a directory under the right name is always a whole one."""
    draft = settings.data.with_name(f"{settings.data.name}.new")
    if draft.exists():
        shutil.rmtree(draft)
    files.directory(draft, mode=0o700, uid=user, gid=group)
    programs = _newest_programs()
    as_user = ("setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups")
    words = ("-U", "postgres", "-A", "peer", "-E", "UTF8", "--locale=C.UTF-8")
    shell.check([*as_user, str(programs / "initdb"), "-D", str(draft), *words], seconds=120, cwd=Path("/"))
    single = [*as_user, str(programs / "postgres"), "--single", "-D", str(draft), "template1"]
    shell.check(single, stdin=FIRST_WORDS.encode(), seconds=120, cwd=Path("/"))
    draft.rename(settings.data)


def _programs(settings: Settings) -> Path:
    """Of the version that made the data."""
    return PROGRAMS / _version(settings) / "bin"


def _version(settings: Settings) -> str:
    return (files.read(settings.data / "PG_VERSION") or b"").decode().strip()


def _newest_programs() -> Path:
    found = _all_programs()
    if not found:
        raise PermanentError("node.packages", f"paket postgresql belum terpasang: {PROGRAMS} tidak ada")
    return found[-1].parent


def _all_programs() -> list[Path]:
    return sorted(PROGRAMS.glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))


def _answers(run: Path) -> bool:
    return psycopg.pq.PGconn.ping(f"host={run} dbname=postgres connect_timeout=2".encode()) == psycopg.pq.Ping.OK
