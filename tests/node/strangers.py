"""100,000 names, and pages, that are nowhere (in script/test-more; a small number of them in script/test)."""

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from panggon.drivers.nginx import visit
from tests.node.web_stand import HOST, WebStand

pytestmark = [pytest.mark.real, pytest.mark.timeout(900)]
MANY, BATCH = 100_000, 500
KIBIBYTES_MORE = 2048
BY_NAME = "GET / HTTP/1.1\r\nHost: n{}.kota.example\r\n\r\n"
Asking = Callable[[WebStand, int], None]


@pytest.fixture(scope="module")
def stand() -> Iterator[WebStand]:
    with WebStand("strangers").serving() as made:
        made.make()
        made.put("index.html", "<p>Dinas</p>")
        yield made


def without_tls(stand: WebStand, first: int) -> None:
    with socket.create_connection(("127.0.0.1", stand.settings.http_port), timeout=60) as line:
        _ask_for_a_batch(line, first, b"HTTP/1.1 404 ")


def for_pages(stand: WebStand, first: int) -> None:
    with visit.connected(stand.door, HOST) as line:
        _ask_for_a_batch(line, first, b"HTTP/1.1 404 ", "GET /{}/" + "x" * 100 + f" HTTP/1.1\r\nHost: {HOST}\r\n\r\n")


def behind_a_good_handshake(stand: WebStand, first: int) -> None:
    with visit.connected(stand.door, HOST) as line:
        _ask_for_a_batch(line, first, b"HTTP/1.1 421 ")


def in_the_handshake(stand: WebStand, first: int) -> None:
    greeting = _greeting("n0000000.kota.example")
    for number in range(first, first + BATCH):
        with socket.create_connection(("127.0.0.1", stand.settings.https_port), timeout=60) as line:
            line.sendall(greeting.replace(b"n0000000", f"n{number:07}".encode()))
            answer = b""
            with suppress(ConnectionResetError):
                answer = line.recv(100)
            assert answer[:1] in (b"", b"\x15"), "an alert, or nothing"


def _ask_for_a_batch(line: socket.socket, first: int, answer: bytes, asked: str = BY_NAME) -> None:
    """One behind the other without waiting."""
    line.sendall("".join(asked.format(number) for number in range(first, first + BATCH)).encode())
    answered, ends = 0, b""
    while answered < BATCH:
        part = line.recv(1 << 20)
        assert part, answered
        answered += (ends + part).count(answer)
        ends = part[-len(answer) + 1 :]


def _greeting(name: str) -> bytes:
    context, sent = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), ssl.MemoryBIO()
    client = context.wrap_bio(ssl.MemoryBIO(), sent, server_hostname=name)
    with suppress(ssl.SSLWantReadError):
        client.do_handshake()
    return sent.read()


def kibibytes(stand: WebStand) -> dict[int, int]:
    sizes = {}
    for worker in stand.workers():
        status = Path(f"/proc/{worker}/status").read_text()
        sizes[worker] = int(status.partition("VmRSS:")[2].split()[0])
    return sizes


def cost_of_answers(stand: WebStand) -> float:
    """Seconds of the workers' processors for 500 answers, whatever else the machine does: proc(5), schedstat."""
    before = _processor_time(stand)
    for _ in range(500):
        assert stand.get("/").body == b"<p>Dinas</p>"
    return _processor_time(stand) - before


def _processor_time(stand: WebStand) -> float:
    return sum(int(Path(f"/proc/{worker}/schedstat").read_text().split()[0]) for worker in stand.workers()) / 1e9


def come(stand: WebStand, asking: Asking, *, many: int) -> None:
    """Memory stands still from the first half on, and others are served between them."""
    for start in range(0, many, BATCH):
        if start == many // 2:
            before = kibibytes(stand)
        asking(stand, start)
        assert stand.get("/").body == b"<p>Dinas</p>"
    grown = {worker: size - before[worker] for worker, size in kibibytes(stand).items()}
    assert max(grown.values()) < KIBIBYTES_MORE, grown


@pytest.mark.parametrize("asking", [without_tls, in_the_handshake, behind_a_good_handshake, for_pages])
def test_a_hundred_thousand_that_are_nowhere(stand: WebStand, asking: Asking) -> None:
    before = cost_of_answers(stand)
    come(stand, asking, many=MANY)
    assert cost_of_answers(stand) < 2 * before, "nobody pays for those who came"
