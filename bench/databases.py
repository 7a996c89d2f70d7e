"""Attacks on the database servers for `bench.neighbour`: two sites of each engine, and the brake on.

The figures are taken from two seconds after an attack began: the brake looks every second.
"""

import contextlib
import logging
import multiprocessing
import os
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from panggon.core.node.planning.resources import Key, Kind
from panggon.core.sites.spec import Engine
from panggon.drivers.database import DatabaseDriver, Settings
from panggon.drivers.databases.database_server import DatabaseServer
from panggon.drivers.databases.mariadb import MariaDb
from panggon.drivers.databases.postgresql import PostgreSql
from panggon.node.databases.brake import Brake
from panggon.node.servers import mariadb, postgresql
from tests.drivers.running import running
from tests.node.stand import UID_BASE, Stand
from tests.waiting import until

FIRST = 980010
SETTLED_SECONDS = 2.0
ENTER = (
    "$ini = parse_ini_file('/site/private/database.ini');"
    "$link = new PDO($ini['engine'] === 'mariadb' ? \"mysql:unix_socket={$ini['socket']};dbname={$ini['database']}\""
    " : \"pgsql:host={$ini['host']};dbname={$ini['database']}\", $ini['user'], $ini['password']);"
)
PAGE = ENTER + "for ($i = 0; $i < 200; $i++) { $link->query('SELECT COUNT(*) FROM surat')->fetchAll(); } echo $i;"


def _asked(*words: str) -> str:
    return ENTER + "".join(f'$link->query("{each}")->closeCursor();' for each in words)


# Sessions that have ended before anybody looks.
AGAIN = "while (true) {{ $link = null; " + ENTER.replace("{", "{{").replace("}", "}}") + '$link->query("{}"); }}'
# Who is refused, as fast as he can.
REFUSED = (
    "while (true) { try { " + ENTER.replace("$ini['password']", "'salah'") + " } catch (PDOException $error) { } }"
)
# Who connects and goes without a word.
CLOSED = (
    "$ini = parse_ini_file('/site/private/database.ini'); $path = $ini['socket'] ?? \"{$ini['host']}/.s.PGSQL.5432\";"
    ' while (true) { if ($link = @stream_socket_client("unix://$path")) { fclose($link); } }'
)
# The same by so few at a time that no queue is too long (`core.node.databases.entrances`): there are eight who do it.
SELDOM = CLOSED.replace("while (true) {", "while (true) { usleep({}); for ($i = 0; $i < 5; $i++)")
ATTACKS = {
    "mariadb processors": _asked("SELECT BENCHMARK(1000000000, SHA2('x', 512))"),
    "mariadb memory": _asked(
        "SET sort_buffer_size = 4 << 30, max_heap_table_size = 16 << 30, tmp_table_size = 16 << 30",
        "SELECT COUNT(*) FROM (SELECT DISTINCT CONCAT(seq, REPEAT('x', 200)) FROM seq_1_to_90000000) t",
    ),
    "mariadb sorting": _asked(
        "SELECT SHA2(seq, 512) a, REPEAT('x', 900) FROM seq_1_to_9000000 ORDER BY a LIMIT 8999999, 1"
    ),
    "mariadb tables": _asked(
        "CREATE TEMPORARY TABLE t (isi LONGTEXT)", "INSERT INTO t SELECT REPEAT('x', 1000000) FROM seq_1_to_90000"
    ),
    "mariadb sessions": AGAIN.format("SELECT BENCHMARK(100000, SHA2('x', 512))"),
    "mariadb logins": AGAIN.format("SELECT 1"),
    "mariadb refused": REFUSED,
    "mariadb closed": CLOSED,
    "mariadb seldom": SELDOM.replace("{}", "5000"),
    "postgresql processors": _asked("SET statement_timeout = 0", "DO 'BEGIN LOOP END LOOP; END'"),
    "postgresql memory": _asked(
        "SET work_mem = '8GB'",
        "SELECT count(*) FROM (SELECT array_agg(md5(n::text)) FROM generate_series(1, 90000000) n) t",
    ),
    "postgresql sorting": _asked("SELECT md5(n::text) a FROM generate_series(1, 90000000) n ORDER BY a LIMIT 1"),
    "postgresql sessions": AGAIN.format("SELECT max(md5(n::text)) FROM generate_series(1, 200000) n"),
    "postgresql logins": AGAIN.format("SELECT 1"),
    "postgresql refused": REFUSED,
    "postgresql closed": CLOSED,
    "postgresql seldom": SELDOM.replace("{}", "60000"),
}


@dataclass(frozen=True)
class Beside:
    """`pairs`: neighbour and attacker by engine."""

    servers: Mapping[Engine, DatabaseServer]
    pairs: Mapping[str, tuple[str, str]]

    def calm(self, site: str) -> None:
        """A server goes on with what a client that is gone has asked for."""
        until(lambda: not any(_end_sessions(server, site) for server in self.servers.values()), seconds=60)


def _end_sessions(server: DatabaseServer, site: str) -> int:
    """How many there were."""
    with server.watched() as watched:
        own = [session.number for session in watched.load().sessions if session.site == site]
        for number in own:
            watched.end(number)
    return len(own)


@contextlib.contextmanager
def running_beside(stand: Stand) -> Iterator["Beside"]:
    """The servers at the sockets that the stand knows."""
    one = mariadb.Settings(
        data=stand.base / "state/mariadb",
        socket=stand.settings.mariadb_socket,
        configuration=stand.base / "etc/mariadb.cnf",
        log=stand.base / "logs/mariadb.log",
    )
    two = postgresql.Settings(
        data=stand.base / "state/postgresql",
        run=stand.settings.postgresql_run,
        configuration=stand.base / "etc/postgresql.conf",
        log=stand.base / "logs/postgresql.log",
    )
    mariadb.prepare(one)
    postgresql.prepare(two)
    servers: Mapping[Engine, DatabaseServer] = {
        Engine.MARIADB: MariaDb(one.socket, Path("/run/mysqld/mysqld.sock"), one.data, one.temporary),
        Engine.POSTGRESQL: PostgreSql(two.run, Path("/run/postgresql")),
    }
    driver = DatabaseDriver(Settings(servers, stand.settings.root, UID_BASE))
    brake = multiprocessing.get_context("fork").Process(target=_brake, args=(servers,), daemon=True)
    with running(mariadb.server(one)), running(postgresql.server(two)):
        brake.start()
        try:
            pairs = {
                engine.value: _pair(stand, driver, engine, FIRST + 2 * place) for place, engine in enumerate(Engine)
            }
            yield Beside(servers, pairs)
        finally:
            brake.kill()
            brake.join()


def _brake(servers: Mapping[Engine, DatabaseServer]) -> None:
    os.setpriority(os.PRIO_PROCESS, 0, 0)  # as it runs on a machine
    logging.getLogger(Brake.__module__).setLevel(logging.ERROR)  # it names everybody whom it ends
    Brake(servers, UID_BASE).run(threading.Event())


def _pair(stand: Stand, driver: DatabaseDriver, engine: Engine, number: int) -> tuple[str, str]:
    neighbour, attacker = (stand.lay_out(each, {"database": engine}) for each in (number, number + 1))
    for site in (neighbour, attacker):
        driver.write(Key(Kind.DATABASE, site), {"engine": engine, "connections": 20, "mebibytes": 1024})
    stand.page(neighbour, ENTER + "$link->exec('CREATE TABLE surat (n int)');")
    stand.page(attacker, "echo 'ok';")
    for site in (neighbour, attacker):
        stand.sync(site)
        stand.get(site)
    stand.page(neighbour, PAGE)
    return neighbour, attacker
