from collections.abc import Iterator
from pathlib import Path

import pytest

from panggon.core.node.planning.resources import Attributes
from panggon.core.sites.spec import Engine
from panggon.drivers.database import DatabaseDriver, Settings
from panggon.drivers.databases.postgresql import PostgreSql
from panggon.node.servers import postgresql
from tests.drivers.conftest import UID_BASE
from tests.drivers.databases import _database as _database
from tests.drivers.databases import key as key
from tests.drivers.databases import private as private
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
def reached(server: postgresql.Settings) -> PostgreSql:
    return PostgreSql(server.run, server.run)


@pytest.fixture(scope="package")
def driver(reached: PostgreSql, root: Path, private: Path) -> DatabaseDriver:
    return DatabaseDriver(Settings({Engine.POSTGRESQL: reached}, root, UID_BASE), Engine.POSTGRESQL)


@pytest.fixture(scope="package")
def first() -> Attributes:
    return FIRST
