"""DokuWiki as its authors ship it: set up, written in, given a picture, under its pretty names."""

from pathlib import Path

import pytest
from passlib.hash import sha512_crypt

from tests.applications import shipped
from tests.applications.shipped import PACKAGES
from tests.applications.sites import Visitor, opened, seen
from tests.node.machine_stand import Machine

pytestmark = pytest.mark.real
PASSWORD = "Kota-Batik-1906"
PICTURE = (PACKAGES / "wordpress" / "wp-admin" / "images" / "wordpress-logo.png").read_bytes()
SCRIPT = b"<?php echo 'terjalankan';"


def refused(visitor: Visitor, *paths: str) -> list[tuple[str, int]]:
    """Those that were answered otherwise than with the page of what is not there."""
    answers = [(path, visitor.get(path)) for path in paths]
    return [(path, each.status_code) for path, each in answers if each.headers.get("x-panggon-page") != "missing"]


def dokuwiki(folder: Path) -> None:
    """With an administrator, rights and pretty names, and with the prohibitions that Apache would read."""
    shipped.dokuwiki(folder, useacl=1, superuser="@admin", userewrite=1)
    (folder / "conf" / "acl.auth.php").write_text("* @ALL 1\n* @user 8\n")
    hashed = sha512_crypt.using(rounds=5000).hash(PASSWORD)
    (folder / "conf" / "users.auth.php").write_text(f"admin:{hashed}:Admin:admin@dinas.example:admin,user\n")
    (folder / "data" / ".htaccess").write_text("Require all denied\n")
    (folder / "lib" / ".htaccess").write_text("Require all denied\nphp_value memory_limit 64M\n")


def test_dokuwiki(machine: Machine, tmp_path: Path) -> None:
    site = opened(machine, 990006, kind="php", profile="dokuwiki")
    dokuwiki(tmp_path / "wiki")
    (tmp_path / "wiki" / "data" / "media" / "x.php").write_bytes(SCRIPT)
    site.give(tmp_path / "wiki")
    with site.visitor() as author:
        form = seen(author.get("/start?do=login")).form("u", "p")
        assert "Log Out" in author.post("/start", {**form.fields, "u": "admin", "p": PASSWORD}).text
        form = seen(author.get("/surat:masuk?do=edit")).form("wikitext", "sectok")
        text = "====== Surat ======\nDari **Kota Batik**. {{logo.png}}"
        author.post("/surat:masuk", {**form.fields, "wikitext": text, "do[save]": "1"})
        token = form.fields["sectok"]
        address = f"/lib/exe/ajax.php?call=mediaupload&ns=surat&qqfile=logo.png&sectok={token}"
        assert '"success":true' in author.send(address, PICTURE).text
        with_script = f"/lib/exe/ajax.php?call=mediaupload&ns=surat&qqfile=x.php&sectok={token}"
        assert '"success":true' not in author.send(with_script, SCRIPT).text
    with site.visitor() as reader:
        page = reader.get("/surat:masuk")
        assert "Dari <strong>Kota Batik</strong>." in page.text
        assert "/_media/surat:logo.png" in page.text.replace("%3A", ":")
        assert reader.get("/_media/surat:logo.png").content == PICTURE
        assert "**Kota Batik**" in reader.get("/_export/raw/surat:masuk").text
        assert reader.get("/lib/exe/css.php?t=dokuwiki").headers["content-type"].startswith("text/css")
        assert (
            refused(reader, "/data/pages/surat/masuk.txt", "/conf/users.auth.php", "/data/media/x.php", "/inc/init.php")
            == []
        )
    told = machine.node("htaccess", site.name)
    assert (told.returncode, "php_value" in told.stdout, "data" in told.stdout) == (1, True, False)
    assert site.complaints() == []
