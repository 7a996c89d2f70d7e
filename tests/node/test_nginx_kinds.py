"""The real nginx with every kind of site and every routing profile: where a request leads, and what nobody gets."""

import base64
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest

from panggon.core.node.planning.resources import Key, Kind
from panggon.core.sites import routing
from panggon.core.sites.kinds import Proxy, PythonApplication, Redirect
from panggon.core.sites.spec import Profile, SiteKind, SiteState
from panggon.drivers.nginx import visit
from tests.core.sites.test_routing import PRIVATE, PRIVATE_EVERYWHERE, SCRIPTS
from tests.node.echo import ENDLESS, TARGET, Echo, TcpServer, UnixServer, serving
from tests.node.test_nginx_php import SHOW, php
from tests.node.web_stand import HOST, SITE, WebStand, request

pytestmark = pytest.mark.real
UNKNOWN = "http://lain.kota.example"
SOCKET_KEY = base64.b64encode(b"0123456789abcdef").decode()


@pytest.fixture(scope="module")
def server() -> Iterator[WebStand]:
    with WebStand("nginx-kinds").serving() as stand, TcpServer(("127.0.0.1", 0), Echo) as echo, serving(echo):
        stand.proxies = {TARGET: f"127.0.0.1:{echo.server_address[1]}"}
        yield stand


@pytest.fixture
def stand(server: WebStand) -> Iterator[WebStand]:
    yield server
    server.remove()


def location(stand: WebStand, path: str) -> tuple[int, str]:
    answer = stand.get(path)
    return answer.status, answer.headers["location"]


class TestRedirect:
    def test_the_address_is_kept_or_not(self, stand: WebStand) -> None:
        stand.make(kind=SiteKind.REDIRECT, redirect=Redirect("https://baru.kota.example/dinas/"))
        assert location(stand, "/a%20b?c=d") == (307, "https://baru.kota.example/dinas/a%20b?c=d")
        stand.make(kind=SiteKind.REDIRECT, redirect=Redirect("https://baru.kota.example/x", keep_path=False))
        assert location(stand, "/a?c=d") == (307, "https://baru.kota.example/x")
        stand.make(kind=SiteKind.REDIRECT, redirect=Redirect("https://baru.kota.example", permanent=True))
        assert location(stand, "/index.php/x") == (308, "https://baru.kota.example/index.php/x")

    def test_no_browser_keeps_the_way_from_a_former_name(self, stand: WebStand) -> None:
        """Renamed back, the site would be at the end of a circle: a 308 is kept for ever (RFC 9110 section 15.4.9)."""
        wish = stand.make(host="baru.kota.example", former_hosts=(HOST,))
        answer = stand.get("/a")
        port = stand.settings.https_port
        assert (answer.status, answer.headers["location"]) == (308, f"https://{wish.host}:{port}/a")
        assert answer.headers["cache-control"] == "no-cache"

    def test_nothing_of_the_site_is_served(self, stand: WebStand) -> None:
        stand.make(kind=SiteKind.REDIRECT, redirect=Redirect("https://baru.kota.example"))
        stand.put("index.html", "lama")
        assert location(stand, "/index.html")[0] == 307
        assert location(stand, "/.env")[1] == "https://baru.kota.example/.env"

    @pytest.mark.parametrize("state", [SiteState.OPEN, SiteState.PREPARED])
    def test_it_proves_itself(self, stand: WebStand, state: SiteState) -> None:
        wish = stand.make(kind=SiteKind.REDIRECT, redirect=Redirect("https://baru.kota.example"), state=state)
        checks = stand.sites.probe(Key(Kind.SITE, SITE), spec=wish)
        assert [(check.name, check.ok) for check in checks] == [("web.site", True), ("web.redirect", True)]
        other = stand.sites.probe(
            Key(Kind.SITE, SITE), spec=replace(wish, redirect=Redirect("https://lain.kota.example"))
        )
        assert [(check.name, check.ok) for check in other] == [("web.site", True), ("web.redirect", False)]
        assert stand.get("/.well-known/panggon/answer").status == (404 if state is SiteState.OPEN else 503)


class TestProxy:
    @pytest.fixture
    def proxied(self, stand: WebStand) -> WebStand:
        stand.make(kind=SiteKind.PROXY, proxy=Proxy(TARGET))
        return stand

    def heard(self, stand: WebStand, path: str = "/", **headers: str) -> dict[str, Any]:
        answer = stand.get(path, **headers)
        assert answer.status == 200, answer
        return dict(json.loads(answer.body))

    def test_the_server_hears_the_request_as_it_was(self, proxied: WebStand) -> None:
        said = self.heard(proxied, "/a%20b//c/.env?x=%2F&y")
        assert (said["method"], said["path"]) == ("GET", "/a%20b//c/.env?x=%2F&y")
        sent = proxied.raw(request(HOST, method="POST", path="/kirim", headers="Content-Length: 4\r\n", body=b"isi!"))
        assert json.loads(sent.partition(b"\r\n\r\n")[2])["body"] == "isi!"

    def test_it_hears_who_asked_and_nothing_that_a_visitor_made_up(self, proxied: WebStand) -> None:
        port = proxied.settings.https_port
        lies = {
            "X-Forwarded-For": "10.9.9.9",
            "X-Forwarded-Host": "jahat.example",
            "X-Forwarded-Proto": "http",
            "X-Real-IP": "10.9.9.9",
            "Forwarded": "for=10.9.9.9",
            "Proxy": "http://jahat.example",
            "Proxy-Authorization": "Basic eDp5",
            "X-Panggon-Proof": "x" * 40,
        }
        headers = self.heard(proxied, **lies)["headers"]
        told = {name: headers.get(name) for name in ("Host", *lies)}
        assert told == {
            "Host": f"{HOST}:{port}",
            "X-Forwarded-For": "127.0.0.1",
            "X-Forwarded-Host": f"{HOST}:{port}",
            "X-Forwarded-Proto": "https",
            "X-Real-IP": "127.0.0.1",
            "Forwarded": None,
            "Proxy": None,
            "Proxy-Authorization": None,
            "X-Panggon-Proof": None,
        }

    def test_headers_of_one_connection_end_here(self, proxied: WebStand) -> None:
        own = "Connection: close, X-Rahasia\r\nX-Rahasia: 1\r\nKeep-Alive: 5\r\nTE: trailers\r\n"
        answer = proxied.raw(f"GET / HTTP/1.1\r\nHost: {HOST}\r\n{own}\r\n".encode())
        headers = json.loads(answer.partition(b"\r\n\r\n")[2])["headers"]
        assert {name: headers.get(name) for name in ("Connection", "X-Rahasia", "Keep-Alive", "TE")} == {
            "Connection": "close",
            "X-Rahasia": None,
            "Keep-Alive": None,
            "TE": None,
        }

    def test_it_may_be_asked_for_its_own_name(self, stand: WebStand) -> None:
        stand.make(kind=SiteKind.PROXY, proxy=Proxy(TARGET, keep_host=False))
        assert self.heard(stand)["headers"]["Host"] == "simpeg.kota.example:8081"

    def test_its_own_answers_are_passed_on(self, proxied: WebStand) -> None:
        lost = proxied.get("/hilang")
        assert (lost.status, json.loads(lost.body)["path"]) == (404, "/hilang")
        assert location(proxied, "/pindah") == (302, "/baru")
        proxied.put("index.html", "rahasia")
        assert b"rahasia" not in proxied.get("/curang").body

    def test_a_websocket_passes(self, proxied: WebStand) -> None:
        upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        upgrade += f"Sec-WebSocket-Key: {SOCKET_KEY}\r\n"
        answer = proxied.raw(f"GET /ws HTTP/1.1\r\nHost: {HOST}\r\n{upgrade}\r\n".encode())
        assert answer.startswith(b"HTTP/1.1 101 ")
        assert answer.endswith(b"\x81\x04halo")
        other = proxied.raw(request(HOST, headers="Upgrade: h2c\r\n"))
        assert "Upgrade" not in json.loads(other.partition(b"\r\n\r\n")[2])["headers"]

    @pytest.mark.parametrize(
        ("change", "ends"),
        [
            ({"state": SiteState.QUARANTINED}, True),
            ({"state": SiteState.PARKED}, True),
            ({"state": SiteState.SUSPENDED}, False),
            ({"proxy": Proxy(TARGET, keep_host=False)}, False),
        ],
    )
    def test_an_endless_answer_ends_with_its_site(self, proxied: WebStand, change: dict[str, Any], ends: bool) -> None:
        """One that is suspended finishes what it has begun, within two minutes."""
        with visit.connected(proxied.door, HOST) as tls:
            tls.sendall(request(HOST, path=ENDLESS))
            assert tls.recv(1 << 16).startswith(b"HTTP/1.1 200")
            proxied.make(kind=SiteKind.PROXY, **{"proxy": Proxy(TARGET), **change})
            over, deadline = False, time.monotonic() + 4
            while not over and time.monotonic() < deadline:
                try:
                    over = not tls.recv(1 << 16)
                except OSError:  # cut short
                    over = True
        assert over is ends

    def test_a_target_that_the_machine_does_not_name_is_never_asked(self, stand: WebStand) -> None:
        stand.make(kind=SiteKind.PROXY, proxy=Proxy(UNKNOWN))
        answer = stand.get("/")
        assert (answer.status, answer.headers["x-panggon-page"]) == (503, "down")

    def test_a_server_that_does_not_answer_is_a_page_and_no_proof(self, stand: WebStand) -> None:
        stand.proxies = {**stand.proxies, UNKNOWN: "127.0.0.1:1"}
        wish = stand.make(kind=SiteKind.PROXY, proxy=Proxy(UNKNOWN))
        assert stand.get("/").status == 503
        checks = stand.sites.probe(Key(Kind.SITE, SITE), spec=wish)
        assert [(check.name, check.ok) for check in checks] == [("web.site", True), ("web.proxy", False)]

    def test_it_proves_itself_while_it_is_prepared(self, stand: WebStand) -> None:
        wish = stand.make(kind=SiteKind.PROXY, proxy=Proxy(TARGET), state=SiteState.PREPARED)
        checks = stand.sites.probe(Key(Kind.SITE, SITE), spec=wish)
        assert [(check.name, check.ok) for check in checks] == [("web.site", True), ("web.proxy", True)]
        assert stand.get("/").status == 503


class TestPython:
    @pytest.fixture
    def python(self, stand: WebStand) -> Iterator[WebStand]:
        stand.make(kind=SiteKind.PYTHON, python=PythonApplication("a:b"))
        (stand.root / "run").mkdir(exist_ok=True)
        path = stand.root / "run" / f"{SITE}.sock"
        with UnixServer(str(path), Echo) as echo:
            path.chmod(0o666)
            with serving(echo):
                yield stand
        path.unlink()

    def test_a_file_of_the_site_or_else_the_application(self, python: WebStand) -> None:
        python.put("static/a.css", "b {}")
        python.put("index.html", "bukan ini")
        assert python.get("/static/a.css").body == b"b {}"
        for path in ("/", "/static/", "/surat/1?x=%20", "/a.php", "/a.php/b"):
            assert json.loads(python.get(path).body)["path"] == path
        headers = json.loads(python.get("/", **{"X-Forwarded-For": "10.9.9.9"}).body)["headers"]
        assert (headers["X-Forwarded-For"], headers["X-Forwarded-Proto"]) == ("127.0.0.1", "https")

    @pytest.mark.parametrize("spoken", [None, SiteKind.PHP], ids=["nothing", "another kind"])
    def test_who_comes_before_the_socket_speaks_for_it_waits(self, python: WebStand, spoken: SiteKind | None) -> None:
        """It had no programs before, or those of another kind."""
        python.make(kind=SiteKind.STATIC)
        assert python.get("/").status == 404
        python.make(kind=SiteKind.PYTHON, python=PythonApplication("a:b"))
        (python.root / "run" / f"{SITE}.kind").unlink()
        if spoken:
            python.speaks(spoken)
        with ThreadPoolExecutor() as pool:
            coming = [pool.submit(python.get, "/surat") for _ in range(8)]
            assert wait(coming, timeout=0.5).done == set()
            python.speaks(SiteKind.PYTHON)
            assert [json.loads(each.result(timeout=5).body)["path"] for each in coming] == ["/surat"] * 8

    def test_private_files_are_there_for_nobody_and_php_is_never_sent(self, python: WebStand) -> None:
        python.put(".env", "rahasia")
        python.put("a.php", "rahasia")
        python.put("a.PHP.bak", "rahasia")
        python.put("a.php.lama", "rahasia")
        assert [python.get(path).status for path in ("/.env", "/a.PHP.bak")] == [404, 404]
        for path in ("/a.php", "/a.php.lama"):
            assert json.loads(python.get(path).body)["path"] == path

    def test_the_proof_page_is_for_who_carries_the_token(self, python: WebStand) -> None:
        assert python.get("/.well-known/panggon/python").status == 404
        with visit.token(python.root / "proof", SITE, web_group="www-data") as headers:
            said = json.loads(python.get("/.well-known/panggon/python", **headers).body)
        assert said["path"] == "/.well-known/panggon/python"
        assert "X-Panggon-Proof" not in said["headers"]


@pytest.fixture(scope="class")
def fpm(server: WebStand) -> Iterator[WebStand]:
    with php(server):
        yield server


class TestProfiles:
    @pytest.fixture
    def stand(self, fpm: WebStand) -> Iterator[WebStand]:
        yield fpm
        fpm.remove()

    def made(self, stand: WebStand, profile: Profile, *scripts: str) -> WebStand:
        stand.make(kind=SiteKind.PHP, profile=profile)
        for script in scripts:
            stand.put(script.lstrip("/"), SHOW)
        return stand

    def asked(self, stand: WebStand, path: str) -> tuple[str, str, str]:
        """Script, rest of the path and arguments that PHP was told."""
        answer = stand.get(path)
        assert answer.status == 200, (path, answer)
        said = json.loads(answer.body)
        assert said["REQUEST_URI"] == path
        return said["SCRIPT_NAME"], said.get("PATH_INFO", ""), said["QUERY_STRING"]

    @pytest.mark.parametrize("profile", Profile)
    def test_the_web_server_judges_as_the_table_says(self, stand: WebStand, profile: Profile) -> None:
        folder = routing.ROUTINGS[profile].folder
        private, _ = PRIVATE[profile]
        stray, meant = SCRIPTS[profile]
        self.made(stand, profile)
        refused = (*PRIVATE_EVERYWHERE, *private, *stray)
        for path in {*refused, *meant}:
            stand.put(f"{folder}{path}".lstrip("/"), SHOW)
        answers = {path: stand.get(quote(path)) for path in refused}
        pages = {path: answer.headers.get("x-panggon-page") for path, answer in answers.items()}
        assert pages == dict.fromkeys(refused, "missing")
        assert [self.asked(stand, script)[0] for script in meant] == meant

    def test_wordpress_and_other_front_controllers(self, stand: WebStand) -> None:
        self.made(stand, Profile.WORDPRESS, "index.php", "wp-login.php")
        stand.put("wp-content/uploads/a.txt", "berkas")
        assert self.asked(stand, "/halo-dunia/?a=b") == ("/index.php", "", "a=b")
        assert self.asked(stand, "/") == ("/index.php", "", "")
        assert self.asked(stand, "/wp-login.php?x") == ("/wp-login.php", "", "x")
        assert self.asked(stand, "/index.php/2026/halo")[0] == "/index.php"
        assert stand.get("/wp-content/uploads/a.txt").body == b"berkas"

    def test_a_front_controller_has_the_address_as_path_info_too(self, stand: WebStand) -> None:
        self.made(stand, Profile.FRONT_CONTROLLER, "index.php")
        assert self.asked(stand, "/") == ("/index.php", "", "")
        for script in ("", "/index.php"):
            assert self.asked(stand, f"{script}/berita/baca/7?a=b") == ("/index.php", "/berita/baca/7", "a=b")
        stand.put("foto.jpg", SHOW)
        assert self.asked(stand, "/foto.jpg/x.php")[:2] == ("/index.php", "/foto.jpg/x.php")
        assert self.asked(stand, "/tiada/x.php/7/8")[:2] == ("/index.php", "/tiada/x.php/7/8")

    def test_laravel_shows_only_its_public_folder(self, stand: WebStand) -> None:
        self.made(stand, Profile.LARAVEL, "public/index.php", "artisan.php")
        stand.put("public/robots.txt", "semua")
        stand.put("storage.txt", "rahasia")
        assert self.asked(stand, "/surat/1") == ("/index.php", "", "")
        assert stand.get("/robots.txt").body == b"semua"
        for path in ("/storage.txt", "/artisan.php"):
            assert b"rahasia" not in stand.get(path).body
        said = json.loads(stand.get("/x").body)
        assert said["DOCUMENT_ROOT"] == f"{stand.public()}/public"

    def test_laravels_storage_needs_no_link(self, stand: WebStand) -> None:
        self.made(stand, Profile.LARAVEL, "public/index.php", "storage/app/public/x.php")
        stand.put("storage/app/public/foto/a b.txt", "foto")
        stand.put("storage/app/public/.env", "rahasia")
        stand.put("storage/app/rahasia.txt", "rahasia")
        stand.put("storage/logs/laravel.log", "rahasia")
        answer = stand.get("/storage/foto/a%20b.txt")
        assert (answer.status, answer.body) == (200, b"foto")
        assert [stand.get(f"/storage/{name}").status for name in (".env", "x.php")] == [404, 404]
        for path in ("/storage/foto", "/storage/foto/", "/storage/rahasia.txt", "/storage/logs/laravel.log"):
            assert self.asked(stand, path)[0] == "/index.php"
        stand.put("public/storage/foto/a b.txt", "yang lain")
        assert stand.get("/storage/foto/a%20b.txt").body == b"yang lain"
        (stand.public() / "storage" / "app" / "public" / "tautan.txt").symlink_to("../rahasia.txt")
        assert b"rahasia" not in stand.get("/storage/tautan.txt").body

    def test_mediawiki(self, stand: WebStand) -> None:
        self.made(stand, Profile.MEDIAWIKI, "w/index.php", "w/rest.php")
        assert self.asked(stand, "/wiki/Halaman_Utama?action=edit") == ("/w/index.php", "", "action=edit")
        assert self.asked(stand, "/")[0] == "/w/index.php"
        assert self.asked(stand, "/w/rest.php/v1/page/Surat") == ("/w/rest.php", "/v1/page/Surat", "")
        assert stand.get("/tidak-ada").status == 404

    def test_dokuwiki(self, stand: WebStand) -> None:
        self.made(stand, Profile.DOKUWIKI, "doku.php", "lib/exe/fetch.php", "lib/exe/detail.php")
        assert self.asked(stand, "/surat:masuk?do=edit") == ("/doku.php", "", "id=surat%3Amasuk&do=edit")
        assert self.asked(stand, "/_media/logo.png?w=9") == ("/lib/exe/fetch.php", "", "media=logo.png&w=9")
        assert self.asked(stand, "/_export/raw/surat") == ("/doku.php", "", "do=export_raw&id=surat")
        assert self.asked(stand, "/a%26do=x")[2] == "id=a%26do%3Dx"
        assert self.asked(stand, "/")[0] == "/doku.php"
        assert self.asked(stand, "/doku.php/surat") == ("/doku.php", "/surat", "")

    def test_moodle_and_its_slash_arguments(self, stand: WebStand) -> None:
        self.made(stand, Profile.MOODLE, "pluginfile.php", "lib/classes/x.php")
        assert stand.get("/course/42/manage").status == 404
        stand.put("r.php", SHOW)
        assert self.asked(stand, "/course/42/manage?a=b") == ("/r.php", "", "a=b")
        sent = "/12/mod_folder/content/3/tests/.rencana/README.txt"
        assert self.asked(stand, f"/pluginfile.php{sent}") == ("/pluginfile.php", sent, "")
        assert self.asked(stand, "/pluginfile.php/12/mod/a.png?t=1") == ("/pluginfile.php", "/12/mod/a.png", "t=1")
        assert self.asked(stand, "/pluginfile.php/1/x.php/y") == ("/pluginfile.php", "/1/x.php/y", "")
        assert stand.get("/lib/classes/x.php/y").status == 404
        stand.put("foto.jpg", SHOW)
        assert [self.asked(stand, path)[0] for path in ("/foto.jpg/x.php", "/foto.jpg/x.php/y")] == ["/r.php", "/r.php"]

    def test_ojs_with_and_without_its_script_in_the_address(self, stand: WebStand) -> None:
        self.made(stand, Profile.OJS, "index.php", "public/site/x.php")
        stand.put("files/journals/1/naskah.txt", "rahasia")
        stand.put("public/journals/1/logo.txt", "logo")
        assert self.asked(stand, "/") == ("/index.php", "", "")
        for script in ("", "/index.php"):
            assert self.asked(stand, f"{script}/jurnal/oai?verb=Identify") == (
                "/index.php",
                "/jurnal/oai",
                "verb=Identify",
            )
        assert (
            self.asked(stand, "/jurnal/%24%24%24call%24%24%24/page/page/css")[1] == "/jurnal/$$$call$$$/page/page/css"
        )
        assert [stand.get(path).status for path in ("/files/journals/1/naskah.txt", "/public/site/x.php")] == [404, 404]
        assert stand.get("/public/journals/1/logo.txt").body == b"logo"

    def test_slims_runs_the_scripts_of_its_modules_and_keeps_its_backups(self, stand: WebStand) -> None:
        self.made(stand, Profile.SLIMS, "index.php", "admin/modules/bibliography/index.php", "images/docs/x.php")
        stand.put("files/backup/a.tar.gz", "rahasia")
        stand.put("files/reports/a.html", "laporan")
        assert self.asked(stand, "/index.php?p=show_detail&id=1") == ("/index.php", "", "p=show_detail&id=1")
        assert self.asked(stand, "/admin/modules/bibliography/index.php")[0] == "/admin/modules/bibliography/index.php"
        assert [stand.get(path).status for path in ("/files/backup/a.tar.gz", "/images/docs/x.php")] == [404, 404]
        assert stand.get("/files/reports/a.html").body == b"laporan"
        assert stand.get("/tidak-ada").status == 404
