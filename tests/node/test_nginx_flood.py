"""Strangers in great numbers, and strangers who take their time, before the real nginx."""

import socket
from pathlib import Path

import pytest

from tests.node.web_stand import HOST, WebStand, request

pytestmark = pytest.mark.real
NAMES, BATCH = 100_000, 1000
SLOW = 400


def kibibytes(worker: int) -> int:
    status = Path(f"/proc/{worker}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


def ask_for_unknown_names(stand: WebStand, first: int, count: int) -> None:
    """One connection a batch, its requests one behind the other without waiting."""
    for batch in range(first, first + count, BATCH):
        asked = b"".join(
            f"GET / HTTP/1.1\r\nHost: n{number}.kota.example\r\n\r\n".encode() for number in range(batch, batch + BATCH)
        )
        with socket.create_connection(("127.0.0.1", stand.settings.http_port), timeout=30) as line:
            line.sendall(asked)
            line.shutdown(socket.SHUT_WR)
            answered = b""
            while part := line.recv(1 << 20):
                answered += part
        assert answered.count(b"HTTP/1.1 404 ") == BATCH


def test_a_hundred_thousand_unknown_names_take_no_memory(stand: WebStand) -> None:
    ask_for_unknown_names(stand, 0, NAMES // 2)
    before = {worker: kibibytes(worker) for worker in stand.workers()}
    ask_for_unknown_names(stand, NAMES // 2, NAMES // 2)
    grown = {worker: kibibytes(worker) - before[worker] for worker in stand.workers()}
    assert max(grown.values()) < 2048, grown
    assert stand.get().status == 200


def test_who_takes_his_time_keeps_nobody_waiting(stand: WebStand) -> None:
    """Half a request on each of many connections."""
    half = request(HOST)[:-4]
    lines = [socket.create_connection(("127.0.0.1", stand.settings.http_port), timeout=10) for _ in range(SLOW)]
    try:
        for line in lines:
            line.sendall(half)
        assert stand.get().status == 200
        assert stand.plain(request(HOST)).startswith(b"HTTP/1.1 308 ")
    finally:
        for line in lines:
            line.close()
