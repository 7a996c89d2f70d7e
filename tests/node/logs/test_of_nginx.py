"""What nginx really writes."""

import json
import socket
import struct
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from panggon.core.sites.spec import SiteKind
from panggon.drivers.system import files
from panggon.node.logs import LogSettings
from panggon.node.logs.splitter import Splitter
from tests.node.logs.place import ONE, UID_BASE
from tests.node.web_stand import WebStand
from tests.waiting import until

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def web() -> Iterator[WebStand]:
    with WebStand("logs").serving() as stand:
        stand.make()
        files.directory(stand.root / "sites" / ONE / "logs", mode=0o750, gid=UID_BASE + 900001)
        yield stand


def test_what_nginx_really_writes_is_split_and_its_logs_are_opened_anew(web: WebStand, tmp_path: Path) -> None:
    settings = LogSettings(
        web.root, web.settings.run, web.settings.logs, tmp_path, web.settings.run / "nginx.pid", UID_BASE, rotate=1000
    )
    splitter = Splitter(settings)
    log = settings.root / "sites" / ONE / "logs"

    def seen(word: str, name: str = "access.log") -> bool:
        splitter.step(datetime.now(UTC))
        return (log / name).exists() and word in (log / name).read_text()

    web.get("/pertama")
    until(lambda: seen("/pertama"), "the line of the request")
    web.make(kind=SiteKind.PHP)
    web.put("gagal.php", "<?php")
    assert web.get("/gagal.php").status == 503  # nobody serves the site's socket
    until(lambda: seen(f"connect() to unix:run/{ONE}.sock failed", "error.log"), "the line of its error")
    inode = (settings.logs / "access.log").stat().st_ino
    for number in range(12):
        web.get(f"/lagi{number}")
    until(lambda: seen("/lagi11") and (settings.logs / "access.log.1").exists(), "put aside")
    until((settings.logs / "access.log").exists, "opened anew")
    web.get("/sesudah")
    wanted = ["/pertama", "/gagal.php", *(f"/lagi{number}" for number in range(12)), "/sesudah"]
    until(lambda: all(seen(f'"{uri}"') for uri in wanted), "every line, by each worker once a second")
    assert (settings.logs / "access.log").stat().st_ino != inode
    lines = [json.loads(line) for line in (log / "access.log").read_text().splitlines()]
    assert sorted(line["uri"] for line in lines) == sorted(wanted)
    for worker in {line["worker"] for line in lines}:
        places = [wanted.index(line["uri"]) for line in lines if line["worker"] == worker]
        assert places == sorted(places), "each worker's in the order in which they were asked"


FORGED = b"x\n2026/11/26 01:00:02 [error] 7#7: *1 forged\n"


def test_what_a_program_says_on_its_error_channel_cannot_become_lines_of_others(web: WebStand) -> None:
    """nginx would write it as it is, line ends included (FastCGI 1.0 section 5.3, FCGI_STDERR)."""
    web.make(kind=SiteKind.PHP)
    web.put("index.php", "<?php")
    path = web.root / "run" / f"{ONE}.sock"
    files.directory(path.parent)

    def answer() -> None:
        client, _ = listener.accept()
        with client:
            client.recv(65_536)
            for kind, content in ((7, FORGED), (6, b"Content-Type: text/plain\r\n\r\nok"), (3, bytes(8))):
                client.sendall(struct.pack(">BBHHBB", 1, kind, 1, len(content), 0, 0) + content)

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        path.chmod(0o666)
        listener.listen()
        thread = threading.Thread(target=answer)
        thread.start()
        assert web.get("/index.php").body == b"ok"
        thread.join(60)
    until(lambda: "/index.php" in (web.settings.logs / "access.log").read_text(), "the line of the request")
    assert b"forged" not in (web.settings.logs / "nginx.log").read_bytes()
    web.make()
