"""Applications that other people wrote, put on a site over SFTP by its owner and used by its visitors."""

import re
import shutil

import httpx
import pytest

from panggon.core.sites.spec import Profile
from tests.applications import shipped
from tests.applications.shipped import PACKAGES
from tests.applications.sites import Visitor, seen
from tests.faults.office import WITNESS

pytestmark = pytest.mark.real


def visitor(site):
    layout = site.machine.layout
    return Visitor(site.spec.host, port=layout.ports["https"], authority=layout.hosting / "etc" / "ca.pem")


def password(site, folder):
    """The owner's own way to the database: over SFTP, from the file that the machine has made."""
    worked, words = site.sftp.batch(f"get /private/database.ini {folder}/database.ini")
    assert worked, words
    return re.search(r'password = "(.+)"', (folder / "database.ini").read_text())[1]


def complaints(site):
    """What PHP wrote into the site's own log that is more than a warning."""
    place = site.machine.sites_folder / site.spec.site
    logs = [path for path in (place / "logs" / "error.log", place / "run" / "output.log") if path.exists()]
    said = "".join(path.read_text() for path in logs)
    return [line for line in said.splitlines() if re.search(r"Fatal|Permission denied|open_basedir", line)]


@pytest.fixture(scope="module")
def plain(office):
    return office.open_site(WITNESS + 1)


@pytest.fixture(scope="module")
def wordpress_site(office):
    return office.open_site(WITNESS + 2, profile=Profile.WORDPRESS)


def test_adminer_reaches_the_sites_own_database(plain, tmp_path):
    pages = tmp_path / "pages"
    pages.mkdir()
    shutil.copy(PACKAGES / "adminer" / "adminer.php", pages)
    plain.upload(pages)
    own, secret = plain.spec.site, password(plain, tmp_path)
    login = {"auth[driver]": "server", "auth[server]": "", "auth[username]": own, "auth[db]": own}
    with visitor(plain) as stranger:
        stranger.get("/adminer.php")
        assert f"Database: {own}" not in seen(stranger.post("/adminer.php", {**login, "auth[password]": "salah"})).text
    with visitor(plain) as owner:
        owner.get("/adminer.php")
        page = owner.post("/adminer.php", {**login, "auth[password]": secret})
        assert (page.status_code, f"Database: {own}" in seen(page).text) == (200, True)
        address = f"/adminer.php?username={own}&db={own}&sql="
        form = seen(owner.get(address)).form("query", "token")
        values = {**form.fields, "query": "CREATE TABLE surat (isi TEXT); INSERT INTO surat VALUES ('Kota Batik')"}
        assert "Query executed OK, 1 row affected." in seen(owner.post(address, values)).text
        shown = owner.get(f"/adminer.php?username={own}&db={own}&select=surat")
        assert "Kota Batik" in seen(shown).text
    assert complaints(plain) == []


def test_dokuwiki_keeps_a_page(plain, tmp_path):
    shipped.dokuwiki(tmp_path / "wiki")
    plain.upload(tmp_path)
    with visitor(plain) as author:
        address = "/wiki/doku.php?id=surat&do=edit"
        form = seen(author.get(address)).form("wikitext", "sectok")
        values = {**form.fields, "wikitext": "====== Surat ======\nDari **Kota Batik**.", "do[save]": "1"}
        saved = author.post("/wiki/doku.php", values)
        assert (saved.status_code, "Dari <strong>Kota Batik</strong>." in saved.text) == (200, True)
    with visitor(plain) as reader:
        page = reader.get("/wiki/doku.php?id=surat")
        assert "Dari <strong>Kota Batik</strong>." in page.text
        assert "Wiki Dinas" in seen(page).text
        assert reader.get("/wiki/lib/exe/css.php?t=dokuwiki").headers["content-type"].startswith("text/css")
        assert "savedir" not in reader.get("/wiki/conf/local.php").text
    assert complaints(plain) == []


def wordpress(folder, site, secret):
    shutil.copytree(PACKAGES / "wordpress", folder, ignore=shutil.ignore_patterns(".ht*", "wp-config.php"))
    keys = ("AUTH", "SECURE_AUTH", "LOGGED_IN", "NONCE")
    constants = {f"{name}_{end}": f"{name}-{end}" for name in keys for end in ("KEY", "SALT")}
    constants |= {"DB_NAME": site, "DB_USER": site, "DB_PASSWORD": secret, "DB_HOST": "localhost"}
    lines = [f"define('{name}', '{value}');" for name, value in constants.items()]
    lines += ["$table_prefix = 'wp_';", "define('ABSPATH', __DIR__ . '/');", "require ABSPATH . 'wp-settings.php';"]
    (folder / "wp-config.php").write_text("<?php\n" + "\n".join(lines) + "\n")


@pytest.fixture(scope="module")
def blog(wordpress_site, tmp_path_factory):
    folder = tmp_path_factory.mktemp("wordpress")
    wordpress(folder / "pages", wordpress_site.spec.site, password(wordpress_site, folder))
    wordpress_site.upload(folder / "pages")
    with visitor(wordpress_site) as admin:
        assert "/wp-admin/install.php" in str(admin.get("/").url)
        person = {"user_name": "admin", "admin_password": "Kota-Batik-1906", "admin_password2": "Kota-Batik-1906"}
        more = {"weblog_title": "Dinas Uji", "admin_email": "admin@dinas.example", "language": ""}
        assert "WordPress has been installed" in seen(admin.post("/wp-admin/install.php?step=2", person | more)).text
        login = {"log": "admin", "pwd": "Kota-Batik-1906", "testcookie": "1", "redirect_to": "/wp-admin/"}
        admin.get("/wp-login.php")
        assert "Dashboard" in seen(admin.post("/wp-login.php", login)).text
        yield admin


def test_wordpress_answers_under_names_that_are_no_files(blog):
    address = "/wp-admin/options-permalink.php"
    form = seen(blog.get(address)).form("permalink_structure")
    chosen = {"selection": "/%postname%/", "permalink_structure": "/%postname%/"}
    assert blog.post(address, {**form.fields, **chosen}).status_code == 200
    assert "Hello world!" in seen(blog.get("/hello-world/")).text
    assert blog.get("/wp-json/wp/v2/posts").json()[0]["slug"] == "hello-world"
    assert blog.get("/tidak-ada/").status_code == 404
    assert blog.get("/?s=hello").status_code == 200


def test_wordpress_takes_an_upload(blog, wordpress_site):
    form = seen(blog.get("/wp-admin/media-new.php?browser-uploader=1")).form("_wpnonce", "post_id")
    picture = (PACKAGES / "wordpress" / "wp-admin" / "images" / "wordpress-logo.png").read_bytes()
    sent = blog.post(
        "/wp-admin/media-new.php",
        {**form.fields, "html-upload": "Upload"},
        files={"async-upload": ("logo.png", picture, "image/png")},
    )
    assert sent.status_code == 200
    source = httpx.URL(blog.get("/wp-json/wp/v2/media").json()[0]["source_url"])
    assert blog.get(source.raw_path.decode()).content == picture
    planted = source.raw_path.decode().rpartition("/")[0] + "/x.php"
    place = wordpress_site.machine.sites_folder / wordpress_site.spec.site / "public" / planted.lstrip("/")
    place.write_text("<?php echo 'terjalankan';")
    for path in (planted, "/wp-config.php", "/wp-includes/load.php"):
        refused = blog.get(path)
        assert (refused.status_code, refused.headers["x-panggon-page"]) == (404, "missing")
    assert complaints(wordpress_site) == []
