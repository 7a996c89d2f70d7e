"""A private PostgreSQL for every test that asks for a database; started once a run, gone with it.

Nothing here imports Django before it is asked for: `script/test` runs tests of machines without it, as those that fork
for each line of a write pay for every page that the process has.
"""

import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import settings

from demo.ports import free_port

# No test trusts whom all the world trusts; each client for the web would read their hundred and more certificates anew.
os.environ |= {"SSL_CERT_FILE": "", "SSL_CERT_DIR": "/nonexistent"}

settings.register_profile("busy", deadline=None)  # how long an example takes says how busy the machine is, no more
settings.load_profile("busy")


def pytest_collection_finish() -> None:
    """What was imported stays until the end: it is not looked through for garbage again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)


@pytest.fixture(scope="session")
def private_postgres() -> Iterator[str]:
    """The URL of a running instance. Its data are not kept over a power cut, which is why it is fast."""
    from demo import postgres  # noqa: PLC0415 (not where no database is)
    from tests import database  # noqa: PLC0415

    folder = Path(tempfile.mkdtemp(prefix="panggon-postgres-"))
    folder.chmod(0o755)  # the server runs as another user
    directory = folder / "postgres"
    database.copied_to(directory)
    port = free_port()
    process = postgres.start(directory, port, durable=False)
    try:
        yield postgres.url(directory, port)
    finally:
        postgres.stop(process)
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(private_postgres: str) -> None:
    from django.db import connection  # noqa: PLC0415 (needs Django)

    parts = urlsplit(private_postgres)
    connection.settings_dict.update(
        HOST=parts.hostname, PORT=str(parts.port), USER=parts.username, PASSWORD=parts.password, NAME="panggon"
    )
    connection.settings_dict["TEST"]["TEMPLATE"] = "panggon"


@pytest.fixture
def database_url(private_postgres: str, db: None) -> str:
    """The address of the database of this test run, for processes that a test starts."""
    from django.db import connection  # noqa: PLC0415 (needs Django)

    return private_postgres.rsplit("/", 1)[0] + "/" + connection.settings_dict["NAME"]
