"""What a site has in PostgreSQL, and what people and others did to it."""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from panggon.core.errors import PermanentError, TemporaryError
from panggon.core.node.planning.resources import Key, Standing, ours, partial
from panggon.core.sites.spec import Engine, SiteState
from panggon.drivers.database import DatabaseDriver, Settings
from panggon.drivers.databases.entrances import Entrances
from panggon.drivers.databases.postgresql import PostgreSql
from panggon.drivers.databases.postgresql.scram import verifier, verifies
from panggon.node.servers import postgresql
from tests.drivers.conftest import UID_BASE
from tests.drivers.contract import Case, Contract
from tests.drivers.postgresql.reach import FIRST, as_site, refusal, root_says, spec

pytestmark = pytest.mark.real

MIGHTY = "penggunanya mendapat kuasa atas server"
OTHER_RIGHTS = "hak atas basis datanya lain daripada yang diberikan Panggon"
CHANGED_PASSWORD = "kata sandi di server bukan yang ada di private/database.ini"
CHANGED_DATABASE = "pemilik, batas atau pengaturan basis datanya diubah"
FORCED = "penggunanya mendapat pengaturan {} dari pengurus server"


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
def test_it_reaches_only_its_own_and_keeps_nothing_of_the_machine(
    driver: DatabaseDriver, key: Key, server: postgresql.Settings, private: Path
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
            "SELECT pg_stat_get_db_sessions(oid) FROM pg_database",
            "SELECT pg_stat_get_backend_idset()",
            "SELECT pg_stat_get_progress_info('VACUUM')",
            "SELECT pg_export_snapshot()",
            "SELECT * FROM pg_db_role_setting",
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


@pytest.mark.usefixtures("_database")
def test_what_its_sessions_complain_of_is_not_in_the_servers_log(server: postgresql.Settings, private: Path) -> None:
    with as_site(private) as session:
        session.execute("DO $$ BEGIN RAISE LOG 'ribut'; RAISE WARNING 'ribut'; END $$")
        with pytest.raises(psycopg.Error, match="ribut"):
            session.execute("DO $$ BEGIN RAISE EXCEPTION 'ribut'; END $$")
    with pytest.raises(psycopg.OperationalError, match="authentication failed"):
        as_site(private, password="salah")
    said = server.log.read_text()
    assert ("ribut" in said, "password authentication failed" in said) == (False, True)


@pytest.mark.usefixtures("_database")
def test_a_usual_application_makes_its_schema_and_extensions(private: Path) -> None:
    with as_site(private) as session:
        session.execute("CREATE EXTENSION citext")
        session.execute("CREATE SCHEMA arsip; CREATE TABLE arsip.surat (id serial, nomor citext)")
        session.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")


@pytest.mark.usefixtures("_database")
def test_proofs_at_once_are_all_right(driver: DatabaseDriver, key: Key) -> None:
    with ThreadPoolExecutor(2) as pool:
        proofs = [pool.submit(driver.probe, key, spec=spec(key.name)) for _ in range(30)]
    assert {(check.name, check.ok) for proof in proofs for check in proof.result()} == {
        ("database.login", True),
        ("database.alone", True),
        ("database.row", True),
    }


@pytest.mark.usefixtures("_database")
def test_connections_are_limited(driver: DatabaseDriver, key: Key, private: Path) -> None:
    driver.write(key, {**FIRST, "connections": 2})
    with as_site(private), as_site(private), pytest.raises(psycopg.OperationalError, match="too many connections"):
        as_site(private)


@pytest.mark.usefixtures("_database")
def test_a_change_keeps_password_and_data(driver: DatabaseDriver, key: Key, private: Path) -> None:
    before = (private / "database.ini").read_text()
    with as_site(private) as session:
        session.execute("CREATE TABLE berita AS SELECT 7 AS id")
    driver.write(key, {**FIRST, "connections": 9, "mebibytes": 20})
    assert driver.read(key).attributes == {**FIRST, "connections": 9, "mebibytes": 20}
    assert (private / "database.ini").read_text() == before
    with as_site(private) as session:
        assert session.execute("SELECT id FROM berita").fetchall() == [(7,)]


@pytest.mark.usefixtures("_database")
def test_a_lost_or_wrong_password_is_not_proven_and_can_be_mended(
    driver: DatabaseDriver, key: Key, private: Path
) -> None:
    path = private / "database.ini"
    path.write_text(path.read_text().replace('password = "', 'password = "x'))
    assert "authentication failed" in driver.probe(key, spec=spec(key.name))[0].detail
    path.unlink()
    assert driver.probe(key, spec=spec(key.name))[0].ok is False
    assert driver.read(key).attributes == FIRST
    driver.write(key, FIRST)
    assert [check for check in driver.probe(key, spec=spec(key.name)) if not check.ok] == []


@pytest.mark.usefixtures("_database")
def test_what_people_changed_is_seen_and_mended(
    driver: DatabaseDriver, key: Key, server: postgresql.Settings, private: Path
) -> None:
    changes = {
        f"ALTER ROLE {key.name} SUPERUSER": MIGHTY,
        f"ALTER ROLE {key.name} REPLICATION": MIGHTY,
        f"GRANT CONNECT ON DATABASE {key.name} TO PUBLIC": OTHER_RIGHTS,
        f"REVOKE CREATE, CONNECT ON DATABASE {key.name} FROM {key.name}": OTHER_RIGHTS,
        f"DROP DATABASE {key.name}": f"basis data {key.name} tidak ada",
        f"GRANT CONNECT ON DATABASE {key.name} TO tamu": OTHER_RIGHTS,
        f"GRANT {key.name} TO tamu": f"tamu dijadikan anggota {key.name}",
        f"GRANT pg_read_all_data TO {key.name}": f"{key.name} dijadikan anggota pg_read_all_data",
        f"ALTER ROLE {key.name} VALID UNTIL '2020-01-01'": "kata sandi penggunanya diberi batas waktu",
        f"ALTER ROLE {key.name} PASSWORD 'x'": CHANGED_PASSWORD,
        f"ALTER ROLE {key.name} PASSWORD NULL": CHANGED_PASSWORD,
        f"ALTER ROLE {key.name} SET temp_file_limit = -1": FORCED.format("temp_file_limit"),
        f"ALTER ROLE {key.name} IN DATABASE {key.name} SET log_statement = 'all'": FORCED.format("log_statement"),
        f"ALTER DATABASE {key.name} CONNECTION LIMIT 1": CHANGED_DATABASE,
        f"ALTER DATABASE {key.name} ALLOW_CONNECTIONS false": CHANGED_DATABASE,
        f"ALTER DATABASE {key.name} IS_TEMPLATE true": CHANGED_DATABASE,
        f"ALTER DATABASE {key.name} OWNER TO {key.name}": f"{CHANGED_DATABASE}; {OTHER_RIGHTS}",
        f"ALTER DATABASE {key.name} SET default_transaction_read_only = on": CHANGED_DATABASE,
    }
    before = (private / "database.ini").read_text()
    root_says(server, "CREATE ROLE tamu LOGIN")
    for change, why in changes.items():
        root_says(server, change)
        assert driver.read(key) == partial(key, why), change
        closing = replace(driver, state=SiteState.QUARANTINED).read(key)
        assert closing == (ours(key, **FIRST) if why is CHANGED_PASSWORD else partial(key, why)), change
        driver.write(key, FIRST)
        assert driver.read(key).attributes == FIRST, change
        assert [check for check in driver.probe(key, spec=spec(key.name)) if not check.ok] == [], change
    root_says(server, "DROP ROLE tamu")
    assert (private / "database.ini").read_text() == before, "who has copied the password elsewhere goes on"


@pytest.mark.usefixtures("_database")
def test_what_was_put_in_place_by_others_than_its_user_is_given_to_it(
    driver: DatabaseDriver, key: Key, server: postgresql.Settings, private: Path
) -> None:
    """As `psql < salinan.sql` of the superuser does; extensions keep their own."""
    made = (
        "CREATE SCHEMA arsip",
        'CREATE TABLE arsip."Surat ""masuk""" (id serial, nomor text)',
        'INSERT INTO arsip."Surat ""masuk""" VALUES (7)',
        'CREATE VIEW arsip.baru AS SELECT id FROM arsip."Surat ""masuk"""',
        "CREATE SEQUENCE urutan",
        "CREATE EXTENSION pg_stat_statements",
        "ALTER SCHEMA public OWNER TO postgres",
    )
    root_says(server, *made, database=key.name)
    before = owners(server, key.name, "pg_stat_statements")
    assert driver.read(key) == partial(key, "5 tabel atau skema di dalamnya bukan milik penggunanya")
    assert replace(driver, state=SiteState.SUSPENDED).read(key).attributes == FIRST
    driver.write(key, FIRST)
    assert driver.read(key).attributes == FIRST
    assert [check for check in driver.probe(key, spec=spec(key.name)) if not check.ok] == []
    with as_site(private) as session:
        assert session.execute("SELECT id FROM arsip.baru").fetchall() == [(7,)]
        session.execute("DROP SCHEMA arsip CASCADE; DROP SEQUENCE urutan")
    assert owners(server, key.name, "pg_stat_statements") == before == {"postgres"}


def owners(server: postgresql.Settings, database: str, table: str) -> set[str]:
    query = f"SELECT relowner::regrole::text FROM pg_class WHERE relname = '{table}'"
    return {str(name) for (name,) in root_says(server, query, database=database)}


@pytest.mark.usefixtures("_database")
@pytest.mark.parametrize(
    "settings",
    [
        ["ALTER ROLE {site} SET search_path = lain", "ALTER ROLE {site} SET statement_timeout = '1h'"],
        ["DROP SCHEMA public CASCADE"],
        ["CREATE SCHEMA lain", "DROP SCHEMA public CASCADE", "ALTER ROLE {site} SET search_path = lain"],
    ],
)
def test_what_its_owner_sets_for_himself_is_no_fault(
    driver: DatabaseDriver, key: Key, private: Path, settings: list[str]
) -> None:
    with as_site(private) as session:
        for setting in settings:
            session.execute(setting.format(site=key.name))
    assert driver.read(key).attributes == FIRST
    assert [check for check in driver.probe(key, spec=spec(key.name)) if not check.ok] == []


@pytest.mark.usefixtures("_database")
def test_another_engine_does_not_take_its_place(driver: DatabaseDriver, key: Key) -> None:
    with pytest.raises(PermanentError, match=r"database\.engine: .* mempunyai basis data postgresql"):
        driver.write(key, {**FIRST, "engine": "mariadb"})
    assert driver.read(key).attributes == FIRST


def test_removal_leaves_nothing(driver: DatabaseDriver, key: Key, server: postgresql.Settings, private: Path) -> None:
    driver.write(key, FIRST)
    root_says(server, "CREATE DATABASE s900999")
    # Any site can do this to any other, in its own database.
    root_says(server, f"CREATE TABLE t (); GRANT SELECT ON t TO {key.name}", database="s900999")
    with as_site(private):  # an open session does not hold it
        driver.write(key, None)
    assert list(private.iterdir()) == []
    assert not (private.parent / "database.json").exists()
    assert root_says(server, f"SELECT 1 FROM pg_roles WHERE rolname = '{key.name}'") == []
    assert root_says(server, f"SELECT 1 FROM pg_database WHERE datname = '{key.name}'") == []
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
    """Ours, and one that the server made itself."""
    root_says(server, "CREATE ROLE uji PASSWORD 'satu'")
    ((made,),) = root_says(server, "SELECT rolpassword FROM pg_authid WHERE rolname = 'uji'")
    for kept in (str(made), verifier("satu")):
        assert [verifies(kept, "satu"), verifies(kept, "dua"), verifies("md5abc", "satu")] == [True, False, False]
    assert verifier("satu") != verifier("satu"), "each has a salt of its own"
    root_says(server, "DROP ROLE uji")


@pytest.mark.usefixtures("_database")
def test_with_the_database_goes_the_sites_entrance(
    driver: DatabaseDriver, key: Key, server: postgresql.Settings
) -> None:
    entrances = Entrances(server.run, Engine.POSTGRESQL)
    number = int(entrances.of(key.name, running=frozenset).name)
    assert entrances.sites(number) == (key.name,)
    driver.write(key, None)
    assert entrances.sites(number) == ()
