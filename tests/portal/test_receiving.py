"""Requests as granian hands them on: whole or not at all, and as WSGI wants to know them."""

import asyncio
from types import SimpleNamespace

import pytest

from panggon.portal import receiving
from panggon.portal.receiving import BODY_MOST, IN_MEMORY_MOST, Receiver, Spool, environ_of


class Headers:
    """Several of one name, as granian keeps them."""

    def __init__(self, *rows):
        self.rows = rows

    def items(self):
        return list(self.rows)

    def get(self, name, default=None):
        return next((value for key, value in self.rows if key == name), default)

    def __contains__(self, name):
        return self.get(name) is not None


class Exchange:
    """A browser that sends these parts, and what it is answered. `None` among the parts: it says nothing any more."""

    def __init__(self, *parts):
        self.parts, self.answered, self.sent = parts, None, b""

    async def __aiter__(self):
        for part in self.parts:
            if part is None:
                await asyncio.sleep(60)
            yield part

    def response_empty(self, status, headers):
        self.answered = (status, headers, b"")

    def response_bytes(self, status, headers, body):
        self.answered = (status, headers, body)

    def response_stream(self, status, headers):
        self.answered = (status, headers, "in pieces")
        return self

    async def send_bytes(self, part):
        self.sent += part


def scope(*headers, path="/masuk/", **more):
    known = {"method": "POST", "path": path, "query_string": "a=%ff", "http_version": "1.1", "scheme": "http"}
    sides = {"server": "127.0.0.1:8080", "client": "[::1]:50000", "authority": None}
    return SimpleNamespace(**{**known, **sides, **more}, headers=Headers(*headers))


def served(application, exchange, *headers):
    asyncio.run(Receiver(application, threads=1).__rsgi__(scope(*headers), exchange))
    return exchange.answered


def echo(environ, start):
    start("200 OK", [("Content-Type", "text/plain")])
    return [environ["wsgi.input"].read()]


def test_a_body_arrives_whole_before_anybody_works_on_it():
    assert served(echo, Exchange(b"login=", b"sri"), ("content-length", "9")) == (
        200,
        [("Content-Type", "text/plain")],
        b"login=sri",
    )


@pytest.mark.parametrize(
    ("parts", "headers", "status"),
    [
        ((b"login=", None), [("content-length", "9")], 408),
        ((b"login=",), [("content-length", "9")], 400),
        ((), [("content-length", str(BODY_MOST + 1))], 413),
        ((), [("content-length", "-1")], 413),
        ((b"login=sri",), [("transfer-encoding", "chunked")], 411),
    ],
    ids=["slow", "broken off", "large", "negative", "chunked"],
)
def test_a_body_that_is_not_whole_reaches_nobody(monkeypatch, parts, headers, status):
    monkeypatch.setattr(receiving, "SILENCE_MOST", 0.05)
    worked = []
    answer = served(lambda environ, start: worked.append(environ) or [], Exchange(*parts), *headers)
    assert (answer, worked) == ((status, [("Connection", "close")], b""), [])


def test_an_answer_that_is_large_leaves_in_pieces():
    closed = []

    class Parts:
        def __iter__(self):
            return iter([b"x" * IN_MEMORY_MOST, b"y"])

        def close(self):
            closed.append(True)

    exchange = Exchange()
    status, _, body = served(lambda _, start: start("200 OK", []) and Parts(), exchange)
    assert (status, body, len(exchange.sent), exchange.sent[-1:]) == (200, "in pieces", IN_MEMORY_MOST + 1, b"y")
    assert closed == [True]


def test_an_answer_that_breaks_off_is_no_half_of_one():
    def breaks(_environ, start):
        start("200 OK", [])
        yield b"half"
        raise OSError

    assert served(breaks, Exchange()) == (500, [], b"")


def test_a_request_as_wsgi_wants_to_know_it():
    asked = scope(
        ("host", "localhost"),
        ("cookie", "a=1"),
        ("cookie", "b=2"),
        ("x-forwarded-for", "192.0.2.1"),
        ("x_forwarded_for", "203.0.113.9"),
        ("content-type", "text/plain"),
        path="/é",
    )
    with Spool() as body:
        body.write(b"abc")
        environ = environ_of(asked, body)
        assert environ["wsgi.input"].read() == b"abc"
    assert {name: value for name, value in environ.items() if not name.startswith("wsgi.")} == {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/Ã©",
        "QUERY_STRING": "a=%ff",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8080",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "::1",
        "HTTP_HOST": "localhost",
        "HTTP_COOKIE": "a=1; b=2",
        "HTTP_X_FORWARDED_FOR": "192.0.2.1",
        "CONTENT_TYPE": "text/plain",
        "CONTENT_LENGTH": "3",
    }
