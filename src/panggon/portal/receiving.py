"""Between granian and Django: a thread works on a request only once the whole of it has arrived, and on none any more
while its answer leaves. So a few people on slow lines, or who pretend to be, hold up nobody else.

Granian's own interface (RSGI) is asynchronous and waits at no cost; Django is called by WSGI (PEP 3333) in a bounded
number of threads, each of which keeps a connection to the database.
"""

import asyncio
import contextlib
import logging
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from tempfile import SpooledTemporaryFile
from typing import Any, Protocol

from granian.rsgi import ProtocolClosed

BODY_MOST = 64 * 1024 * 1024  # bytes: two letters with their form
IN_MEMORY_MOST = 1024 * 1024  # bytes of a body or an answer; the rest of it lies in a file meanwhile
PIECE = 64 * 1024
SILENCE_MOST = 20.0  # seconds without a byte
WHOLE_MOST = 600.0  # seconds for a whole body: 20 MiB on a line of 300 kbit/s

logger = logging.getLogger(__name__)
Headers = list[tuple[str, str]]
Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Spool(SpooledTemporaryFile[bytes]):
    """Bytes that wait for somebody."""

    def __init__(self) -> None:
        super().__init__(max_size=IN_MEMORY_MOST)


class Exchange(Protocol):
    """What granian gives of a request and takes of an answer; only what is used here."""

    def __aiter__(self) -> Any: ...
    def response_empty(self, status: int, headers: Headers) -> None: ...
    def response_bytes(self, status: int, headers: Headers, body: bytes) -> None: ...
    def response_stream(self, status: int, headers: Headers) -> Any: ...


@dataclass
class Answer:
    status: int = HTTPStatus.INTERNAL_SERVER_ERROR
    headers: Headers = field(default_factory=list)
    body: Spool = field(default_factory=Spool)

    def start(self, status: str, headers: Headers, _error: object = None) -> Callable[[bytes], object]:
        """WSGI's `start_response`."""
        self.status, self.headers = int(status.split(" ", 1)[0]), headers
        return self.body.write


class _UnfitError(Exception):
    """A body that is not taken in; its argument is the status of the answer."""


class Receiver:
    """A WSGI application as granian serves it."""

    def __init__(self, application: Application, *, threads: int) -> None:
        self.application = application
        self.threads = ThreadPoolExecutor(threads, thread_name_prefix="request")

    async def __rsgi__(self, scope: Any, exchange: Exchange) -> None:
        with Spool() as body:
            try:
                await _take_in(scope, exchange, body)
            except _UnfitError as unfit:
                exchange.response_empty(unfit.args[0], [("Connection", "close")])
                return
            environ = environ_of(scope, body)
            answer = await asyncio.get_running_loop().run_in_executor(self.threads, self._work, environ)
        with answer.body, contextlib.suppress(ProtocolClosed, TimeoutError):  # whoever went away wants no answer
            await _give_out(exchange, answer)

    def _work(self, environ: dict[str, Any]) -> Answer:
        answer = Answer()
        parts = self.application(environ, answer.start)
        try:
            for part in parts:
                answer.body.write(part)
        except Exception:  # a download that breaks off: it is logged, and the visitor gets 500 instead of half a file
            logger.exception("an answer broke off: %s", environ["PATH_INFO"])
            answer.body.close()
            answer = Answer()
        finally:
            getattr(parts, "close", lambda: None)()
        return answer


def environ_of(scope: Any, body: Spool) -> dict[str, Any]:
    """What WSGI wants to know of a request (PEP 3333).

    A header with `_` in its name is left out: it would pass for the one with `-`, that only our proxy may set.
    """
    size = body.tell()
    body.seek(0)
    host, _, port = scope.server.rpartition(":")
    environ = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope.headers.items():
        if "_" not in name:
            key = f"HTTP_{name.upper().replace('-', '_')}"
            glue = "; " if key == "HTTP_COOKIE" else ","
            environ[key] = f"{environ[key]}{glue}{value}" if key in environ else value
    if scope.authority:
        environ["HTTP_HOST"] = scope.authority
    environ["CONTENT_TYPE"] = environ.pop("HTTP_CONTENT_TYPE", "")
    environ.pop("HTTP_CONTENT_LENGTH", None)
    environ["CONTENT_LENGTH"] = str(size)
    return environ


# ------------------------------------------------------------------------------------------------------------------


async def _take_in(scope: Any, exchange: Exchange, body: Spool) -> None:
    """Raises `_UnfitError` for one that is too large or too slow, and for one whose end cannot be told."""
    length = scope.headers.get("content-length") or "0"
    if "transfer-encoding" in scope.headers:
        raise _UnfitError(HTTPStatus.LENGTH_REQUIRED)
    if not length.isdecimal() or int(length) > BODY_MOST:
        raise _UnfitError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    parts = aiter(exchange)
    try:
        async with asyncio.timeout(WHOLE_MOST):
            while body.tell() < int(length):
                async with asyncio.timeout(SILENCE_MOST):
                    part = await anext(parts, b"")
                if not part:  # the other side went away
                    raise _UnfitError(HTTPStatus.BAD_REQUEST)
                body.write(part)
    except TimeoutError as error:
        raise _UnfitError(HTTPStatus.REQUEST_TIMEOUT) from error


async def _give_out(exchange: Exchange, answer: Answer) -> None:
    size = answer.body.tell()
    answer.body.seek(0)
    if size <= IN_MEMORY_MOST:
        exchange.response_bytes(answer.status, answer.headers, answer.body.read())
        return
    line = exchange.response_stream(answer.status, answer.headers)
    while part := answer.body.read(PIECE):
        async with asyncio.timeout(SILENCE_MOST):
            await line.send_bytes(part)
