import errno
import os
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pymysql
import pytest

from panggon.core.errors import PermanentError, TemporaryError
from panggon.core.resources import Attributes, Key, Kind, Standing
from panggon.core.spec import Engine, SiteSpec, SiteState
from panggon.drivers import files, mariadb_session
from panggon.drivers import mariadb as mariadb_driver
from panggon.drivers.database import DatabaseDriver, Settings
from panggon.drivers.directory import DirectoryDriver
from panggon.drivers.directory import Settings as DirectorySettings
from panggon.drivers.postgresql import PostgreSql
from panggon.node.servers import mariadb
from tests.drivers.conftest import UID_BASE
from tests.drivers.contract import Case, Contract
from tests.drivers.running import running
from tests.waiting import until

pytestmark = pytest.mark.real
FIRST: Attributes = {"engine": "mariadb", "connections": 5, "mebibytes": 64}


@pytest.fixture(scope="module")
def server(root: Path) -> mariadb.Settings:
    return mariadb.Settings(
        data=root / "state" / "mariadb",
        socket=root / "run" / "mysqld" / "mysqld.sock",
        configuration=root / "etc" / "mariadb.cnf",
        log=root / "logs" / "mariadb.log",
        buffer_mebibytes=16,
    )


@pytest.fixture(scope="module", autouse=True)
def _mariadb(server: mariadb.Settings) -> Iterator[None]:
    """A directory that a killed first start left half made is no obstacle."""
    (server.data.parent / "mariadb.new" / "mysql").mkdir(parents=True)
    mariadb.prepare(server)
    with running(mariadb.server(server)):
        yield


@pytest.fixture(scope="module", autouse=True)
def private(root: Path, site: str, uid: int) -> Iterator[Path]:
    trees, key = DirectoryDriver(DirectorySettings(root, UID_BASE)), Key(Kind.DIRECTORY, site)
    trees.write(key, {"uid": uid})
    yield root / "sites" / site / "private"
    trees.write(key, None)


def driver_of(socket: Path, server: mariadb.Settings, root: Path) -> DatabaseDriver:
    reached = mariadb_driver.MariaDb(socket, Path("/run/mysqld/mysqld.sock"), server.data, server.temporary)
    return DatabaseDriver(Settings({Engine.MARIADB: reached}, root, UID_BASE), Engine.MARIADB)


@pytest.fixture(scope="module")
def driver(server: mariadb.Settings, root: Path) -> DatabaseDriver:
    return driver_of(server.socket, server, root)


@pytest.fixture(scope="module")
def key(site: str) -> Key:
    return Key(Kind.DATABASE, site)


@pytest.fixture
def _database(driver: DatabaseDriver, key: Key) -> Iterator[None]:
    driver.write(key, FIRST)
    yield
    driver.write(key, None)


def root_says(server: mariadb.Settings, *statements: str) -> list[tuple[object, ...]]:
    session = pymysql.connect(unix_socket=str(server.socket), user="root", autocommit=True)
    with session, session.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        return list(cursor.fetchall())


def ini(private: Path) -> dict[str, str]:
    lines = (private / "database.ini").read_text().splitlines()
    return {name: value.strip('"') for name, value in (line.split(" = ") for line in lines)}


def as_site(server: mariadb.Settings, private: Path) -> pymysql.connections.Connection:
    facts = ini(private)
    return pymysql.connect(
        unix_socket=str(server.socket), user=facts["user"], password=facts["password"], database=facts["database"]
    )


def count(server: mariadb.Settings, site: str) -> int:
    return int(str(root_says(server, f"SELECT COUNT(*) FROM {site}.jejak")[0][0]))


def spec(site: str) -> SiteSpec:
    return SiteSpec(site, "a.example", SiteState.PREPARED, 1, database=Engine.MARIADB)


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
class TestDatabase:
    def test_the_ini_file_is_the_owners_alone_and_php_reads_it(self, private: Path, site: str, uid: int) -> None:
        found = (private / "database.ini").stat()
        assert (found.st_uid, found.st_gid, oct(found.st_mode & 0o777)) == (uid, uid, "0o400")
        script = f'foreach (parse_ini_file("{private}/database.ini") as $k => $v) echo "$k=$v\\n";'
        read = dict(line.split("=", 1) for line in subprocess.check_output(["php", "-r", script], text=True).split())
        assert read == ini(private)
        assert (read["host"], read["database"], read["user"]) == ("localhost", site, site)
        assert read["socket"] == "/run/mysqld/mysqld.sock"
        assert len(read["password"]) == 43

    def test_it_sees_and_writes_only_its_own(
        self, driver: DatabaseDriver, key: Key, server: mariadb.Settings, private: Path
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

    def test_connections_are_limited(
        self, driver: DatabaseDriver, key: Key, server: mariadb.Settings, private: Path
    ) -> None:
        driver.write(key, {"engine": "mariadb", "connections": 2, "mebibytes": 64})
        with as_site(server, private), as_site(server, private):
            with pytest.raises(pymysql.err.OperationalError, match="max_user_connections"):
                as_site(server, private)
            assert driver.probe(key, spec=spec(key.name))[0].ok is False

    def test_a_change_keeps_password_and_data(
        self, driver: DatabaseDriver, key: Key, server: mariadb.Settings, private: Path
    ) -> None:
        before = ini(private)
        root_says(server, f"CREATE TABLE {key.name}.berita AS SELECT 7 AS id")
        driver.write(key, {"engine": "mariadb", "connections": 9, "mebibytes": 32})
        assert ini(private) == before
        with as_site(server, private) as session, session.cursor() as cursor:
            cursor.execute("SELECT id FROM berita")
            assert cursor.fetchall() == ((7,),)

    def test_other_rights_than_made_are_seen_and_mended(
        self, driver: DatabaseDriver, key: Key, server: mariadb.Settings
    ) -> None:
        root_says(server, f"GRANT SELECT ON mysql.* TO {key.name}@localhost")
        assert driver.read(key).attributes == {**FIRST, "connections": 0}
        driver.write(key, FIRST)
        assert driver.read(key).attributes == FIRST
        root_says(server, f"REVOKE INSERT ON {key.name}.* FROM {key.name}@localhost")
        assert driver.read(key).attributes == {**FIRST, "connections": 0}
        driver.write(key, FIRST)
        assert driver.read(key).attributes == FIRST

    def test_rights_of_strangers_are_seen_and_mended(
        self, driver: DatabaseDriver, key: Key, server: mariadb.Settings
    ) -> None:
        root_says(server, "CREATE USER tamu@'%'", f"CREATE TABLE {key.name}.berita AS SELECT 7 AS id")
        tables = f"{key.name}.berita"
        for place in (f"`{key.name}`.*", "`s%`.*", "`%`.*", tables):
            root_says(server, f"GRANT SELECT ON {place} TO tamu@'%' WITH GRANT OPTION")
            assert driver.read(key).attributes == {**FIRST, "connections": 0}, place
            driver.write(key, FIRST)
            assert driver.read(key).attributes == FIRST, place
        root_says(server, f"GRANT UPDATE (id) ON {tables} TO tamu@'%'")
        assert driver.read(key).attributes == {**FIRST, "connections": 0}
        driver.write(key, FIRST)
        assert driver.read(key).attributes == FIRST
        root_says(server, "GRANT SELECT ON mysql.* TO tamu@'%'")  # no matter of this site
        assert driver.read(key).attributes == FIRST
        root_says(server, "DROP USER tamu@'%'")

    def test_what_its_owner_does_with_the_database_itself_makes_it_nobody_elses(
        self, driver: DatabaseDriver, key: Key, server: mariadb.Settings, private: Path
    ) -> None:
        """The comment is in the owner's hands, and so is the whole database."""
        with as_site(server, private) as session, session.cursor() as cursor:
            cursor.execute(f"ALTER DATABASE {key.name} COMMENT = 'milik orang lain'")
            assert driver.read(key).attributes == FIRST
            cursor.execute(f"DROP DATABASE {key.name}")
            assert driver.read(key).attributes == {**FIRST, "connections": 0}
            cursor.execute(f"CREATE DATABASE {key.name}")
        assert driver.read(key).attributes == FIRST
        root_says(server, f"DROP DATABASE {key.name}", f"DROP USER {key.name}@localhost")
        assert driver.read(key).attributes == {**FIRST, "connections": 0}
        driver.write(key, FIRST)
        assert all(check.ok for check in driver.probe(key, spec=spec(key.name)))

    def test_one_made_before_there_were_records_is_given_its_bound(
        self, driver: DatabaseDriver, key: Key, private: Path
    ) -> None:
        (private.parent / "database.json").unlink()
        assert driver.read(key).attributes == {**FIRST, "mebibytes": 0}
        driver.write(key, FIRST)
        assert driver.read(key).attributes == FIRST

    def test_a_full_database_can_be_read_and_deleted_from_until_it_has_room(
        self, driver: DatabaseDriver, key: Key, server: mariadb.Settings, private: Path
    ) -> None:
        reached = driver.settings.servers[Engine.MARIADB]
        with as_site(server, private) as session, session.cursor() as cursor:
            cursor.execute("CREATE TABLE surat (id INT PRIMARY KEY, isi TEXT) ENGINE=InnoDB")
            cursor.execute("INSERT INTO surat SELECT seq, REPEAT(MD5(seq), 60) FROM seq_1_to_6000")
            cursor.execute("CREATE TABLE tua (isi TEXT) ENGINE=MyISAM AS SELECT isi FROM surat LIMIT 1000")
            cursor.execute("CREATE PROCEDURE pintu() INSERT INTO surat VALUES (0, 'selundup')")
            session.commit()
            used = reached.used(key.name)
            assert 12 << 20 < used <= reached.sizes()[key.name] < 40 << 20
            for _ in range(2):  # killed in between, the watch repeats it
                reached.stop_writing(key.name)
            with pytest.raises(pymysql.err.Error):
                cursor.execute("SELECT 1")
        with as_site(server, private) as session, session.cursor() as cursor:
            for refused in (
                "INSERT INTO surat VALUES (0, 'x')",
                "UPDATE surat SET isi = 'x'",
                "CALL pintu()",
                "CREATE TABLE lain (id INT)",
                "CREATE TEMPORARY TABLE lain (id INT)",
                "ALTER TABLE surat ADD x INT",
                f"GRANT INSERT ON {key.name}.* TO {key.name}@localhost",
            ):
                with pytest.raises(pymysql.err.OperationalError, match="denied"):
                    cursor.execute(refused)
            assert driver.read(key).attributes == FIRST
            assert driver.probe(key, spec=spec(key.name))[-1].name == "database.full"
            assert all(check.ok for check in driver.probe(key, spec=spec(key.name)))
            driver.write(key, FIRST)
            assert reached.find(key.name, known=True).full, "a plan does not give room"
            cursor.execute("SELECT COUNT(*) FROM surat")
            assert cursor.fetchall() == ((6000,),)
            cursor.execute("DELETE FROM surat WHERE id > 10")
            session.commit()
            cursor.execute("DROP TABLE tua")
            until(lambda: reached.used(key.name) < used / 2)
            reached.let_write(key.name)
        with as_site(server, private) as session, session.cursor() as cursor:
            cursor.execute("INSERT INTO surat VALUES (0, 'x')")
        assert all(check.ok for check in driver.probe(key, spec=spec(key.name)))

    def test_nothing_that_its_user_lays_in_the_way_runs_as_root(
        self, driver: DatabaseDriver, key: Key, server: mariadb.Settings, private: Path
    ) -> None:
        reached = driver.settings.servers[Engine.MARIADB]
        with as_site(server, private) as session, session.cursor() as cursor:
            cursor.execute("CREATE TABLE saksi (siapa TEXT)")
            for name in ("jerat", "password", "sum"):
                cursor.execute(
                    f"CREATE FUNCTION `{name}` (x TEXT) RETURNS INT DETERMINISTIC SQL SECURITY INVOKER "
                    "BEGIN INSERT INTO saksi VALUES (CURRENT_USER()); RETURN 1; END"
                )
            cursor.execute("CREATE SQL SECURITY INVOKER VIEW v AS SELECT jerat('x') AS n, (SELECT jerat('y')) AS m")
            cursor.execute("CREATE TRIGGER t BEFORE DELETE ON saksi FOR EACH ROW SET @x = jerat('x')")
            cursor.execute(
                "CREATE SQL SECURITY INVOKER VIEW w AS SELECT * FROM saksi WHERE jerat(siapa) GROUP BY siapa"
            )
        for step in (reached.used, reached.stop_writing, reached.used, reached.let_write):
            step(key.name)
            reached.sizes()
            driver.write(key, FIRST)
        assert root_says(server, f"SELECT * FROM {key.name}.saksi") == []
        root_says(server, f"SELECT n FROM {key.name}.v")
        assert ("root@localhost",) in root_says(server, f"SELECT * FROM {key.name}.saksi"), (
            "nor is it for want of a snare"
        )

    def test_what_a_closed_site_had_running_ends_and_nobody_comes_in_until_it_opens(
        self, driver: DatabaseDriver, key: Key, server: mariadb.Settings, private: Path
    ) -> None:
        """The server goes on with a procedure whose client is gone."""
        closed = replace(spec(key.name), state=SiteState.QUARANTINED)
        with as_site(server, private) as session, session.cursor() as cursor:
            cursor.execute("CREATE TABLE jejak (id INT AUTO_INCREMENT PRIMARY KEY)")
            cursor.execute("CREATE PROCEDURE p() WHILE 1 DO INSERT INTO jejak VALUES (); DO SLEEP(0.02); END WHILE")
        facts = ini(private)
        argv = [
            "mariadb",
            "--no-defaults",
            f"--socket={server.socket}",
            f"--user={key.name}",
            key.name,
            "-e",
            "CALL p()",
        ]
        with subprocess.Popen(argv, env={"MYSQL_PWD": facts["password"]}) as client:
            until(lambda: count(server, key.name) > 2)
            client.kill()
        at_the_kill = count(server, key.name)
        until(lambda: count(server, key.name) > at_the_kill + 2)
        assert [(check.name, check.ok) for check in driver.probe(key, spec=closed)] == [
            ("database.kept", True),
            ("database.idle", False),
        ]
        (private / "database.ini").write_bytes(b"")  # in its owner's hands, and left as it is
        driver.write(key, {**FIRST, "locked": True})
        assert (private / "database.ini").read_bytes() == b""
        kept = count(server, key.name)
        assert driver.probe(key, spec=closed)[1].detail == "terkunci, 0 sesi"
        assert all(check.ok for check in driver.probe(key, spec=closed))
        with pytest.raises(pymysql.err.OperationalError, match="account is locked"):
            pymysql.connect(unix_socket=str(server.socket), user=key.name, password=facts["password"])
        root_says(server, f"ALTER USER {key.name}@localhost ACCOUNT UNLOCK")
        assert driver.read(key).attributes == FIRST
        assert not driver.probe(key, spec=closed)[1].ok
        driver.write(key, {**FIRST, "locked": True})
        assert count(server, key.name) == kept
        driver.write(key, FIRST)
        assert all(check.ok for check in driver.probe(key, spec=spec(key.name)))
        root_says(server, f"ALTER USER {key.name}@localhost ACCOUNT LOCK")
        assert driver.read(key).attributes == {**FIRST, "locked": True}

    def test_a_database_without_its_ini_file_is_not_proven_and_can_be_mended(
        self, driver: DatabaseDriver, key: Key, private: Path
    ) -> None:
        (private / "database.ini").unlink()
        assert driver.read(key).attributes == FIRST
        (check,) = driver.probe(key, spec=spec(key.name))
        assert (check.ok, check.detail) == (False, "private/database.ini tidak memuat kata sandi")
        driver.write(key, FIRST)
        assert all(check.ok for check in driver.probe(key, spec=spec(key.name)))

    @pytest.mark.parametrize("lost", [True, False], ids=["lost", "known to others"])
    def test_a_new_password_is_made_when_it_is_asked_for(
        self, driver: DatabaseDriver, key: Key, server: mariadb.Settings, private: Path, lost: bool
    ) -> None:
        with as_site(server, private) as session, session.cursor() as cursor:
            cursor.execute("CREATE TABLE IF NOT EXISTS surat (isi VARCHAR(20))")
        former = as_site(server, private)
        before = ini(private)
        if lost:
            (private / "database.ini").unlink()
        driver.write(key, {**FIRST, "key_number": 1})
        assert driver.read(key).attributes == {**FIRST, "key_number": 1}
        again = ini(private)
        assert again["password"] != before["password"]
        assert {**again, "password": ""} == {**before, "password": ""}
        assert all(check.ok for check in driver.probe(key, spec=spec(key.name)))
        driver.write(key, {**FIRST, "key_number": 1})
        assert ini(private) == again
        former.close()
        assert not driver.settings.servers[Engine.MARIADB].accepts(key.name, before["password"])
        with as_site(server, private) as session, session.cursor() as cursor:
            cursor.execute("SHOW TABLES")
            assert cursor.fetchall() == (("surat",),)

    def test_a_wrong_password_in_the_ini_file_is_not_proven_and_can_be_mended(
        self, driver: DatabaseDriver, key: Key, private: Path
    ) -> None:
        path = private / "database.ini"
        path.write_text(path.read_text().replace('password = "', 'password = "x'))
        assert "Access denied" in driver.probe(key, spec=spec(key.name))[0].detail
        driver.write(key, FIRST)
        assert all(check.ok for check in driver.probe(key, spec=spec(key.name)))

    def test_links_and_pipes_of_the_owner_are_not_followed(
        self, driver: DatabaseDriver, key: Key, private: Path, root: Path
    ) -> None:
        victim = root / "victim"
        victim.write_text('password = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"\n')
        victim.chmod(0o600)
        for name in ("database.ini", ".database.ini.new"):
            (private / name).unlink(missing_ok=True)
            (private / name).symlink_to(victim)
        driver.write(key, FIRST)
        found = victim.stat()
        assert (found.st_uid, found.st_mode & 0o777) == (0, 0o600)
        assert victim.read_text() == 'password = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"\n'
        assert not (private / "database.ini").is_symlink()
        (private / "database.ini").unlink()
        os.mkfifo(private / "database.ini")
        driver.write(key, FIRST)
        assert stat.S_ISREG((private / "database.ini").lstat().st_mode)
        assert [path.name for path in private.iterdir()] == ["database.ini"]


def test_a_link_planted_during_the_write_is_not_followed(private: Path, root: Path, uid: int, monkeypatch) -> None:
    victim = root / "unsuspecting"
    victim.write_text("tetap")
    unlink = files._unlink_at

    def unlink_and_plant(directory: int, name: str) -> None:
        unlink(directory, name)
        (private / name).symlink_to(victim)

    monkeypatch.setattr(files, "_unlink_at", unlink_and_plant)
    with (
        files.opened(private, uid=uid) as directory,
        pytest.raises(PermanentError, match=r"disk\.refused"),
    ):
        files.write_at(directory, "database.ini", "x", mode=0o400, uid=uid, gid=uid)
    assert (victim.read_text(), victim.stat().st_uid) == ("tetap", 0)
    (private / ".database.ini.new").unlink()


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
def test_a_new_password_that_found_no_room_and_one_that_was_killed_leave_nothing(
    driver: DatabaseDriver, key: Key, private: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_room(descriptor: int) -> None:
        if Path(f"/proc/self/fd/{descriptor}").readlink().name == ".database.ini.new":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    before = ini(private)
    with monkeypatch.context() as full:
        full.setattr(os, "fsync", without_room)
        with pytest.raises(TemporaryError, match=r"disk\.full"):
            driver.write(key, {**FIRST, "key_number": 1})
    assert [path.name for path in private.iterdir()] == ["database.ini"]
    (private / ".database.ini.new").touch()
    driver.write(key, FIRST)
    assert [path.name for path in private.iterdir()] == ["database.ini"]
    assert ini(private) == before


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

    def killed(_server: mariadb_driver.MariaDb, site: str) -> None:
        root_says(server, f"DROP USER {site}@localhost")
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(files, "_open_new", without_room)
        with patch.context() as sudden:
            sudden.setattr(mariadb_driver.MariaDb, "drop", killed)
            with pytest.raises(Killed):
                driver.write(key, None)
        assert driver.read(key).standing is Standing.PARTIAL
        if after is None:
            driver.write(key, None)
            assert driver.read(key).standing is Standing.ABSENT
    driver.write(key, after)
    kept = sorted(path.name for path in private.parent.glob("database.*"))
    assert (driver.read(key).attributes, kept) == (after, ["database.json"] if after else [])


def test_a_server_that_is_down_may_come_back(server: mariadb.Settings, root: Path, key: Key) -> None:
    away = driver_of(root / "run" / "none.sock", server, root)
    for ask in (lambda: away.read(key), lambda: away.write(key, FIRST)):
        with pytest.raises(TemporaryError, match=r"database\.down"):
            ask()


@pytest.mark.parametrize(
    ("number", "text", "error", "code"),
    [
        (1006, 'Database not created (errno: 28 "No space left on device")', TemporaryError, "disk.full"),
        (1040, "Too many connections", TemporaryError, "database.down"),
        (1044, "Access denied", PermanentError, "database.refused"),
    ],
)
def test_what_the_server_says_is_temporary_or_not(
    server: mariadb.Settings, number: int, text: str, error: type[Exception], code: str
) -> None:
    with pytest.raises(error, match=code), mariadb_session.root(server.socket) as cursor:
        cursor.execute(f"SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = {number}, MESSAGE_TEXT = %s", (text,))


def test_only_root_and_the_sites_come_in(server: mariadb.Settings) -> None:
    assert root_says(server, "SELECT User FROM mysql.user WHERE User NOT IN ('mariadb.sys') ORDER BY User") == [
        ("root",)
    ]
    as_nobody = ["setpriv", "--reuid=65534", "--clear-groups", "mariadb", f"--socket={server.socket}", "-u", "root"]
    refused = subprocess.run([*as_nobody, "-e", "SELECT 1"], capture_output=True, text=True)
    assert "Access denied" in refused.stderr


def test_preparing_again_keeps_the_data(server: mariadb.Settings) -> None:
    before = server.data.stat()
    mariadb.prepare(server)
    assert (server.data.stat().st_ino, server.data.stat().st_uid) == (before.st_ino, before.st_uid)
    beside = sorted(path.name for path in server.data.parent.iterdir() if path.name.startswith("mariadb"))
    assert beside == ["mariadb", "mariadb.tmp"]


def number_of_session(server: mariadb.Settings) -> int:
    with mariadb_session.root(server.socket) as cursor:
        cursor.execute("SELECT CONNECTION_ID()")
        return int(cursor.fetchall()[0][0])


def test_what_is_asked_in_a_row_is_asked_in_one_session_and_one_that_failed_is_not_used_again(server):
    assert number_of_session(server) != number_of_session(server)
    with mariadb_session.lasting():
        first = number_of_session(server)
        assert number_of_session(server) == first
        with pytest.raises(PermanentError, match="refused"), mariadb_session.root(server.socket) as cursor:
            cursor.execute("SELECT nothing")
        second = number_of_session(server)
        assert second != first
        with pymysql.connect(unix_socket=str(server.socket), user="root") as other, other.cursor() as cursor:
            cursor.execute(f"KILL CONNECTION {second}")
        with pytest.raises(TemporaryError, match="down"):
            number_of_session(server)
        assert number_of_session(server) > second
    assert number_of_session(server) != number_of_session(server)
