from collections.abc import Iterator
from pathlib import Path

import pytest

from panggon.core.resources import Key, Kind
from panggon.drivers.database import DatabaseDriver
from panggon.drivers.directory import DirectoryDriver
from panggon.drivers.directory import Settings as DirectorySettings
from panggon.node.servers import mariadb
from tests.drivers.conftest import UID_BASE
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
def _mariadb(server: mariadb.Settings) -> Iterator[None]:
    """A directory that a killed first start left half made is no obstacle."""
    (server.data.parent / "mariadb.new" / "mysql").mkdir(parents=True)
    mariadb.prepare(server)
    with running(mariadb.server(server)):
        yield


@pytest.fixture(scope="package", autouse=True)
def private(root: Path, site: str, uid: int) -> Iterator[Path]:
    trees, key = DirectoryDriver(DirectorySettings(root, UID_BASE)), Key(Kind.DIRECTORY, site)
    trees.write(key, {"uid": uid})
    yield root / "sites" / site / "private"
    trees.write(key, None)


@pytest.fixture(scope="package")
def driver(server: mariadb.Settings, root: Path) -> DatabaseDriver:
    return driver_of(server.socket, server, root)


@pytest.fixture(scope="package")
def key(site: str) -> Key:
    return Key(Kind.DATABASE, site)


@pytest.fixture
def _database(driver: DatabaseDriver, key: Key) -> Iterator[None]:
    driver.write(key, FIRST)
    yield
    driver.write(key, None)
