from collections.abc import Iterator
from pathlib import Path

import pytest

from panggon.core.node.planning.resources import Attributes
from panggon.drivers.database import DatabaseDriver
from panggon.node.servers import mariadb
from tests.drivers.databases import _database as _database
from tests.drivers.databases import key as key
from tests.drivers.databases import private as private
from tests.drivers.mariadb.reach import FIRST, driver_of
from tests.drivers.running import running


@pytest.fixture(scope="package")
def server(root: Path) -> mariadb.Settings:
    return mariadb.Settings(
        data=root / "state" / "mariadb",
        socket=root / "run" / "mysqld" / "mysqld.sock",
        configuration=root / "etc" / "mariadb.cnf",
        log=root / "logs" / "mariadb.log",
        buffer_mebibytes=16,
    )


@pytest.fixture(scope="package", autouse=True)
def _mariadb(server: mariadb.Settings, private: Path) -> Iterator[None]:
    """A directory that a killed first start left half made is no obstacle."""
    (server.data.parent / "mariadb.new" / "mysql").mkdir(parents=True)
    mariadb.prepare(server)
    with running(mariadb.server(server)):
        yield


@pytest.fixture(scope="package")
def driver(server: mariadb.Settings, root: Path) -> DatabaseDriver:
    return driver_of(server.socket, server, root)


@pytest.fixture(scope="package")
def first() -> Attributes:
    return FIRST
