"""MediaWiki as its authors ship it: installed in the browser, written in, given a picture, under its short names."""

import shutil
from pathlib import Path

import httpx
import pytest

from demo.browser import Form, Page
from tests.applications.sites import Site, Visitor, opened, seen
from tests.node.machine_stand import Machine

pytestmark = pytest.mark.real
WIKI = Path("/usr/share/mediawiki")
PICTURE = Path("/usr/share/wordpress/wp-admin/images/wordpress-logo.png").read_bytes()
PASSWORD = "Kota-Batik-1906-arsip"
SETUP = "/w/mw-config/index.php"
# What its owner writes behind the installer's words: short addresses, and the folders of an ordinary installation.
SHORT = """
$wgCacheDirectory = "$IP/cache";
$wgArticlePath = "/wiki/$1";
$wgEnableUploads = true;
$wgShowExceptionDetails = true;
"""


def unpack(folder: Path) -> None:
    """One folder with everything in it (Debian spreads it over the machine), in the languages that are used here."""
    left_out = ("LocalSettings.php", "config", "images", "extensions", "tests", "docs")
    shutil.copytree(WIKI, folder / "w", ignore=lambda place, _: left_out if place == str(WIKI) else ())
    (folder / "w" / "extensions-core").rename(folder / "w" / "extensions")
    for name in ("images", "cache"):
        (folder / "w" / name).mkdir(exist_ok=True)
    for path in folder.glob("w/**/i18n/**/*.json"):
        if path.stem not in ("en", "id", "qqq"):
            path.unlink()


def installed(visitor: Visitor, site: Site) -> str:
    """Through the installer's pages, one after the other; what it gives as LocalSettings.php at the end."""
    answers = {
        "DBConnect": {
            "DBType": "mysql",
            "mysql_wgDBserver": "localhost",
            "mysql_wgDBname": site.name,
            "mysql__InstallUser": site.name,
            "mysql__InstallPassword": site.password(),
        },
        "Name": {
            "config_wgSitename": "Wiki Dinas",
            "config__AdminName": "Kepala",
            "config__AdminPassword": PASSWORD,
            "config__AdminPasswordConfirm": PASSWORD,
            "config__SkipOptional": "skip",
        },
    }
    page = seen(visitor.get(SETUP))
    while form := next((each for each in page.forms if ("submit-continue", "Continue →") in each.buttons), None):
        values = {**form.fields, **answers.get(_step(form), {}), "submit-continue": "Continue"}
        page = seen(visitor.post(httpx.URL(SETUP).join(form.action).raw_path.decode(), values))
    return visitor.get(f"{SETUP}?localsettings=1").text


def _step(form: Form) -> str:
    return httpx.URL(form.action).params.get("page", "")


def test_mediawiki(machine: Machine, tmp_path: Path) -> None:
    site = opened(machine, 990007, kind="php", profile="mediawiki", limits={"memory_mebibytes": 512})
    unpack(tmp_path / "pages")
    site.give(tmp_path / "pages")
    with site.visitor() as chief:
        settings = installed(chief, site)
        assert settings.startswith("<?php"), Page("", settings, status=200).text[:800]
        local = tmp_path / "last" / "w"
        local.mkdir(parents=True)
        (local / "LocalSettings.php").write_text(settings + SHORT)
        worked, words = machine.sftp_client(site.spec, "owner").batch(f"put {local}/LocalSettings.php /public/w/")
        assert worked, words
        assert "Main Page" in seen(chief.get("/")).text
        form = seen(chief.get("/w/index.php?title=Special:UserLogin")).form("wpName", "wpPassword")
        login = {**form.fields, "wpName": "Kepala", "wpPassword": PASSWORD}
        assert "Log out" in seen(chief.post("/w/index.php?title=Special:UserLogin", login)).text
        form = seen(chief.get("/w/index.php?title=Surat_Masuk&action=edit")).form("wpTextbox1", "wpEditToken")
        text = "== Surat ==\nDari '''Kota Batik'''. [[File:Logo dinas.png]]"
        chief.post("/w/index.php?title=Surat_Masuk&action=submit", {**form.fields, "wpTextbox1": text, "wpSave": "1"})
        token = chief.get("/w/api.php?action=query&meta=tokens&format=json").json()["query"]["tokens"]["csrftoken"]
        sent = {"action": "upload", "filename": "Logo_dinas.png", "token": token, "format": "json"}
        answer = chief.post("/w/api.php", sent, files={"file": ("logo.png", PICTURE, "image/png")}).json()
        assert answer.get("upload", {}).get("result") == "Success", answer
        sent["filename"] = "Jahat.php"
        refused = chief.post("/w/api.php", sent, files={"file": ("x.php", b"<?php echo 1;", "image/png")}).json()
        assert "error" in refused
    with site.visitor() as reader:
        page = reader.get("/wiki/Surat_Masuk")
        assert "Dari <b>Kota Batik</b>." in page.text
        query = "/w/api.php?action=query&titles=File:Logo_dinas.png&prop=imageinfo&iiprop=url&format=json"
        (found,) = reader.get(query).json()["query"]["pages"].values()
        address = httpx.URL(found["imageinfo"][0]["url"]).raw_path.decode()
        assert reader.get(address).content == PICTURE
        assert reader.get("/w/load.php?modules=site.styles&only=styles").headers["content-type"].startswith("text/css")
        assert reader.get("/w/rest.php/v1/page/Surat_Masuk").json()["title"] == "Surat Masuk"
        for path in ("/w/LocalSettings.php", "/w/includes/WebStart.php", "/w/maintenance/update.php", "/w/vendor/x"):
            assert reader.get(path).headers.get("x-panggon-page") == "missing", path
    assert site.complaints() == []
