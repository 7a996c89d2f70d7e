"""The agent's word to nginx, over the control socket (docs/architecture.md, "Control of nginx")."""

import http.client
import json
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from urllib.parse import quote

from panggon.core.errors import TemporaryError
from panggon.drivers.nginx import hanging
from panggon.drivers.system.patience import LONGEST_LOOK, Patience

SECONDS = 5.0  # for all workers to answer; at most half of it for one question
# So many questions without a pause: in a pause, who has answered would come back and take the next one as well.
ROUND = 8
PAUSE, LONGEST = 0.001, 0.1


@dataclass(frozen=True, slots=True)
class Known:
    """What one worker of nginx answers under a name: the site, its state as the router calls it, its generation, and
    the CRC-32 of the certificate's file. "" and 0 where it knows of none.
    """

    site: str
    state: str
    generation: int
    certificate: int

    def __str__(self) -> str:
        site = (
            f"situs {self.site}, generasi {self.generation}, keadaan {self.state}" if self.site else "tidak ada situs"
        )
        return f"{site}, sertifikat {self.certificate:08x}"


def forget(path: Path, host: str, *, holds: Callable[[Known], bool]) -> None:
    """Every worker reads link, `site.json` and certificate of this name anew, and what it knows then `holds`.

    Without an nginx there is nobody who remembers anything: that is fine. Raises TemporaryError `nginx.control` when
    there is one and it does not obey, `nginx.worker` when one of its workers does not answer (named with what it does
    and how to end it), and `nginx.memory` when one still knows something else.
    """
    for worker, known in _each_worker(path, "POST", f"/forget?host={quote(host, safe='')}").items():
        if not holds(known):
            raise TemporaryError("nginx.memory", f"{host}: proses nginx ke-{worker + 1} menjawab: {known}")


def known(path: Path, host: str) -> tuple[Known, ...]:
    """What each worker answers under this name. Errors as `forget`; none answers where there is no nginx."""
    return tuple(_each_worker(path, "GET", f"/know?host={quote(host, safe='')}").values())


def answers(path: Path) -> bool:
    """Whether nginx serves."""
    try:
        return _ask(path, "GET", "/ready")[0] == http.HTTPStatus.NO_CONTENT
    except (OSError, http.client.HTTPException):
        return False


def _each_worker(path: Path, method: str, target: str) -> dict[int, Known]:
    """Which of the workers takes a connection is the kernel's choice; who has just answered steps aside, so the next
    question goes to another. One that has died is replaced by one of the same number, which remembers nothing.
    """
    found: dict[int, Known] = {}
    heard: set[int] = set()
    patience, pause = Patience(SECONDS), PAUSE
    try:
        while True:
            for _ in range(ROUND):
                try:
                    answer = _answer(path, method, target)
                except TimeoutError:  # whoever has taken this question hangs, and takes no other
                    break
                found[answer["worker"]] = Known(*(answer[each.name] for each in fields(Known)))
                heard.add(answer.get("pid", 0))  # 0: an nginx that still runs the Lua of an earlier version
                if len(found) == answer["workers"]:
                    return found
            if patience.is_over():
                raise TemporaryError("nginx.worker", hanging.words(master(path), heard))
            time.sleep(pause)
            pause = min(2 * pause, LONGEST)
    except (FileNotFoundError, ConnectionRefusedError):
        return {}
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise TemporaryError("nginx.control", str(error)) from error


def master(path: Path) -> int:
    """The process of the nginx that listens here; 0 where it has not said so."""
    try:
        return int((path.parent.parent / "nginx.pid").read_text())
    except (OSError, ValueError):
        return 0


def _answer(path: Path, method: str, target: str) -> dict[str, Any]:
    status, content = _ask(path, method, target)
    if status != http.HTTPStatus.OK:
        raise TemporaryError("nginx.control", f"{status} for {target}")
    return dict(json.loads(content))


def _ask(path: Path, method: str, target: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("localhost")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection.sock:
        connection.sock.settimeout(min(LONGEST_LOOK, SECONDS / 2))
        connection.sock.connect(str(path))
        connection.request(method, target)
        response = connection.getresponse()
        return response.status, response.read()
