"""A program behind nginx that says what it was asked."""

import base64
import hashlib
import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from typing import Any

TARGET = "http://simpeg.kota.example:8081"
SHOWN = 1000
LYING = "/bohong/"
SECOND = b"HTTP/1.1 200 OK\r\nX-Kedua: 1\r\nContent-Length: 3\r\n\r\ndua"
# Answers with another answer behind them.
LIES = {
    "panjang": b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nsah" + SECOND,
    "potongan": b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nsah\r\n0\r\n\r\n"
    + SECOND,
    "sambungan": b"HTTP/1.1 200 OK\r\nConnection: Content-Length\r\nContent-Length: 3\r\n\r\nsah" + SECOND,
}
ENDLESS = "/tanpa-akhir"  # until the visitor leaves


class Echo(BaseHTTPRequestHandler):
    """Says what it was asked, or what the path asks it to say; accepts WebSockets and greets on them."""

    protocol_version = "HTTP/1.1"
    asked: list[str] = []  # the paths of all requests that came through

    def do_GET(self) -> None:
        self.asked.append(self.path)
        if self.headers.get("Upgrade") == "websocket":
            return self._shake_hands()
        if self.path == ENDLESS:
            return self._talk_on()
        if self.path.startswith(LYING):
            self.close_connection = True
            self.wfile.write(LIES[self.path.removeprefix(LYING)])
            return None
        heard = {"path": self.path, "method": self.command, "headers": dict(self.headers.items())}
        body = json.dumps({**heard, **self._sent()}).encode()
        self.send_response({"/hilang": 404, "/pindah": 302}.get(self.path, 200))
        if self.path == "/pindah":
            self.send_header("Location", f"{TARGET}/baru")
        if self.path == "/curang":
            self.send_header("X-Accel-Redirect", "/index.html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        return None

    do_POST = do_PUT = do_OPTIONS = do_DELETE = do_GET  # noqa: N815 -- the library's names

    def _sent(self) -> dict[str, Any]:
        """How much, and how it begins."""
        length = left = int(self.headers.get("Content-Length") or 0)
        beginning = self.rfile.read(min(left, SHOWN))
        left -= len(beginning)
        while left and (part := self.rfile.read(min(left, 1 << 20))):
            left -= len(part)
        return {"length": length - left, "body": beginning.decode("latin-1")}

    def _talk_on(self) -> None:
        self.close_connection = True
        self.send_response(200)
        self.end_headers()
        with suppress(OSError):
            while True:
                self.wfile.write(bytes(1 << 20))

    def _shake_hands(self) -> None:
        """RFC 6455 section 4.2.2, and one text frame."""
        accepted = hashlib.sha1(f"{self.headers['Sec-WebSocket-Key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode())
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", base64.b64encode(accepted.digest()).decode())
        self.end_headers()
        self.wfile.write(b"\x81\x04halo")
        self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Not into the tests' output."""


class Silent(socketserver.ThreadingMixIn):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Visitors leave when they like."""


class UnixServer(Silent, socketserver.UnixStreamServer):
    request_queue_size = 1024

    def get_request(self) -> tuple[Any, Any]:
        connection, _ = super().get_request()
        return connection, ("unix", 0)


class TcpServer(Silent, socketserver.TCPServer):
    request_queue_size = 1024


@contextmanager
def serving(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
