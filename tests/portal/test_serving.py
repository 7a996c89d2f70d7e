"""`panggon serve` as a process: it answers, and a kill leaves nobody behind on the port."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from demo.ports import free_port
from panggon.portal.running import NODE_THREADS
from tests.waiting import until

SECONDS = 60


def serve(database_url: str, port: int, log) -> subprocess.Popen[bytes]:
    environment = {
        "DATABASE_URL": database_url,
        "PANGGON_SECRET_KEY": "only for tests " * 4,
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
    }
    argv = [sys.executable, "-m", "panggon.portal.cli", "serve", "--nodes", "--port", str(port)]
    return subprocess.Popen(argv, env=environment, stdout=log, stderr=log)


def answer(port: int) -> tuple[int, dict[str, str]] | None:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/api/node/wish", timeout=60)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)
    except OSError:
        return None
    return None


def protection(port: int) -> dict[str, str | None]:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/api/node/wish", timeout=60)
    with refused.value as answered:
        return {name: answered.headers[name] for name in ("Cache-Control", "Content-Security-Policy", "Server")}


@contextmanager
def slow_bodies(port: int, count: int) -> Iterator[None]:
    """So many senders that begin a body and say no more."""
    head = b"POST /api/node/enroll HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{"
    with ExitStack() as lines:
        for _ in range(count):
            lines.enter_context(socket.create_connection(("127.0.0.1", port))).sendall(head)
        yield


@pytest.mark.django_db(transaction=True)
def test_a_killed_server_leaves_its_port_to_the_next(database_url, tmp_path):
    port = free_port()
    with (tmp_path / "log").open("ab") as log:
        first = serve(database_url, port, log)
        assert until(lambda: answer(port), "no answer") == (401, {"error": "token"})
        assert protection(port) == {
            "Cache-Control": "no-store",
            "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
            "Server": "granian",
        }
        with slow_bodies(port, NODE_THREADS + 1):
            assert answer(port) == (401, {"error": "token"})
        first.kill()
        first.wait()
        until(lambda: answer(port) is None, "somebody still answers")
        second = serve(database_url, port, log)
        try:
            assert until(lambda: answer(port), "no answer") == (401, {"error": "token"})
        finally:
            second.send_signal(signal.SIGTERM)
            assert second.wait(SECONDS) == 0
