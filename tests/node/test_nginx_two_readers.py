"""Requests that nginx and the program behind it could read in two ways, over HTTP/1.1 and HTTP/2."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.node.echo import LYING, Echo
from tests.node.every_kind import PROGRAMS, PROXY, PYTHON, STATIC, every_kind
from tests.node.http2 import Headers, http2
from tests.node.web_stand import WebStand

pytestmark = pytest.mark.real
SITES = (STATIC, PYTHON, PROXY)
PROTOCOL_ERROR = 1


@pytest.fixture(scope="module")
def stand() -> Iterator[WebStand]:
    with every_kind("two-readers") as made:
        yield made


def posted(stand: WebStand, host: str, headers: str, body: str) -> bytes:
    """All that is answered to one request and what may seem to be another behind it."""
    return stand.raw(f"POST /satu HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n{body}".encode(), name=host)


def heard(answer: bytes) -> dict[str, Any]:
    return dict(json.loads(answer.partition(b"\r\n\r\n")[2]))


class TestHeadersOfOneConnection:
    @pytest.mark.parametrize("host", PROGRAMS)
    @pytest.mark.parametrize(
        "named", ["Content-Length", "keep-alive, content-length", "close,Content-Length", "Transfer-Encoding", "Host"]
    )
    def test_what_makes_a_request_one_is_not_for_one_connection(self, stand: WebStand, host: str, named: str) -> None:
        hidden = f"GET /dua HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        answer = posted(stand, host, f"Connection: {named}\r\nContent-Length: {len(hidden)}\r\n", hidden)
        assert answer[9:12] == b"400"
        assert answer.count(b"HTTP/1.1 ") == 1
        assert b"/dua" not in answer

    @pytest.mark.parametrize("host", PROGRAMS)
    def test_a_second_header_of_that_name_counts_too(self, stand: WebStand, host: str) -> None:
        two = "Connection: close\r\nConnection: X-Rahasia\r\nX-Rahasia: 1\r\nContent-Length: 0\r\n"
        assert "X-Rahasia" not in heard(posted(stand, host, two, ""))["headers"]
        hidden = f"GET /dua HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        two = f"Connection: keep-alive\r\nConnection: Content-Length\r\nContent-Length: {len(hidden)}\r\n"
        assert posted(stand, host, two, hidden)[9:12] == b"400"

    @pytest.mark.parametrize("host", PROGRAMS)
    def test_what_nginx_says_itself_stays(self, stand: WebStand, host: str) -> None:
        named = "close, X-Forwarded-For, X-Forwarded-Proto, X-Forwarded-Host, X-Real-IP, Connection, Upgrade"
        headers = heard(posted(stand, host, f"Connection: {named}\r\nContent-Length: 0\r\n", ""))["headers"]
        told = f"{host}:{stand.settings.https_port}"
        wished = {
            "Host": told,
            "Connection": "close",
            "X-Forwarded-For": "127.0.0.1",
            "X-Forwarded-Host": told,
            "X-Forwarded-Proto": "https",
            "X-Real-IP": "127.0.0.1",
        }
        assert {name: headers.get(name) for name in wished} == wished


HIDDEN = "GET /dua HTTP/1.1\r\nHost: a\r\n\r\n"
# What is said beside an honest request of HTTP/2, and the body.
MALFORMED: dict[str, tuple[Headers, bytes]] = {
    "another host": ([("host", "jahat.example")], b""),
    "two authorities": ([(":authority", PROXY)], b""),
    "a second path": ([("x-a", "b"), (":path", "/dua")], b""),
    "another scheme": ([(":scheme", "http")], b""),
    "a length that is too great": ([("content-length", "20")], b"x" * 10),
    "a length that is too small": ([("content-length", "10")], b"x" * 20),
    "two lengths": ([("content-length", "20"), ("content-length", "20")], b"x" * 20),
    "length and chunks": ([("content-length", "5"), ("transfer-encoding", "chunked")], b"0\r\n\r\n"),
    "chunks": ([("transfer-encoding", "chunked")], b"0\r\n\r\n" + HIDDEN.encode()),
    "unknown coding": ([("transfer-encoding", "xchunked")], b"0\r\n\r\n"),
    "a connection's length": ([("connection", "content-length"), ("content-length", "4")], b"isi!"),
    "keeping alive": ([("keep-alive", "5")], b""),
    "a proxy's connection": ([("proxy-connection", "close")], b""),
    "a WebSocket": ([("connection", "upgrade"), ("upgrade", "websocket")], b""),
    "an upgrade alone": ([("upgrade", "websocket")], b""),
    "a line end in a value": ([("x-a", f"b\r\nContent-Length: 0\r\n\r\n{HIDDEN}")], b""),
    "a line end in a name": ([("x-a: b\r\ncontent-length", "5")], b""),
    "upper case": ([("Content-Length", "5")], b""),
    "a space in a name": ([("content-length ", "5")], b""),
    "no character": ([("x-a", "b\x00c")], b""),
}
BAD_TARGETS: Any = [
    {"path": f"/ HTTP/1.1\r\nHost: a\r\n\r\n{HIDDEN}"},
    {"path": "/a b"},
    {"path": "https://jahat.example/"},
    {"path": "*"},
    {"path": ""},
    {"method": f"GET / HTTP/1.1\r\n\r\n{HIDDEN}"},
    {"method": "CONNECT"},
]


class TestHttp2:
    @pytest.mark.parametrize("host", SITES)
    def test_a_connection_is_for_one_name(self, stand: WebStand, host: str) -> None:
        """Browsers ask for another name on it when its certificate and address fit (RFC 9113 section 9.1.1)."""
        with http2(stand, host) as line:
            answers = {name: line.get(name) for name in SITES}
            by_host = {name: line.get(None, more=[("host", name)]) for name in SITES}
            assert line.get(None).status == 400
        for answered in (answers, by_host):
            statuses = {name: answer.status for name, answer in answered.items()}
            assert statuses == {name: 200 if name == host else 421 for name in SITES}
            assert {answer.headers.get("x-panggon-page") for answer in answered.values()} == {None, "misdirected"}

    @pytest.mark.parametrize("host", PROGRAMS)
    def test_what_is_malformed_reaches_no_program(self, stand: WebStand, host: str) -> None:
        Echo.asked.clear()
        outcomes = {}
        for name, (more, body) in MALFORMED.items():
            with http2(stand, host) as line:
                answer = line.post(host, body, path="/satu", more=more) if body else line.get(host, more=more)
                outcomes[name] = answer.reset == PROTOCOL_ERROR or answer.status in (400, 501)
        assert outcomes == dict.fromkeys(MALFORMED, True)
        for target in BAD_TARGETS:
            with http2(stand, host) as line:
                answer = line.answer(line.begin(host, **target))
                assert answer.reset == PROTOCOL_ERROR or answer.status in (400, 405), target
        assert Echo.asked == []

    @pytest.mark.parametrize("more", [values[0] for values in MALFORMED.values() if not values[1]])
    def test_a_site_of_files_gives_no_second_answer(self, stand: WebStand, more: Headers) -> None:
        with http2(stand, STATIC) as line:
            answer = line.get(STATIC, more=more)
            assert answer.status in (0, 200, 400)
            assert answer.body in (b"", b"<p>Dinas</p>") or answer.status == 400

    @pytest.mark.parametrize("host", PROGRAMS)
    def test_what_is_well_formed_is_heard_as_it_was(self, stand: WebStand, host: str) -> None:
        with http2(stand, host) as line:
            more = [("te", "trailers"), ("cookie", "a=1"), ("cookie", "b=2"), ("content-length", "4")]
            said = json.loads(line.post(host, b"isi!", path="/a%20b?c=d", more=more).body)
        assert (said["method"], said["path"], said["body"]) == ("POST", "/a%20b?c=d", "isi!")
        headers = said["headers"]
        assert (headers["cookie"], headers["Content-Length"], "te" in headers) == ("a=1; b=2", "4", False)


class TestAnswers:
    """What a program says about where its answer ends."""

    @pytest.mark.parametrize("host", PROGRAMS)
    @pytest.mark.parametrize("way", ["panjang", "potongan", "sambungan"])
    def test_nothing_is_answered_behind_an_answer(self, stand: WebStand, host: str, way: str) -> None:
        answer = stand.raw(
            f"GET {LYING}{way} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode(), name=host
        )
        refused = way == "potongan" and answer.startswith(b"HTTP/1.1 503 ")  # by nginx 1.26, of Debian 13
        assert refused or answer.startswith(b"HTTP/1.1 200 ")
        assert refused or b"sah" in answer
        assert b"dua" not in answer
        assert b"X-Kedua" not in answer
