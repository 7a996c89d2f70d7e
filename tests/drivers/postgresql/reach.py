"""How tests reach the server: as the superuser and as the site."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from panggon.core.node.planning.resources import Attributes
from panggon.core.sites.spec import Engine, SiteSpec, SiteState
from panggon.drivers.databases.postgresql import PostgreSql, stubborn
from panggon.node.servers import postgresql
from tests.drivers.databases import ini

FIRST: Attributes = {"engine": "postgresql", "connections": 5, "mebibytes": 16}


def root_says(server: postgresql.Settings, *statements: str, database: str = "postgres") -> list[tuple[object, ...]]:
    with psycopg.connect(host=str(server.run), user="postgres", dbname=database, autocommit=True) as session:
        for statement in statements:
            found = session.execute(statement)
        return found.fetchall() if found.description else []


@contextmanager
def login_beside(
    reached: PostgreSql, server: postgresql.Settings, site: str, neighbour: str, *, password: str
) -> Iterator[str]:
    """How the site logs in to its database; there is a neighbour's, too."""
    for each in (site, neighbour):
        reached.make(each, password=password, connections=5)
    yield make_conninfo(host=str(server.run), user=site, dbname=site, password=password)
    for each in (site, neighbour):
        reached.drop(each)


def as_site(private: Path, **other: str) -> psycopg.Connection:
    facts = ini(private)
    login = {"host": facts["host"], "user": facts["user"], "dbname": facts["database"], "password": facts["password"]}
    return psycopg.connect(make_conninfo(**{**login, **other}), autocommit=True)


def count(server: postgresql.Settings, site: str) -> int:
    return int(str(root_says(server, "SELECT count(*) FROM jejak", database=site)[0][0]))


def refusal(session: psycopg.Connection, statement: str) -> str | None:
    """The SQLSTATE that the server refuses it with."""
    try:
        session.execute(statement)
    except psycopg.Error as error:
        return error.sqlstate
    return None


def is_tidy(reached: PostgreSql) -> bool:
    with reached.watched() as watched:
        return watched.is_tidy()


def spec(site: str) -> SiteSpec:
    return SiteSpec(site, "a.example", SiteState.PREPARED, 1, database=Engine.POSTGRESQL)


def make_impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who guards waits for moments instead of minutes."""
    for name, value in {"LOOK_SECONDS": 0.1, "HAS_SECONDS": 0.5, "ENDS_SECONDS": 1.0, "WORKED_SECONDS": 0.2}.items():
        monkeypatch.setattr(stubborn, name, value)


def guarding(reached: PostgreSql, over: threading.Event) -> None:
    """As `node.databases.brake` does: the server ends the guard's session too."""
    while not over.is_set():
        try:
            reached.guard(over)
        except Exception:  # noqa: BLE001
            over.wait(0.2)
