"""The ground that tests of real servers stand on: root's directory below /srv, a site of their own."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.site_numbers import DRIVERS, DRIVERS_MOST

UID_BASE = 3_000_000


@pytest.fixture(scope="session")
def root() -> Iterator[Path]:
    """Not below /tmp: sshd refuses a jail whose parents others may write to."""
    path = Path(f"/srv/panggon-test-{os.getpid()}")
    path.mkdir(mode=0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="session")
def site() -> str:
    """A site id that no other test run has at this time."""
    return f"s{DRIVERS + os.getpid() % DRIVERS_MOST}"


@pytest.fixture(scope="session")
def uid(site: str) -> int:
    return UID_BASE + int(site[1:])
