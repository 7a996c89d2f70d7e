"""What tests ask with, when the server is gone in the middle of it."""

import gc
import socket
import struct
from pathlib import Path

import pytest

from demo.clients import ask_https
from panggon.drivers.certificates.authority import create_authority
from panggon.node import clock

AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER: closing resets the connection


def test_a_connection_that_is_reset_before_the_handshake_leaves_nothing_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is left open tells of itself in whatever test goes on when it is collected."""
    authority = create_authority(tmp_path, now=clock.now()).certificate
    with socket.create_server(("127.0.0.1", 0)) as server:
        connect = socket.create_connection

        def reset(*where: object) -> socket.socket:
            made = connect(*where)  # type: ignore[arg-type]
            met = server.accept()[0]
            met.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
            met.close()
            return made

        monkeypatch.setattr(socket, "create_connection", reset)
        with pytest.raises(ConnectionResetError):
            ask_https("a.example", "/", address="127.0.0.1", port=server.getsockname()[1], authority=authority)
        gc.collect()
