"""The real nginx with its one configuration, asked by strangers of every kind."""

from pathlib import Path
from urllib.parse import quote

import pytest

from panggon.core.node.planning.resources import Key, Kind
from panggon.core.sites.spec import Profile, SiteState
from panggon.drivers.nginx import control
from panggon.node.servers import nginx
from tests.node.web_stand import HOST, OTHER, SITE, WebStand, request

pytestmark = pytest.mark.real
HSTS = "strict-transport-security"


class TestPages:
    def test_the_content_of_the_owner(self, stand: WebStand) -> None:
        answer = stand.get("/")
        assert (answer.status, answer.body) == (200, b"<p>Dinas</p>")
        assert "content-security-policy" not in answer.headers
        assert answer.headers["server"] == "nginx"

    def test_a_page_that_is_not_there(self, stand: WebStand) -> None:
        answer = stand.get("/tidak-ada")
        assert (answer.status, answer.headers["x-panggon-page"]) == (404, "missing")
        assert b"Halaman tidak ditemukan" in answer.body
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert answer.headers["x-content-type-options"] == "nosniff"

    @pytest.mark.parametrize(
        "path", ["/tidak-ada", "/a/b.html", "/.env", "/berkas/", "/x.php", "/.well-known/panggon/site"]
    )
    def test_a_site_says_itself_what_it_does_not_have(self, stand: WebStand, path: str) -> None:
        stand.put(".env", "rahasia")
        stand.put("berkas/a.txt", "a")
        stand.put("404.html", "<p>Tersesat?</p>")
        answer = stand.get(path)
        assert (answer.status, answer.body) == (404, b"<p>Tersesat?</p>")
        assert "x-panggon-page" not in answer.headers
        assert (answer.headers["content-type"], answer.headers["cache-control"]) == ("text/html", "no-cache")
        assert stand.get("/404.html").status == 200

    def test_of_what_it_is_told_it_says_nothing_itself(self, stand: WebStand) -> None:
        stand.put("404.html", "<p>Tersesat?</p>")
        answer = stand.head(request(HOST, method="POST", path="/tidak-ada", headers="Content-Length: 1\r\n", body=b"x"))
        assert answer.startswith(b"HTTP/1.1 404")
        assert b"X-Panggon-Page: missing" in answer
        stand.make(state=SiteState.SUSPENDED)
        assert stand.get("/tidak-ada").headers["x-panggon-page"] == "suspended"

    def test_no_link_is_followed_for_it(self, stand: WebStand) -> None:
        stand.put("lain.html", "x")
        (stand.public() / "404.html").symlink_to("lain.html")
        assert stand.get("/tidak-ada").headers["x-panggon-page"] == "missing"

    @pytest.mark.parametrize(
        ("name", "kind"),
        [("a.mjs", "text/javascript"), ("a.css", "text/css"), ("a.tidak-tahu", "application/octet-stream")],
    )
    def test_the_type_of_a_file(self, stand: WebStand, name: str, kind: str) -> None:
        stand.put(name, "x")
        assert stand.get(f"/{name}").headers["content-type"] == kind

    def test_a_directory_without_an_index_is_not_listed(self, stand: WebStand) -> None:
        stand.put("berkas/a.txt", "a")
        assert stand.get("/berkas/").status == 404
        assert stand.get("/berkas").headers["location"] == "/berkas/"
        assert stand.get("/berkas/a.txt").body == b"a"

    @pytest.mark.parametrize("path", ["/.env", "/.git/config", "/a/.htpasswd", "/%2eenv", "/.well-knownx/a"])
    def test_files_with_a_dot_are_not_given_out(self, stand: WebStand, path: str) -> None:
        stand.put(path.replace("%2e", ".").lstrip("/"), "rahasia")
        assert stand.get(path).status == 404

    def test_the_name_of_a_file_writes_no_line_of_its_own_into_the_log(self, stand: WebStand) -> None:
        """It would be handed out to the site whose connection it names."""
        line = "2026/11/26 12:00:00 [error] 77#77: *55 dipalsukan"
        stand.put(f"x\n{line}", "x").chmod(0)
        stand.put("tertutup", "x").chmod(0)
        assert [stand.get(quote(path)).status for path in (f"/x\n{line}", "/tertutup")] == [404, 404]
        log = (stand.base / "logs" / "nginx.log").read_text()
        assert "tertutup" in log, "what cannot be opened is told"
        assert not [told for told in log.splitlines() if told.startswith(line)]

    def test_nor_does_the_name_of_an_acme_challenge(self, stand: WebStand) -> None:
        """Whoever comes by the HTTP port needs no site for it."""
        line = "2026/11/26 12:00:00 [error] 77#77: *55 dipalsukan"
        place = stand.root / "acme" / ".well-known" / "acme-challenge"
        place.mkdir(parents=True, exist_ok=True)
        (place / "Token_1-a").write_text("kunci")
        asked = [f"/.well-known/acme-challenge/{name}" for name in ("Token_1-a", quote(f"x\n{line}"), "tiada", "")]
        answers = [stand.plain(request(HOST, path=path)) for path in asked]
        assert answers[0].startswith(b"HTTP/1.1 200")
        assert answers[0].endswith(b"kunci")
        assert [answer[9:12] for answer in answers[1:]] == [b"308", b"404", b"308"]
        log = (stand.base / "logs" / "nginx.log").read_text()
        assert not [told for told in log.splitlines() if told.startswith(line) or "acme-challenge" in told]

    def test_well_known_is_the_owners(self, stand: WebStand) -> None:
        stand.put(".well-known/security.txt", "Contact: mailto:a@b.example")
        assert stand.get("/.well-known/security.txt").status == 200

    @pytest.mark.parametrize("path", ["/../site.json", "/%2e%2e/site.json", "/..%2fsite.json", "/a/../../site.json"])
    def test_no_way_out_of_public(self, stand: WebStand, path: str) -> None:
        answer = stand.raw(request(HOST, path=path))
        assert b"generation" not in answer
        assert answer[9:12] in (b"400", b"404")

    @pytest.mark.parametrize(
        "name",
        [
            *("a.php", "a.phtml", "a.PHP", "a.php5", "a.phar", "a.phps", "a.php.lama", "a.php-20261126", "a.PHP.zip"),
            *("#a.php#", "a.php.png.1", "a.php.1", "a.php.save.1"),
        ],
    )
    def test_a_static_site_never_gives_out_sources(self, stand: WebStand, name: str) -> None:
        stand.put(name, "<?php echo 'rahasia';")
        answer = stand.get(quote(f"/{name}"))
        assert answer.status == 404
        assert b"rahasia" not in answer.body

    @pytest.mark.parametrize("name", ["a.php.html", "gaya.php@v=1.css", "logo.php.png", "php.pdf", "phpinfo.txt"])
    def test_what_only_looks_like_a_copy_of_one_is_sent(self, stand: WebStand, name: str) -> None:
        stand.put(name, "isi")
        assert stand.get(quote(f"/{name}")).body == b"isi"

    def test_a_front_controller_of_a_static_site_changes_nothing(self, stand: WebStand) -> None:
        stand.make(profile=Profile.FRONT_CONTROLLER)
        assert stand.get("/tidak-ada").status == 404


class TestUpload:
    def test_a_site_of_files_takes_none(self, stand: WebStand) -> None:
        for size in (1, 2 * 2**20 + 1):
            assert stand.status(request(HOST, method="PUT", headers=f"Content-Length: {size}\r\n")) == 405
        assert stand.status(request(HOST, method="PUT", headers=f"Content-Length: {2**30 + 2**20 + 1}\r\n")) == 413


class TestFlips:
    def test_a_flip_is_seen_by_every_worker_at_once(self, stand: WebStand) -> None:
        assert len(stand.workers()) == 2
        for state, status in ((SiteState.PREPARED, 503), (SiteState.OPEN, 200), (SiteState.PARKED, 404)) * 2:
            stand.make(state=state)
            assert [stand.get("/").status for _ in stand.each_worker()] == [status, status]

    def test_a_name_moves_to_another_site_at_once(self, other: WebStand) -> None:
        assert [other.get("/").body for _ in other.each_worker()] == [b"<p>Dinas</p>"] * 2
        other.make(OTHER, host=HOST)
        assert [other.get("/").body for _ in other.each_worker()] == [b"<p>Lain</p>"] * 2

    def test_a_new_certificate_is_used_at_once(self, stand: WebStand) -> None:
        old = [stand.handshake(HOST) for _ in stand.each_worker()]
        assert old[0] == old[1]
        (stand.root / "tls" / HOST / "bundle.pem").write_text("rusak")
        stand.make()
        new = [stand.handshake(HOST) for _ in stand.each_worker()]
        assert new[0] == new[1] != old[0]

    def test_each_driver_tells_by_itself(self, stand: WebStand) -> None:
        before = [(stand.get("/").headers.get(HSTS), stand.handshake(HOST)) for _ in stand.each_worker()]
        assert [seconds for seconds, _ in before] == [None, None]
        site = stand.sites.read(Key(Kind.SITE, SITE)).attributes
        assert site
        stand.sites.write(Key(Kind.SITE, SITE), {**site, "hsts_seconds": 60})
        assert [stand.get("/").headers.get(HSTS) for _ in stand.each_worker()] == ["max-age=60"] * 2
        (stand.root / "tls" / HOST / "bundle.pem").write_text("rusak")
        stand.certificates.write(Key(Kind.CERTIFICATE, HOST), {"issuer": "local", "valid": True})
        after = [stand.handshake(HOST) for _ in stand.each_worker()]
        assert before[0][1] != after[0] == after[1]
        assert [stand.get("/").status for _ in stand.each_worker()] == [200, 200]
        stand.hosts.write(Key(Kind.HOST, HOST), {"site": SITE, "state": "prepared"})
        assert [stand.get("/").status for _ in stand.each_worker()] == [503, 503]

    def test_nothing_is_read_again_without_a_word(self, stand: WebStand) -> None:
        for _ in stand.each_worker():
            stand.get("/")
        link = stand.root / "live" / HOST
        link.unlink()
        assert [stand.get("/").status for _ in stand.each_worker()] == [200, 200]
        control.forget(stand.settings.control, HOST, holds=bool)
        assert [stand.get("/").status for _ in stand.each_worker()] == [404, 404]

    def test_no_process_was_replaced(self, stand: WebStand) -> None:
        before = (stand.master.pid, stand.workers())
        stand.make(OTHER)
        stand.remove(OTHER)
        assert (stand.master.pid, stand.workers()) == before

    def test_the_waiting_page(self, stand: WebStand) -> None:
        stand.make(state=SiteState.PREPARED)
        answer = stand.get("/apa/saja.php?x")
        assert (answer.status, answer.headers["x-panggon-page"]) == (503, "prepared")
        assert "Situs ini sedang disiapkan" in answer.body.decode()
        assert int(answer.headers["retry-after"]) > 0

    @pytest.mark.parametrize("target", [f"../lain/{SITE}", "../sites/s900009", f"../sites/{SITE}/public", "/etc"])
    def test_a_link_that_says_something_else_opens_nothing(self, stand: WebStand, target: str) -> None:
        link = stand.root / "live" / HOST
        link.unlink()
        link.symlink_to(target)
        control.forget(stand.settings.control, HOST, holds=bool)
        try:
            answer = stand.get("/")
            assert (answer.status, answer.headers["x-panggon-page"]) == (503, "closed")
        finally:
            link.unlink()

    @pytest.mark.parametrize("content", ["", "{", "[]", '{"version": 2}', '{"version": 1, "site": "s900002"}'])
    def test_broken_settings_open_nothing_and_heal_by_themselves(self, stand: WebStand, content: str) -> None:
        path = stand.root / "sites" / SITE / "site.json"
        whole = path.read_text()
        path.write_text(content)
        control.forget(stand.settings.control, HOST, holds=bool)
        assert stand.get("/").status == 503
        path.write_text(whole)
        assert stand.get("/").status == 200


class TestLinks:
    """Tenants may put links into their site; nginx must not follow them to what www-data can read."""

    @pytest.fixture
    def secret(self, stand: WebStand) -> Path:
        path = stand.base / "secret"
        path.mkdir(exist_ok=True)
        (path / "index.html").write_text("rahasia tetangga")
        return path

    def test_to_a_file(self, stand: WebStand, secret: Path) -> None:
        (stand.public() / "a.html").symlink_to(secret / "index.html")
        (stand.public() / "b.html").symlink_to("index.html")
        assert stand.get("/a.html").status in (403, 404)
        assert stand.get("/b.html").status in (403, 404)

    def test_to_a_directory(self, stand: WebStand, secret: Path) -> None:
        (stand.public() / "d").symlink_to(secret)
        for path in ("/d/", "/d/index.html"):
            assert b"rahasia" not in stand.get(path).body

    def test_public_itself(self, stand: WebStand, secret: Path) -> None:
        """Its parent is root's; should it ever happen, nothing is given out."""
        stand.public().rename(stand.base / "aside")
        stand.public().symlink_to(secret)
        try:
            assert b"rahasia" not in stand.get("/").body
        finally:
            stand.public().unlink()
            (stand.base / "aside").rename(stand.public())

    def test_with_mounts_of_its_own_it_writes_nothing_there(self, stand: WebStand) -> None:
        mounts = [line.split() for line in Path(f"/proc/{stand.master.pid}/mountinfo").read_text().splitlines()]
        options = [set(words[5].split(",")) for words in mounts if words[4] == str(stand.settings.sites)]
        assert [{"ro", "nosymfollow"} <= each for each in options] == [True] * stand.settings.own_mounts

    def test_the_guard_is_named(self) -> None:
        (found,) = nginx.protections()
        assert (found.name, found.active, found.reason) == ("symlinks", True, "")
