"""An ACME server (RFC 8555) that checks nothing and says what a test wants: the steps of an order, or nonsense."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

PROBLEM = "urn:ietf:params:acme:error:"
TOKEN = "dG9rZW4tdG9rZW4tdG9rZW4tdG9rZW4tdG9rZW4tdG8"


class StrangeCa(ThreadingHTTPServer):
    """`said` is what it says instead of the usual: status and document, by path."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.said: dict[str, tuple[int, Any]] = {}

    def answer(self, path: str) -> tuple[int, Any]:
        return self.said.get(path) or self._usual().get(path, (200, {}))

    def order(self, **changes: Any) -> dict[str, Any]:
        """Its document, once the name is proven."""
        usual = {"status": "ready", "identifiers": [], "authorizations": [f"{self.url}/authorization"]}
        return {**usual, "finalize": f"{self.url}/finalize", **changes}

    def authorization(self, **changes: Any) -> dict[str, Any]:
        challenge = {"type": "dns-01", "url": f"{self.url}/challenge", "status": "pending", "token": TOKEN}
        name = {"type": "dns", "value": "opd.kota.example"}
        return {"status": "valid", "identifier": name, "challenges": [challenge], **changes}

    def _usual(self) -> Mapping[str, tuple[int, Any]]:
        directory = {"newNonce": "nonce", "newAccount": "account", "newOrder": "order"}
        return {
            "/directory": (200, {name: f"{self.url}/{path}" for name, path in directory.items()}),
            "/account": (201, {"status": "valid"}),
            "/order": (201, self.order()),
            "/authorization": (200, self.authorization()),
            "/finalize": (200, self.order(status="processing")),
        }


class _Handler(BaseHTTPRequestHandler):
    server: StrangeCa

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        status, document = self.server.answer(self.path)
        content = document if isinstance(document, bytes) else json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Replay-Nonce", "bm9uY2U")
        self.send_header("Location", f"{self.server.url}{self.path}/1")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def do_GET(self) -> None:
        self.headers["Content-Length"] = "0"
        self.do_POST()

    do_HEAD = do_GET  # noqa: N815 - as the library has it

    def log_message(self, *_: Any) -> None: ...


@contextmanager
def serving() -> Iterator[StrangeCa]:
    with StrangeCa() as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()
