"""PostgreSQL as a site's database: the contract of all drivers, and what a site's role can reach."""

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from panggon.core.errors import PermanentError, TemporaryError
from panggon.core.resources import Attributes, Key, Kind, Standing
from panggon.core.spec import Engine, SiteSpec, SiteState
from panggon.drivers import postgresql as postgresql_driver
from panggon.drivers.database import DatabaseDriver, Settings
from panggon.drivers.directory import DirectoryDriver
from panggon.drivers.directory import Settings as DirectorySettings
from panggon.drivers.postgresql import PostgreSql, verifies
from panggon.node.servers import postgresql
from tests.drivers.conftest import UID_BASE
from tests.drivers.contract import Case, Contract
from tests.drivers.running import running
from tests.waiting import until

pytestmark = pytest.mark.real
FIRST: Attributes = {"engine": "postgresql", "connections": 5, "mebibytes": 16}
MEBIBYTE = 1024 * 1024
# What a site's role can lay in the way of who asks its database as the superuser: operators that fit what is asked
# better than the server's own, functions of indexes and of types. Whoever runs one as a superuser makes it one.
SNARES = """
CREATE FUNCTION ambil() RETURNS void LANGUAGE plpgsql AS $$ BEGIN
  BEGIN EXECUTE 'RESET ROLE'; EXCEPTION WHEN OTHERS THEN NULL; END;
  IF (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname OPERATOR(pg_catalog.=) current_user) THEN
    EXECUTE format('ALTER ROLE %I SUPERUSER', '{0}');
  END IF;
END $$;
CREATE FUNCTION sama(oid, regrole) RETURNS bool LANGUAGE plpgsql AS
  $$ BEGIN PERFORM public.ambil(); RETURN $1 OPERATOR(pg_catalog.=) $2::oid; END $$;
CREATE FUNCTION sama(oid, regclass) RETURNS bool LANGUAGE plpgsql AS
  $$ BEGIN PERFORM public.ambil(); RETURN $1 OPERATOR(pg_catalog.=) $2::oid; END $$;
CREATE FUNCTION sama(name, text) RETURNS bool LANGUAGE plpgsql AS
  $$ BEGIN PERFORM public.ambil(); RETURN $1::text OPERATOR(pg_catalog.=) $2; END $$;
CREATE OPERATOR = (LEFTARG = oid, RIGHTARG = regrole, FUNCTION = sama);
CREATE OPERATOR = (LEFTARG = oid, RIGHTARG = regclass, FUNCTION = sama);
CREATE FUNCTION format(text, name, regrole) RETURNS text LANGUAGE plpgsql AS
  $$ BEGIN PERFORM public.ambil(); RETURN pg_catalog.format($1, $2, $3); END $$;
CREATE FUNCTION format(text, regclass, regrole) RETURNS text LANGUAGE plpgsql AS
  $$ BEGIN PERFORM public.ambil(); RETURN pg_catalog.format($1, $2, $3); END $$;
CREATE FUNCTION pg_database_size(name) RETURNS bigint LANGUAGE plpgsql AS
  $$ BEGIN PERFORM public.ambil(); RETURN 0; END $$;
CREATE FUNCTION diam(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS
  $$ BEGIN PERFORM public.ambil(); RETURN $1; END $$;
CREATE FUNCTION jarak(int, int) RETURNS float8 IMMUTABLE LANGUAGE plpgsql AS
  $$ BEGIN PERFORM public.ambil(); RETURN $1 - $2; END $$;
CREATE TYPE rentang AS RANGE (subtype = int, subtype_diff = jarak);
CREATE TABLE jerat (n int, r rentang);
CREATE INDEX ON jerat (diam(n)) WHERE diam(n) > 0;
INSERT INTO jerat SELECT n, rentang(n, n + 2) FROM generate_series(1, 300) n;
DELETE FROM jerat WHERE n > 200;
"""


@pytest.fixture(scope="module")
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


@pytest.fixture(scope="module")
def private(root: Path, site: str, uid: int) -> Iterator[Path]:
    trees, key = DirectoryDriver(DirectorySettings(root, UID_BASE)), Key(Kind.DIRECTORY, site)
    trees.write(key, {"uid": uid})
    yield root / "sites" / site / "private"
    trees.write(key, None)


@pytest.fixture(scope="module")
def reached(server: postgresql.Settings) -> PostgreSql:
    return PostgreSql(server.run, server.run)


@pytest.fixture(scope="module")
def driver(reached: PostgreSql, root: Path, private: Path) -> DatabaseDriver:
    return DatabaseDriver(Settings({Engine.POSTGRESQL: reached}, root, UID_BASE), Engine.POSTGRESQL)


@pytest.fixture(scope="module")
def key(site: str) -> Key:
    return Key(Kind.DATABASE, site)


@pytest.fixture
def _database(driver: DatabaseDriver, key: Key) -> Iterator[None]:
    driver.write(key, FIRST)
    yield
    driver.write(key, None)


def root_says(server: postgresql.Settings, *statements: str, database: str = "postgres") -> list[tuple[object, ...]]:
    with psycopg.connect(host=str(server.run), user="postgres", dbname=database, autocommit=True) as session:
        for statement in statements:
            found = session.execute(statement)
        return found.fetchall() if found.description else []


def ini(private: Path) -> dict[str, str]:
    lines = (private / "database.ini").read_text().splitlines()
    return {name: value.strip('"') for name, value in (line.split(" = ") for line in lines)}


def count(server: postgresql.Settings, site: str) -> int:
    return int(str(root_says(server, "SELECT count(*) FROM jejak", database=site)[0][0]))


def as_site(private: Path, **other: str) -> psycopg.Connection:
    facts = ini(private)
    login = {"host": facts["host"], "user": facts["user"], "dbname": facts["database"], "password": facts["password"]}
    return psycopg.connect(make_conninfo(**{**login, **other}), autocommit=True)


def refusal(session: psycopg.Connection, statement: str) -> str | None:
    """The SQLSTATE that the server refuses it with."""
    try:
        session.execute(statement)
    except psycopg.Error as error:
        return error.sqlstate
    return None


def spec(site: str) -> SiteSpec:
    return SiteSpec(site, "a.example", SiteState.PREPARED, 1, database=Engine.POSTGRESQL)


class TestContract(Contract):
    @pytest.fixture
    def case(self, driver: DatabaseDriver, key: Key, server: postgresql.Settings) -> Case:
        return Case(
            driver=lambda: driver,
            key=key,
            first=FIRST,
            second={"engine": "postgresql", "connections": 9, "mebibytes": 32, "key_number": 1, "locked": True},
            plant=lambda: (
                root_says(server, f"CREATE DATABASE {key.name}")
                and root_says(server, "CREATE TABLE warga AS SELECT 1 AS id", database=key.name)
                and None
            ),
            planted=lambda: root_says(server, f"SELECT datname FROM pg_database WHERE datname = '{key.name}'"),
            clear=lambda: root_says(server, f"DROP DATABASE {key.name}") and None,
            stride=29,
        )

    def test_a_role_of_others_is_foreign(self, case: Case, server: postgresql.Settings) -> None:
        root_says(server, f"CREATE ROLE {case.key.name}")
        assert case.read().standing is Standing.FOREIGN
        for after in (FIRST, None):
            with pytest.raises(PermanentError, match=r"database\.foreign"):
                case.write(after)
        root_says(server, f"DROP ROLE {case.key.name}")


@pytest.mark.usefixtures("_database")
class TestDatabase:
    def test_it_reaches_only_its_own_and_keeps_nothing_of_the_machine(
        self, driver: DatabaseDriver, key: Key, server: postgresql.Settings, private: Path
    ) -> None:
        root_says(server, "CREATE DATABASE s900999", "CREATE ROLE s900999 LOGIN PASSWORD 'tetangga'")
        for other in ("postgres", "template1", "s900999"):
            with pytest.raises(psycopg.OperationalError, match=r"no pg_hba\.conf entry"):
                as_site(private, dbname=other)
        with pytest.raises(psycopg.OperationalError, match="authentication failed"):
            as_site(private, user="s900999", dbname="s900999")
        with as_site(private) as session:
            for refused in (
                "CREATE DATABASE lain",
                "CREATE ROLE lain",
                "SET ROLE postgres",
                "SET ROLE panggon_kept",
                "SELECT rolpassword FROM pg_authid",
                "SELECT * FROM pg_stat_activity",
                "SELECT * FROM pg_stat_database",
                "SELECT pg_read_file('/etc/passwd')",
                "COPY (SELECT 1) TO '/tmp/x'",
                "COPY (SELECT 1) TO PROGRAM 'id'",
                "CREATE EXTENSION file_fdw",
                "CREATE FUNCTION f() RETURNS int AS '/lib/x.so' LANGUAGE c",
                f"COMMENT ON DATABASE {key.name} IS 'x'",
                f"ALTER DATABASE {key.name} CONNECTION LIMIT 99",
                f"ALTER ROLE {key.name} CONNECTION LIMIT 99",
                f"DROP DATABASE {key.name}",
                "ALTER SYSTEM SET max_connections = 999",
                "SET temp_file_limit = -1",
                "SELECT pg_terminate_backend(pid) FROM pg_stat_get_activity(NULL) pid",
            ):
                assert refusal(session, refused) == "42501", refused
        root_says(server, "DROP DATABASE s900999", "DROP ROLE s900999")
        assert [(check.name, check.ok) for check in driver.probe(key, spec=spec(key.name))] == [
            ("database.login", True),
            ("database.alone", True),
            ("database.row", True),
        ]

    def test_a_usual_application_makes_its_schema_and_extensions(self, private: Path) -> None:
        with as_site(private) as session:
            session.execute("CREATE EXTENSION citext")
            session.execute("CREATE SCHEMA arsip; CREATE TABLE arsip.surat (id serial, nomor citext)")
            session.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")

    def test_connections_are_limited(self, driver: DatabaseDriver, key: Key, private: Path) -> None:
        driver.write(key, {**FIRST, "connections": 2})
        with as_site(private), as_site(private), pytest.raises(psycopg.OperationalError, match="too many connections"):
            as_site(private)

    def test_a_change_keeps_password_and_data(self, driver: DatabaseDriver, key: Key, private: Path) -> None:
        before = (private / "database.ini").read_text()
        with as_site(private) as session:
            session.execute("CREATE TABLE berita AS SELECT 7 AS id")
        driver.write(key, {**FIRST, "connections": 9, "mebibytes": 20})
        assert driver.read(key).attributes == {**FIRST, "connections": 9, "mebibytes": 20}
        assert (private / "database.ini").read_text() == before
        with as_site(private) as session:
            assert session.execute("SELECT id FROM berita").fetchall() == [(7,)]

    def test_a_lost_or_wrong_password_is_not_proven_and_can_be_mended(
        self, driver: DatabaseDriver, key: Key, private: Path
    ) -> None:
        path = private / "database.ini"
        path.write_text(path.read_text().replace('password = "', 'password = "x'))
        assert "authentication failed" in driver.probe(key, spec=spec(key.name))[0].detail
        path.unlink()
        assert driver.probe(key, spec=spec(key.name))[0].ok is False
        assert driver.read(key).attributes == FIRST
        driver.write(key, FIRST)
        assert [check for check in driver.probe(key, spec=spec(key.name)) if not check.ok] == []

    def test_what_people_changed_is_seen_and_mended(
        self, driver: DatabaseDriver, key: Key, server: postgresql.Settings, private: Path
    ) -> None:
        changes = (
            f"ALTER ROLE {key.name} SUPERUSER",
            f"GRANT CONNECT ON DATABASE {key.name} TO PUBLIC",
            f"REVOKE CREATE, CONNECT ON DATABASE {key.name} FROM {key.name}",
            f"DROP DATABASE {key.name}",
            f"GRANT CONNECT ON DATABASE {key.name} TO tamu",
            f"GRANT {key.name} TO tamu",
            f"GRANT pg_read_all_data TO {key.name}",
        )
        root_says(server, "CREATE ROLE tamu LOGIN")
        for change in changes:
            root_says(server, change)
            assert driver.read(key).attributes == {**FIRST, "connections": 0}, change
            driver.write(key, FIRST)
            assert [check for check in driver.probe(key, spec=spec(key.name)) if not check.ok] == [], change
        root_says(server, "DROP ROLE tamu")

    def test_what_a_closed_site_had_running_ends_and_nobody_comes_in_until_it_opens(
        self, driver: DatabaseDriver, key: Key, server: postgresql.Settings, private: Path
    ) -> None:
        """The server goes on with a block whose client is gone."""
        closed = replace(spec(key.name), state=SiteState.QUARANTINED)
        with as_site(private) as session:
            session.execute("CREATE TABLE jejak (id serial)")
        endless = "DO $$ BEGIN LOOP INSERT INTO jejak DEFAULT VALUES; COMMIT; PERFORM pg_sleep(0.02); END LOOP; END $$"
        argv = ["psql", "-X", "-h", str(server.run), "-U", key.name, "-c", "SET statement_timeout = 0", "-c", endless]
        with subprocess.Popen(argv, env={"PGPASSWORD": ini(private)["password"]}) as client:
            until(lambda: count(server, key.name) > 2)
            client.kill()
        at_the_kill = count(server, key.name)
        until(lambda: count(server, key.name) > at_the_kill + 2)
        assert [(check.name, check.ok) for check in driver.probe(key, spec=closed)] == [
            ("database.kept", True),
            ("database.idle", False),
        ]
        driver.write(key, {**FIRST, "locked": True})
        kept = count(server, key.name)
        assert driver.probe(key, spec=closed)[1].detail == "terkunci, 0 sesi"
        assert all(check.ok for check in driver.probe(key, spec=closed))
        with pytest.raises(psycopg.OperationalError, match="is not permitted to log in"):
            as_site(private)
        root_says(server, f"ALTER ROLE {key.name} LOGIN")
        assert driver.read(key).attributes == FIRST
        assert not driver.probe(key, spec=closed)[1].ok
        driver.write(key, {**FIRST, "locked": True})
        assert count(server, key.name) == kept
        driver.write(key, FIRST)
        assert all(check.ok for check in driver.probe(key, spec=spec(key.name)))
        root_says(server, f"ALTER ROLE {key.name} NOLOGIN")
        assert driver.read(key).attributes == {**FIRST, "locked": True}

    def test_another_engine_does_not_take_its_place(self, driver: DatabaseDriver, key: Key) -> None:
        with pytest.raises(PermanentError, match=r"database\.engine: .* mempunyai basis data postgresql"):
            driver.write(key, {**FIRST, "engine": "mariadb"})
        assert driver.read(key).attributes == FIRST

    def test_a_full_database_can_be_read_and_deleted_from_until_it_has_room(
        self, driver: DatabaseDriver, key: Key, reached: PostgreSql, private: Path
    ) -> None:
        empty = reached.sizes()[key.name]
        with as_site(private) as session:
            session.execute("CREATE SCHEMA arsip")
            session.execute("CREATE TABLE arsip.surat (id serial, isi text)")
            session.execute(
                "INSERT INTO arsip.surat (isi) SELECT repeat(md5(n::text), 60) FROM generate_series(1, 9000) n"
            )
            session.execute(
                "CREATE FUNCTION pintu() RETURNS void LANGUAGE sql SECURITY DEFINER AS "
                "'INSERT INTO arsip.surat (isi) VALUES (''selundup'')'"
            )
            session.execute("CREATE TABLE bagian (n int) PARTITION BY LIST (n)")
            session.execute("CREATE TABLE bagian_satu PARTITION OF bagian FOR VALUES IN (1)")
            session.execute("BEGIN; SELECT FROM arsip.surat LIMIT 1")  # who holds a table does not hold up its end
            reached.stop_writing(key.name)
            reached.stop_writing(key.name)  # killed in between, the watch repeats it
            assert refusal(session, "SELECT 1") is not None
        with as_site(private) as session:
            session.execute("GRANT INSERT ON arsip.surat TO CURRENT_USER")  # only warned: nothing was granted
            for refused in (
                "INSERT INTO arsip.surat (isi) VALUES ('x')",
                "UPDATE arsip.surat SET isi = 'x'",
                "INSERT INTO bagian_satu VALUES (1)",
                "SELECT pintu()",
                "CREATE TABLE lain (id int)",
                "CREATE TEMPORARY TABLE lain (id int)",
                "CREATE SCHEMA lain",
                "ALTER TABLE arsip.surat OWNER TO CURRENT_USER",
                "SELECT lo_from_bytea(0, 'x')",
            ):
                assert refusal(session, refused) == "42501", refused
            assert session.execute("SELECT count(*) FROM arsip.surat").fetchone() == (9000,)
            assert driver.read(key).attributes == FIRST
            assert [(check.name, check.ok) for check in driver.probe(key, spec=spec(key.name))][-1] == (
                "database.full",
                True,
            )
            driver.write(key, FIRST)
            assert reached.find(key.name, known=True).full, "a plan does not give room"
            assert reached.used(key.name) > empty + 15 * MEBIBYTE
            with as_site(private) as other:
                other.execute("DELETE FROM arsip.surat WHERE id > 10")
            until(lambda: reached.compact(key.name) or reached.used(key.name) < empty + MEBIBYTE)
            reached.let_write(key.name)
        with as_site(private) as session:
            session.execute("INSERT INTO arsip.surat (isi) VALUES ('x'); ALTER TABLE arsip.surat ADD nomor int")
            assert session.execute("SELECT lo_unlink(lo_from_bytea(0, 'x'))").fetchone() == (1,)
        assert driver.read(key).attributes == FIRST
        assert all(check.ok for check in driver.probe(key, spec=spec(key.name)))

    def test_nothing_that_its_role_lays_in_the_way_makes_it_a_superuser(
        self, key: Key, reached: PostgreSql, server: postgresql.Settings, private: Path
    ) -> None:
        with as_site(private) as session:
            session.execute(SNARES.format(key.name).encode())
        made = partial(reached.make, password=None, connections=5)
        for step in (made, reached.compact, reached.stop_writing, made, reached.compact, reached.let_write):
            step(key.name)
            found = root_says(server, f"SELECT rolsuper FROM pg_roles WHERE rolname = '{key.name}'")
            assert found == [(False,)], step

    def test_one_that_grows_although_it_is_full_is_shut_until_it_may_write_again(
        self, key: Key, reached: PostgreSql, private: Path
    ) -> None:
        """A rule acts with the rights of whom the table belongs to."""
        with as_site(private) as session:
            session.execute(
                "CREATE TABLE isi (n int); CREATE VIEW pintu AS SELECT n FROM isi; INSERT INTO isi VALUES (1)"
            )
            session.execute("CREATE RULE r AS ON DELETE TO pintu DO INSTEAD INSERT INTO isi SELECT 1")
        reached.stop_writing(key.name)
        with as_site(private) as session:
            session.execute("DELETE FROM pintu")
            assert session.execute("SELECT count(*) FROM isi").fetchone() == (2,)
            reached.shut(key.name)
            assert refusal(session, "DELETE FROM pintu") is not None
        with pytest.raises(psycopg.OperationalError, match="too many connections for database"):
            as_site(private)
        reached.let_write(key.name)
        as_site(private).close()

    def test_what_its_role_makes_of_a_table_holds_up_no_compacting_of_others(
        self, key: Key, reached: PostgreSql, private: Path
    ) -> None:
        with as_site(private) as session:
            session.execute(
                "CREATE FUNCTION gagal(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS "
                "$$ BEGIN IF current_setting('search_path') NOT LIKE '%public%' THEN RAISE 'x'; END IF; "
                "RETURN $1; END $$"
            )
            for table in ("satu", "dua"):
                session.execute(f"CREATE TABLE {table} AS SELECT n, repeat('x', 900) FROM generate_series(1, 3000) n")
            session.execute("CREATE INDEX ON satu (gagal(n)); DELETE FROM satu; DELETE FROM dua")
        before = reached.used(key.name)
        until(lambda: reached.compact(key.name) or reached.used(key.name) < before - 2 * MEBIBYTE)

    def test_a_queue_of_notices_is_for_all_and_who_keeps_it_full_is_ended(
        self, key: Key, reached: PostgreSql, private: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(postgresql_driver, "NOTICES_MOST", 0.00001)
        with as_site(private) as listening, as_site(private) as other:
            listening.execute("LISTEN x")
            listening.execute("BEGIN; SELECT 1")
            reached.tidy()
            assert refusal(listening, "SELECT 1") is None
            other.execute("SELECT pg_notify('x', n || repeat('x', 7000)) FROM generate_series(1, 100) n")
            reached.tidy()
            assert refusal(listening, "SELECT 1") is not None
            assert refusal(other, "SELECT 1") is None


def test_removal_leaves_nothing(driver: DatabaseDriver, key: Key, server: postgresql.Settings, private: Path) -> None:
    driver.write(key, FIRST)
    root_says(server, "CREATE DATABASE s900999")
    # Any site can do this to any other, in its own database.
    root_says(server, f"CREATE TABLE t (); GRANT SELECT ON t TO {key.name}", database="s900999")
    with as_site(private):  # an open session does not hold it
        driver.write(key, None)
    assert list(private.iterdir()) == []
    assert not (private.parent / "database.json").exists()
    assert root_says(server, f"SELECT FROM pg_roles WHERE rolname = '{key.name}'") == []
    assert root_says(server, f"SELECT FROM pg_database WHERE datname = '{key.name}'") == []
    root_says(server, "DROP DATABASE s900999")


def test_a_server_that_is_down_may_come_back(root: Path, key: Key, private: Path) -> None:
    away = DatabaseDriver(
        Settings({Engine.POSTGRESQL: PostgreSql(root / "none", root)}, root, UID_BASE), Engine.POSTGRESQL
    )
    for ask in (lambda: away.read(key), lambda: away.write(key, FIRST)):
        with pytest.raises(TemporaryError, match=r"database\.down"):
            ask()


def test_nobody_else_of_the_machine_comes_in(server: postgresql.Settings) -> None:
    argv = ["setpriv", "--reuid=65534", "--clear-groups", "psql", "-X", "-h", str(server.run), "-U", "postgres"]
    refused = subprocess.run([*argv, "-c", "SELECT 1", "postgres"], capture_output=True, text=True)
    assert "Peer authentication failed" in refused.stderr


def test_a_verifier_belongs_to_one_password(server: postgresql.Settings) -> None:
    root_says(server, "CREATE ROLE uji PASSWORD 'satu'")
    ((verifier,),) = root_says(server, "SELECT rolpassword FROM pg_authid WHERE rolname = 'uji'")
    assert (verifies(str(verifier), "satu"), verifies(str(verifier), "dua"), verifies("md5abc", "satu")) == (
        True,
        False,
        False,
    )
    root_says(server, "DROP ROLE uji")
