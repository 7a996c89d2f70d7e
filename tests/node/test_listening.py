"""What becomes nginx listens already, in the way that nginx needs it."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from demo.ports import free_port
from tests.node.scheduling import shares_by_sessions

TOLD = """
import os, socket
for number in map(int, os.environ["NGINX"].split(";")[:-1]):
    with socket.socket(fileno=number) as listener:
        listens = listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
        print(listener.getsockname()[1], os.get_blocking(number), listens)
"""


PRIORITY = """
import os
from tests.node.scheduling import priority_of_session
print(os.getpriority(os.PRIO_PROCESS, 0), priority_of_session(os.getpid()))
"""


def becomes(program: str, folder: Path, *, ports: list[int], more: Sequence[str] = ()) -> list[str]:
    """What is said by a program in the place of nginx, in a session of its own as any server is started."""
    listen = [*(f"127.0.0.1:{port}" for port in ports), *more]
    document = {"listen": listen, "command": [sys.executable, "-c", program]}
    (folder / "nginx.json").write_text(json.dumps(document))
    argv = [sys.executable, "-m", "panggon.node.supervision.listening", str(folder / "nginx.json")]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, start_new_session=True)
    return done.stdout.splitlines()


def test_a_worker_never_waits_in_accept_for_a_visitor_whom_another_has_taken(tmp_path):
    ports = [free_port(), free_port()]
    assert becomes(TOLD, tmp_path, ports=ports) == [f"{port} False 1" for port in ports]


@pytest.mark.parametrize("away", ["192.0.2.7", "[2001:db8::7]"])
def test_an_address_that_is_not_there_keeps_nobody_from_the_others(tmp_path, away):
    port = free_port()
    assert becomes(TOLD, tmp_path, ports=[port], more=[f"{away}:{port}"]) == [f"{port} False 1"] * 2


@shares_by_sessions
def test_visitors_come_before_other_sessions_too(tmp_path):
    assert becomes(PRIORITY, tmp_path, ports=[]) == ["-1 -1"]
