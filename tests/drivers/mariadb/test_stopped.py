"""Databases that are full, or whose site is closed."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pymysql
import pytest

from panggon.core.node.databases.database_size import MEBIBYTE
from panggon.core.node.planning.resources import Key
from panggon.core.sites.spec import Engine, SiteState
from panggon.drivers.database import DatabaseDriver
from panggon.drivers.databases.mariadb import server as mariadb_server
from panggon.node.servers import mariadb
from tests.drivers.databases import ini
from tests.drivers.mariadb.reach import FIRST, as_site, count, root_says, spec
from tests.waiting import until

pytestmark = pytest.mark.real
KNOWN = (
    "CREATE TABLE lebar (isi VARCHAR(16000) CHARACTER SET latin1)",
    "INSERT INTO lebar SELECT RPAD(seq, 16000, CHAR(1)) FROM seq_1_to_300",
    "SET STATEMENT histogram_type = JSON_HB, histogram_size = 255 FOR ANALYZE TABLE lebar PERSISTENT FOR ALL",
    "TRUNCATE lebar",
)


@pytest.mark.usefixtures("_database")
def test_its_procedures_count_and_it_may_drop_them_when_it_is_full(
    driver: DatabaseDriver, key: Key, server: mariadb.Settings, private: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They lie with those of all others, outside of its directory."""
    reached = driver.settings.servers[Engine.MARIADB]
    before = reached.sizes([key.name])[key.name]
    with as_site(server, private) as session, session.cursor() as cursor:
        for name in ("satu", "dua"):
            cursor.execute(f"CREATE PROCEDURE {name}() SELECT '{'x' * MEBIBYTE}'")
        cursor.execute(f"CREATE EVENT tiga ON SCHEDULE EVERY 1 YEAR DO SELECT '{'x' * MEBIBYTE}'")
    assert reached.sizes([key.name])[key.name] == before, "while there is little of them nobody asks"
    monkeypatch.setattr(mariadb_server, "PROGRAMS_MANY", 0)
    assert 3 * MEBIBYTE < reached.sizes([key.name])[key.name] - before == reached.used(key.name) - before < 7 * MEBIBYTE
    reached.stop_writing(key.name)
    with as_site(server, private) as session, session.cursor() as cursor:
        with pytest.raises(pymysql.err.OperationalError, match="denied"):
            cursor.execute("CREATE OR REPLACE PROCEDURE satu() SELECT 1")
        cursor.execute("DROP PROCEDURE satu")
        cursor.execute("DROP PROCEDURE dua")
    assert reached.used(key.name) - before < 3 * MEBIBYTE
    reached.let_write(key.name)


@pytest.mark.usefixtures("_database")
def test_what_is_known_of_its_columns_counts_until_it_drops_them(
    driver: DatabaseDriver, key: Key, server: mariadb.Settings, private: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stays as large as it was when the rows are gone."""
    monkeypatch.setattr(mariadb_server, "PROGRAMS_MANY", 0)
    reached = driver.settings.servers[Engine.MARIADB]
    before = reached.sizes([key.name])[key.name]
    with as_site(server, private) as session, session.cursor() as cursor:
        for words in KNOWN:
            cursor.execute(words)
        assert reached.sizes([key.name])[key.name] - before > 3 * MEBIBYTE
        reached.stop_writing(key.name)
    with as_site(server, private) as session, session.cursor() as cursor:
        with pytest.raises(pymysql.err.OperationalError, match="denied"):
            cursor.execute(KNOWN[-2])
        cursor.execute("DROP TABLE lebar")
    assert reached.sizes([key.name])[key.name] - before < MEBIBYTE
    reached.let_write(key.name)


@pytest.mark.usefixtures("_database")
def test_a_full_database_can_be_read_and_deleted_from_until_it_has_room(
    driver: DatabaseDriver, key: Key, server: mariadb.Settings, private: Path
) -> None:
    reached = driver.settings.servers[Engine.MARIADB]
    with as_site(server, private) as session, session.cursor() as cursor:
        cursor.execute("CREATE TABLE surat (id INT PRIMARY KEY, isi TEXT) ENGINE=InnoDB")
        cursor.execute("INSERT INTO surat SELECT seq, REPEAT(MD5(seq), 60) FROM seq_1_to_6000")
        cursor.execute("CREATE TABLE tua (isi TEXT) ENGINE=MyISAM AS SELECT isi FROM surat LIMIT 1000")
        cursor.execute("CREATE PROCEDURE pintu() INSERT INTO surat VALUES (0, 'selundup')")
        session.commit()
        used = reached.used(key.name)
        assert 12 << 20 < used <= reached.sizes([key.name])[key.name] < 40 << 20
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


@pytest.mark.usefixtures("_database")
def test_nothing_that_its_user_lays_in_the_way_runs_as_root(
    driver: DatabaseDriver, key: Key, server: mariadb.Settings, private: Path
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
        cursor.execute("CREATE SQL SECURITY INVOKER VIEW w AS SELECT * FROM saksi WHERE jerat(siapa) GROUP BY siapa")
    for step in (reached.used, reached.stop_writing, reached.used, reached.let_write):
        step(key.name)
        reached.sizes([key.name])
        driver.write(key, FIRST)
    assert root_says(server, f"SELECT * FROM {key.name}.saksi") == []
    root_says(server, f"SELECT n FROM {key.name}.v")
    assert ("root@localhost",) in root_says(server, f"SELECT * FROM {key.name}.saksi"), "nor is it for want of a snare"


@pytest.mark.usefixtures("_database")
def test_what_a_closed_site_had_running_ends_and_nobody_comes_in_until_it_opens(
    driver: DatabaseDriver, key: Key, server: mariadb.Settings, private: Path
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


@pytest.mark.usefixtures("_database")
def test_a_user_that_a_person_took_away_comes_back_locked_and_has_its_owners_password_when_it_opens(
    driver: DatabaseDriver, key: Key, server: mariadb.Settings, private: Path
) -> None:
    before = ini(private)
    root_says(server, f"DROP USER {key.name}@localhost")
    driver.write(key, {**FIRST, "locked": True})
    assert ini(private) == before
    with pytest.raises(pymysql.err.OperationalError, match="Access denied"):
        as_site(server, private)
    assert "ACCOUNT LOCK" in str(root_says(server, f"SHOW CREATE USER {key.name}@localhost"))
    driver.write(key, FIRST)
    assert ini(private) == before
    as_site(server, private).close()
