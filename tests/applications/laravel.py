"""An application of Laravel's own parts, laid out as its skeleton is: routes, pages, sessions, a form with an upload, a
database; and what of it no visitor gets.
"""

import shutil
from pathlib import Path

import pytest

from tests.applications.sites import Site, loaded, opened, seen
from tests.applications.wikis import PICTURE, SCRIPT, refused
from tests.node.machine_stand import Machine

pytestmark = pytest.mark.real
LIBRARIES = Path("/usr/share/php")
VENDORS = ("Illuminate", "Symfony", "Psr", "Carbon", "Doctrine", "voku")
APPLICATION = Path(__file__).with_name("skeleton")


def unpack(folder: Path) -> None:
    """One folder with everything in it (Debian shares the libraries)."""
    shutil.copytree(APPLICATION, folder)
    for name in VENDORS:
        if (LIBRARIES / name).is_dir():
            shutil.copytree(LIBRARIES / name, folder / "vendor" / name)
    for name in ("app/public", "framework/sessions", "framework/views", "logs"):
        (folder / "storage" / name).mkdir(parents=True)
    (folder / ".env").write_text("APP_KEY=rahasia\n")
    (folder / "storage" / "logs" / "laravel.log").write_text("rahasia\n")


@pytest.fixture(scope="module")
def site(machine: Machine, tmp_path_factory: pytest.TempPathFactory) -> Site:
    found = opened(machine, 990004, kind="php", profile="laravel")
    pages = tmp_path_factory.mktemp("laravel") / "pages"
    unpack(pages)
    found.give(pages)
    loaded(found)
    return found


def test_routes_and_what_they_know_of_the_request(site: Site) -> None:
    with site.visitor() as visitor:
        said = visitor.get("/surat/7?halaman=2", Authorization="Bearer kunci").json()
        assert said == {
            "nomor": "7",
            "halaman": "2",
            "alamat": f"https://{visitor.host}/surat/7",
            "aman": True,
            "dari": "127.0.0.1",
            "kunci": "kunci",
        }
        assert visitor.get("/index.php/surat/7").json()["nomor"] == "7"
        assert visitor.get("/surat/kota%20batik%2F1").status_code == 404
        assert "Tidak ada: surat/x" in visitor.get("/surat/x").text
        assert visitor.get("/lama").json()["nomor"] == "1"
        assert visitor.get("/robots.txt").text == "User-agent: *\n"
        assert "Kota &lt;Batik&gt;" in visitor.get("/").text


def test_a_form_with_a_session_an_upload_and_a_row(site: Site) -> None:
    with site.visitor() as visitor:
        form = seen(visitor.get("/unggah")).form("_token", "perihal", "berkas")
        sent = {**form.fields, "perihal": "Surat 'masuk'"}
        assert (
            visitor.post("/unggah", {**sent, "_token": "salah"}, files={"berkas": ("a.png", PICTURE)}).status_code
            == 419
        )
        page = visitor.post("/unggah", sent, files={"berkas": ("logo dinas.png", PICTURE, "image/png")})
        assert "Tersimpan: Surat &#039;masuk&#039;" in page.text, page.text
        answer = visitor.get("/storage/logo%20dinas.png")
        assert (answer.headers["content-type"], answer.content) == ("image/png", PICTURE)
        visitor.post("/unggah", sent, files={"berkas": ("x.php", SCRIPT, "image/png")})
        assert (site.folder / "public" / "storage" / "app" / "public" / "x.php").read_bytes() == SCRIPT
        assert visitor.get("/daftar").json() == ["Surat 'masuk'", "Surat 'masuk'"]
        assert seen(visitor.post("/unggah/1", {**form.fields, "_method": "DELETE"})).text.strip() == "Terhapus: 1"
        assert visitor.get("/daftar").json() == ["Surat 'masuk'"]


def test_what_lies_beside_its_public_folder_is_for_nobody(site: Site) -> None:
    with site.visitor() as visitor:
        private = (
            "/.env",
            "/storage/x.php",
            "/storage/.gitignore",
            "/composer.json",
            "/vendor/autoload.php",
            "/bantu.php",
        )
        (site.folder / "public" / "public" / "bantu.php").write_bytes(SCRIPT)
        assert refused(visitor, *private) == []
        for path in ("/storage/logs/laravel.log", "/public/index.php", "/routes/web.php~", "/%2e%2e/.env"):
            answer = visitor.get(path)
            assert answer.status_code in (400, 404), path
            assert "rahasia" not in answer.text, path
        assert visitor.get("/storage/logs/laravel.log").text == "Tidak ada: storage/logs/laravel.log"
    assert site.complaints() == []
