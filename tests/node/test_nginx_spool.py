"""What nginx takes in for a site, and what it lays on disk meanwhile, which is in nobody's quota."""

import json
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from panggon.core.sites.spec import Limits
from panggon.drivers.nginx import visit
from tests.node.echo import ENDLESS
from tests.node.every_kind import PROGRAMS, PROXY, PROXY_SPEC, PYTHON, PYTHON_SITE, PYTHON_SPEC, every_kind
from tests.node.http2 import http2
from tests.node.web_stand import LIMITS, WebStand, request
from tests.waiting import until

pytestmark = pytest.mark.real
MEBIBYTE = 2**20
MOST = 2 * MEBIBYTE  # the file of 1 MiB and the form around it
GREATEST = 1025
ANSWER, ANSWERS = 32 * MEBIBYTE, 8
PATIENCE = 2  # seconds
GO_ON = b"HTTP/1.1 100 Continue\r\n\r\n"


@pytest.fixture(scope="module")
def stand() -> Iterator[WebStand]:
    with every_kind("spool") as made:
        yield made


def on_disk(stand: WebStand) -> list[int]:
    """Bytes of the files that nginx has there for a moment; they have no names any more."""
    sizes = []
    for worker in stand.workers():
        for path in Path(f"/proc/{worker}/fd").iterdir():
            with suppress(OSError):
                if str(path.readlink()).startswith(f"{stand.root}/nginx/"):
                    sizes.append(path.stat().st_size)
    return sizes


def chunked(stand: WebStand, host: str, size: int, *, method: str = "POST") -> bytes:
    """The answer to a body that does not say how long it is."""
    with visit.connected(stand.door, host) as line:
        head = f"{method} /kirim HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
        answer = b""
        with suppress(OSError):
            line.sendall(head.encode())
            for start in range(0, size, MEBIBYTE):
                part = min(MEBIBYTE, size - start)
                line.sendall(f"{part:x}\r\n".encode() + b"x" * part + b"\r\n")
            line.sendall(b"0\r\n\r\n")
        with suppress(OSError):
            while got := line.recv(65_536):
                answer += got
    return answer


class TestTheSitesOwnLimit:
    @pytest.mark.parametrize("host", PROGRAMS)
    def test_chunked(self, stand: WebStand, host: str) -> None:
        answer = chunked(stand, host, MOST)
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["length"] == MOST
        for method in ("POST", "GET"):
            answer = chunked(stand, host, MOST + 1, method=method)
            assert (answer[9:12], b"X-Panggon-Page: large" in answer) == (b"413", True)

    @pytest.mark.parametrize("host", PROGRAMS)
    @pytest.mark.parametrize("told", [True, False])
    def test_http_2(self, stand: WebStand, host: str, told: bool) -> None:
        for size, status in ((MOST, 200), (MOST + 1, 413)):
            with http2(stand, host) as line:
                answer = line.post(host, b"x" * size, more=[("content-length", str(size))] if told else ())
            assert answer.status == status
            if status == 200:
                assert json.loads(answer.body)["length"] == size

    @pytest.mark.parametrize("host", PROGRAMS)
    def test_a_body_where_nobody_sends_one(self, stand: WebStand, host: str) -> None:
        """HTTP/2 does not tell beforehand that a GET has one: it is taken as far as memory goes."""
        for size, status in ((16_384, 200), (16_385, 413)):
            with http2(stand, host) as line:
                assert line.post(host, b"x" * size, method="GET").status == status

    def test_a_new_limit_holds_at_once_in_every_worker(self, stand: WebStand) -> None:
        asked = request(PYTHON, method="PUT", headers="Content-Length: 3000000\r\n", body=bytes(3_000_000))
        for limits, status in ((LIMITS, b"413"), (Limits(upload_mebibytes=2), b"200"), (LIMITS, b"413")):
            stand.make(replace(PYTHON_SPEC, limits=limits))
            for _ in stand.each_worker():
                assert stand.raw(asked, name=PYTHON)[9:12] == status

    def test_nothing_beyond_it_is_laid_on_disk(self, stand: WebStand) -> None:
        with visit.connected(stand.door, PYTHON) as line:
            head = f"POST / HTTP/1.1\r\nHost: {PYTHON}\r\nTransfer-Encoding: chunked\r\n\r\n"
            line.sendall(head.encode() + b"200000\r\n" + b"x" * MOST + b"\r\n1\r\nx")
            assert line.recv(12) == b"HTTP/1.1 413"
        assert sum(on_disk(stand)) <= MOST


class TestAllTogether:
    @pytest.fixture
    def generous(self, stand: WebStand) -> Iterator[WebStand]:
        limits = Limits(upload_mebibytes=GREATEST - 1)
        for spec in (PYTHON_SPEC, PROXY_SPEC):
            stand.make(replace(spec, limits=limits))
        yield stand
        for spec in (PYTHON_SPEC, PROXY_SPEC):
            stand.make(spec)

    def begun(self, stand: WebStand, lines: ExitStack, host: str, size: int) -> bytes:
        """The answer to the beginning of a body, whose rest nginx may wait for."""
        line = lines.enter_context(visit.connected(stand.door, host))
        head = f"POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: {size}\r\nExpect: 100-continue\r\n\r\n"
        line.sendall(head.encode())
        return line.recv(4096)

    def test_one_site_leaves_room_for_others(self, generous: WebStand) -> None:
        """Each of the two workers takes one of the greatest for a site at a time."""
        with ExitStack() as lines:
            answers = [self.begun(generous, lines, PYTHON, GREATEST * MEBIBYTE) for _ in range(3)]
            (refused, *_) = (answer for answer in answers if answer != GO_ON)
            assert refused.startswith(b"HTTP/1.1 503 ")
            assert b"X-Panggon-Page: busy" in refused
            assert b"Retry-After: 30" in refused
            assert self.begun(generous, lines, PYTHON, 16_384) == GO_ON
            assert self.begun(generous, lines, PROXY, 100 * MEBIBYTE) == GO_ON
        with ExitStack() as lines:  # once nginx has seen that those are gone
            until(lambda: self.begun(generous, lines, PYTHON, GREATEST * MEBIBYTE) == GO_ON)

    def test_room_is_given_back_however_a_request_ends(self, generous: WebStand) -> None:
        for _ in range(3):
            assert chunked(generous, PYTHON, 10)[9:12] == b"200"
            with http2(generous, PYTHON) as line:
                line.begin(PYTHON, method="POST", ends=False)
                line.state.reset_stream(1)
                line.flush()
                assert line.get(PYTHON).status == 200
            with visit.connected(generous.door, PYTHON) as line:
                line.sendall(f"POST / HTTP/1.1\r\nHost: {PYTHON}\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n".encode())
                assert line.recv(12) == b"HTTP/1.1 400"
        path = generous.root / "run" / f"{PYTHON_SITE}.sock"
        path.rename(path.with_suffix(".aside"))
        try:
            assert all(b"X-Panggon-Page: down" in chunked(generous, PYTHON, 10) for _ in range(3))
        finally:
            path.with_suffix(".aside").rename(path)

    def test_what_a_visitor_takes_slowly(self, stand: WebStand) -> None:
        with ExitStack() as lines:
            for _ in range(2 * ANSWERS + 4):
                line = lines.enter_context(visit.connected(stand.door, PYTHON))
                line.sendall(f"GET {ENDLESS} HTTP/1.1\r\nHost: {PYTHON}\r\n\r\n".encode())
            until(lambda: sum(size > ANSWER - MEBIBYTE for size in on_disk(stand)) >= ANSWERS)
            time.sleep(0.2)
            assert len(on_disk(stand)) <= 2 * ANSWERS
            assert max(on_disk(stand)) <= ANSWER


class TestWhoSendsSlowly:
    """A body is reckoned from what is announced, and its sender may take his time."""

    USUAL = 65 * MEBIBYTE  # what any site may be sent, unless its plan says otherwise
    UPLOAD = 5 * MEBIBYTE

    @pytest.fixture(autouse=True)
    def _usual(self, stand: WebStand) -> Iterator[None]:
        stand.make(replace(PYTHON_SPEC, limits=Limits()))
        yield
        stand.make(PYTHON_SPEC)

    @contextmanager
    def line(self, stand: WebStand, address: str) -> Iterator[ssl.SSLSocket]:
        context = ssl.create_default_context(cafile=str(stand.authority.certificate))
        door = ("127.0.0.1", stand.settings.https_port)
        with (
            socket.create_connection(door, timeout=60, source_address=(address, 0)) as plain,
            context.wrap_socket(plain, server_hostname=PYTHON) as line,
        ):
            yield line

    def hold(self, stand: WebStand, lines: ExitStack, address: str, many: int) -> None:
        """Of each size in turn, so that what one leaves another takes."""
        for size in [self.USUAL, self.USUAL // 4, self.UPLOAD]:
            for _ in range(many):
                line = lines.enter_context(self.line(stand, address))
                line.sendall(f"POST / HTTP/1.1\r\nHost: {PYTHON}\r\nContent-Length: {size}\r\n\r\nx".encode())

    def uploads(self, stand: WebStand, address: str) -> list[bytes]:
        return [self._upload(stand, address) for _ in range(3)]

    def _upload(self, stand: WebStand, address: str) -> bytes:
        with self.line(stand, address) as line, suppress(OSError):
            head = f"POST / HTTP/1.1\r\nHost: {PYTHON}\r\nContent-Length: {self.UPLOAD}\r\nConnection: close\r\n\r\n"
            line.sendall(head.encode() + bytes(self.UPLOAD))
            return line.recv(4096)[9:12]
        return b""

    def test_one_who_holds_all_that_he_gets_leaves_room_for_the_next(self, stand: WebStand) -> None:
        with ExitStack() as lines:
            self.hold(stand, lines, "127.9.0.1", 32)
            self.hold(stand, lines, "127.9.0.2", 8)  # a neighbour in his network
            assert self.uploads(stand, "127.0.0.2") == [b"200"] * 3

    def test_many_who_send_next_to_nothing_give_way_and_who_sends_faster_does_not(self, stand: WebStand) -> None:
        with ExitStack() as lines, self.line(stand, "127.8.0.1") as steady:
            steady.sendall(f"POST / HTTP/1.1\r\nHost: {PYTHON}\r\nContent-Length: {4 * MEBIBYTE}\r\n\r\n".encode())
            steady.sendall(bytes(MEBIBYTE))
            for network in range(12):
                self.hold(stand, lines, f"127.9.{network}.1", 3)
            for method in ("OPTIONS", "DELETE") * 2:
                with http2(stand, PYTHON) as line:
                    busy = line.answer(line.begin(PYTHON, method=method)).headers.get("x-panggon-page") == "busy"
                assert not busy, "HTTP/2 does not say that there is no body, nor do browsers"
            time.sleep(PATIENCE + 0.2)
            assert self.uploads(stand, "127.0.0.2") == [b"200"] * 3
            assert self.uploads(stand, "127.9.0.1") == [b"200"] * 3  # behind the same address
            steady.sendall(bytes(3 * MEBIBYTE))
            assert steady.recv(12) == b"HTTP/1.1 200"
