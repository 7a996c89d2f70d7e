"""A portal for tests: the wish interface of docs/architecture.md over real HTTP on loopback, its wishes in memory."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.waiting import until

TOKEN = "a-token"
CODE = "one-use"


class FakePortal(ThreadingHTTPServer):
    """`refusing` answers every request with this status; `losing_reports` takes that many reports and forgets them.
    Reports with a member of `disliked` are no reports to it.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.wishes: list[dict[str, Any]] = []
        self.reports: dict[int, dict[str, Any]] = {}
        self.progress: dict[int, list[dict[str, Any]]] = {}
        self.statuses: list[dict[str, Any]] = []
        self.logins: list[list[dict[str, Any]]] = []
        self.visits: list[list[dict[str, Any]]] = []
        self.token = TOKEN
        self.refusing = 0
        self.losing_reports = 0
        self.disliked: set[str] = set()
        self.polls = 0
        self.changed = threading.Condition()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def wish(self, spec: Any, mode: str = "apply", **more: Any) -> int:
        number = 17 + len(self.wishes)
        usual = {"approved_digest": "", "credentials": {}}
        with self.changed:
            self.wishes.append({"wish": number, "mode": mode, "spec": spec, **usual, **more})
            self.changed.notify_all()
        return number

    def offered(self) -> dict[str, Any] | None:
        return next((wish for wish in self.wishes if wish["wish"] not in self.reports), None)

    def reported(self, number: int, seconds: float = 60) -> dict[str, Any]:
        until(lambda: number in self.reports, "no report came", seconds=seconds)
        return self.reports[number]

    def answer(self, method: str, path: str, body: dict[str, Any], token: str) -> tuple[int, Any]:
        if self.refusing:
            return self.refusing, {"error": "refusing"}
        if path == "enroll":
            return (
                (200, {"node": 1, "token": self.token}) if body["code"] == CODE else (403, {"error": "enrol.refused"})
            )
        if token != f"Bearer {self.token}":
            return 401, {"error": "token"}
        with self.changed:
            return self._of_node(method, path, body)

    def _of_node(self, method: str, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        match (method, path.split("/")):
            case "GET", ["wish"]:
                self.polls += 1
                wish = self.offered()
                return (200, wish) if wish else (204, None)
            case "POST", ["wish", number, "progress"]:
                self.progress.setdefault(int(number), []).extend(body["entries"])
            case "POST", ["wish", number, "report"] if self.losing_reports:
                self.losing_reports -= 1
                return 503, {"error": f"{number} is lost"}
            case "POST", ["wish", _number, "report"] if any(map(body.get, self.disliked)):
                return 400, {"error": "invalid", "fields": sorted(self.disliked)}
            case "POST", ["wish", number, "report"]:
                former = self.reports.get(int(number))
                if former is None or former["outcome"] == "closing":
                    self.reports[int(number)] = body
                self.changed.notify_all()
            case "POST", ["logins"]:
                self.logins.append(body["logins"])
            case "POST", ["visits"]:
                self.visits.append(body["visits"])
            case "POST", ["status"]:
                self.statuses.append(body)
            case _:
                return 404, {"error": "path"}
        return 204, None


class _Handler(BaseHTTPRequestHandler):
    server: FakePortal

    def do_GET(self) -> None:
        self._answer({})

    def do_POST(self) -> None:
        self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def _answer(self, body: dict[str, Any]) -> None:
        path = self.path.removeprefix("/api/node/").partition("?")[0]
        status, document = self.server.answer(self.command, path, body, self.headers.get("Authorization", ""))
        content = b"" if document is None else json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_words: Any) -> None:
        """Say nothing."""


@contextmanager
def running() -> Iterator[FakePortal]:
    portal = FakePortal()
    thread = threading.Thread(target=portal.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield portal
    finally:
        portal.shutdown()
        thread.join()
        portal.server_close()
