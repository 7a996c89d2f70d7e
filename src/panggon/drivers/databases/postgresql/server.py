"""What is done with a site's database and its role."""

import logging
import os
import secrets
import signal
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from threading import Event
from typing import LiteralString

import psycopg
from psycopg import sql

from panggon.core.errors import PanggonError
from panggon.core.node.databases.database_size import taken
from panggon.core.node.planning.driver import Check
from panggon.core.sites.spec import SITE_ID
from panggon.drivers.databases.arrivals import Arrivals
from panggon.drivers.databases.database_server import Copying, Found, Watched
from panggon.drivers.databases.postgresql import (
    catalogue,
    cleaning,
    full,
    insisting,
    leaving,
    line,
    owners,
    reading,
    rights,
    sessions,
    stubborn,
    swollen,
)
from panggon.drivers.databases.postgresql.company import Company
from panggon.drivers.databases.postgresql.doors import Doors
from panggon.drivers.databases.postgresql.line import SUPERUSER, Session, row
from panggon.drivers.databases.postgresql.scram import is_usual, verifier, verifies
from panggon.drivers.system import files
from panggon.drivers.system.patience import Patience

DOOR = ".s.PGSQL.5432"
NO_MORE: LiteralString = (
    "NOINHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS VALID UNTIL 'infinity'"
)
ANEW_SECONDS = 60.0  # a server that was killed comes back by itself
UNUSUAL = "penggunanya memberi dirinya kata sandi yang tidak biasa"
SIZES: LiteralString = "SELECT datname, oid, pg_database_size(oid) FROM pg_database WHERE datname = ANY(%s)"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PostgreSql:
    """`run` is the directory of the socket, where root is the superuser; `site_run` what a sandbox calls it. What of
    full databases was compacted is in `_compacted`.
    """

    run: Path
    site_run: Path
    _compacted: dict[str, dict[int, int]] = field(default_factory=dict, compare=False, repr=False)

    @property
    def door(self) -> Path:
        return self.run / DOOR

    @property
    def process(self) -> int:
        """As the lock beside its socket says."""
        return int((files.read(self.door.with_name(f"{DOOR}.lock")) or b"0").split()[0])

    def find(self, site: str, *, known: bool) -> Found:
        with self._session() as session:
            return rights.find(session, site, known=known)

    def verifies(self, verifier: str, password: str) -> bool:
        return verifies(verifier, password)

    def make(self, site: str, *, password: str | None, connections: int, locked: bool = False) -> None:
        """The right to create in the database comes last: by it a whole one is told from a half."""
        name = sql.Identifier(site)
        with self._changing() as session:
            if not row(session, "SELECT 1 FROM pg_database WHERE datname = %s", site):
                session.execute(sql.SQL("CREATE DATABASE {}").format(name))
            elif not rights.is_plain(session, site):
                rights.make_plain(session, site)
            session.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(name, sql.Literal(rights.mark(site))))
            insisting.execute(session, sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
            for other in {grantee for grantee, _ in rights.held(session, site)} - {site, "PUBLIC"}:
                words = sql.SQL("REVOKE ALL ON DATABASE {} FROM {}").format(name, sql.Identifier(other))
                insisting.execute(session, words)
            for role, member in rights.ties(session, site):
                session.execute(sql.SQL("REVOKE {} FROM {}").format(sql.Identifier(role), sql.Identifier(member)))
            verb = "ALTER" if row(session, "SELECT 1 FROM pg_roles WHERE rolname = %s", site) else "CREATE"
            insisting.execute(
                session,
                sql.SQL("{} ROLE {} {} " + NO_MORE + " CONNECTION LIMIT {}").format(
                    sql.SQL(verb), name, sql.SQL("NOLOGIN" if locked else "LOGIN"), sql.Literal(connections)
                )
                + (_password(password) if password is not None else sql.SQL("")),
            )
            rights.take_forced(session, site)
            insisting.execute(session, sql.SQL(rights.SILENT).format(name))
            is_full = rights.find(session, site, known=True).full
        if not is_full:
            with self._changing(site) as session:
                with session.transaction():
                    owners.give(session, site)
                insisting.execute(session, sql.SQL("GRANT ALL ON DATABASE {0} TO {0}").format(name))
        if locked:
            with self._session() as session:
                sessions.end_all(session, site)

    def fault_inside(self, site: str) -> str:
        with self._session(site) as session:
            count = owners.others(session, site)
        return f"{count} tabel atau skema di dalamnya bukan milik penggunanya" if count else ""

    def lock(self, site: str) -> None:
        with self._changing() as session:
            insisting.execute(session, sql.SQL("ALTER ROLE {} NOLOGIN").format(sql.Identifier(site)))
            sessions.end_all(session, site)

    def unlock(self, site: str) -> None:
        with self._changing() as session:
            insisting.execute(session, sql.SQL("ALTER ROLE {} LOGIN").format(sql.Identifier(site)))

    def sessions(self, site: str) -> int:
        with self._session() as session:
            return sessions.count(session, site)

    def drop(self, site: str) -> None:
        with self._changing() as session:
            sessions.end_all(session, site)  # one that begins is none yet that the next words would end
            session.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(site)))
        leaving.drop(self._session, site)

    @contextmanager
    def reader(self, site: str) -> Iterator[Copying]:
        with self._session() as session, reading.reader(session, self.run, site) as copying:
            yield copying

    def proofs(self, site: str, password: str) -> tuple[Check, ...]:
        found = self.find(site, known=True)
        with self._kept_usual(site) as usual:
            if not usual:
                return (Check("database.login", ok=False, detail=UNUSUAL),)
            return self._proofs(site, password, is_full=found.full)

    @contextmanager
    def _kept_usual(self, site: str) -> Iterator[bool]:
        """Whether what the server keeps of its password is a usual one; it stays so meanwhile."""
        with self._changing() as session, session.transaction(force_rollback=True):
            kept = row(session, "SELECT rolpassword FROM pg_authid WHERE rolname = %s FOR SHARE", site)
            yield kept is not None and is_usual(str(kept[0]))

    def _proofs(self, site: str, password: str, *, is_full: bool) -> tuple[Check, ...]:
        with self._session(site, user=site, password=password) as session:
            rows = session.execute(
                "SELECT datname FROM pg_database WHERE datallowconn AND has_database_privilege(oid, 'CONNECT')"
            )
            reached = sorted(str(row[0]) for row in rows)
            return (
                Check("database.login", ok=True, detail=f"masuk sebagai {site}"),
                Check("database.alone", reached == [site], f"dapat masuk ke {', '.join(reached)}"),
                _refused_row(session) if is_full else _written_row(session, site),
            )

    def login(self, site: str) -> Mapping[str, str]:
        return {"host": str(self.site_run), "port": "5432", "database": site, "user": site}

    def sizes(self, sites: Collection[str]) -> Mapping[str, int]:
        with self._session() as session:
            rows = session.execute(SIZES, (list(sites),)).fetchall()
        return {str(name): self._taken(int(oid), int(size)) for name, oid, size in rows}

    def used(self, site: str) -> int:
        return self.sizes([site]).get(site, 0)

    def _taken(self, database: int, size: int) -> int:
        """The server runs in the directory of its data."""
        try:
            return taken(size, len(os.listdir(f"/proc/{self.process}/cwd/base/{database}")))  # noqa: PTH208 -- thousands
        except FileNotFoundError:  # it is gone
            return size

    def compact(self, site: str) -> None:
        with self._session(site) as session:
            self._compacted[site] = full.compact(session, self._compacted.get(site, {}))

    def stop_writing(self, site: str) -> None:
        """Stays shut when this fails: its role may have made more tables than change hands in time."""
        self.shut(site)
        with self._session(site) as session, session.transaction():
            full.take(session, site)

    def shut(self, site: str) -> None:
        """By the database's own limit, which no plan looks at; it holds for all but the superuser."""
        with self._changing() as session:
            insisting.execute(session, sql.SQL("ALTER DATABASE {} CONNECTION LIMIT 0").format(sql.Identifier(site)))
            sessions.end_all(session, site)

    def let_write(self, site: str) -> None:
        self.shut(site)  # a session of the site's may hold what changes hands
        with self._session(site) as session, session.transaction():
            full.give_back(session, site)
        self._compacted.pop(site, None)

    @contextmanager
    def watched(self) -> Iterator[Watched]:
        process = self.process
        with Doors(self._session) as doors, self._session() as session, Arrivals.of(process) as arrivals:
            yield sessions.Sessions(session, process, doors, Company(process), arrivals)

    def guard(self, over: Event) -> None:
        changing, looked = stubborn.Stubborn(), -inf
        server = self.process
        with catalogue.reached(server, self._silencing) as session, Arrivals.of(server) as arrivals:
            takers = catalogue.Takers(session, Company(server), arrivals)
            while not over.is_set():
                takers.watch(over, seconds=stubborn.LOOK_SECONDS)
                if (now := time.monotonic()) - looked >= stubborn.LOOK_SECONDS:
                    looked = now
                    for pid, database in cleaning.endless(session):
                        self._end_cleaning(pid, cleaning.name_of(session, database))
                    for pid, database in changing.look(stubborn.found(session), now=now):
                        self._kill(pid, cleaning.name_of(session, database))

    def _end_cleaning(self, pid: int, site: str) -> None:
        """And see that no other begins with it: what is locked out changes nothing that had to be cleaned."""
        log.warning("%s is locked out: what the server cleans there does not come to an end", site or "nobody")
        if SITE_ID.fullmatch(site):
            self.lock(site)
        stubborn.send(pid, signal.SIGTERM)
        if SITE_ID.fullmatch(site):
            with self._session(site) as session:
                cleaning.forget(session)

    def _kill(self, pid: int, site: str) -> None:
        """One that does not end, and so all others; its site is locked out before, or else when the server is back. A
        site that was purged meanwhile has no name, and comes in no more.
        """
        log.warning("%s is locked out: a session of it does not end, and the server begins anew without it", site)
        is_locked = not site or self._locks_out(site)
        stubborn.send(pid, signal.SIGKILL)
        patience = Patience(ANEW_SECONDS)
        while not is_locked and not patience.is_over():
            time.sleep(0.5)
            is_locked = self._locks_out(site)

    def _locks_out(self, site: str) -> bool:
        with suppress(PanggonError), self._changing() as session:
            insisting.execute(session, sql.SQL("ALTER ROLE {} NOLOGIN").format(sql.Identifier(site)))
            return True
        return False

    def tidy(self) -> None:
        with self._changing() as session:
            sessions.end_oldest_where_notices_wait(session)
            swollen.tidy(session)

    @contextmanager
    def _silencing(self) -> Iterator[Session]:
        with self._session() as session:
            cleaning.be_silent(session)
            yield session

    @contextmanager
    def _changing(self, database: str = "postgres") -> Iterator[Session]:
        """One that no site keeps waiting."""
        with self._session(database) as session, insisting.insisting(session, self._session):
            yield session

    def _session(
        self, database: str = "postgres", *, user: str = SUPERUSER, password: str = ""
    ) -> AbstractContextManager[Session]:
        return line.session(self.run, database, user=user, password=password)


def _password(password: str) -> sql.Composed:
    """The verifier, so that no log of the server can ever have the password itself."""
    return sql.SQL(" PASSWORD {}").format(sql.Literal(verifier(password)))


def _written_row(session: Session, site: str) -> Check:
    """In a table of its own, because another proof may go on; where its owner has done away with the usual schema, in
    one of its own as well. Where his programs look for tables (search_path) is his matter.
    """
    token = secrets.token_hex(8)
    name = f"_panggon_probe_{token}"
    is_usual = row(session, "SELECT FROM pg_namespace WHERE nspname = 'public'") is not None
    schema, table = sql.Identifier(name), sql.Identifier("public" if is_usual else name, name)
    with session.transaction():
        if not is_usual:
            session.execute(sql.SQL("CREATE SCHEMA {}").format(schema))
        session.execute(sql.SQL("CREATE TABLE {} (token text)").format(table))
        session.execute(sql.SQL("INSERT INTO {} VALUES (%s)").format(table), (token,))
        found = session.execute(sql.SQL("SELECT token FROM {}").format(table)).fetchall()
        session.execute(sql.SQL("DROP TABLE {}").format(table))
        if not is_usual:
            session.execute(sql.SQL("DROP SCHEMA {}").format(schema))
    return Check("database.row", found == [(token,)], f"satu baris ditulis dan dibaca di {site}")


def _refused_row(session: Session) -> Check:
    try:
        session.execute("CREATE TEMPORARY TABLE _panggon_probe (token text)")
    except psycopg.errors.InsufficientPrivilege:
        return Check("database.full", ok=True, detail="penuh: hanya dapat dibaca dan dihapus")
    return Check("database.full", ok=False, detail="penuh, tetapi masih dapat ditulis")
