"""What each page costs: its questions to the database, and processor time here and there, one request at a time.

Unlike the time of an answer this hardly depends on what else the machine does. Reads pages as JSON, by name their paths
and cookies; prints one `Cost` for each name.
"""

import io
import json
import os
import sys
import time
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "panggon.portal.settings.base")

from django.db import connection
from django.test.utils import CaptureQueriesContext

from panggon.portal.served import pages  # it sets Django up

WARMING_UP, REQUESTS = 30, 100
NANOSECONDS = 1e6  # in a millisecond


@dataclass(frozen=True)
class Cost:
    """`worker` and `database` are milliseconds of processor time a request."""

    queries: int
    worker: float
    database: float


def cost(paths: list[str], cookies: dict[str, str]) -> Cost:
    """The average over these paths, after they were asked for often enough that all that is kept is kept."""
    _ask(paths, cookies, WARMING_UP)
    began = _used()
    _ask(paths, cookies, REQUESTS)
    worker, database = (after - before for after, before in zip(_used(), began, strict=True))
    with CaptureQueriesContext(connection) as asked:
        _ask(paths[-1:], cookies, 1)
    return Cost(len(asked), worker / REQUESTS, database / REQUESTS)


def _ask(paths: list[str], cookies: dict[str, str], times: int) -> None:
    for path in islice(cycle(paths), times):
        answer = pages._work(_environ(path, cookies))
        answer.body.close()
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status}")


def _environ(path: str, cookies: dict[str, str]) -> dict[str, Any]:
    """As `receiving` makes it of a browser's request."""
    path, _, query = path.partition("?")
    words = "; ".join(f"{name}={value}" for name, value in cookies.items())
    asked = {"REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": query, "HTTP_HOST": "127.0.0.1"}
    server = {"SERVER_NAME": "127.0.0.1", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "SCRIPT_NAME": ""}
    body = {"CONTENT_TYPE": "", "CONTENT_LENGTH": "0", "wsgi.input": io.BytesIO(), "wsgi.errors": sys.stderr}
    return {**asked, **server, **body, "REMOTE_ADDR": "127.0.0.1", "HTTP_COOKIE": words, "wsgi.url_scheme": "http"}


def _used() -> tuple[float, float]:
    """Milliseconds of processor time of this thread and of its connection's process (proc(5), schedstat)."""
    backend = Path(f"/proc/{connection.connection.info.backend_pid}/schedstat").read_text()
    return time.thread_time_ns() / NANOSECONDS, int(backend.split()[0]) / NANOSECONDS


if __name__ == "__main__":
    costs = {name: asdict(cost(*page)) for name, page in json.load(sys.stdin).items()}
    sys.stdout.write(json.dumps(costs))
