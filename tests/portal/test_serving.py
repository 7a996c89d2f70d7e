"""`panggon serve` as a process: it answers, and a kill leaves nobody behind on the port."""

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

from tests.conftest import free_port
from tests.waiting import until

SECONDS = 30


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
        urllib.request.urlopen(f"http://127.0.0.1:{port}/api/node/wish", timeout=5)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)
    except OSError:
        return None
    return None


def protection(port: int) -> dict[str, str | None]:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/api/node/wish", timeout=5)
    with refused.value as answered:
        return {name: answered.headers[name] for name in ("Cache-Control", "Content-Security-Policy", "Server")}


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
        first.kill()
        first.wait()
        until(lambda: answer(port) is None, "somebody still answers")
        second = serve(database_url, port, log)
        try:
            assert until(lambda: answer(port), "no answer") == (401, {"error": "token"})
        finally:
            second.send_signal(signal.SIGTERM)
            assert second.wait(SECONDS) == 0
