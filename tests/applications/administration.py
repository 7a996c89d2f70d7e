"""phpMyAdmin and Adminer on a site: its owner sees and changes the site's own database, and nothing else."""

import gzip
import json
import re
import shutil
from pathlib import Path

import pytest

from tests.applications.sites import opened, seen
from tests.node.machine_stand import Machine

pytestmark = pytest.mark.real
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


TRYING = """<?php
$ini = parse_ini_file('/site/private/database.ini');
$try = function (string $name, callable $do): void {
    try {
        $said = json_encode($do());
    } catch (Throwable $error) {
        $why = strtr($error->getMessage(), "\\r\\n", '  ');
        $refused = '/denied|not allowed|No such file|pg_hba|failed for user|must be superuser/';
        $said = preg_match($refused, $why) ? 'ditolak' : $why;
    }
    echo "$name: $said\n";
};
"""
HOSTILE_MARIADB = (
    TRYING
    + r"""$other = $_GET['other'];
$enter = fn (string $user, string $password, string $name) =>
    new PDO("mysql:unix_socket={$ini['socket']};dbname=$name", $user, $password, [PDO::MYSQL_ATTR_LOCAL_INFILE => 1]);
$link = $enter($ini['user'], $ini['password'], $ini['database']);
$ask = fn (string $words) => fn () => $link->query($words)->fetchAll(PDO::FETCH_COLUMN);
$done = fn (string ...$words) => function () use ($link, $words) { array_map([$link, 'exec'], $words); return 'bisa'; };
$link->exec('CREATE OR REPLACE TABLE surat (isi VARCHAR(900))');
$try('sendiri', $ask('SELECT DATABASE()'));
$try('basis data yang terlihat', $ask('SHOW DATABASES'));
$schemas = "SELECT DISTINCT table_schema FROM information_schema.tables WHERE table_schema LIKE 's%'";
$try('tabel yang terlihat', $ask($schemas));
$try('sesi yang terlihat', $ask("SELECT DISTINCT user FROM information_schema.processlist"));
$try('berkas', $ask("SELECT LOAD_FILE('/etc/passwd')"));
foreach (['FEDERATED', 'CONNECT', 'MEMORY', 'CSV'] as $engine) {
    $try($engine, $done("CREATE OR REPLACE TABLE asing (isi INT NOT NULL) ENGINE=$engine"));
}
$try('jenis tabel', $ask("SELECT DISTINCT engine FROM information_schema.tables WHERE table_schema = DATABASE()"));
$try('jadwal', $done('CREATE OR REPLACE EVENT acara ON SCHEDULE EVERY 1 SECOND DO INSERT INTO surat VALUES (1)'));
$try('tetangga', fn () => $enter($ini['user'], $ini['password'], $other));
$try('atas nama tetangga', fn () => $enter($other, $ini['password'], $other));
$try('atas nama tetangga tanpa kata sandi', fn () => $enter($other, '', $other));
$try('root', fn () => $enter('root', '', 'mysql'));
$try('mysql', fn () => $enter('mysql', '', 'mysql'));
$try('mariadb.sys', fn () => $enter('mariadb.sys', '', 'mysql'));
$try('tulis berkas', $ask("SELECT 'x' INTO OUTFILE '/site/tmp/x'"));
$try('baca berkas', $done("LOAD DATA INFILE '/etc/passwd' INTO TABLE surat"));
$try('baca berkas sendiri', $done("LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE surat"));
foreach ([
    "SELECT * FROM mysql.global_priv", "SHOW GRANTS FOR $other@localhost",
    "SET PASSWORD FOR $other@localhost = PASSWORD('x')", "GRANT SELECT ON {$ini['database']}.* TO $other@localhost",
    "CREATE USER x@localhost", "CREATE DATABASE lain",
    "ALTER USER {$ini['user']}@localhost WITH MAX_USER_CONNECTIONS 0",
    "CREATE DEFINER=root@localhost PROCEDURE p() SELECT * FROM mysql.global_priv",
    "CREATE DEFINER=$other@localhost SQL SECURITY DEFINER VIEW v AS SELECT 1",
    "CREATE DEFINER=root@localhost TRIGGER t BEFORE INSERT ON surat FOR EACH ROW SET NEW.isi = ''",
    "CREATE DEFINER=root@localhost EVENT e ON SCHEDULE EVERY 1 SECOND DO SELECT 1",
    "CREATE FUNCTION f RETURNS STRING SONAME 'x.so'", "INSTALL SONAME 'ha_federatedx'",
    "SET GLOBAL event_scheduler = 1",
    "SET GLOBAL local_infile = 1", "SET enforce_storage_engine = NULL", "FLUSH TABLES", "SHUTDOWN",
    "SHOW ENGINE INNODB STATUS", "PURGE BINARY LOGS BEFORE NOW()",
    "CREATE SERVER s FOREIGN DATA WRAPPER mysql OPTIONS (USER 'root')",
] as $words) {
    $try($words, $done($words));
}
sleep(2);
$try('yang dijadwalkan', $ask('SELECT COUNT(*) FROM surat'));
$try('postgresql', fn () => new PDO('pgsql:host=/run/postgresql;dbname=postgres', 'postgres'));
"""
)


def test_mariadb_of_a_site_from_a_hostile_page(machine: Machine, tmp_path: Path) -> None:
    other, site = (opened(machine, number, kind="php") for number in (990006, 990007))
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "jahat.php").write_text(HOSTILE_MARIADB)
    site.upload(tmp_path / "pages")
    with site.visitor() as visitor:
        said = dict(line.split(": ", 1) for line in visitor.get(f"/jahat.php?other={other.name}").text.splitlines())
    seen_there = {
        "sendiri": [site.name],
        "basis data yang terlihat": ["information_schema", site.name],
        "tabel yang terlihat": [site.name],
        "sesi yang terlihat": [site.name],
        "berkas": [None],
        "jenis tabel": ["InnoDB"],
        "yang dijadwalkan": [0],
        **dict.fromkeys(("FEDERATED", "CONNECT", "MEMORY", "CSV", "jadwal"), "bisa"),
    }
    assert {name: json.loads(said.pop(name)) for name in seen_there} == seen_there
    assert {name: words for name, words in said.items() if words != "ditolak"} == {}
    assert len(said) == 31


HOSTILE_POSTGRESQL = (
    TRYING
    + """$own = fn (string $place) => new PDO($place, $ini['user'], $ini['password']);
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
)


def test_postgresql_of_a_site(machine: Machine, tmp_path: Path) -> None:
    """Adminer for its owner; and what a hostile page finds, with a neighbour beside it."""
    other = opened(machine, 990002, kind="php", database="postgresql")
    site = opened(machine, 990003, kind="php", database="postgresql")
    pages = tmp_path / "pages"
    pages.mkdir()
    shutil.copy("/usr/share/adminer/adminer.php", pages)
    (pages / "jahat.php").write_text(HOSTILE_POSTGRESQL)
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
    assert (tmp_path / "salinan.sql.gz").stat().st_mode & 0o777 == 0o600
    assert "Kota Batik" in gzip.decompress((tmp_path / "salinan.sql.gz").read_bytes()).decode()
    (tmp_path / "rusak.sql").write_text("DROP TABLE surat; BUKAN SQL;")
    said = machine.node("load", own, str(tmp_path / "rusak.sql"))
    assert (said.returncode, said.stdout.strip()[-31:]) == (1, " Isi semula sudah dikembalikan."), said.stdout
    said = machine.node("load", own, str(tmp_path / "salinan.sql.gz"))
    words = "Isi salinan.sql.gz sudah dimuat. Isi sebelumnya ada di sebelum-muat.sql.gz."
    assert (said.returncode, said.stdout.strip()) == (0, words)
    status = json.loads(machine.node("status", "--json").stdout)
    assert {each["name"] for each in status["servers"] if each["running"]} >= {"postgresql", "databases"}
    assert site.complaints() == []
