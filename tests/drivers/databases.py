"""What the tests of both database servers stand on: the site's directory, and a database that is made and taken away.

A conftest that imports these fixtures says by its own `driver` and `first` of which server.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from panggon.core.node.planning.resources import Attributes, Key, Kind
from panggon.drivers.database import DatabaseDriver
from panggon.drivers.directory import DirectoryDriver
from panggon.drivers.directory import Settings as DirectorySettings
from tests.drivers.conftest import UID_BASE


@pytest.fixture(scope="package")
def private(root: Path, site: str, uid: int) -> Iterator[Path]:
    trees, key = DirectoryDriver(DirectorySettings(root, UID_BASE)), Key(Kind.DIRECTORY, site)
    trees.write(key, {"uid": uid})
    yield root / "sites" / site / "private"
    trees.write(key, None)


@pytest.fixture(scope="package")
def key(site: str) -> Key:
    return Key(Kind.DATABASE, site)


@pytest.fixture
def _database(driver: DatabaseDriver, key: Key, first: Attributes) -> Iterator[None]:
    driver.write(key, first)
    yield
    driver.write(key, None)


def ini(private: Path) -> dict[str, str]:
    """How the site's own programs log in."""
    lines = (private / "database.ini").read_text().splitlines()
    return {name: value.strip('"') for name, value in (line.split(" = ") for line in lines)}
