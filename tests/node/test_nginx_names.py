"""Names that strangers send to the real nginx: in the handshake, in the request, and in requests that are two."""

import socket
import ssl
from collections.abc import Iterator

import pytest

from panggon.core.sites.spec import SiteState
from panggon.drivers.system import shell
from tests.node.web_stand import HOST, OTHER_HOST, WebStand, request

pytestmark = pytest.mark.real

TLS_HANDSHAKE, TLS_ALERT = 22, 21


@pytest.fixture(scope="module")
def server() -> Iterator[WebStand]:
    with WebStand("nginx-names").serving() as made:
        yield made


class TestPlainHttp:
    def test_a_known_name_is_sent_to_https_on_its_port(self, stand: WebStand) -> None:
        answer = stand.plain(request(HOST.upper(), path="/a%20b?c=d")).decode()
        assert answer.startswith("HTTP/1.1 308 ")
        assert f"Location: https://{HOST}:{stand.settings.https_port}/a%20b?c=d\r\n" in answer

    @pytest.mark.parametrize("host", [OTHER_HOST, "localhost", "127.0.0.1", "live", "..", "xn--.kota.example"])
    def test_an_unknown_name_is_sent_nowhere(self, stand: WebStand, host: str) -> None:
        answer = stand.plain(request(host))
        assert answer[9:12] == (b"400" if host == ".." else b"404")
        assert b"Location" not in answer

    def test_ipv6(self, stand: WebStand) -> None:
        with socket.create_connection(("::1", stand.settings.http_port), timeout=60) as connection:
            connection.sendall(request(HOST))
            assert connection.recv(12) == b"HTTP/1.1 308"


class TestNames:
    def test_a_name_without_certificate_gets_no_handshake(self, stand: WebStand) -> None:
        assert stand.handshake(HOST) is not None
        assert stand.handshake(None) is None
        assert stand.handshake(OTHER_HOST) is None

    def test_upper_case_is_the_same_name(self, stand: WebStand) -> None:
        assert stand.hello(HOST.upper().encode())[0] == TLS_HANDSHAKE
        assert stand.get("/", host=HOST.upper(), name=HOST.upper()).status == 200

    @pytest.mark.parametrize(
        "name",
        [
            b"../tls/" + HOST.encode(),
            b"./" + HOST.encode(),
            HOST.encode() + b"/",
            HOST.encode() + b".",
            HOST.encode() + b"\x00",
            b"\x00" + HOST.encode(),
            HOST.encode() + b"/../" + HOST.encode(),
            HOST.encode() + b"\n",
            b"..",
            b"./",
            b"trap",
            b"a" * 64 + b".kota.example",
            b"a." * 126 + b"id",
            b"%2e%2e",
            "dinas.kota.exämple".encode(),
            b"127.0.0.1",
        ],
    )
    def test_a_hostile_name_gets_no_handshake(self, stand: WebStand, name: bytes) -> None:
        trap = stand.root / "tls" / "trap"  # whole and readable, but no host name
        trap.symlink_to(HOST)
        try:
            answer = stand.hello(name)
        finally:
            trap.unlink()
        assert not answer or answer[0] == TLS_ALERT
        assert stand.get("/").status == 200

    @pytest.mark.parametrize("host", [f"{HOST}.", HOST.upper(), f"{HOST}:1", f"{HOST}:99999"])
    def test_the_same_name_written_otherwise(self, stand: WebStand, host: str) -> None:
        assert stand.status(request(host)) == 200

    @pytest.mark.parametrize(
        "host",
        [
            OTHER_HOST,
            "localhost",
            "127.0.0.1",
            "[::1]",
            "_",
            "..",
            f"..{HOST}",
            f"{HOST}..",
            f"{HOST}/",
            f"../live/{HOST}",
            f"{HOST}\x00",
            f"{HOST}\x00.{OTHER_HOST}",
            f"{HOST} {OTHER_HOST}",
            f"{HOST},{OTHER_HOST}",
            f"user@{HOST}",
            f"{HOST}%00",
            "a" * 64 + ".kota.example",
            "a." * 200 + "id",
            "",
        ],
    )
    def test_another_host_than_the_handshakes_gets_no_site(self, other: WebStand, host: str) -> None:
        answer = other.raw(request(host))
        assert answer[9:12] in (b"400", b"421")
        assert b"Lain" not in answer
        assert b"Dinas" not in answer

    def test_the_target_of_the_request_counts_not_the_header_beside_it(self, other: WebStand) -> None:
        assert other.status(request(HOST, path=f"https://{OTHER_HOST}/")) == 421
        assert other.status(request(OTHER_HOST, path=f"https://{HOST}/")) in (200, 400)
        assert other.raw(b"GET / HTTP/1.0\r\n\r\n")[9:12] == b"421"

    def test_a_name_with_a_certificate_but_no_site(self, stand: WebStand) -> None:
        stand.make(state=SiteState.PARKED)
        answer = stand.get("/")
        assert (answer.status, answer.headers["x-panggon-page"]) == (404, "unknown")

    def test_a_resumed_session_is_bound_to_its_name(self, other: WebStand) -> None:
        context = ssl.create_default_context(cafile=str(other.authority.certificate))
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        with _connect(context, other, HOST) as first:
            session = first.session
        with _connect(context, other, HOST, session) as resumed:
            assert resumed.session_reused
            resumed.sendall(request(OTHER_HOST))
            assert resumed.recv(12) == b"HTTP/1.1 421"

    def test_http_2_and_no_old_tls(self, stand: WebStand) -> None:
        context = ssl.create_default_context(cafile=str(stand.authority.certificate))
        context.set_alpn_protocols(["h2"])
        with _connect(context, stand, HOST) as connection:
            assert connection.selected_alpn_protocol() == "h2"
        at = f"127.0.0.1:{stand.settings.https_port}"
        old = ["openssl", "s_client", "-connect", at, "-servername", HOST, "-cipher", "ALL:@SECLEVEL=0", "-tls1_1"]
        assert "Cipher is (NONE)" in shell.run(old).output

    def test_no_handshake_that_costs_us_more_than_the_visitor(self, stand: WebStand) -> None:
        """Finite fields of 8,192 bits take 150 ms of a processor (CVE-2002-20001)."""
        at = f"127.0.0.1:{stand.settings.https_port}"
        agreed = {}
        for group in ("X25519", "P-256", "P-384", "P-521", "X448", "ffdhe2048", "ffdhe8192"):
            asked = shell.run(["openssl", "s_client", "-connect", at, "-servername", HOST, "-groups", group])
            agreed[group] = "Cipher is (NONE)" not in asked.output
        assert [group for group, fine in agreed.items() if fine] == ["X25519", "P-256", "P-384"]


def _connect(
    context: ssl.SSLContext, stand: WebStand, name: str, session: ssl.SSLSession | None = None
) -> ssl.SSLSocket:
    plain = socket.create_connection(("127.0.0.1", stand.settings.https_port), timeout=60)
    return context.wrap_socket(plain, server_hostname=name, session=session)


class TestSmuggling:
    @pytest.mark.parametrize(
        "headers",
        [
            "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
            "Content-Length: 5\r\nContent-Length: 6\r\n",
            "Content-Length: +5\r\n",
            "Content-Length: 5, 5\r\n",
            "Transfer-Encoding: xchunked\r\n",
            "Transfer-Encoding: chunked, identity\r\n",
            "Transfer-Encoding : chunked\r\n",
            f"Host: {OTHER_HOST}\r\n",
        ],
    )
    def test_an_ambiguous_request_is_refused_and_its_rest_not_obeyed(self, other: WebStand, headers: str) -> None:
        hidden = f"GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()
        answer = other.raw(request(HOST, method="POST", headers=headers, body=b"0\r\n\r\n" + hidden))
        assert answer[9:12] in (b"400", b"501")
        assert answer.count(b"HTTP/1.1") == 1

    def test_the_answers_of_one_connection_keep_their_order(self, stand: WebStand) -> None:
        stand.put("a.txt", "isi")
        two = f"GET /a.txt HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode() + request(HOST, path="/tidak-ada")
        first, _, second = stand.raw(two).partition(b"isi")
        assert (first[9:12], second[9:12]) == (b"200", b"404")
