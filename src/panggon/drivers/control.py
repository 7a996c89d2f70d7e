"""Helper: the agent's word to nginx, over the control socket (docs/architecture.md, "Control of nginx")."""

import http.client
import socket
from pathlib import Path
from urllib.parse import quote

from panggon.core.errors import TemporaryError

SECONDS = 5.0


def forget(path: Path, host: str) -> None:
    """Every worker reads link, `site.json` and certificate of this name anew before its next answer.

    Without an nginx there is nobody who remembers anything: that is fine. Raises TemporaryError `nginx.control` when
    there is one and it does not obey.
    """
    try:
        status = _ask(path, "POST", f"/forget?host={quote(host, safe='')}")
    except (FileNotFoundError, ConnectionRefusedError):
        return
    except (OSError, http.client.HTTPException) as error:
        raise TemporaryError("nginx.control", str(error)) from error
    if status != http.HTTPStatus.NO_CONTENT:
        raise TemporaryError("nginx.control", f"{status} for {host}")


def answers(path: Path) -> bool:
    """Whether nginx serves."""
    try:
        return _ask(path, "GET", "/ready") == http.HTTPStatus.NO_CONTENT
    except (OSError, http.client.HTTPException):
        return False


def _ask(path: Path, method: str, target: str) -> int:
    connection = http.client.HTTPConnection("localhost", timeout=SECONDS)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection.sock:
        connection.sock.settimeout(SECONDS)
        connection.sock.connect(str(path))
        connection.request(method, target)
        return connection.getresponse().status
