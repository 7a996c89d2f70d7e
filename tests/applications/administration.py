"""phpMyAdmin and Adminer on a site: its owner sees and changes the site's own database, and nothing else."""

import gzip
import json
import re
import shutil
from pathlib import Path

import pytest

from tests.applications.sites import opened, seen
from tests.node.machine_stand import Machine

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]
PAGES = Path("/usr/share/phpmyadmin")
SETTINGS = """<?php
$cfg['blowfish_secret'] = '0123456789abcdef0123456789abcdef';
$cfg['Servers'][1] = ['auth_type' => 'cookie', 'host' => 'localhost', 'socket' => '/run/mysqld/mysqld.sock'];
$cfg['TempDir'] = '/site/tmp';
"""


def unpack(folder: Path) -> None:
    """As its authors ship it, settings in its own folder (Debian's are in /etc)."""
    shutil.copytree(PAGES, folder, ignore=shutil.ignore_patterns("locale", "doc", "*.map"))
    constants = folder / "libraries" / "vendor_config.php"
    words = constants.read_text().replace("'/var/lib/phpmyadmin/tmp/'", "'/site/tmp/'")
    constants.write_text(re.sub(r"'/etc/phpmyadmin/config\.inc\.php'", "ROOT_PATH . 'config.inc.php'", words))
    (folder / "config.inc.php").write_text(SETTINGS)


def test_phpmyadmin(machine: Machine, tmp_path: Path) -> None:
    site = opened(machine, 990004, kind="php")
    unpack(tmp_path / "pages" / "basisdata")
    site.upload(tmp_path / "pages")
    own = site.name
    with site.visitor() as owner:
        form = seen(owner.get("/basisdata/index.php")).form("pma_username", "pma_password")
        login = {**form.fields, "pma_username": own, "pma_password": "salah"}
        page = owner.post("/basisdata/index.php?route=/", login)
        assert "Access denied" in page.text
        form = seen(page).form("pma_username", "pma_password")
        login = {**form.fields, "pma_username": own, "pma_password": site.password()}
        page = owner.post("/basisdata/index.php?route=/", login)
        assert own in seen(page).text
        form = seen(owner.get(f"/basisdata/index.php?route=/database/sql&db={own}")).form("sql_query", "sql_delimiter")
        words = "CREATE TABLE surat (isi TEXT); INSERT INTO surat VALUES ('Kota Batik'); SELECT * FROM mysql.user"
        sent = {**form.fields, "sql_query": words, "ajax_request": "true"}
        said = owner.post("/basisdata/index.php?route=/import", sent).json()
        assert "1 row inserted." in said["sql_query"]
        assert "SELECT command denied" in said["error"]
        shown = owner.get(f"/basisdata/index.php?route=/sql&db={own}&table=surat&pos=0")
        assert "Kota Batik" in seen(shown).text
        listed = owner.get("/basisdata/index.php?route=/server/databases")
        assert set(re.findall(r"\bs99\d{4}\b", listed.text)) <= {own}
    assert site.complaints() == []


HOSTILE = """<?php
$ini = parse_ini_file('/site/private/database.ini');
$try = function (string $name, callable $do): void {
    try { $said = json_encode($do()); } catch (Throwable $error) { $said = 'ditolak'; }
    echo "$name: $said\n";
};
$own = fn (string $place) => new PDO($place, $ini['user'], $ini['password']);
$link = $own("pgsql:host={$ini['host']};dbname={$ini['database']}");
$ask = fn (string $words) => fn () => $link->query($words)->fetchAll(PDO::FETCH_COLUMN);
$try('sendiri', $ask("SELECT current_database()"));
$try('tetangga', fn () => $own("pgsql:host={$ini['host']};dbname=" . $_GET['other'])->query('SELECT 1')->fetchColumn());
$try('postgres', fn () => $own("pgsql:host={$ini['host']};dbname=postgres")->query('SELECT 1')->fetchColumn());
$try('siapa', fn () => new PDO("pgsql:host={$ini['host']};dbname=postgres", 'postgres'));
$try('berkas', $ask("SELECT pg_read_file('/etc/passwd')"));
$try('program', $ask("COPY (SELECT 1) TO PROGRAM 'id'"));
$try('kegiatan', $ask("SELECT datname FROM pg_stat_activity"));
$try('mariadb', fn () => new PDO('mysql:unix_socket=/run/mysqld/mysqld.sock', 'root'));
"""


def test_postgresql_of_a_site(machine: Machine, tmp_path: Path) -> None:
    """Adminer for its owner; and what a hostile page finds, with a neighbour beside it."""
    other = opened(machine, 990002, kind="php", database="postgresql")
    site = opened(machine, 990003, kind="php", database="postgresql")
    pages = tmp_path / "pages"
    pages.mkdir()
    shutil.copy("/usr/share/adminer/adminer.php", pages)
    (pages / "jahat.php").write_text(HOSTILE)
    site.upload(pages)
    own = site.name
    login = {"auth[driver]": "pgsql", "auth[server]": "/run/postgresql", "auth[username]": own, "auth[db]": own}
    with site.visitor() as owner:
        owner.get("/adminer.php")
        page = owner.post("/adminer.php", {**login, "auth[password]": site.password()})
        assert f"{own} » Schema: public" in seen(page).text
        address = f"/adminer.php?pgsql=%2Frun%2Fpostgresql&username={own}&db={own}&ns=public&sql="
        form = seen(owner.get(address)).form("query", "token")
        words = "CREATE TABLE surat (isi TEXT); INSERT INTO surat VALUES ('Kota Batik')"
        assert "Query executed OK, 1 row affected." in seen(owner.post(address, {**form.fields, "query": words})).text
        assert owner.get(f"/jahat.php?other={other.name}").text.splitlines() == [
            f'sendiri: ["{own}"]',
            *(f"{what}: ditolak" for what in ("tetangga", "postgres", "siapa", "berkas", "program", "kegiatan")),
            "mariadb: ditolak",
        ]
    said = machine.node("dump", own, "--to", str(tmp_path / "salinan.sql.gz"))
    assert (said.returncode, said.stdout[:31]) == (0, "Salinan basis data selesai: sal"), said.stdout + said.stderr
    assert "Kota Batik" in gzip.decompress((tmp_path / "salinan.sql.gz").read_bytes()).decode()
    (tmp_path / "rusak.sql").write_text("DROP TABLE surat; BUKAN SQL;")
    said = machine.node("load", own, str(tmp_path / "rusak.sql"))
    assert (said.returncode, said.stdout.strip()[-31:]) == (1, " Isi semula sudah dikembalikan."), said.stdout
    assert machine.node("load", own, str(tmp_path / "salinan.sql.gz")).returncode == 0
    status = json.loads(machine.node("status", "--json").stdout)
    assert {each["name"] for each in status["servers"] if each["running"]} >= {"postgresql", "databases"}
    assert site.complaints() == []
