"""A site's role goes while its neighbour gives it rights in his own database, on a real server."""

import threading
from collections.abc import Iterator
from contextlib import closing, suppress

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from panggon.drivers.databases.postgresql import PostgreSql
from panggon.node.servers import postgresql
from tests.drivers.postgresql.reach import root_says

pytestmark = pytest.mark.real
LEAVING, NEIGHBOUR, PASSWORD = "s830071", "s830072", "rahasia-tetangga"
GIVE = f"GRANT SELECT ON berkas TO {LEAVING}"


@pytest.fixture
def neighbour(reached: PostgreSql, server: postgresql.Settings) -> Iterator[str]:
    for site in (LEAVING, NEIGHBOUR):
        reached.make(site, password=PASSWORD, connections=5)
    login = make_conninfo(host=str(server.run), user=NEIGHBOUR, dbname=NEIGHBOUR, password=PASSWORD)
    with psycopg.connect(login) as session:
        session.execute("CREATE TABLE berkas (n int)")
    yield login
    for site in (LEAVING, NEIGHBOUR):
        reached.drop(site)


def is_there(server: postgresql.Settings) -> bool:
    return bool(root_says(server, f"SELECT rolname FROM pg_roles WHERE rolname = '{LEAVING}'"))


def test_a_neighbour_who_gives_it_rights_for_ever_keeps_no_role(
    neighbour: str, reached: PostgreSql, server: postgresql.Settings
) -> None:
    def give() -> None:
        while is_there(server):
            with suppress(psycopg.Error), psycopg.connect(neighbour, autocommit=True) as session:
                given.set()
                while True:
                    session.execute(GIVE)

    given = threading.Event()
    giving = threading.Thread(target=give)
    giving.start()
    given.wait()
    reached.drop(LEAVING)
    giving.join()


def test_nor_does_a_transaction_that_has_given_and_goes_on(
    neighbour: str, reached: PostgreSql, server: postgresql.Settings
) -> None:
    with closing(psycopg.connect(neighbour)) as session:
        session.execute(GIVE)
        reached.drop(LEAVING)
    assert not is_there(server)
