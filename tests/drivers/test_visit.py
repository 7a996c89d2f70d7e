"""A visit to a server that wants to have whoever asks for as long as it can."""

import socket
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from panggon.core.errors import TemporaryError
from panggon.drivers.certificates import authority
from panggon.drivers.nginx import visit
from panggon.drivers.nginx.visit import Door
from tests.drivers.dripping import serve

HOST = "lambat.kota.example"
SECONDS = 0.5
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as made:
        made.settimeout(60)
        yield made


@pytest.fixture
def door(listener: socket.socket, tmp_path: Path) -> Door:
    made = authority.create_authority(tmp_path, now=datetime.now(UTC))
    (tmp_path / "bundle.pem").write_bytes(authority.issue(made, HOST, now=datetime.now(UTC)))
    return Door("127.0.0.1", listener.getsockname()[1], made.certificate, SECONDS)


def test_a_body_that_comes_byte_after_byte_is_not_waited_for(
    listener: socket.socket, door: Door, tmp_path: Path
) -> None:
    with ThreadPoolExecutor() as pool:
        served = pool.submit(serve, listener, HEAD, drops=1000, bundle=tmp_path / "bundle.pem")
        found = visit.get(door, HOST, "/")
        assert (found.status, set(found.body), served.done()) == (200, set(b"x"), False)
        assert len(found.body) < 1000


def test_a_whole_body_is_taken_and_silence_is_no_answer(listener: socket.socket, door: Door, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.pem"
    with ThreadPoolExecutor() as pool:
        pool.submit(serve, listener, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwhole", drops=0, bundle=bundle)
        assert visit.get(door, HOST, "/").body == b"whole"
        pool.submit(serve, listener, b"", drops=0, bundle=bundle)
        with pytest.raises(TemporaryError, match=r"visit\.failed"):
            visit.get(door, HOST, "/")


def test_authorities_are_read_once_until_there_are_others(
    listener: socket.socket, door: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask(*, any_certificate: bool = False) -> bytes:
        pool.submit(serve, listener, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwhole", drops=0, bundle=bundle)
        return visit.get(door, HOST, "/", any_certificate=any_certificate).body

    bundle, read, create = tmp_path / "bundle.pem", list[str](), ssl.create_default_context
    monkeypatch.setattr(
        ssl, "create_default_context", lambda **given: (read.append(given["cafile"]), create(**given))[1]
    )
    with ThreadPoolExecutor() as pool:
        assert [ask(), ask()] == [b"whole"] * 2
        assert read == [str(door.authorities)]
        authority.create_authority(tmp_path / "other", now=datetime.now(UTC)).certificate.replace(door.authorities)
        with pytest.raises(TemporaryError, match=r"visit\.failed: .*CERTIFICATE_VERIFY_FAILED"):
            ask()
        assert ask(any_certificate=True) == b"whole"
        with pytest.raises(TemporaryError, match=r"CERTIFICATE_VERIFY_FAILED"):
            ask()


@pytest.mark.parametrize(
    ("first", "drop"),
    [
        (b"HTTP/1.1 200 OK\r\nX-Long: ", b"x"),
        (b"HTTP/1.1 100 Continue\r\nContent-Length: 1000000\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=["a line of a header", "answers before the answer"],
)
def test_a_header_without_end_is_no_answer(
    listener: socket.socket, door: Door, tmp_path: Path, first: bytes, drop: bytes
) -> None:
    """A site's program can do the second through nginx, which passes 100 on with a body."""
    with ThreadPoolExecutor() as pool:
        pool.submit(serve, listener, first, drops=1000, drop=drop, bundle=tmp_path / "bundle.pem")
        with pytest.raises(TemporaryError, match=r"visit\.failed: .* timed out"):
            visit.get(door, HOST, "/")
