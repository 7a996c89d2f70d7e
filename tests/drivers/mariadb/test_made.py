"""What a site has in MariaDB, and what people and others did to it."""

import errno
import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pymysql
import pytest

from panggon.core.errors import PermanentError
from panggon.core.node.planning.resources import Key, Standing, partial
from panggon.core.sites.spec import Engine, SiteState
from panggon.drivers.database import DatabaseDriver
from panggon.drivers.databases.entrances import Entrances
from panggon.drivers.databases.mariadb import MariaDb
from panggon.drivers.databases.mariadb.server import LEFT_SECONDS
from panggon.drivers.databases.postgresql import PostgreSql
from panggon.drivers.system import files
from panggon.node.servers import mariadb
from tests.drivers.contract import Case, Contract
from tests.drivers.databases import ini
from tests.drivers.mariadb.reach import FIRST, as_site, root_says, spec

pytestmark = pytest.mark.real

CHANGED_PASSWORD = "kata sandi di server bukan yang ada di private/database.ini"
OTHER_WAY = "penggunanya masuk dengan cara lain daripada kata sandi dari Panggon"
OTHER_RIGHTS = "hak penggunanya lain daripada yang diberikan Panggon"
ANOTHER_USER = "ada pengguna {site}@% di samping {site}@localhost"


class TestContract(Contract):
    @pytest.fixture
    def case(self, driver: DatabaseDriver, key: Key, server: mariadb.Settings) -> Case:
        return Case(
            driver=lambda: driver,
            key=key,
            first=FIRST,
            second={"engine": "mariadb", "connections": 9, "mebibytes": 32, "key_number": 1, "locked": True},
            plant=lambda: (
                root_says(
                    server,
                    f"CREATE DATABASE {key.name} COMMENT 'milik orang lain'",
                    f"CREATE TABLE {key.name}.warga AS SELECT 1 AS id",
                )
                and None
            ),
            planted=lambda: root_says(server, f"SELECT * FROM {key.name}.warga"),
            clear=lambda: root_says(server, f"DROP DATABASE {key.name}") and None,
            stride=9,
        )

    @pytest.mark.parametrize("host", ["localhost", "%"])
    def test_a_user_of_others_is_foreign(self, case: Case, server: mariadb.Settings, host: str) -> None:
        root_says(server, f"CREATE USER {case.key.name}@'{host}' IDENTIFIED BY 'x'")
        assert case.read().standing is Standing.FOREIGN
        for after in (FIRST, None):
            with pytest.raises(PermanentError, match=r"database\.foreign"):
                case.write(after)
        found = root_says(server, f"SELECT Host FROM mysql.user WHERE User = '{case.key.name}'")
        assert found == [(host,)]
        root_says(server, f"DROP USER {case.key.name}@'{host}'")


@pytest.mark.usefixtures("_database")
def test_it_sees_and_writes_only_its_own(
    driver: DatabaseDriver, key: Key, server: mariadb.Settings, private: Path
) -> None:
    root_says(server, "CREATE OR REPLACE DATABASE tetangga", "CREATE TABLE tetangga.rahasia (n INT)")
    root_says(server, "CREATE USER tetangga@localhost IDENTIFIED BY 'x'")
    beside = pymysql.connect(unix_socket=str(server.socket), user="tetangga", password="x")
    with beside, as_site(server, private) as session, session.cursor() as cursor:
        cursor.execute("SHOW DATABASES")
        assert cursor.fetchall() == (("information_schema",), (key.name,))
        for refused in (
            "SELECT * FROM tetangga.rahasia",
            "SELECT * FROM mysql.user",
            "CREATE DATABASE lain",
            "SELECT 'x' INTO OUTFILE '/tmp/x'",
            "SET enforce_storage_engine = NULL",
            f"GRANT ALL ON {key.name}.* TO tamu@localhost",
        ):
            with pytest.raises(pymysql.err.OperationalError, match="denied"):
                cursor.execute(refused)
        with pytest.raises(pymysql.err.OperationalError, match="not owner of"):
            cursor.execute(f"KILL {beside.thread_id()}")
        cursor.execute("KILL USER tetangga@localhost")  # said to be done, and nothing is
        cursor.execute("SELECT DISTINCT user FROM information_schema.processlist")
        assert cursor.fetchall() == ((key.name,),)
        beside.ping(reconnect=False)
    root_says(server, "DROP DATABASE tetangga", "DROP USER tetangga@localhost")
    assert [(check.name, check.ok) for check in driver.probe(key, spec=spec(key.name))] == [
        ("database.login", True),
        ("database.alone", True),
        ("database.row", True),
    ]
    assert root_says(server, f"SHOW TABLES FROM {key.name}") == []


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
def test_what_a_killed_proof_left_goes_and_what_another_needs_stays(
    driver: DatabaseDriver, key: Key, server: mariadb.Settings
) -> None:
    made = [f"_panggon_probe_{int(time.time()) - ago}_0123456789abcdef" for ago in (2 * LEFT_SECONDS, 5)]
    root_says(server, *(f"CREATE TABLE {key.name}.{name} (n INT)" for name in (*made, "_panggon_probely")))
    assert all(check.ok for check in driver.probe(key, spec=spec(key.name)))
    assert root_says(server, f"SHOW TABLES FROM {key.name}") == [(made[1],), ("_panggon_probely",)]


@pytest.mark.usefixtures("_database")
def test_connections_are_limited(driver: DatabaseDriver, key: Key, server: mariadb.Settings, private: Path) -> None:
    driver.write(key, {"engine": "mariadb", "connections": 2, "mebibytes": 64})
    with as_site(server, private), as_site(server, private):
        with pytest.raises(pymysql.err.OperationalError, match="max_user_connections"):
            as_site(server, private)
        assert driver.probe(key, spec=spec(key.name))[0].ok is False


@pytest.mark.usefixtures("_database")
def test_a_change_keeps_password_and_data(
    driver: DatabaseDriver, key: Key, server: mariadb.Settings, private: Path
) -> None:
    before = ini(private)
    root_says(server, f"CREATE TABLE {key.name}.berita AS SELECT 7 AS id")
    driver.write(key, {"engine": "mariadb", "connections": 9, "mebibytes": 32})
    assert ini(private) == before
    with as_site(server, private) as session, session.cursor() as cursor:
        cursor.execute("SELECT id FROM berita")
        assert cursor.fetchall() == ((7,),)


@pytest.mark.usefixtures("_database")
def test_other_rights_than_made_are_seen_and_mended(driver: DatabaseDriver, key: Key, server: mariadb.Settings) -> None:
    for change in ("GRANT SELECT ON mysql.* TO", f"REVOKE INSERT ON {key.name}.* FROM"):
        root_says(server, f"{change} {key.name}@localhost")
        assert driver.read(key) == partial(key, "hak penggunanya lain daripada yang diberikan Panggon"), change
        driver.write(key, FIRST)
        assert driver.read(key).attributes == FIRST, change


@pytest.mark.usefixtures("_database")
@pytest.mark.parametrize(
    ("changes", "why"),
    [
        (["ALTER USER {site}@localhost REQUIRE SSL"], "penggunanya diwajibkan memakai TLS"),
        (["ALTER USER {site}@localhost WITH MAX_QUERIES_PER_HOUR 1"], "penggunanya mendapat batas lain"),
        (["ALTER USER {site}@localhost WITH MAX_STATEMENT_TIME 0.001"], "penggunanya mendapat batas lain"),
        (["ALTER USER {site}@localhost PASSWORD EXPIRE"], "kata sandi penggunanya dibuat kedaluwarsa"),
        (["SET PASSWORD FOR {site}@localhost = PASSWORD('x')"], CHANGED_PASSWORD),
        (["ALTER USER {site}@localhost IDENTIFIED VIA unix_socket"], OTHER_WAY),
        (
            ["ALTER USER {site}@localhost IDENTIFIED VIA mysql_native_password USING PASSWORD('x') OR unix_socket"],
            OTHER_WAY,
        ),
        (["CREATE USER {site}@'%'", "GRANT ALL ON {site}.* TO {site}@'%'"], ANOTHER_USER),
        (["RENAME USER {site}@localhost TO {site}@'%'"], "pengguna {site}@localhost tidak ada; " + ANOTHER_USER),
        (["GRANT PROXY ON 'root'@'%' TO {site}@localhost"], OTHER_RIGHTS),
        (["GRANT ALL ON {site}.* TO {site}@localhost WITH GRANT OPTION"], OTHER_RIGHTS),
        (
            [
                "CREATE OR REPLACE ROLE peran",
                "GRANT peran TO {site}@localhost",
                "SET DEFAULT ROLE peran FOR {site}@localhost",
            ],
            OTHER_RIGHTS,
        ),
    ],
)
def test_what_a_person_changed_of_its_user_is_seen_and_mended(
    driver: DatabaseDriver, key: Key, server: mariadb.Settings, private: Path, changes: list[str], why: str
) -> None:
    before = ini(private)
    root_says(server, *(change.format(site=key.name) for change in changes))
    assert driver.read(key) == partial(key, why.format(site=key.name))
    driver.write(key, FIRST)
    assert driver.read(key).attributes == FIRST
    assert [check for check in driver.probe(key, spec=spec(key.name)) if not check.ok] == []
    assert ini(private) == before, "who has copied the password elsewhere goes on"
    assert root_says(server, f"SELECT Host FROM mysql.user WHERE User = '{key.name}'") == [("localhost",)]
    root_says(server, "DROP ROLE IF EXISTS peran")


@pytest.mark.usefixtures("_database")
@pytest.mark.parametrize("state", [SiteState.SUSPENDED, SiteState.QUARANTINED, SiteState.PARKED])
def test_no_password_keeps_a_site_open(
    driver: DatabaseDriver, key: Key, server: mariadb.Settings, state: SiteState
) -> None:
    """Its own user may change it at any moment."""
    root_says(server, f"SET PASSWORD FOR {key.name}@localhost = PASSWORD('x')")
    assert driver.read(key) == partial(key, CHANGED_PASSWORD)
    assert replace(driver, state=state).read(key).attributes == FIRST


@pytest.mark.usefixtures("_database")
def test_with_the_database_goes_every_user_of_its_name(
    driver: DatabaseDriver, key: Key, server: mariadb.Settings
) -> None:
    root_says(server, f"CREATE USER {key.name}@'%'")
    driver.write(key, None)
    assert root_says(server, f"SELECT Host FROM mysql.user WHERE User = '{key.name}'") == []


@pytest.mark.usefixtures("_database")
def test_a_user_whose_password_ran_out_can_be_locked(
    driver: DatabaseDriver, key: Key, server: mariadb.Settings
) -> None:
    root_says(server, f"ALTER USER {key.name}@localhost PASSWORD EXPIRE")
    driver.write(key, {**FIRST, "locked": True})
    assert driver.read(key).attributes == {**FIRST, "locked": True}


@pytest.mark.usefixtures("_database")
def test_rights_of_strangers_are_seen_and_mended(driver: DatabaseDriver, key: Key, server: mariadb.Settings) -> None:
    root_says(server, "CREATE USER tamu@'%'", f"CREATE TABLE {key.name}.berita AS SELECT 7 AS id")
    tables = f"{key.name}.berita"
    for place in (f"`{key.name}`.*", "`s%`.*", "`%`.*", tables):
        root_says(server, f"GRANT SELECT ON {place} TO tamu@'%' WITH GRANT OPTION")
        assert driver.read(key) == partial(key, "tamu@% juga mempunyai hak di dalamnya"), place
        driver.write(key, FIRST)
        assert driver.read(key).attributes == FIRST, place
    for whose in ("peran", "PUBLIC"):
        root_says(server, "CREATE OR REPLACE ROLE peran", f"GRANT SELECT ON {key.name}.* TO {whose}")
        assert driver.read(key) == partial(key, f"{whose} juga mempunyai hak di dalamnya")
        driver.write(key, FIRST)
        assert driver.read(key).attributes == FIRST, whose
    root_says(server, "DROP ROLE peran", f"GRANT UPDATE (id) ON {tables} TO tamu@'%'")
    assert driver.read(key).standing is Standing.PARTIAL
    driver.write(key, FIRST)
    assert driver.read(key).attributes == FIRST
    root_says(server, "GRANT SELECT ON mysql.* TO tamu@'%'")  # no matter of this site
    assert driver.read(key).attributes == FIRST
    root_says(server, "DROP USER tamu@'%'")


@pytest.mark.usefixtures("_database")
@pytest.mark.parametrize(
    ("given", "reached"),
    [
        (["GRANT SELECT ON tetangga.* TO {site}@localhost"], "tetangga"),
        (["GRANT SELECT (n) ON tetangga.rahasia TO {site}@localhost"], "tetangga"),
        (["GRANT EXECUTE ON FUNCTION tetangga.satu TO {site}@localhost"], "tetangga"),
        (["GRANT SELECT ON tetangga.* TO PUBLIC"], "tetangga"),
        (["CREATE USER ''@localhost", "GRANT SELECT ON tetangga.* TO ''@localhost"], "tetangga"),
        (
            [
                *("CREATE ROLE r", "GRANT SELECT ON tetangga.* TO r"),
                *("GRANT r TO {site}@localhost", "SET DEFAULT ROLE r FOR {site}@localhost"),
            ],
            "tetangga",
        ),
        (["GRANT SHOW DATABASES ON *.* TO {site}@localhost"], "*"),
    ],
)
def test_whatever_lets_it_reach_another_database_is_told(
    driver: DatabaseDriver, key: Key, server: mariadb.Settings, given: list[str], reached: str
) -> None:
    root_says(server, "CREATE OR REPLACE DATABASE tetangga", "CREATE TABLE tetangga.rahasia (n INT)")
    root_says(server, "CREATE FUNCTION tetangga.satu() RETURNS INT RETURN 1")
    root_says(server, *(line.format(site=key.name) for line in given))
    alone = next(check for check in driver.probe(key, spec=spec(key.name)) if check.name == "database.alone")
    root_says(server, "DROP ROLE IF EXISTS r", "DROP USER IF EXISTS ''@localhost")
    root_says(server, "GRANT SELECT ON tetangga.* TO PUBLIC", "REVOKE SELECT ON tetangga.* FROM PUBLIC")
    root_says(server, "DELETE FROM mysql.global_priv WHERE User = 'PUBLIC'", "FLUSH PRIVILEGES")
    root_says(server, "DROP DATABASE tetangga")
    assert not alone.ok
    assert sorted(alone.detail.removeprefix("berhak di ").split(", ")) == sorted([key.name, reached])


@pytest.mark.usefixtures("_database")
def test_what_its_owner_does_with_the_database_itself_makes_it_nobody_elses(
    driver: DatabaseDriver, key: Key, server: mariadb.Settings, private: Path
) -> None:
    """The comment is in the owner's hands, and so is the whole database."""
    with as_site(server, private) as session, session.cursor() as cursor:
        cursor.execute(f"ALTER DATABASE {key.name} COMMENT = 'milik orang lain'")
        assert driver.read(key).attributes == FIRST
        cursor.execute(f"DROP DATABASE {key.name}")
        assert driver.read(key) == partial(key, f"basis data {key.name} tidak ada")
        cursor.execute(f"CREATE DATABASE {key.name}")
    assert driver.read(key).attributes == FIRST
    root_says(server, f"DROP DATABASE {key.name}", f"DROP USER {key.name}@localhost")
    assert driver.read(key) == partial(key, f"basis data {key.name} tidak ada")
    driver.write(key, FIRST)
    assert all(check.ok for check in driver.probe(key, spec=spec(key.name)))


@pytest.mark.usefixtures("_database")
def test_one_made_before_there_were_records_is_given_its_bound(driver: DatabaseDriver, key: Key, private: Path) -> None:
    (private.parent / "database.json").unlink()
    assert driver.read(key).attributes == {**FIRST, "mebibytes": 0}
    driver.write(key, FIRST)
    assert driver.read(key).attributes == FIRST


def test_removal_leaves_nothing(driver: DatabaseDriver, key: Key, server: mariadb.Settings, private: Path) -> None:
    driver.write(key, FIRST)
    driver.write(key, None)
    assert list(private.iterdir()) == []
    assert root_says(server, f"SELECT User FROM mysql.user WHERE User = '{key.name}'") == []
    assert root_says(server, f"SHOW DATABASES LIKE '{key.name}'") == []


def test_servers_of_other_engines_are_not_asked(
    server: mariadb.Settings, driver: DatabaseDriver, root: Path, key: Key
) -> None:
    """They may be down. What a record names is found without the spec's word."""
    away = PostgreSql(root / "none", root)
    servers = {Engine.POSTGRESQL: away, **driver.settings.servers}
    beside = replace(driver, settings=replace(driver.settings, servers=servers))
    assert beside.read(key).standing is Standing.ABSENT
    beside.write(key, FIRST)
    without_word = replace(beside, engine=None)
    assert without_word.read(key).attributes == FIRST
    without_word.write(key, None)
    assert without_word.read(key).standing is Standing.ABSENT
    assert root_says(server, f"SHOW DATABASES LIKE '{key.name}'") == []


def test_another_engine_is_refused(driver: DatabaseDriver, key: Key) -> None:
    with pytest.raises(PermanentError, match=r"database\.engine"):
        driver.write(key, {"engine": "oracle", "connections": 5, "mebibytes": 64})
    assert driver.read(key).standing is Standing.ABSENT


@pytest.mark.usefixtures("_database")
@pytest.mark.parametrize("after", [None, FIRST], ids=["gone", "back"])
def test_killed_while_it_is_dropped_on_a_full_disk(
    driver: DatabaseDriver,
    key: Key,
    server: mariadb.Settings,
    private: Path,
    monkeypatch: pytest.MonkeyPatch,
    after: dict[str, Any] | None,
) -> None:
    """That it was under way is known without anything having been written."""

    class Killed(BaseException):
        pass

    def without_room(_draft: Path) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def killed(_server: MariaDb, site: str) -> None:
        root_says(server, f"DROP USER {site}@localhost")
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(files, "_open_new", without_room)
        with patch.context() as sudden:
            sudden.setattr(MariaDb, "drop", killed)
            with pytest.raises(Killed):
                driver.write(key, None)
        assert driver.read(key).standing is Standing.PARTIAL
        if after is None:
            driver.write(key, None)
            assert driver.read(key).standing is Standing.ABSENT
    driver.write(key, after)
    kept = sorted(path.name for path in private.parent.glob("database.*"))
    assert (driver.read(key).attributes, kept) == (after, ["database.json"] if after else [])


@pytest.mark.usefixtures("_database")
def test_with_the_database_goes_the_sites_entrance(driver: DatabaseDriver, key: Key, server: mariadb.Settings) -> None:
    entrances = Entrances(server.socket.parent, Engine.MARIADB)
    number = int(entrances.of(key.name, running=frozenset).name)
    assert entrances.sites(number) == (key.name,)
    driver.write(key, None)
    assert entrances.sites(number) == ()
