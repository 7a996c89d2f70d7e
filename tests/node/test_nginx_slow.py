"""Visitors who take their time, and more of them than nginx has connections: everybody else is served."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path

import pytest

from panggon.drivers.nginx import visit
from panggon.node.servers import nginx
from tests.node.echo import ENDLESS
from tests.node.every_kind import PYTHON, every_kind
from tests.node.http2 import Http2
from tests.node.web_stand import HOST, WebStand, request
from tests.waiting import until

pytestmark = pytest.mark.real
OPEN_FILES = 256  # of each of the two workers, with a quarter as many connections
CROWD, STREAMS = 160, 80
MEMORY = 64 << 20
UNTAKEN = 100 * 64 << 10  # of each connection that takes none of its 100 files: two pieces of 32 KiB each
BUFFERED = 24 << 20  # more than the kernel keeps on both sides for a connection that has ended
ELSEWHERE = "127.1.0.1"  # another network
ESTABLISHED = 1  # of TCP_INFO's states
SILENT_MOST = 15  # seconds; after so many nginx gives up on everybody


@pytest.fixture(scope="module")
def stand() -> Iterator[WebStand]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nginx, "_open_files", lambda: OPEN_FILES)
        patch.setattr(nginx, "_memory_most", lambda: MEMORY)
        with every_kind("slow") as made:
            yield made


@cache
def trusting(authority: Path, *protocols: str) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(authority))
    context.set_alpn_protocols(protocols)
    return context


def plain(stand: WebStand, address: str = "127.0.0.1") -> socket.socket:
    return socket.create_connection(("127.0.0.1", stand.settings.https_port), timeout=60, source_address=(address, 0))


def says_nothing(stand: WebStand) -> socket.socket:
    return plain(stand)


def half_a_handshake(stand: WebStand) -> socket.socket:
    line = plain(stand)
    line.sendall(b"\x16\x03\x01\x02\x00\x01\x00")
    return line


def half_a_request(stand: WebStand) -> socket.socket:
    return _asking(stand, HOST, request(HOST)[:-4])


def half_a_body(stand: WebStand) -> socket.socket:
    return _asking(stand, PYTHON, request(PYTHON, method="POST", headers="Content-Length: 9\r\n", body=b"x"))


def takes_no_answer(stand: WebStand) -> socket.socket:
    return _asking(stand, PYTHON, request(PYTHON, path=ENDLESS))


def many_answers_on_one_connection(stand: WebStand) -> socket.socket:
    line = trusting(stand.authority.certificate, "h2").wrap_socket(plain(stand), server_hostname=PYTHON)
    http2 = Http2(line)
    for _ in range(STREAMS):
        http2.begin(PYTHON, ENDLESS)
    return line


def _asking(stand: WebStand, host: str, words: bytes, address: str = "127.0.0.1") -> ssl.SSLSocket:
    line = trusting(stand.authority.certificate).wrap_socket(plain(stand, address), server_hostname=host)
    line.sendall(words)
    return line


def served(stand: WebStand, host: str) -> bool:
    """Whether somebody from elsewhere gets the page, before nginx gives up on the slow ones."""

    def answer() -> bytes:
        with suppress(OSError), _asking(stand, host, request(host), ELSEWHERE) as line:
            return line.recv(4096)
        return b""

    with ThreadPoolExecutor() as visitors:
        visitor = visitors.submit(answer)
        until(visitor.done, seconds=10)
        return visitor.result().startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    "slow",
    [
        says_nothing,
        half_a_handshake,
        half_a_request,
        half_a_body,
        takes_no_answer,
        many_answers_on_one_connection,
    ],
)
def test_others_are_served(stand: WebStand, slow: Callable[[WebStand], socket.socket]) -> None:
    with ExitStack() as lines:
        for _ in range(CROWD if slow is not many_answers_on_one_connection else CROWD // STREAMS):
            with suppress(OSError):
                lines.enter_context(slow(stand))
        time.sleep(0.3)
        assert [served(stand, host) for host in (HOST, PYTHON) * 10] == [True] * 20
    assert visit.get(stand.door, HOST, "/").status == 200


class TestOneWithManyAddresses:
    """Each of his few connections comes from another one, all in one network; everybody comes to one worker."""

    OFFICE, KEPT = "127.1.0.1", 10  # more than a browser's

    @pytest.fixture(autouse=True)
    def _one_worker(self, stand: WebStand) -> Iterator[None]:
        for _ in stand.each_worker():
            yield
            return

    def test_an_office_behind_one_address_loses_nothing(self, stand: WebStand) -> None:
        began = time.monotonic()
        with ExitStack() as lines:
            office = [lines.enter_context(plain(stand, self.OFFICE)) for _ in range(self.KEPT)]
            for number in range(40):
                lines.enter_context(plain(stand, f"127.9.0.{number // 8 + 1}"))
            time.sleep(0.5)
            lost = any(map(ended, office))
            assert not lost or time.monotonic() - began > SILENT_MOST
            assert served(stand, HOST)

    def test_a_download_is_not_the_first_that_an_office_loses(self, stand: WebStand) -> None:
        with ExitStack() as lines:
            download = lines.enter_context(_asking(stand, PYTHON, request(PYTHON, path=ENDLESS), self.OFFICE))
            with reading(download) as parts:
                idle = [lines.enter_context(plain(stand, self.OFFICE)) for _ in range(30)]
                until(lambda: any(map(ended, idle)))
                before = sum(parts)
                until(lambda: sum(parts) > before + BUFFERED)

    def test_files_that_nobody_takes_end_connections_before_memory_is_short(self, stand: WebStand) -> None:
        """Few connections, and far more than a worker may keep of the answers; nginx would keep them for a minute."""
        stand.put("besar.bin", "x" * (256 << 10))
        with ExitStack() as lines:
            office = [lines.enter_context(plain(stand, self.OFFICE)) for _ in range(2)]
            crowd = []
            for _ in range(16):
                with suppress(OSError):  # some are ended while the others still come
                    crowd.append(lines.enter_context(takes_no_files(stand)))
            until(lambda: len(crowd) - sum(map(has_left, crowd)) <= MEMORY // UNTAKEN)
            assert not any(map(has_left, office))
            assert served(stand, HOST)


def takes_no_files(stand: WebStand) -> ssl.SSLSocket:
    """Says that it has room for none of an answer, and asks for a hundred."""
    line = trusting(stand.authority.certificate, "h2").wrap_socket(plain(stand), server_hostname=HOST)
    http2 = Http2(line, room=0)
    for _ in range(100):
        http2.begin(HOST, "/besar.bin")
    return line


def has_left(line: socket.socket) -> bool:
    """Whatever of it nobody has read yet."""
    return line.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] != ESTABLISHED


@contextmanager
def reading(line: socket.socket) -> Iterator[list[int]]:
    """How much came each time, until it is closed."""
    parts: list[int] = []

    def read() -> None:
        with suppress(OSError):
            while part := line.recv(65_536):
                parts.append(len(part))

    thread = threading.Thread(target=read)
    thread.start()
    try:
        yield parts
    finally:
        line.shutdown(socket.SHUT_RDWR)
        thread.join()


def ended(line: socket.socket) -> bool:
    line.setblocking(False)
    try:
        return line.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
