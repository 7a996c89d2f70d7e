"""What becomes nginx listens already, in the way that nginx needs it."""

import json
import subprocess
import sys

from demo.ports import free_port

TOLD = """
import os, socket
for number in map(int, os.environ["NGINX"].split(";")[:-1]):
    with socket.socket(fileno=number) as listener:
        listens = listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
        print(listener.getsockname()[1], os.get_blocking(number), listens)
"""


def test_a_worker_never_waits_in_accept_for_a_visitor_whom_another_has_taken(tmp_path):
    ports = [free_port(), free_port()]
    document = {"listen": [f"127.0.0.1:{port}" for port in ports], "command": [sys.executable, "-c", TOLD]}
    (tmp_path / "nginx.json").write_text(json.dumps(document))
    argv = [sys.executable, "-m", "panggon.node.supervision.listening", str(tmp_path / "nginx.json")]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines() == [f"{port} False 1" for port in ports]
