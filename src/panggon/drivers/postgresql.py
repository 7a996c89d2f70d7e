"""PostgreSQL: one database and one role a site, reached over the server's socket only.

The database is the superuser's and bears the mark; the site's role may connect, and owns the schema `public` and all
that it makes. Who owns a table cannot be kept from writing into it: so everything in a full database belongs to the
role `panggon_kept` meanwhile, which nobody is, and the site's role may read and delete.
"""

import base64
import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString

import psycopg
from psycopg import sql

from panggon.core import database_load
from panggon.core.driver import Check
from panggon.core.errors import PermanentError, TemporaryError
from panggon.core.resources import Standing
from panggon.drivers.database_server import ENDING_SECONDS, SECONDS, Found
from panggon.drivers.patience import Patience

Session = psycopg.Connection
SUPERUSER, KEPT = "postgres", "panggon_kept"
# RFC 5803, as the server keeps it: iterations, salt, StoredKey, ServerKey.
VERIFIER = re.compile(r"SCRAM-SHA-256\$(\d+):([A-Za-z0-9+/=]+)\$([A-Za-z0-9+/=]+):([A-Za-z0-9+/=]+)")
# Of a whole database: connect, create, temporary tables; of a full one only the first. As aclexplode lists them.
ALL, READING = ["CONNECT", "CREATE", "TEMPORARY"], ["CONNECT"]
NO_MORE: LiteralString = "NOINHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
SIZES: LiteralString = r"SELECT datname, pg_database_size(oid) FROM pg_database WHERE datname ~ '^s[0-9]{6}$'"
# Functions that write large objects, which belong to no table.
LARGE: LiteralString = (
    "lo_creat(integer), lo_create(oid), lo_from_bytea(oid, bytea), lo_put(oid, bigint, bytea), lowrite(integer, bytea)"
)
# Everything but functions changes its owner: those keep the rights of whom they belong to.
HAND_OVER = sql.SQL("""
DO $$
DECLARE item record;
BEGIN
  FOR item IN SELECT nspname FROM pg_namespace WHERE nspowner = {giver}::regrole LOOP
    EXECUTE format('ALTER SCHEMA %I OWNER TO %s', item.nspname, {taker}::regrole);
  END LOOP;
  FOR item IN
    SELECT c.oid::regclass AS name FROM pg_class c
    WHERE c.relowner = {giver}::regrole AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
      AND NOT (c.relkind = 'S' AND EXISTS (  -- of a column: it follows its table
        SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
          AND d.deptype IN ('a', 'i') AND d.refclassid = 'pg_class'::regclass))
  LOOP
    EXECUTE format('ALTER TABLE %s OWNER TO %s', item.name, {taker}::regrole);
  END LOOP;
END $$
""")
READ_AND_DELETE = sql.SQL("""
DO $$
DECLARE schema record;
BEGIN
  FOR schema IN SELECT nspname FROM pg_namespace WHERE nspowner = {kept}::regrole LOOP
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %s', schema.nspname, {site}::regrole);
    EXECUTE format('GRANT SELECT, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA %I TO %s', schema.nspname, {site}::regrole);
    EXECUTE format('GRANT SELECT ON ALL SEQUENCES IN SCHEMA %I TO %s', schema.nspname, {site}::regrole);
  END LOOP;
END $$
""")
LOAD: LiteralString = r"""
SELECT a.usename, a.pid, coalesce(
    extract(epoch FROM clock_timestamp() - least(a.xact_start, CASE a.state WHEN 'active' THEN a.query_start END)), 0),
  coalesce(t.size, 0), coalesce(l.count, 0), a.state = 'active'
FROM pg_stat_activity a
LEFT JOIN
  (SELECT substring(name FROM '^pgsql_tmp(\d+)')::int AS pid, sum(size) AS size FROM pg_ls_tmpdir() GROUP BY 1) t
  ON t.pid = a.pid
LEFT JOIN (SELECT pid, count(*) AS count FROM pg_locks GROUP BY 1) l ON l.pid = a.pid
WHERE a.usename ~ '^s[0-9]{6}$'
"""
WORN: LiteralString = (
    "SELECT schemaname, relname FROM pg_stat_user_tables WHERE n_dead_tup > 0 ORDER BY n_dead_tup DESC"
)
# The databases of others in which a role has something.
ENTANGLED: LiteralString = """
SELECT DISTINCT d.datname FROM pg_shdepend s JOIN pg_database d ON d.oid = s.dbid
WHERE s.refclassid = 'pg_authid'::regclass AND s.refobjid = (SELECT oid FROM pg_roles WHERE rolname = %s)
"""
# Part of the queue of notices, which has eight gigabytes.
NOTICES_MOST = 0.02
OLDEST_WHERE_NOTICES_WAIT: LiteralString = r"""
SELECT pg_terminate_backend(pid) FROM (
  SELECT pid FROM pg_stat_activity WHERE usename ~ '^s[0-9]{6}$' AND xact_start IS NOT NULL
  ORDER BY xact_start LIMIT 1
) oldest WHERE pg_notification_queue_usage() > %s
"""
COMPACTING_SECONDS, LOCK_SECONDS = 600, 2
# In a site's database its role may make functions and operators that fit better than the server's own, and would be
# run with the rights of who asks: the superuser sees none of them (CVE-2018-1058).
OWN_PATH = "-c search_path=pg_catalog,pg_temp"
ANONYMOUS = re.compile(r"^RssAnon:\s+(\d+) kB$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class PostgreSql:
    """`run` is the directory of the socket, where root is the superuser; `site_run` what a sandbox calls it."""

    run: Path
    site_run: Path

    def find(self, site: str, *, known: bool) -> Found:
        with self._session() as session:
            return _found(session, site, known=known)

    def accepts(self, site: str, password: str) -> bool:
        with self._session() as session:
            row = session.execute("SELECT rolpassword FROM pg_authid WHERE rolname = %s", (site,)).fetchone()
        return bool(row and row[0]) and verifies(str(row[0] if row else ""), password)

    def make(self, site: str, *, password: str | None, connections: int, locked: bool = False) -> None:
        """The right to create in the database comes last: by it a whole one is told from a half."""
        name = sql.Identifier(site)
        with self._session() as session:
            if not _row(session, "SELECT 1 FROM pg_database WHERE datname = %s", site):
                session.execute(sql.SQL("CREATE DATABASE {}").format(name))
            session.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(name, sql.Literal(_mark(site))))
            session.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
            for other in {grantee for grantee, _ in _rights(session, site)} - {site, "PUBLIC"}:
                session.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM {}").format(name, sql.Identifier(other)))
            for role, member in _ties(session, site):
                session.execute(sql.SQL("REVOKE {} FROM {}").format(sql.Identifier(role), sql.Identifier(member)))
            verb = "ALTER" if _row(session, "SELECT 1 FROM pg_roles WHERE rolname = %s", site) else "CREATE"
            session.execute(
                sql.SQL("{} ROLE {} {} " + NO_MORE + " CONNECTION LIMIT {}").format(
                    sql.SQL(verb), name, sql.SQL("NOLOGIN" if locked else "LOGIN"), sql.Literal(connections)
                )
                + (_password(session, site, password) if password is not None else sql.SQL(""))
            )
            full = _found(session, site, known=True).full
        if not full:
            with self._session(site) as session:
                if _row(session, "SELECT 1 FROM pg_namespace WHERE nspname = 'public'"):
                    session.execute(sql.SQL("ALTER SCHEMA public OWNER TO {}").format(name))
                session.execute(sql.SQL("GRANT ALL ON DATABASE {0} TO {0}").format(name))
        if locked:
            with self._session() as session:
                _end_sessions(session, site)

    def lock(self, site: str) -> None:
        with self._session() as session:
            session.execute(sql.SQL("ALTER ROLE {} NOLOGIN").format(sql.Identifier(site)))
            _end_sessions(session, site)

    def unlock(self, site: str) -> None:
        with self._session() as session:
            session.execute(sql.SQL("ALTER ROLE {} LOGIN").format(sql.Identifier(site)))

    def sessions(self, site: str) -> int:
        with self._session() as session:
            return _sessions(session, site)

    def drop(self, site: str) -> None:
        """A role that has rights in another site's database cannot go, and whoever owns a table there gives them."""
        with self._session() as session:
            session.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(site)))
            elsewhere = session.execute(ENTANGLED, (site,)).fetchall()
        for (database,) in elsewhere:
            with self._session(str(database)) as session:
                session.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(site)))
        with self._session() as session:
            session.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(site)))

    def proofs(self, site: str, password: str) -> tuple[Check, ...]:
        full = self.find(site, known=True).full
        with self._session(site, user=site, password=password) as session:
            rows = session.execute(
                "SELECT datname FROM pg_database WHERE datallowconn AND has_database_privilege(oid, 'CONNECT')"
            )
            reached = sorted(str(row[0]) for row in rows)
            return (
                Check("database.login", ok=True, detail=f"masuk sebagai {site}"),
                Check("database.alone", reached == [site], f"dapat masuk ke {', '.join(reached)}"),
                _refused_row(session) if full else _written_row(session, site),
            )

    def login(self, site: str) -> Mapping[str, str]:
        return {"host": str(self.site_run), "port": "5432", "database": site, "user": site}

    def sizes(self) -> Mapping[str, int]:
        with self._session() as session:
            return {str(name): int(size) for name, size in session.execute(SIZES)}

    def used(self, site: str) -> int:
        with self._session() as session:
            size = _row(session, "SELECT pg_database_size(oid) FROM pg_database WHERE datname = %s", site)
        return int(str(size[0])) if size else 0

    def compact(self, site: str) -> None:
        """Of what its role keeps from being done (a lock, a function of an index that fails) the rest is done."""
        ends = time.monotonic() + COMPACTING_SECONDS
        with self._session(site) as session:
            session.execute(f"SET statement_timeout = '{COMPACTING_SECONDS}s'; SET lock_timeout = '{LOCK_SECONDS}s'")
            for table in session.execute(WORN).fetchall():
                if time.monotonic() > ends:
                    return
                with suppress(psycopg.errors.DatabaseError):
                    session.execute(sql.SQL("VACUUM (FULL, ANALYZE) {}").format(sql.Identifier(*table)))

    def stop_writing(self, site: str) -> None:
        """Stays shut when this fails: its role may have made more tables than change hands in time."""
        name = sql.Identifier(site)
        self.shut(site)
        with self._session(site) as session, session.transaction():
            session.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
            session.execute(sql.SQL("REVOKE CREATE, TEMPORARY ON DATABASE {0} FROM {0}").format(name))
            session.execute(HAND_OVER.format(giver=sql.Literal(site), taker=sql.Literal(KEPT)))
            session.execute(READ_AND_DELETE.format(kept=sql.Literal(KEPT), site=sql.Literal(site)))
            session.execute(sql.SQL("REVOKE EXECUTE ON FUNCTION " + LARGE + " FROM PUBLIC"))
            session.execute(sql.SQL("ALTER DATABASE {} CONNECTION LIMIT -1").format(name))

    def shut(self, site: str) -> None:
        """By the database's own limit, which no plan looks at; it holds for all but the superuser."""
        with self._session() as session:
            session.execute(sql.SQL("ALTER DATABASE {} CONNECTION LIMIT 0").format(sql.Identifier(site)))
            _end_sessions(session, site)

    def let_write(self, site: str) -> None:
        name = sql.Identifier(site)
        self.shut(site)  # a session of the site's may hold what changes hands
        with self._session(site) as session, session.transaction():
            session.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
            session.execute(HAND_OVER.format(giver=sql.Literal(KEPT), taker=sql.Literal(site)))
            session.execute(sql.SQL("GRANT EXECUTE ON FUNCTION " + LARGE + " TO PUBLIC"))
            session.execute(sql.SQL("GRANT ALL ON DATABASE {0} TO {0}").format(name))
            session.execute(sql.SQL("ALTER DATABASE {} CONNECTION LIMIT -1").format(name))

    def load(self) -> database_load.Load:
        with self._session() as session:
            rows = session.execute(LOAD).fetchall()
        return database_load.Load(
            tuple(
                database_load.Session(
                    str(site), pid, pid, float(seconds), _memory(pid), int(temporary), locks, active=active
                )
                for site, pid, seconds, temporary, locks, active in rows
            )
        )

    @contextmanager
    def threads(self, sites: Collection[str]) -> Iterator[Callable[[], Sequence[tuple[str, int]]]]:
        with self._session() as session:
            words = "SELECT usename, pid FROM pg_stat_activity WHERE usename = ANY(%s)"
            yield lambda: session.execute(words, (list(sites),)).fetchall()

    def end(self, number: int) -> None:
        with self._session() as session:
            session.execute("SELECT pg_terminate_backend(%s)", (number,))

    def tidy(self) -> None:
        """Notices lie in a queue of all sites until everybody who listens has read them, which he does at the end of
        his transaction. Who listens the server tells nobody: the longest transactions are ended, one at a time.
        """
        with self._session() as session:
            session.execute(OLDEST_WHERE_NOTICES_WAIT, (NOTICES_MOST,))

    def begin_anew(self) -> None:
        """Nothing here needs it."""

    @contextmanager
    def _session(self, database: str = "postgres", *, user: str = SUPERUSER, password: str = "") -> Iterator[Session]:
        """Raises TemporaryError `database.down` and `disk.full`, PermanentError `database.refused`."""
        try:
            with psycopg.connect(
                host=str(self.run),
                dbname=database,
                user=user,
                password=password or None,
                autocommit=True,
                connect_timeout=SECONDS,
                options=f"-c statement_timeout={SECONDS * 1000} {OWN_PATH if user == SUPERUSER else ''}",
            ) as session:
                yield session
        except psycopg.errors.DiskFull as error:
            raise TemporaryError("disk.full", str(error)) from error
        except psycopg.errors.Error as error:
            raise _ours(error) from error


def verifies(verifier: str, password: str) -> bool:
    """Whether this is the verifier of that password (RFC 5802 section 3)."""
    found = VERIFIER.fullmatch(verifier)
    if found is None:
        return False
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(found[2]), int(found[1]))
    client = hmac.digest(salted, b"Client Key", "sha256")
    return hmac.compare_digest(hashlib.sha256(client).digest(), base64.b64decode(found[3]))


def _memory(pid: int) -> int:
    """Bytes of a session's own, without what all share."""
    try:
        found = ANONYMOUS.search(Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0
    return int(found[1]) * 1024 if found else 0


def _ours(error: psycopg.Error) -> TemporaryError | PermanentError:
    """Refused logins come without an SQLSTATE of their own; everything else that fails to connect may pass."""
    passing = ("08", "40", "53", "57", "55")
    state = error.sqlstate or ""
    refused = "authentication failed" in str(error) or "no pg_hba.conf entry" in str(error)
    if state.startswith(passing) or (not state and not refused):
        return TemporaryError("database.down", str(error))
    return PermanentError("database.refused", str(error))


def _mark(site: str) -> str:
    return f"panggon site={site}"


def _row(session: Session, query: LiteralString, *values: str) -> tuple[object, ...] | None:
    return session.execute(query, values).fetchone()


def _found(session: Session, site: str, *, known: bool) -> Found:
    database = _row(
        session, "SELECT oid, shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", site
    )
    role = _row(
        session,
        "SELECT rolconnlimit, rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication "
        "OR rolbypassrls, NOT rolcanlogin FROM pg_authid WHERE rolname = %s",
        site,
    )
    if database is None and role is None:
        return Found(Standing.ABSENT)
    if not known and (database is None or database[1] != _mark(site)):
        return Found(Standing.FOREIGN, detail=f"{'pengguna' if database is None else 'basis data'} {site}")
    rights = _rights(session, site)
    if role is None or role[1] or _ties(session, site) or rights not in ([(site, ALL)], [(site, READING)]):
        return Found(Standing.PARTIAL)
    return Found(Standing.OURS, int(str(role[0])), full=rights == [(site, READING)], locked=bool(role[2]))


def _ties(session: Session, site: str) -> list[tuple[str, str]]:
    """Which role is which one's member where the site's is one of them; what its owner gives away himself is his."""
    return session.execute(
        "SELECT role.rolname, member.rolname FROM pg_auth_members m JOIN pg_roles role ON role.oid = m.roleid "
        "JOIN pg_roles member ON member.oid = m.member JOIN pg_roles site ON site.rolname = %s "
        "WHERE site.oid IN (m.roleid, m.member) AND m.grantor <> site.oid",
        (site,),
    ).fetchall()


def _rights(session: Session, site: str) -> list[tuple[str, list[str]]]:
    """Who but its owner may do what with the database as a whole."""
    return session.execute(
        "SELECT coalesce(g.rolname, 'PUBLIC'), array_agg(a.privilege_type ORDER BY a.privilege_type) "
        "FROM pg_database d, "
        "LATERAL aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a LEFT JOIN pg_roles g ON g.oid = a.grantee "
        "WHERE d.datname = %s AND a.grantee <> d.datdba GROUP BY 1",
        (site,),
    ).fetchall()


def _password(session: Session, site: str, password: str) -> sql.Composed:
    verifier = session.pgconn.encrypt_password(password.encode(), site.encode(), b"scram-sha-256").decode()
    return sql.SQL(" PASSWORD {}").format(sql.Literal(verifier))


def _end_sessions(session: Session, site: str) -> None:
    """Who had just logged in is among them at the second time."""
    patience = Patience(ENDING_SECONDS)
    while _sessions(session, site) and not patience.is_over():
        session.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", (site,))
        time.sleep(0.02)


def _sessions(session: Session, site: str) -> int:
    row = _row(session, "SELECT count(*) FROM pg_stat_activity WHERE usename = %s", site)
    return int(str(row[0])) if row else 0


def _written_row(session: Session, site: str) -> Check:
    token = secrets.token_hex(8)
    with session.transaction():
        session.execute("CREATE TABLE IF NOT EXISTS _panggon_probe (token text)")
        session.execute("INSERT INTO _panggon_probe VALUES (%s)", (token,))
        found = session.execute("SELECT token FROM _panggon_probe").fetchall()
        session.execute("DROP TABLE _panggon_probe")
    return Check("database.row", found == [(token,)], f"satu baris ditulis dan dibaca di {site}")


def _refused_row(session: Session) -> Check:
    try:
        session.execute("CREATE TEMPORARY TABLE _panggon_probe (token text)")
    except psycopg.errors.InsufficientPrivilege:
        return Check("database.full", ok=True, detail="penuh: hanya dapat dibaca dan dihapus")
    return Check("database.full", ok=False, detail="penuh, tetapi masih dapat ditulis")
