"""DokuWiki and MediaWiki as their authors ship them: set up, written in, given a picture, under their pretty names."""

import re
import shutil
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from passlib.hash import sha512_crypt

from tests.applications.sites import Site, Visitor, opened, seen
from tests.node.machine_stand import Machine

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]
PACKAGES = Path("/usr/share")
PASSWORD = "Kota-Batik-1906"
PICTURE = (PACKAGES / "wordpress" / "wp-admin" / "images" / "wordpress-logo.png").read_bytes()
SCRIPT = b"<?php echo 'terjalankan';"


def refused(visitor: Visitor, *paths: str) -> list[tuple[str, int]]:
    """Those that were answered otherwise than with the page of what is not there."""
    answers = [(path, visitor.get(path)) for path in paths]
    return [(path, each.status_code) for path, each in answers if each.headers.get("x-panggon-page") != "missing"]


def dokuwiki(folder: Path) -> None:
    """One folder with everything in it (Debian spreads it over the machine)."""
    shutil.copytree(PACKAGES / "dokuwiki", folder, ignore=shutil.ignore_patterns(".ht*", "preload.php", "lang"))
    for language in (PACKAGES / "dokuwiki").glob("**/lang/en"):
        shutil.copytree(language, folder / language.relative_to(PACKAGES / "dokuwiki"))
    shutil.copytree("/etc/dokuwiki", folder / "conf", ignore=shutil.ignore_patterns(".ht*", "local.php", "*.auth.php"))
    shutil.copytree("/var/lib/dokuwiki/data", folder / "data")
    settings = {"savedir": "./data", "title": "Wiki Dinas", "useacl": 1, "superuser": "@admin", "userewrite": 1}
    lines = [f"$conf['{name}'] = {value!r};" for name, value in settings.items()]
    (folder / "conf" / "local.php").write_text("<?php\n" + "\n".join(lines) + "\n")
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


def mediawiki(folder: Path) -> None:
    """Its own folder `w`, without what only developers and other languages need."""
    source = PACKAGES / "mediawiki"
    left_out = {"tests", "extensions", "extensions-core", "LocalSettings.php", "config", "images", "docs"}
    shutil.copytree(source, folder / "w", ignore=lambda place, _: left_out if Path(place) == source else ())
    for place in ("extensions", "images"):
        (folder / "w" / place).mkdir()
    for words in (folder / "w").glob("**/i18n/**/*.json"):
        if words.stem not in ("en", "id", "qqq") and not words.stem.startswith("en"):
            words.unlink()


def answers_of(site: Site) -> dict[str, str]:
    """What the installer asks, page after page."""
    socket = "/run/mysqld/mysqld.sock"
    database = {"server": f"localhost:{socket}", "name": site.name, "user": site.name, "password": site.password()}
    return {
        **{f"mysql_wgDB{name}": value for name, value in database.items()},
        "mysql_wgDBprefix": "",
        "DBType": "mysql",
        "config_wgSitename": "Wiki Kota",
        "config__AdminName": "Admin",
        "config__AdminPassword": PASSWORD,
        "config__AdminPasswordConfirm": PASSWORD,
        "config__SkipOptional": "skip",
        "config_wgLanguageCode": "en",
    }


def installed(visitor: Visitor, site: Site) -> str:
    """LocalSettings.php, after going through the installer's pages as a person does."""
    wanted, way = answers_of(site), []
    page = visitor.get("/w/mw-config/index.php")
    for _ in range(14):
        if "LocalSettings" in page.text and "localsettings=1" in page.text:
            address = re.search(r'href="([^"]*localsettings=1[^"]*)"', page.text)
            assert address
            return visitor.get(str(httpx.URL("/w/mw-config/").join(address[1].replace("&amp;", "&")))).text
        way.append(seen(page).text[-1500:])
        form = seen(page).forms[-1] if seen(page).forms else pytest.fail("\n\n".join(way))
        given = {name: value for name, value in wanted.items() if name in form.names}
        presses = {name: value for name, value in form.buttons if "continue" in name}
        there = httpx.URL(page.url).join(form.action.replace("&amp;", "&")).raw_path.decode()
        page = visitor.post(there, {**form.fields, **given, **presses})
        assert page.status_code == 200, page.text[:2000]
    raise AssertionError("\n\n".join(way))


def test_mediawiki(machine: Machine, tmp_path: Path) -> None:
    limits = {"memory_mebibytes": 512, "processes": 64}
    site = opened(machine, 990007, kind="php", profile="mediawiki", limits=limits)
    mediawiki(tmp_path / "pages")
    site.give(tmp_path / "pages")
    with site.visitor() as admin:
        settings = installed(admin, site)
        extra = "$wgArticlePath = '/wiki/$1';\n$wgEnableUploads = true;\n$wgStrictFileExtensions = true;\n"
        (tmp_path / "set").mkdir()
        (tmp_path / "set" / "w").mkdir()
        (tmp_path / "set" / "w" / "LocalSettings.php").write_text(settings + extra)
        site.upload(tmp_path / "set")
        form = seen(admin.get("/w/index.php?title=Special:UserLogin")).form("wpName", "wpPassword")
        answer = admin.post(
            "/w/index.php?title=Special:UserLogin", {**form.fields, "wpName": "Admin", "wpPassword": PASSWORD}
        )
        assert "Log out" in answer.text
        write(admin, "Surat Masuk", "Dari '''Kota Batik'''.")
        token = api(admin, action="query", meta="tokens", type="csrf")["query"]["tokens"]["csrftoken"]
        sent = admin.post(
            "/w/api.php",
            {"action": "upload", "filename": "Logo.png", "format": "json", "token": token, "ignorewarnings": "1"},
            files={"file": ("Logo.png", PICTURE, "image/png")},
        ).json()
        assert sent["upload"]["result"] == "Success", sent
    (site.folder / "public" / "w" / "images" / "x.php").write_bytes(SCRIPT)
    with site.visitor() as reader:
        page = reader.get("/wiki/Surat_Masuk")
        assert "Dari <b>Kota Batik</b>." in page.text
        assert reader.get("/").url.path == "/wiki/Main_Page"
        picture = httpx.URL(sent["upload"]["imageinfo"]["url"]).raw_path.decode()
        assert reader.get(picture).content == PICTURE
        assert reader.get("/w/rest.php/v1/page/Surat_Masuk/bare").json()["title"] == "Surat Masuk"
        assert (
            refused(reader, "/w/LocalSettings.php", "/w/images/x.php", "/w/maintenance/update.php", "/w/includes/x")
            == []
        )
    assert site.complaints() == []


def api(visitor: Visitor, **words: str) -> dict:
    query = "&".join(f"{name}={quote(value)}" for name, value in {**words, "format": "json"}.items())
    return dict(visitor.get(f"/w/api.php?{query}").json())


def write(visitor: Visitor, title: str, text: str) -> None:
    form = seen(visitor.get(f"/w/index.php?title={quote(title)}&action=edit")).form("wpTextbox1", "wpEditToken")
    saved = visitor.post(
        f"/w/index.php?title={quote(title)}&action=submit", {**form.fields, "wpTextbox1": text, "wpSave": "Save"}
    )
    assert "Kota Batik" in saved.text
