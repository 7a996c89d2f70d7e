"""Requests that nginx and the program behind it could read in two ways, over HTTP/1.1 and HTTP/2."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.node.every_kind import PROGRAMS, PROXY, PYTHON, STATIC, every_kind
from tests.node.web_stand import WebStand

pytestmark = pytest.mark.real
SITES = (STATIC, PYTHON, PROXY)


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
