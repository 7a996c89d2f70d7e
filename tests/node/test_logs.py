"""The owner of the logs on shared logs that the tests write; killed at every line; told to follow what is renamed."""

import errno
import json
import os
import signal
import socket
import struct
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from panggon.core.errors import PermanentError, TemporaryError
from panggon.core.spec import SiteKind
from panggon.drivers import files
from panggon.node.client import Portal
from panggon.node.logs import LogSettings
from panggon.node.logs.bounds import bound_machine_logs
from panggon.node.logs.logins import LoginWatch, known, sites_with
from panggon.node.logs.splitter import Splitter
from panggon.node.looking import FirstLogins, seen
from tests.node import portal as portals
from tests.node import simulated
from tests.node.web_stand import WebStand
from tests.waiting import until

pytestmark = pytest.mark.real

UID_BASE = 1_900_000_000
ONE, TWO = "s900001", "s900002"
LOGS = f"{os.sep}node{os.sep}logs{os.sep}"


class Place:
    def __init__(self, base: Path, **settings: Any) -> None:
        root, run, logs, state = (base / name for name in ("root", "run", "logs", "state"))
        for folder in (root / "sites", run / "sockets", logs, state):
            files.directory(folder)
        self.settings = LogSettings(root, run, logs, state, run / "nginx.pid", UID_BASE, **settings)
        for site in (ONE, TWO):
            files.directory(root / "sites" / site / "logs", mode=0o750, gid=UID_BASE + int(site[1:]))
            files.directory(root / "sites" / site / "run", mode=0o750)
        self.now = datetime.now(UTC)
        self.number = 0

    def visit(self, site: str, *, connection: int = 1, words: str = "", size: int = 0) -> str:
        """nginx's line about a request; its number."""
        self.number += 1
        line = (
            f'{{"time":"2026-11-26T01:00:00+00:00","site":"{site}","worker":7,"connection":{connection},'
            f'"client":"192.0.2.1","uri":"/{self.number}{words}{"x" * size}"}}\n'
        )
        self._add("access.log", line)
        return f"/{self.number}"

    def error(self, words: str, *, connection: int, at: datetime | None = None) -> None:
        self._add("nginx.log", f"{at or self.now:%Y/%m/%d %H:%M:%S} [error] 7#7: *{connection} {words}\n")

    def say(self, site: str, words: str) -> None:
        with self.settings.output(site).open("a") as file:
            file.write(words)

    def split(self, splitter: Splitter | None = None) -> Splitter:
        splitter = splitter or Splitter(self.settings)
        while splitter.step(self.now):
            pass
        return splitter

    def read(self, site: str, name: str = "access") -> str:
        """All pieces of a log, the oldest first."""
        folder = self.settings.root / "sites" / site / "logs"
        pieces = [*sorted(folder.glob(f"{name}-*.log")), folder / f"{name}.log"]
        return "".join(piece.read_text() for piece in pieces if piece.exists())

    def uris(self, site: str) -> list[str]:
        return [line.rpartition('"uri":"')[2].removesuffix('"}') for line in self.read(site).splitlines()]

    def _add(self, name: str, line: str) -> None:
        with (self.settings.logs / name).open("a") as file:
            file.write(line)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_each_line_reaches_its_site_and_the_owner_may_read_it(place: Place) -> None:
    lines = {site: [place.visit(site) for _ in range(3)] for site in (ONE, TWO)}
    place.visit("")
    place.visit("s900003")  # a site that is gone
    place.visit(ONE, words='\\",\\"site\\":\\"' + TWO)
    splitter = place.split()
    assert place.uris(ONE)[:3] == lines[ONE]
    assert place.uris(TWO) == lines[TWO]
    log = (place.settings.root / "sites" / ONE / "logs" / "access.log").stat()
    assert (log.st_uid, log.st_gid, log.st_mode & 0o777) == (0, UID_BASE + 900001, 0o640)
    assert not (place.settings.root / "sites" / "s900003").exists()
    again = place.visit(TWO)
    place.split(splitter)
    place.split()
    assert place.uris(TWO) == [*lines[TWO], again]


def test_half_a_line_waits_for_its_end(place: Place) -> None:
    place.visit(ONE)
    log = place.settings.logs / "access.log"
    whole = log.read_bytes()
    log.write_bytes(whole[:-5])
    splitter = place.split()
    assert place.uris(ONE) == []
    with log.open("ab") as file:
        file.write(whole[-5:])
    place.split(splitter)
    assert place.uris(ONE) == ["/1"]


class TestErrors:
    def test_they_go_where_the_connection_belongs(self, place: Place) -> None:
        place.error(f'open() failed, request: "GET /sites/{TWO}", host: "two"', connection=5)
        splitter = place.split()
        assert place.read(ONE, "error") == ""  # its request is not over
        place.visit(ONE, connection=5)
        place.split(splitter)
        assert "open() failed" in place.read(ONE, "error")
        assert place.read(TWO, "error") == ""

    def test_one_without_a_request_holds_up_nobody_for_long(self, place: Place) -> None:
        place.error("strange", connection=9)
        place.error("known", connection=5)
        place.visit(ONE, connection=5)
        splitter = place.split()
        assert place.read(ONE, "error") == ""
        place.now += timedelta(seconds=7)
        place.split(splitter)
        assert [line.rpartition(" ")[2] for line in place.read(ONE, "error").splitlines()] == ["known"]

    def test_connections_are_known_again_after_a_restart(self, place: Place) -> None:
        place.visit(ONE, connection=5)
        place.split()
        place.error("later", connection=5)
        place.split()
        assert "later" in place.read(ONE, "error")

    def test_what_programs_say_is_moved(self, place: Place) -> None:
        (place.settings.sandboxes / f"{ONE}.json").write_text("{}")
        place.say(ONE, "PHP Warning: satu\nPHP Warn")
        splitter = place.split()
        assert place.read(ONE, "error") == "PHP Warning: satu\n"
        place.say(ONE, "ing: dua\n" + "y" * 300_000 + "\n")
        place.split(splitter)
        assert place.settings.output(ONE).stat().st_size == 0
        (place.settings.sandboxes / f"{ONE}.json").unlink()
        place.say(ONE, "tiga")
        place.split(splitter)
        place.split()
        assert place.read(ONE, "error").startswith("PHP Warning: satu\nPHP Warning: dua\nyyy")
        assert place.read(ONE, "error").endswith("y\ntiga")
        assert place.settings.output(ONE).stat().st_size == 0


class TestBounds:
    def test_a_flood_is_bounded_and_hides_nobody(self, tmp_path: Path) -> None:
        place = Place(tmp_path, size=50_000)
        for _ in range(20):
            place.visit(TWO)
            for _ in range(5):
                last = place.visit(ONE, size=3000)
            place.split()
        folder = place.settings.root / "sites" / ONE / "logs"
        assert sum(piece.stat().st_size for piece in folder.iterdir()) <= 60_000
        assert place.uris(ONE)[-1].startswith(last)
        assert len(place.uris(TWO)) == 20

    def test_a_new_day_is_a_new_file_and_old_ones_go(self, place: Place) -> None:
        folder = place.settings.root / "sites" / ONE / "logs"
        for days in (40, 20, 0):
            place.now = datetime.now(UTC) - timedelta(days=days)
            place.visit(ONE)
            splitter = place.split()
            os.utime(folder / "access.log", (place.now.timestamp(),) * 2)
        assert place.uris(ONE) == ["/2", "/3"]
        (folder / "mine.log").write_text("kept")
        splitter.sink.sweep(ONE, now=datetime.now(UTC) + timedelta(days=31))
        assert [path.name for path in folder.iterdir()] == ["mine.log"]

    def test_what_cannot_be_split_in_time_is_given_up(self, tmp_path: Path) -> None:
        place = Place(tmp_path, backlog=100_000)
        for _ in range(2000):
            last = place.visit(ONE)
        place.split()
        assert place.uris(ONE)[-1] == last
        assert 0 < len(place.uris(ONE)) < 2000

    def test_the_other_servers_logs(self, place: Place) -> None:
        log = place.settings.logs / "sshd.log"
        with log.open("ab") as held:
            held.write(b"x" * 100)
            held.flush()
            bound_machine_logs(place.settings.logs, most=50)
            held.write(b"new")
        assert log.read_bytes() == b"new"
        assert log.with_name("sshd.log.1").read_bytes() == b"x" * 100


class TestRotation:
    def test_the_shared_log_is_followed(self, tmp_path: Path) -> None:
        place = Place(tmp_path, rotate=200)
        log, aside = place.settings.logs / "access.log", place.settings.logs / "access.log.1"
        place.visit(ONE)
        place.visit(TWO)
        splitter = place.split()
        assert (log.exists(), aside.exists()) == (False, True)
        with aside.open("a") as old:  # nginx has not opened the new one yet
            old.write(aside.read_text().splitlines(keepends=True)[0].replace("/1", "/late"))
        place.visit(ONE)
        place.split(splitter)
        assert place.uris(ONE) == ["/1", "/late", "/3"]
        place.now += timedelta(seconds=90)
        place.split(splitter)
        assert not aside.exists()
        place.visit(ONE)
        place.split()
        assert place.uris(ONE) == ["/1", "/late", "/3", "/4"]

    def test_what_others_rotate_or_empty(self, place: Place) -> None:
        place.visit(ONE)
        splitter = place.split()
        place.visit(ONE)
        (place.settings.logs / "access.log").rename(place.settings.logs / "access.log.1")
        place.visit(ONE)
        place.split(splitter)
        (place.settings.logs / "access.log").write_text("")
        place.split(splitter)
        place.visit(ONE)
        place.split(splitter)
        assert place.uris(ONE) == ["/1", "/2", "/3", "/4"]


class TestHostile:
    def test_links_are_never_followed(self, place: Place, tmp_path: Path) -> None:
        victim = tmp_path / "victim"
        victim.write_text("untouched")
        folder = place.settings.root / "sites" / ONE / "logs"
        (folder / "access.log").symlink_to(victim)
        splitter = Splitter(place.settings)
        with pytest.raises(OSError, match="Too many levels"):
            splitter.sink.append(ONE, "access", b"x")
        splitter.sink.cut(TWO, "access", 0)
        (folder / "access.log").unlink()
        folder.rmdir()
        folder.symlink_to(tmp_path)
        with pytest.raises(PermanentError):
            splitter.sink.append(ONE, "access", b"x")
        place.settings.output(ONE).symlink_to(victim)
        splitter.outputs[ONE] = 0
        place.visit(TWO)
        place.split(splitter)
        assert victim.read_text() == "untouched"
        assert place.uris(TWO) == ["/1"]

    def test_a_full_disk_hands_nothing_out(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        place.visit(ONE)
        place.visit(TWO)
        splitter = Splitter(place.settings)
        append = type(splitter.sink).append

        def full(sink: Any, site: str, name: str, data: bytes) -> None:
            append(sink, site, name, data[:20])
            if site == TWO:
                raise OSError(errno.ENOSPC, "full")

        monkeypatch.setattr(type(splitter.sink), "append", full)
        with pytest.raises(OSError, match="full"):
            splitter.step(place.now)
        assert (place.uris(ONE), place.uris(TWO)) == ([], [])
        monkeypatch.undo()
        place.split(splitter)
        assert (place.uris(ONE), place.uris(TWO)) == (["/1"], ["/2"])


def test_killed_at_any_line_no_line_is_lost_or_doubled(tmp_path: Path) -> None:
    place = Place(tmp_path, rotate=400, size=5_000_000)
    wanted: list[str] = []
    said = ""
    for line in range(0, 900, 5):
        wanted += [place.visit(ONE, connection=line), place.visit(ONE, connection=line)]
        place.error(f"e{line}", connection=line)
        place.say(ONE, f"o{line}\n")
        said += f"o{line}\n"
        if not _killed(line, place):
            break
        if line % 2:
            place.split()
    else:
        raise AssertionError("the step was never completed")
    assert line > 150
    place.split()
    assert place.uris(ONE) == wanted
    errors = place.read(ONE, "error").splitlines(keepends=True)
    assert "".join(each for each in errors if each.startswith("o")) == said
    assert [each.split()[-1] for each in errors if not each.startswith("o")] == [
        f"e{each}" for each in range(0, line + 1, 5)
    ]


def _killed(line: int, place: Place) -> bool:
    """Whether a splitter of its own process was killed before its `line`-th line."""
    child = os.fork()
    if child == 0:
        left = iter(range(line))

        def trace(frame: Any, event: str, _argument: Any) -> Any:
            if LOGS not in frame.f_code.co_filename or frame.f_code.co_name.startswith(("_learn", "_empty")):
                return None
            if event == "line" and next(left, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)
            return trace

        sys.settrace(trace)
        Splitter(place.settings).step(place.now)
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


@pytest.fixture(autouse=True)
def _umask() -> Iterator[None]:
    former = os.umask(0o027)
    yield
    os.umask(former)


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
    until(lambda: seen("/sesudah"), "the line in the new log")
    assert (settings.logs / "access.log").stat().st_ino != inode
    lines = (log / "access.log").read_text().splitlines()
    wanted = ["/pertama", "/gagal.php", *(f"/lagi{number}" for number in range(12)), "/sesudah"]
    assert [json.loads(line)["uri"] for line in lines] == wanted


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
        thread.join(5)
    until(lambda: "/index.php" in (web.settings.logs / "access.log").read_text(), "the line of the request")
    assert b"forged" not in (web.settings.logs / "nginx.log").read_bytes()
    web.make()


# -- Who came in over SFTP


def test_tries_of_each_site_are_kept_whoever_is_killed_in_between(place: Place) -> None:
    def said(*lines: str) -> None:
        for line in lines:
            place._add("sshd.log", f"{line}\n")

    def record(site: str) -> Path:
        return place.settings.logins / f"{site}.json"

    said(
        f"Failed password for {ONE} from 192.0.2.7 port 40001 ssh2",
        f"Accepted password for {ONE} from 192.0.2.7 port 40001 ssh2",
        f"Accepted password for {TWO} from 127.0.0.2 port 40002 ssh2",
        "Failed password for s999999 from 192.0.2.7 port 40003 ssh2",
    )
    watch = LoginWatch(place.settings)
    assert watch.step(place.now)
    assert not watch.step(place.now)
    assert sorted(sites_with(place.settings.logins)) == [ONE]
    found = known(record(ONE))
    assert [(login.ending, login.port) for login in found.tries] == [("refused", 40001), ("accepted", 40001)]
    assert found.first == found.tries[1]
    place.settings.login_offsets.unlink()  # killed before it was written: the part is read again
    said(f"Accepted password for {ONE} from 192.0.2.9 port 40004 ssh2")
    assert LoginWatch(place.settings).step(place.now)
    again = known(record(ONE))
    assert (again.first, len(again.tries)) == (found.first, 3)
    assert not LoginWatch(place.settings).step(place.now)
    record(ONE).write_text("damaged")
    assert known(record(ONE)).first is None


def test_the_portal_is_told_of_each_first_login_until_it_has_heard(place: Place, tmp_path: Path) -> None:
    config = simulated.settings(tmp_path)
    place._add("sshd.log", f"Accepted password for {ONE} from 192.0.2.7 port 40001 ssh2\n")
    place._add("sshd.log", f"Failed password for {TWO} from 192.0.2.7 port 40002 ssh2\n")
    assert LoginWatch(place.settings).step(place.now)
    with portals.running() as portal:
        firsts = FirstLogins(config, Portal(portal.url, token=portals.TOKEN))
        portal.refusing = 503
        with pytest.raises(TemporaryError):
            firsts.tell()
        portal.refusing = 0
        firsts.tell()
        firsts.tell()
        assert [(row["site"], row["address"]) for rows in portal.logins for row in rows] == [(ONE, "192.0.2.7")]
        FirstLogins(config, Portal(portal.url, token=portals.TOKEN)).tell()
        assert len(portal.logins) == 2  # told again by one that was started anew


def test_what_was_seen_of_a_site_is_of_the_last_hour(place: Place, tmp_path: Path) -> None:
    config = simulated.settings(tmp_path)
    folder = place.settings.root / "sites" / ONE / "logs"
    now = datetime.now(UTC)
    lines = [(now, 200), (now, 404), (now - timedelta(hours=2), 500)]
    (folder / "access.log").write_text(
        "".join(json.dumps({"time": at.isoformat(), "status": status, "uri": "/"}) + "\n" for at, status in lines)
    )
    older = folder / "access-20260101T000000000000Z.log"
    older.write_text(json.dumps({"time": now.isoformat(), "status": 200, "uri": "/"}) + "\n")
    os.utime(older, (1, 1))
    found = seen(config, ONE, now=now)
    assert found["answers"] == {"200": 1, "404": 1}
    assert found["watched"] == {"logins": False, "answers": False}
    assert seen(config, "s900009", now=now)["answers"] == {}
