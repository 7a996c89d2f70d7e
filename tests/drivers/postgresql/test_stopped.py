"""Databases that are full, or whose site is closed, and what their roles lay in the way of that."""

import subprocess
from dataclasses import replace
from functools import partial
from pathlib import Path

import psycopg
import pytest

from panggon.core.node.databases.database_size import INODE_BYTES
from panggon.core.node.planning.resources import Key
from panggon.core.sites.spec import SiteState
from panggon.drivers.database import DatabaseDriver
from panggon.drivers.databases.postgresql import PostgreSql
from panggon.node.servers import postgresql
from tests.drivers.databases import ini
from tests.drivers.postgresql.reach import FIRST, as_site, count, refusal, root_says, spec
from tests.waiting import until

pytestmark = pytest.mark.real
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


@pytest.mark.usefixtures("_database")
def test_what_a_closed_site_had_running_ends_and_nobody_comes_in_until_it_opens(
    driver: DatabaseDriver, key: Key, server: postgresql.Settings, private: Path
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


@pytest.mark.usefixtures("_database")
def test_tables_with_nothing_in_them_count_by_their_number(key: Key, reached: PostgreSql, private: Path) -> None:
    with as_site(private) as session:
        session.execute("DO $$ BEGIN FOR n IN 1..1000 LOOP EXECUTE 'CREATE TABLE t' || n || ' ()'; END LOOP; END $$")
    assert reached.sizes([key.name])[key.name] == reached.used(key.name) >= 1000 * INODE_BYTES


@pytest.mark.usefixtures("_database")
def test_a_full_database_can_be_read_and_deleted_from_until_it_has_room(
    driver: DatabaseDriver, key: Key, reached: PostgreSql, private: Path
) -> None:
    empty = reached.sizes([key.name])[key.name]
    with as_site(private) as session:
        session.execute("CREATE SCHEMA arsip")
        session.execute("CREATE TABLE arsip.surat (id serial, isi text)")
        session.execute("INSERT INTO arsip.surat (isi) SELECT repeat(md5(n::text), 60) FROM generate_series(1, 9000) n")
        session.execute(
            "CREATE FUNCTION pintu() RETURNS void LANGUAGE sql SECURITY DEFINER AS "
            "'INSERT INTO arsip.surat (isi) VALUES (''selundup'')'"
        )
        session.execute("CREATE TABLE bagian (n int) PARTITION BY LIST (n)")
        session.execute("CREATE TABLE bagian_satu PARTITION OF bagian FOR VALUES IN (1)")
        for gift in ("TABLE arsip.surat, bagian_satu", "SEQUENCE arsip.surat_id_seq", "SCHEMA public, arsip"):
            session.execute(f"GRANT ALL ON {gift} TO PUBLIC")
        session.execute("GRANT UPDATE (isi) ON arsip.surat TO PUBLIC; SELECT lo_from_bytea(4242, 'x')")
        session.execute("SELECT lo_from_bytea(0, decode(repeat('ff', 1500), 'hex')) FROM generate_series(1, 2000)")
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
            "SELECT lo_truncate64(lo_open(4242, 131072), 1 << 30)",
            "SELECT nextval('arsip.surat_id_seq')",
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
            other.execute("DELETE FROM arsip.surat WHERE id > 10; SELECT lo_unlink(oid) FROM pg_largeobject_metadata")
        with reached._session(key.name) as cleaner:  # the server does so by itself some time or other
            cleaner.execute("VACUUM (TRUNCATE false)")
        until(lambda: reached.compact(key.name) or reached.used(key.name) < empty + MEBIBYTE)
        reached.let_write(key.name)
    with as_site(private) as session:
        session.execute("INSERT INTO arsip.surat (isi) VALUES ('x'); ALTER TABLE arsip.surat ADD nomor int")
        assert session.execute("SELECT lo_unlink(lo_from_bytea(0, 'x'))").fetchone() == (1,)
    assert driver.read(key).attributes == FIRST
    assert all(check.ok for check in driver.probe(key, spec=spec(key.name)))


@pytest.mark.usefixtures("_database")
def test_nothing_that_its_role_lays_in_the_way_makes_it_a_superuser(
    key: Key, reached: PostgreSql, server: postgresql.Settings, private: Path
) -> None:
    with as_site(private) as session:
        session.execute(SNARES.format(key.name).encode())
    made = partial(reached.make, password=None, connections=5)
    for step in (made, reached.compact, reached.stop_writing, made, reached.compact, reached.let_write):
        step(key.name)
        found = root_says(server, f"SELECT rolsuper FROM pg_roles WHERE rolname = '{key.name}'")
        assert found == [(False,)], step


@pytest.mark.usefixtures("_database")
def test_one_that_grows_although_it_is_full_is_shut_until_it_may_write_again(
    key: Key, reached: PostgreSql, private: Path
) -> None:
    """A rule acts with the rights of whom the table belongs to."""
    with as_site(private) as session:
        session.execute("CREATE TABLE isi (n int); CREATE VIEW pintu AS SELECT n FROM isi; INSERT INTO isi VALUES (1)")
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


@pytest.mark.usefixtures("_database")
def test_what_its_role_makes_of_a_table_holds_up_no_compacting_of_others(
    key: Key, reached: PostgreSql, private: Path
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
