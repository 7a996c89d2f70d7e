"""phpMyAdmin on a site: its owner sees and changes the site's own database, and nothing else."""

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
        assert "Access denied" in owner.post("/basisdata/index.php?route=/", login).text
        page = owner.post("/basisdata/index.php?route=/", {**login, "pma_password": site.password()})
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
