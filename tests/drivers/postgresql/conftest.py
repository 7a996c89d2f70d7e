from collections.abc import Iterator
from pathlib import Path

import pytest

from panggon.core.resources import Key, Kind
from panggon.core.spec import Engine
from panggon.drivers.database import DatabaseDriver, Settings
from panggon.drivers.directory import DirectoryDriver
from panggon.drivers.directory import Settings as DirectorySettings
from panggon.drivers.postgresql import PostgreSql
from panggon.node.servers import postgresql
from tests.drivers.conftest import UID_BASE
from tests.drivers.postgresql.reach import FIRST
from tests.drivers.running import running


@pytest.fixture(scope="package")
def server(root: Path) -> Iterator[postgresql.Settings]:
    """A directory that a killed first start left half made is no obstacle."""
    settings = postgresql.Settings(
        data=root / "state" / "postgresql",
        run=root / "run" / "pgsql",
        configuration=root / "etc" / "postgresql.conf",
        log=root / "logs" / "postgresql.log",
        buffer_mebibytes=16,
    )
    (settings.data.parent / "postgresql.new" / "base").mkdir(parents=True)
    postgresql.prepare(settings)
    with settings.configuration.open("a") as file:
        file.write("fsync = off\nfull_page_writes = off\n")  # for speed
    with running(postgresql.server(settings)):
        yield settings


@pytest.fixture(scope="package")
def private(root: Path, site: str, uid: int) -> Iterator[Path]:
    trees, key = DirectoryDriver(DirectorySettings(root, UID_BASE)), Key(Kind.DIRECTORY, site)
    trees.write(key, {"uid": uid})
    yield root / "sites" / site / "private"
    trees.write(key, None)


@pytest.fixture(scope="package")
def reached(server: postgresql.Settings) -> PostgreSql:
    return PostgreSql(server.run, server.run)


@pytest.fixture(scope="package")
def driver(reached: PostgreSql, root: Path, private: Path) -> DatabaseDriver:
    return DatabaseDriver(Settings({Engine.POSTGRESQL: reached}, root, UID_BASE), Engine.POSTGRESQL)


@pytest.fixture(scope="package")
def key(site: str) -> Key:
    return Key(Kind.DATABASE, site)


@pytest.fixture
def _database(driver: DatabaseDriver, key: Key) -> Iterator[None]:
    driver.write(key, FIRST)
    yield
    driver.write(key, None)
