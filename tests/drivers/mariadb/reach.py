"""How tests reach the server: as root, as the site, by the driver."""

from pathlib import Path

import pymysql

from panggon.core.node.planning.resources import Attributes
from panggon.core.sites.spec import Engine, SiteSpec, SiteState
from panggon.drivers.database import DatabaseDriver, Settings
from panggon.drivers.databases.mariadb import MariaDb
from panggon.node.servers import mariadb
from tests.drivers.conftest import UID_BASE
from tests.drivers.databases import ini

FIRST: Attributes = {"engine": "mariadb", "connections": 5, "mebibytes": 64}


def driver_of(socket: Path, server: mariadb.Settings, root: Path) -> DatabaseDriver:
    reached = MariaDb(socket, Path("/run/mysqld/mysqld.sock"), server.data, server.temporary)
    return DatabaseDriver(Settings({Engine.MARIADB: reached}, root, UID_BASE), Engine.MARIADB)


def root_says(server: mariadb.Settings, *statements: str) -> list[tuple[object, ...]]:
    session = pymysql.connect(unix_socket=str(server.socket), user="root", autocommit=True)
    with session, session.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        return list(cursor.fetchall())


def as_site(server: mariadb.Settings, private: Path) -> pymysql.connections.Connection:
    facts = ini(private)
    return pymysql.connect(
        unix_socket=str(server.socket), user=facts["user"], password=facts["password"], database=facts["database"]
    )


def count(server: mariadb.Settings, site: str) -> int:
    return int(str(root_says(server, f"SELECT COUNT(*) FROM {site}.jejak")[0][0]))


def spec(site: str) -> SiteSpec:
    return SiteSpec(site, "a.example", SiteState.PREPARED, 1, database=Engine.MARIADB)
