"""What takes longer: files that mean harm, files that are too large (script/test-more)."""

import pytest

from panggon.core.spec import Engine
from tests.node.databases.place import ENGINES, FILL, Place
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
