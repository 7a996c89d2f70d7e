"""A tiny FastCGI client (FastCGI 1.0, one request a connection), for asking a site's PHP without nginx."""

import contextlib
import socket
import struct
from pathlib import Path

BEGIN, PARAMETERS, STDIN, STDOUT = 1, 4, 5, 6


def request(path: Path, script: str, *, query: str = "", seconds: float = 60) -> str:
    """The body of the answer. Raises OSError when there is none, ValueError when PHP did not end the request."""
    variables = {"SCRIPT_FILENAME": script, "SCRIPT_NAME": "/x.php", "REQUEST_METHOD": "GET", "QUERY_STRING": query}
    pairs = b"".join(_length(k) + _length(v) + k.encode() + v.encode() for k, v in variables.items())
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(seconds)
        client.connect(str(path))
        begin = _record(BEGIN, struct.pack(">HB5x", 1, 0))
        client.sendall(begin + _record(PARAMETERS, pairs) + _record(PARAMETERS, b"") + _record(STDIN, b""))
        return _body(_received(client))


def _received(client: socket.socket) -> bytes:
    """All until the end; php-fpm that closes before it has read our last record resets the connection."""
    received = bytearray()
    with contextlib.suppress(ConnectionResetError):
        while chunk := client.recv(65_536):
            received += chunk
    return bytes(received)


def _length(text: str) -> bytes:
    """FastCGI 1.0 section 3.4: one byte below 128, otherwise four with the highest bit set."""
    size = len(text.encode())
    return bytes([size]) if size < 128 else struct.pack(">I", size | 1 << 31)


def _record(kind: int, content: bytes) -> bytes:
    return struct.pack(">BBHHBB", 1, kind, 1, len(content), 0, 0) + content


def _body(received: bytes) -> str:
    output, ended = b"", False
    while received:
        _, kind, _, length, padding, _ = struct.unpack(">BBHHBB", received[:8])
        output += received[8 : 8 + length] if kind == STDOUT else b""
        ended = ended or kind == 3
        received = received[8 + length + padding :]
    if not ended:
        raise ValueError("the answer has no end")
    return output.decode().partition("\r\n\r\n")[2]
