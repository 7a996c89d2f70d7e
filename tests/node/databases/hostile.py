"""What takes longer: files that mean harm or are too large, full databases (script/test-more)."""

import time

import pytest

from panggon.core.sites.spec import Engine
from panggon.node.state import records
from tests.node.databases.place import ENGINES, FILL, Place, client
from tests.node.stand import UID_BASE
from tests.waiting import until

pytestmark = pytest.mark.real
LOOK = "\\! ls /srv /root /etc/panggon /site/.. > /site/private/lihat; id -u >> /site/private/lihat\n"
HOSTILE = {
    Engine.MARIADB: (
        f"{LOOK}source /etc/shadow\n",
        "LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE surat;\n",
        "LOAD DATA INFILE '/etc/passwd' INTO TABLE surat;\n",
        "CREATE DATABASE lain;\n",
        "SELECT * FROM mysql.global_priv;\n",
    ),
    Engine.POSTGRESQL: (
        f"{LOOK}\\i /etc/shadow\n",
        "COPY surat FROM PROGRAM 'id';\n",
        "\\copy surat FROM '/etc/shadow'\n",
        "\\connect postgres\n",
        "COMMIT; DROP TABLE surat; SET ROLE postgres;\n",
    ),
}


@ENGINES
def test_a_hostile_file_gets_what_the_site_could_get_anyway(made: tuple[Place, str], engine: Engine) -> None:
    place, site = made
    for content in HOSTILE[engine]:
        place.put(site, "muat.sql", content)
        place.work()
        assert place.result(site).endswith("Isi semula sudah dikembalikan."), content
        assert place.say(site, "SELECT isi FROM surat") == "asli"
    seen = (place.folder(site).parent / "lihat").read_text().split()
    assert seen[-1] == str(UID_BASE + int(site[1:]))
    assert {"srv", "root"} & set(seen) == set()
    assert "panggon-test" not in " ".join(seen)


@ENGINES
def test_a_file_that_is_larger_than_the_bound_is_not_loaded(made: tuple[Place, str], engine: Engine) -> None:
    place, site = made
    place.make(site, engine, mebibytes=24)
    wait = {Engine.MARIADB: "DO SLEEP(60);", Engine.POSTGRESQL: "COMMIT; SELECT pg_sleep(60);"}[engine]
    place.put(site, "muat.sql", f"CREATE TABLE surat (isi varchar(80));{FILL[engine]}{wait}")
    place.look()
    until(lambda: place.look() or place.owner._step(0.2) or not place.owner.running, seconds=60)
    place.work()
    assert place.result(site) == "Pemuatan tadi terputus. Isi semula sudah dikembalikan."
    assert place.say(site, "SELECT isi FROM surat") == "asli"


@ENGINES
def test_a_full_database_is_told_and_given_back(made: tuple[Place, str], engine: Engine) -> None:
    place, site = made
    place.make(site, engine, mebibytes=24)
    place.look()
    assert records.load(place.owner.watch.report) == []
    place.say(site, FILL[engine])
    place.look()
    (told,) = records.load(place.owner.watch.report)
    assert told.startswith(f"{site}: basis data penuh (")
    assert told.endswith(" dari 24 MiB), hanya dapat dibaca dan dihapus")
    note = place.stand.settings.site(site) / "logs" / "PENUH-BASIS-DATA.txt"
    assert note.stat().st_gid == UID_BASE + int(site[1:])
    server = place.owner.watch.servers[engine]
    assert server.find(site, known=True).full
    place.owner.watch.full.clear()  # a watch that was started anew
    place.look()
    assert records.load(place.owner.watch.report) == [told]
    place.put(site, "minta-salinan", "")
    place.work()
    assert place.result(site).startswith("Salinan basis data selesai")
    emptied = {Engine.MARIADB: "TRUNCATE surat;", Engine.POSTGRESQL: "RESET ROLE; TRUNCATE surat;"}[engine]
    place.say(site, emptied)
    place.look()
    assert records.load(place.owner.watch.report) == []
    assert not note.exists()
    assert not server.find(site, known=True).full


HOLDING = {
    Engine.MARIADB: "CREATE TABLE lama AS SELECT SLEEP(300) AS n;",
    Engine.POSTGRESQL: "BEGIN; SELECT FROM surat LIMIT 1; SELECT pg_sleep(300);",
}


@ENGINES
def test_who_holds_a_table_is_stopped_all_the_same(made: tuple[Place, str], engine: Engine) -> None:
    """The server does not say how much is in use, or gives the table to nobody, as long as the session lasts."""
    place, site = made
    place.make(site, engine, mebibytes=24)
    place.say(site, FILL[engine])
    server = place.owner.watch.servers[engine]
    with client(place, site, engine, HOLDING[engine]) as holding:
        until(lambda: server.sessions(site) > 0, seconds=10)
        time.sleep(1)
        place.look()
        assert server.find(site, known=True).full
        assert holding.wait(timeout=20) != 0
