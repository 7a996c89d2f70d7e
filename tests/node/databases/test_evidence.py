"""A copy of the database of a site that is closed to its owner, on real servers."""

import gzip
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from panggon.core.errors import PermanentError
from panggon.core.sites.spec import Engine
from panggon.drivers.databases.database_server import Copying
from panggon.node import wiring
from panggon.node.command import copies, evidence
from panggon.node.command.cli import cli
from panggon.node.databases import wishes
from panggon.node.settings.config import NodeConfig
from tests.node import simulated
from tests.node.databases.place import ENGINES, Place, client

pytestmark = pytest.mark.real
# What the site lays for who reads: by a superuser's hand it would make itself one.
SNARES = {
    Engine.MARIADB: """
CREATE VIEW hilang AS SELECT * FROM nanti; CREATE VIEW pintu AS SELECT isi FROM surat;
CREATE PROCEDURE tanam() INSERT INTO surat VALUES ('tanam');
CREATE EVENT jam ON SCHEDULE EVERY 1 DAY DO SELECT 1;
""",
    Engine.POSTGRESQL: """
CREATE FUNCTION jerat() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
  EXECUTE 'ALTER ROLE s900871 SUPERUSER'; RETURN true; EXCEPTION WHEN OTHERS THEN RETURN true; END $$;
CREATE VIEW pintu AS SELECT jerat() AS n; CREATE MATERIALIZED VIEW tanam AS SELECT 1 AS n;
ALTER TABLE surat ENABLE ROW LEVEL SECURITY; ALTER TABLE surat FORCE ROW LEVEL SECURITY;
CREATE POLICY p ON surat USING (jerat() AND false);
CREATE TABLE jam (n int); CREATE SCHEMA tertutup; CREATE TABLE tertutup.isi AS SELECT 'dalam'::text AS n;
REVOKE ALL ON surat FROM s900871; SELECT lo_from_bytea(4242, 'besar');
""",
}


@pytest.fixture
def closed(
    made: tuple[Place, str], engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Place, str, NodeConfig]:
    """In quarantine, with what it has laid; the machine's settings as the command reads them."""
    place, site = made
    if engine is Engine.MARIADB:
        place.say(site, "CREATE TABLE nanti (n int);" + SNARES[engine] + "DROP TABLE nanti;")
    else:
        place.say(site, SNARES[engine])
    place.make(site, engine, locked=True)
    monkeypatch.setattr(wishes, "is_let_in", lambda *_: False)
    monkeypatch.setattr(wiring, "database_servers", lambda _: place.owner.watch.servers)
    config = simulated.settings(tmp_path)
    config.paths.state.mkdir(exist_ok=True)
    return place, site, replace(config, paths=replace(config.paths, root=place.stand.settings.root))


def folder(place: Place, site: str) -> list[tuple[str, int]]:
    return sorted((str(path), path.lstat().st_mtime_ns) for path in place.stand.settings.site(site).rglob("*"))


@ENGINES
def test_it_is_whole_and_changes_nothing_of_the_site(
    closed: tuple[Place, str, NodeConfig], engine: Engine, tmp_path: Path
) -> None:
    place, site, config = closed
    before, target = folder(place, site), tmp_path / "bukti.sql.gz"
    said = copies.dump(config, site, target)
    assert said.done
    content = gzip.decompress(target.read_bytes()).decode()
    for word in ("asli", "pintu", "tanam", "jam"):
        assert word in content, word
    assert ("hilang" in said.words) == (engine is Engine.MARIADB)  # what cannot be read is named
    if engine is Engine.POSTGRESQL:
        assert ("dalam" in content, "lo_create" in content) == (True, True)
    assert folder(place, site) == before
    assert target.stat().st_mode & 0o777 == 0o600
    assert place.is_locked(site, engine)
    assert client(place, site, engine, "SELECT 1;").communicate()[0] == ""
    found = place.owner.watch.servers[engine].find(site, known=True)
    assert (found.standing.name, found.detail) == ("OURS", "")
    if engine is Engine.POSTGRESQL:
        assert place.say(site, f"SELECT rolsuper FROM pg_roles WHERE rolname = '{site}'") == "f"


@ENGINES
def test_who_reads_may_change_nothing_and_is_gone_afterwards(
    closed: tuple[Place, str, NodeConfig], engine: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    place, site, config = closed
    server, taken = place.owner.watch.servers[engine], []
    with server.reader(site) as copying:
        taken.append(copying)
        for words, ok in (("SELECT 1", True), ("DELETE FROM surat", False), ("CREATE TABLE x (n int)", False)):
            assert (asks(copying, engine, site, words) == 0) == ok, words
    assert asks(taken[0], engine, site, "SELECT 1") != 0
    monkeypatch.setattr(evidence, "ENDS", (b"tidak pernah",))
    target = tmp_path / "bukti.sql.gz"
    with pytest.raises(PermanentError, match=r"database\.copy"):
        copies.dump(config, site, target)
    assert sorted(tmp_path.glob("*bukti*")) == []


def asks(copying: Copying, engine: Engine, site: str, words: str) -> int:
    """As the copying program logs in."""
    if engine is Engine.MARIADB:
        argv = ["mariadb", *copying.argv[1:4], site, "-e", words]
    else:
        argv = ["psql", "-X", "-v", "ON_ERROR_STOP=1", "-c", "SET default_transaction_read_only = off", "-c", words]
    return subprocess.run(argv, env={**os.environ, **copying.environment}, capture_output=True, check=False).returncode


def test_without_a_file_it_is_refused_and_a_file_that_cannot_be_is_told_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = simulated.settings(tmp_path)
    (settings.paths.root / "sites" / simulated.SITE).mkdir(parents=True)
    command = ["--config", str(simulated.toml(tmp_path)), "dump", simulated.SITE]
    refused = CliRunner().invoke(cli, command)
    assert (refused.exit_code, "dengan --to (database.closed)" in refused.stderr) == (1, True)
    monkeypatch.setattr(wishes, "is_let_in", lambda *_: True)
    monkeypatch.setattr(copies, "_ask", lambda *_: pytest.fail("a copy was asked for"))
    for target in (tmp_path / "tidak-ada" / "a.sql.gz", tmp_path):
        refused = CliRunner().invoke(cli, [*command, "--to", str(target)])
        assert (refused.exit_code, "disk.refused" in refused.stderr) == (1, True)
