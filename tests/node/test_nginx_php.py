"""nginx in front of a real php-fpm: which scripts run, and what they are told."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from panggon.core.sites.spec import Profile, SiteKind, SiteState
from panggon.drivers.nginx import visit
from panggon.drivers.system import shell
from panggon.node.servers import Server
from tests.drivers.running import running
from tests.node.web_stand import HOST, SITE, SPEC, WebStand, request
from tests.php import PROGRAM
from tests.waiting import until

pytestmark = pytest.mark.real

SHOW = "<?php header('Content-Type: application/json'); echo json_encode($_SERVER);"
# By which many an application takes a visitor for somebody else, or itself for another site.
BELIEVED = (
    *("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Proto", "X-Forwarded-Server"),
    *("X-Forwarded-Prefix", "Forwarded", "X-Real-IP", "Client-IP"),
)


@contextmanager
def php(stand: WebStand) -> Iterator[None]:
    """A php-fpm on the site's socket, without any sandbox: here nginx is under test."""
    (stand.root / "run").mkdir(exist_ok=True)
    path = stand.root / "run" / f"{SITE}.sock"
    configuration = stand.base / "etc" / "php-fpm.conf"
    configuration.write_text(
        f"[global]\nerror_log = {stand.base}/logs/fpm.log\n[{SITE}]\nuser = nobody\ngroup = www-data\nlisten = {path}\n"
        "listen.owner = www-data\npm = static\npm.max_children = 2\nsecurity.limit_extensions = .php .jpg\n"
    )
    argv = (PROGRAM, "--nodaemonize", "--fpm-config", str(configuration))
    with running(Server("php-fpm", argv, stand.base / "logs" / "fpm.out", path.exists)):
        yield


@pytest.fixture(scope="module")
def server() -> Iterator[WebStand]:
    with WebStand("nginx-php").serving() as stand, php(stand):
        (stand.root / "php").mkdir()
        (stand.root / "php" / "proof.php").write_text(SHOW)
        yield stand


@pytest.fixture
def stand(server: WebStand) -> Iterator[WebStand]:
    server.make(SPEC, kind=SiteKind.PHP)
    server.put("show.php", SHOW)
    yield server
    server.remove()


class TestScripts:
    @pytest.mark.parametrize(("said", "heard"), [("", "nosniff"), ("milik-situs", "milik-situs")])
    def test_files_are_what_they_are_said_to_be_unless_the_site_says_otherwise(
        self, stand: WebStand, said: str, heard: str
    ) -> None:
        stand.put("jenis.php", f"<?php header('X-Content-Type-Options: {said}');" if said else "<?php")
        answer = stand.get("/jenis.php")
        assert answer.headers["x-content-type-options"] == heard

    def test_a_script_is_told_the_truth(self, stand: WebStand) -> None:
        said = json.loads(stand.get("/show.php?a=b%20c").body)
        port = stand.settings.https_port
        wished = {
            "SCRIPT_FILENAME": f"{stand.public()}/show.php",
            "DOCUMENT_ROOT": str(stand.public()),
            "SCRIPT_NAME": "/show.php",
            "QUERY_STRING": "a=b%20c",
            "REQUEST_URI": "/show.php?a=b%20c",
            "HTTPS": "on",
            "REQUEST_SCHEME": "https",
            "HTTP_HOST": f"{HOST}:{port}",
            "SERVER_NAME": HOST,
            "SERVER_PORT": str(port),
            "REMOTE_ADDR": "127.0.0.1",
        }
        assert {name: said.get(name) for name in wished} == wished

    def test_the_host_is_the_checked_one(self, stand: WebStand) -> None:
        answer = stand.raw(request("jahat.example", path=f"https://{HOST}/show.php"))
        assert answer[9:12] == b"400" or b"jahat" not in answer

    def test_a_posted_body_arrives(self, stand: WebStand) -> None:
        stand.put("post.php", "<?php echo strlen(file_get_contents('php://input'));")
        body = b"x" * 300_000
        answer = stand.raw(
            request(HOST, method="POST", path="/post.php", headers="Content-Length: 300000\r\n", body=body)
        )
        assert b"\r\n\r\n6\r\n300000\r\n" in answer

    def test_a_chunked_body_arrives(self, stand: WebStand) -> None:
        stand.put("post.php", "<?php echo file_get_contents('php://input');")
        asked = request(
            HOST,
            method="POST",
            path="/post.php",
            headers="Transfer-Encoding: chunked\r\n",
            body=b"3\r\nabc\r\n0\r\n\r\n",
        )
        assert b"\r\n\r\n3\r\nabc\r\n" in stand.raw(asked)

    def test_too_large_for_this_site(self, stand: WebStand) -> None:
        asked = request(HOST, method="POST", path="/show.php", headers=f"Content-Length: {2 * 2**20 + 1}\r\n")
        assert stand.status(asked) == 413
        body = b"200001\r\n" + bytes(2 * 2**20)
        chunked = request(HOST, method="POST", path="/show.php", headers="Transfer-Encoding: chunked\r\n", body=body)
        assert stand.status(chunked) == 413

    def test_the_index_of_a_directory(self, stand: WebStand) -> None:
        stand.put("a/index.php", "<?php echo 'indeks';")
        assert stand.get("/a/").body == b"indeks"

    def test_the_scripts_own_status_and_words_stay(self, stand: WebStand) -> None:
        stand.put("gone.php", "<?php http_response_code(503); echo 'kata situs';")
        answer = stand.get("/gone.php")
        assert (answer.status, answer.body) == (503, b"kata situs")

    def test_no_script_says_that_its_page_is_the_machines_own(self, stand: WebStand) -> None:
        stand.put("palsu.php", "<?php header('X-Panggon-Page: closed'); header('X-Lain: ya');")
        answer = stand.get("/palsu.php")
        assert (answer.headers.get("x-panggon-page"), answer.headers["x-lain"]) == (None, "ya")


class TestTricks:
    @pytest.mark.parametrize(
        "path",
        [
            "/upload/x.jpg/y.php",
            "/upload/x.jpg/.php",
            "/upload/x.jpg%00.php",
            "/upload/x.jpg%0a.php",
            "/upload/x.php.jpg",
            "/upload/x.jpg;.php",
            "/show.php/x",
            "/show.php/",
            "/show.php.",
            "/show.php%20",
            "/show.php::$DATA",
            "/tidak-ada.php",
            "/../../php/proof.php",
            "/..%2f..%2fphp/proof.php",
        ],
    )
    def test_nothing_but_a_script_that_is_there_runs(self, stand: WebStand, path: str) -> None:
        stand.put("upload/x.jpg", "<?php echo 'dijalankan';")
        answer = stand.raw(request(HOST, path=path))
        assert b"dijalankan" not in answer
        assert b"SCRIPT_FILENAME" not in answer
        assert answer[9:12] in (b"400", b"404")

    @pytest.mark.parametrize(
        "name", ["a.phtml", "a.PHP", "a.php5", "a.phar", "a.phps", "a.pht", "a.php.lama", "a.php.1", "a.php-20261126"]
    )
    def test_sources_are_not_given_out(self, stand: WebStand, name: str) -> None:
        stand.put(name, "<?php echo 'rahasia';")
        answer = stand.get(f"/{name}")
        assert answer.status == 404
        assert b"rahasia" not in answer.body

    def test_a_linked_script_does_not_run(self, stand: WebStand) -> None:
        (stand.public() / "linked.php").symlink_to("show.php")
        assert stand.get("/linked.php").status == 404

    def test_a_script_cannot_send_nginx_elsewhere(self, stand: WebStand) -> None:
        stand.put("a.txt", "lewat pintu belakang")
        stand.put("jump.php", "<?php header('X-Accel-Redirect: /a.txt'); echo 'di sini';")
        assert stand.get("/jump.php").body == b"di sini"


class TestFrontController:
    @pytest.fixture(autouse=True)
    def _front(self, stand: WebStand) -> None:
        stand.make(SPEC, kind=SiteKind.PHP, profile=Profile.FRONT_CONTROLLER)
        stand.put("index.php", SHOW)
        stand.put("style.css", "body {}")

    @pytest.mark.parametrize(
        "path", ["/berita/2026/judul?halaman=2", "/index.php/berita?halaman=2", "/x.php?halaman=2"]
    )
    def test_what_is_no_file_goes_to_it(self, stand: WebStand, path: str) -> None:
        said = json.loads(stand.get(path).body)
        assert (said["SCRIPT_NAME"], said["REQUEST_URI"], said["QUERY_STRING"]) == ("/index.php", path, "halaman=2")

    def test_the_bare_address_is_its_too_unless_there_is_a_page(self, stand: WebStand) -> None:
        """Which is seen as soon as any other file that was changed."""
        said = json.loads(stand.get("/?halaman=2").body)
        assert (said["SCRIPT_NAME"], said["REQUEST_URI"], said["QUERY_STRING"]) == (
            "/index.php",
            "/?halaman=2",
            "halaman=2",
        )
        page = stand.put("index.html", "depan")
        until(lambda: stand.get("/?halaman=2").body == b"depan")
        page.unlink()

    def test_a_folder_of_uploads_has_no_index_that_runs(self, stand: WebStand) -> None:
        stand.put("uploads/index.php", "<?php echo 'dijalankan';")
        for path in ("/uploads/", "/uploads/index.php"):
            assert stand.get(path).status == 404

    def test_a_folder_without_an_index_is_a_missing_page(self, stand: WebStand) -> None:
        stand.put("gambar/a.txt", "a")
        assert stand.get("/gambar/").status == 404
        assert stand.get("/gambar").headers["location"] == "/gambar/"

    def test_every_method_goes_to_it(self, stand: WebStand) -> None:
        answer = stand.raw(request(HOST, method="DELETE", path="/api/1"))
        assert b'"REQUEST_METHOD":"DELETE"' in answer

    def test_files_are_files(self, stand: WebStand) -> None:
        assert stand.get("/style.css").body == b"body {}"

    def test_a_file_that_becomes_a_link_is_not_followed(self, stand: WebStand) -> None:
        """Nor while nginx believes that the file is there; soon after the program answers for its path."""
        page = stand.put("berita.txt", "berita")
        assert stand.get("/berita.txt").body == b"berita"
        page.unlink()
        page.symlink_to("/etc/hostname")
        assert stand.get("/berita.txt").body != Path("/etc/hostname").read_bytes()
        seen = until(lambda: (answer := stand.get("/berita.txt")).status == 200 and answer)  # each worker by itself
        assert json.loads(seen.body)["SCRIPT_NAME"] == "/index.php"

    def test_without_an_index_it_is_a_missing_page(self, stand: WebStand) -> None:
        (stand.public() / "index.php").unlink()
        for path in ("/", "/berita", "/index.php"):
            assert stand.get(path).status == 404

    def test_dotfiles_stay_closed(self, stand: WebStand) -> None:
        stand.put(".env", "rahasia")
        assert b"rahasia" not in stand.get("/.env").body


class TestProof:
    PATH = "/.well-known/panggon/php"

    @pytest.mark.parametrize("state", [SiteState.OPEN, SiteState.PREPARED])
    def test_the_nodes_own_page_runs_at_the_sites_socket(self, stand: WebStand, state: SiteState) -> None:
        stand.make(SPEC, kind=SiteKind.PHP, state=state)
        with visit.token(stand.root / "proof", SITE, web_group="www-data") as headers:
            answer = stand.get(self.PATH, **headers)
        said = json.loads(answer.body)
        assert said["SCRIPT_FILENAME"] == f"{stand.root}/php/proof.php"
        assert "HTTP_X_PANGGON_PROOF" not in said

    def test_the_owners_file_of_that_name_never_runs_there(self, stand: WebStand) -> None:
        stand.put(".well-known/panggon/php", "<?php echo 'palsu';")
        with visit.token(stand.root / "proof", SITE, web_group="www-data") as headers:
            assert b"palsu" not in stand.get(self.PATH, **headers).body
        assert stand.get(self.PATH).status == 404


class TestDown:
    @pytest.fixture
    def asleep(self, stand: WebStand) -> Iterator[WebStand]:
        """The site's socket is gone."""
        path = stand.root / "run" / f"{SITE}.sock"
        aside = path.with_suffix(".aside")
        path.rename(aside)
        yield stand
        path.unlink(missing_ok=True)
        aside.rename(path)

    def _down(self, stand: WebStand) -> None:
        answer = stand.get("/show.php")
        assert (answer.status, answer.headers["x-panggon-page"]) == (503, "down")
        assert int(answer.headers["retry-after"]) > 0

    def test_no_socket(self, asleep: WebStand) -> None:
        self._down(asleep)

    def test_nobody_listens(self, asleep: WebStand) -> None:
        path = asleep.root / "run" / f"{SITE}.sock"
        script = f"import socket; socket.socket(socket.AF_UNIX).bind({str(path)!r})"
        shell.check(["/usr/bin/python3", "-c", script])
        path.chmod(0o666)
        self._down(asleep)

    def test_headers_that_must_not_leave_nginx(self, asleep: WebStand) -> None:
        """Read on the wire: PHP itself drops HTTP_PROXY, other programs behind the socket may not."""
        path = asleep.root / "run" / f"{SITE}.sock"
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
            path.chmod(0o666)
            listener.listen()
            with visit.connected(asleep.door, HOST) as visitor:
                headers = "Proxy: http://jahat.example/\r\nX-Panggon-Proof: x\r\nX-Biasa: y\r\n"
                headers += "".join(f"{name}: jahat.example\r\n" for name in BELIEVED)
                visitor.sendall(request(HOST, path="/show.php", headers=headers))
                connection, _ = listener.accept()
                with connection:
                    sent = connection.recv(65_536)
        assert b"HTTP_X_BIASA" in sent
        assert b"HTTP_PROXY" not in sent
        assert b"HTTP_X_PANGGON_PROOF" not in sent
        assert b"FORWARDED" not in sent
        assert b"_IP" not in sent

    def test_static_files_are_still_served(self, asleep: WebStand) -> None:
        asleep.put("a.txt", "a")
        assert asleep.get("/a.txt").body == b"a"
