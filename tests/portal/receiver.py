"""A real HTTP(S) server on loopback that receives webhooks and answers as a test wants it to."""

import base64
import hashlib
import hmac
import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Receiver:
    """`statuses` are answered one after the other, then 204; while it is not `free`, nothing is."""

    port: int = 0
    secret: str = ""
    statuses: list[int] = field(default_factory=list)
    free: threading.Event = field(default_factory=threading.Event)
    answer: bytes = b""
    messages: list[dict[str, Any]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    hosts: list[str] = field(default_factory=list)
    forged: int = 0

    def receive(self, headers: Any, body: bytes) -> int:
        self.hosts.append(headers["Host"])
        self.ids.append(headers["webhook-id"])
        if not self.is_ours(headers, body):
            self.forged += 1
            return 401
        self.messages.append(json.loads(body))
        return self.statuses.pop(0) if self.statuses else 204

    def is_ours(self, headers: Any, body: bytes) -> bool:
        """As docs/webhook.md tells receivers to check."""
        if abs(int(headers["webhook-timestamp"]) - time.time()) > 300:
            return False
        key = base64.b64decode(self.secret.removeprefix("whsec_"))
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        return hmac.compare_digest(f"v1,{expected}", headers["webhook-signature"])


@contextmanager
def receiver(*, tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    state = Receiver()
    state.free.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = state.receive(self.headers, body)
            state.free.wait()
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", f"http://127.0.0.1:{state.port}/elsewhere")
            if status != 204:
                self.send_header("Content-Length", str(len(state.answer)))
            self.end_headers()
            self.wfile.write(state.answer if status != 204 else b"")

        def log_message(self, *_arguments: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, _request: object, _address: object) -> None:
            """A client that went away is no concern of the test."""

    with Server(("127.0.0.1", 0), Handler) as server:
        state.port = server.server_port
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        try:
            yield state
        finally:
            server.shutdown()
