"""A server that never gets to its end: after its first words come drops, each well before anybody gives up waiting."""

import contextlib
import socket
import ssl
import time
from pathlib import Path

PAUSE_SECONDS = 0.05


def serve(listener: socket.socket, first: bytes, *, drops: int, drop: bytes = b"x", bundle: Path | None = None) -> None:
    """To one client, once it has said something; with a `bundle` in TLS. Over as soon as the client is gone."""
    with contextlib.suppress(OSError), listener.accept()[0] as plain, _wrapped(plain, bundle) as line:
        line.recv(4096)
        line.sendall(first)
        for _ in range(drops):
            line.sendall(drop)
            time.sleep(PAUSE_SECONDS)


def _wrapped(line: socket.socket, bundle: Path | None) -> socket.socket:
    if bundle is None:
        return line
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(bundle)
    return context.wrap_socket(line, server_side=True)
