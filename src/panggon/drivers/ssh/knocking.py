"""Whether a server of this machine that speaks first (SSH) is there, and not only its socket."""

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from pathlib import Path

# Within which it has to say a word to whoever knocks.
SECONDS = 20.0


@contextmanager
def knocked(port: int) -> Iterator[socket.socket | None]:
    """A connection to what listens on this port, on whatever address; None where nothing does."""
    line = None
    if address := _address(port):
        with suppress(OSError):
            line = socket.create_connection((address, port), timeout=SECONDS)
    try:
        yield line
    finally:
        if line:
            line.close()


def is_answered(line: socket.socket) -> bool:
    """A greeting (RFC 4253 section 4.2), or an end because too many knock: somebody is there. A server that hangs says
    nothing.
    """
    try:
        line.recv(1)
    except TimeoutError:
        return False
    except OSError:
        return True
    return True


def _address(port: int) -> str:
    """proc(5), /proc/net/tcp: the state of a socket that listens is 0A, an address stands there word by word."""
    tables = (Path("/proc/net") / name for name in ("tcp", "tcp6"))
    rows = (line.split() for table in tables if table.exists() for line in table.read_text().splitlines()[1:])
    places = (row[1].rpartition(":")[0] for row in rows if row[3] == "0A" and row[1].endswith(f":{port:04X}"))
    if place := next(places, ""):
        words = (int(place[first : first + 8], 16) for first in range(0, len(place), 8))
        return str(ip_address(b"".join(struct.pack("=I", word) for word in words)))
    return ""
