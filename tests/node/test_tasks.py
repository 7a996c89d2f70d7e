"""The owner of the tasks with a clock of the test: with programs of the test, and with real PHP in a real sandbox."""

import contextlib
import math
import os
import re
import selectors
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from panggon.core.errors import TemporaryError
from panggon.core.node.planning.resources import Key, Kind, canonical
from panggon.core.node.sharing.lanes import lane
from panggon.core.sites.spec import SiteSpec, SiteState, Task
from panggon.core.sites.tasks import dump_task
from panggon.drivers.system import files, shell
from panggon.drivers.tasks import Settings, TasksDriver
from panggon.node.daemons import resting
from panggon.node.daemons.resting import Resting
from panggon.node.logs.sink import Sink
from panggon.node.sockets.sandboxes.errand import Program
from panggon.node.tasks import TaskSettings
from panggon.node.tasks.__main__ import SandboxLauncher
from panggon.node.tasks.owner import PARTS_MOST, Owner
from panggon.node.tasks.run import OUTPUT_MOST, Launcher, Run
from tests.node.stand import UID_BASE, Stand
from tests.waiting import until

pytestmark = pytest.mark.real

SITE = "s900001"
BEGIN = datetime(2026, 11, 26, 1, 2, tzinfo=UTC)


class Shell:
    """A program without a sandbox: what the owner needs of one, and no more."""

    def __init__(self, script: str) -> None:
        self.output, writing = os.pipe()
        os.set_blocking(self.output, False)
        self._child = shell.start(["sh", "-c", script], log=Path(f"/proc/self/fd/{writing}"))
        os.close(writing)
        self.pidfd = os.pidfd_open(self._child.pid)

    def kill(self) -> None:
        self._child.kill_session()

    def wanted_memory(self) -> bool:
        return False

    def close(self) -> int:
        self._child.wait(seconds=60)
        os.close(self.pidfd)
        os.close(self.output)
        return self._child.code or 0


class Place:
    """An owner whose clock the test sets; `run` lets it do what is due, until nothing runs."""

    def __init__(self, base: Path, launch: Launcher, root: Path) -> None:
        self.now = BEGIN
        for folder in (base / "tasks", base / "state", base / "run"):
            files.directory(folder)
        self.settings = TaskSettings(base / "sockets.json", base / "tasks", base / "state", base / "run")
        self.root, self._launch = root, launch
        self.driver = TasksDriver(Settings(self.settings.folder, self.settings.control))
        self.owner = self.new_owner()

    def new_owner(self) -> Owner:
        sink = Sink(self.root, UID_BASE, self.settings.retention)
        return Owner(self.settings, sink, self._launch, now=lambda: self.now)

    def wish(self, *tasks: Task, site: str = SITE) -> None:
        self.driver.write(
            Key(Kind.TASKS, site), {"tasks": tuple(canonical(dump_task(task)) for task in tasks)} if tasks else None
        )
        path = self.settings.folder / f"{site}.json"
        if tasks:
            os.utime(path, (self.now.timestamp(),) * 2)
            os.utime(path.parent, ns=(time.time_ns(),) * 2)
        if not self.settings.control.is_socket():  # otherwise its owner was told
            self.owner.look()

    def look(self, **later: float) -> None:
        self.now += timedelta(**later)
        self.owner.look()

    def finish(self) -> None:
        while self.owner.running:
            self.owner._step()
            self.owner.look()

    def run(self, **later: float) -> None:
        self.look(**later)
        self.finish()

    def log(self, site: str = SITE) -> str:
        return "".join(path.read_text() for path in sorted((self.root / "sites" / site / "logs").glob("tasks*.log")))


def task(name: str = "kirim", schedule: str = "*/5 * * * *", *words: str, seconds: int = 60) -> Task:
    return Task(name, schedule, ("php", "private/a.php", *words), seconds)


def by_script(site: str, task: Task) -> Program:
    if task.command[2] == "!":
        raise ValueError("site.json describes no site")
    return Shell(task.command[2])


@pytest.fixture
def place(tmp_path: Path) -> Place:
    for site in (SITE, "s900002"):
        files.directory(tmp_path / "root" / "sites" / site / "logs", mode=0o750, gid=UID_BASE + int(site[1:]))
    return Place(tmp_path, by_script, tmp_path / "root")


def test_a_task_runs_when_its_time_has_come_and_its_owner_reads_what_it_said(place: Place) -> None:
    place.wish(task("kirim", "*/5 * * * *", "echo satu; echo dua >&2; exit 3"))
    place.run(minutes=2)
    assert place.log() == ""
    place.run(minutes=1)
    head, *said = place.log().splitlines()
    assert re.fullmatch(r"2026-11-26T08:05:00\+07:00 kirim: gagal, status 3, [0-9.]+ detik", head)
    assert said == ["  satu", "  dua"]
    place.run(minutes=4)
    assert place.log().count("kirim") == 1
    place.run(minutes=1)
    assert place.log().count("kirim") == 2
    log = (place.root / "sites" / SITE / "logs" / "tasks.log").stat()
    assert (log.st_uid, log.st_gid, log.st_mode & 0o777) == (0, UID_BASE + 900001, 0o640)


def test_one_at_a_time_and_what_takes_too_long_is_ended_with_all_it_started(place: Place) -> None:
    place.wish(task("lama", "*/5 * * * *", "sleep 60 & sleep 60", seconds=1))
    place.look(minutes=3)
    assert len(place.owner.running) == 1
    place.look(minutes=5)
    assert len(place.owner.running) == 1
    assert "lama: dilewati, yang sebelumnya belum selesai" in place.log()
    place.finish()
    assert "lama: dihentikan setelah 1 detik, status -9" in place.log()


def test_what_it_says_does_nothing_to_the_terminal_that_shows_it(place: Place) -> None:
    place.wish(task("nakal", "*/5 * * * *", r"printf '\033]0;judul\007\033[2Jsatu\tdua\302\233 \342\200\256x\rtiga\n'"))
    place.run(minutes=3)
    assert place.log().splitlines()[1:] == ["  ?]0;judul??[2Jsatu\tdua? ?x", "  tiga"]


@pytest.mark.parametrize(
    "program",
    [
        "trap '' TERM INT HUP PIPE QUIT; while :; do sleep 1; done",
        "exec >&- 2>&-; sleep 60",
        "(setsid sleep 60 &) ; sleep 60",
    ],
)
def test_who_will_not_end_is_ended(place: Place, program: str) -> None:
    place.wish(task("keras", "*/5 * * * *", program, seconds=1))
    began = time.monotonic()
    place.run(minutes=3)
    assert "keras: dihentikan setelah 1 detik" in place.log()
    assert time.monotonic() - began < 30


def test_output_is_bounded(place: Place) -> None:
    place.wish(task("ramai", "*/5 * * * *", "yes panggon | head -c 300000"))
    place.run(minutes=3)
    assert OUTPUT_MOST < len(place.log()) < 2 * OUTPUT_MOST
    assert "bita lagi yang tidak disimpan" in place.log()


def test_who_says_much_is_heard_slowly(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading takes as much of a processor as writing, byte by byte far more, and the site is not charged for it."""
    heard, listen = [], Run.listen
    monkeypatch.setattr(resting, "REST_SECONDS", 3600.0)
    monkeypatch.setattr(Run, "listen", lambda run: (heard.append(run), listen(run))[1])
    place.wish(task("banjir", "*/5 * * * *", "yes panggon", seconds=1))
    place.run(minutes=3)
    assert "banjir: dihentikan setelah 1 detik" in place.log()
    assert len(heard) <= 1 + PARTS_MOST  # of many ten thousands


def test_who_rests_is_heard_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with selectors.DefaultSelector() as selector:
        reading, writing = os.pipe()
        os.write(writing, b"words")
        selector.register(reading, selectors.EVENT_READ, "act")
        waiting = Resting(selector)
        monkeypatch.setattr(resting, "REST_SECONDS", 3600.0)
        waiting.rest(reading)
        waiting.go_on()
        assert (selector.select(0), 3000 < waiting.pause() <= 3600) == ([], True)
        waiting.forget(reading)
        assert waiting.pause() == math.inf
        selector.register(reading, selectors.EVENT_READ, "act")
        monkeypatch.setattr(resting, "REST_SECONDS", 0.0)
        waiting.rest(reading)
        waiting.go_on()
        assert [key.data for key, _ in selector.select(0)] == ["act"]
        os.close(reading)
        os.close(writing)


def test_what_is_missed_runs_once_and_what_was_dealt_with_not_again(place: Place) -> None:
    place.wish(task("kirim", "*/5 * * * *", "echo jalan"))
    place.run(minutes=3)
    place.now += timedelta(hours=7)
    place.owner = place.new_owner()
    place.run()
    assert place.log().count("selesai") == 2
    place.owner = place.new_owner()
    place.run(minutes=1)
    assert place.log().count("selesai") == 2


def test_a_clock_that_jumps(place: Place) -> None:
    place.wish(task("kirim", "*/5 * * * *", "echo jalan"))
    place.run(minutes=3)
    place.run(days=20)
    assert place.log().count("selesai") == 2
    place.run(days=-20)
    place.run(minutes=5)
    assert place.log().count("selesai") == 3


def test_a_clock_that_was_ahead_when_the_machine_was_made(place: Place) -> None:
    """Nothing was ever due here when it is set."""
    place.now += timedelta(days=400)
    place.wish(task("kirim", "*/5 * * * *", "echo jalan"))
    place.look(days=-400)
    place.run(minutes=5)
    assert place.log().count("selesai") == 1


def test_a_task_that_is_no_longer_wished_ends(place: Place) -> None:
    place.wish(task("lama", "*/5 * * * *", "sleep 60"))
    place.wish(task("lain", "*/5 * * * *", "sleep 60"), site="s900002")
    place.look(minutes=3)
    assert len(place.owner.running) == 2
    place.wish()
    place.look()
    until(lambda: place.owner._step() or len(place.owner.running) != 2)
    assert [name.site for name in place.owner.running] == ["s900002"]
    assert "dihentikan, tugas ini diubah atau dihapus" in place.log()
    place.wish(site="s900002")
    place.run()


def test_what_cannot_be_started_is_told(place: Place) -> None:
    place.wish(task("rusak", "*/5 * * * *", "!"))
    place.run(minutes=3)
    assert "rusak: tidak dapat dijalankan" in place.log()


def test_while_the_holder_does_not_answer_a_task_waits(place: Place) -> None:
    answers = iter([False, False, True])

    def launch(site: str, task: Task) -> Program:
        if not next(answers):
            raise TemporaryError("runtime.holder", "mati")
        return by_script(site, task)

    place.owner._launch = launch
    place.wish(task("kirim", "*/5 * * * *", "echo jalan"))
    place.run(minutes=3)
    place.run(seconds=20)
    assert place.log() == ""
    place.run(seconds=20)
    assert "kirim: selesai" in place.log()


@contextlib.contextmanager
def serving(place: Place) -> Iterator[None]:
    """The owner's own loop, in a thread; signals are the main program's matter."""
    ending, waking = socket.socketpair()
    thread = threading.Thread(target=place.owner.run, args=(ending,))
    with ending, waking:
        thread.start()
        try:
            until(place.settings.control.is_socket)
            yield
        finally:
            waking.send(b"x")
            thread.join(60)
            assert not thread.is_alive()


def test_the_owner_proves_what_it_will_run_and_ends_all_with_itself(place: Place) -> None:
    wished = task("kirim", "*/5 * * * *", "sleep 60")
    spec = SiteSpec(SITE, "uji.kota.example", SiteState.OPEN, 1, tasks=(wished,))
    with serving(place):
        place.wish(wished)
        (check,) = place.driver.probe(Key(Kind.TASKS, SITE), spec=spec)
        assert (check.ok, check.detail) == (True, "kirim berikutnya 26-11-2026 08.05 Asia/Jakarta")
        place.now += timedelta(minutes=3)
        place.driver.probe(Key(Kind.TASKS, SITE), spec=spec)
        until(lambda: len(place.owner.running) == 1)
        place.wish()
        assert len(place.owner.running) == 0  # `write` has waited for it
        place.wish(wished)
        place.now += timedelta(minutes=5)
        place.driver.probe(Key(Kind.TASKS, SITE), spec=spec)
        until(lambda: len(place.owner.running) == 1)
    assert "dihentikan bersama layanan" in place.log()


PROBE = """<?php
echo posix_geteuid(), " ", ini_get("memory_limit"), " ", getenv("PANGGON_SITE"), " ", implode(",", $argv), "\\n";
echo count(glob("/proc/[0-9]*")), " ", var_export(@file_get_contents("/etc/shadow"), true), "\\n";
echo @stream_socket_client("tcp://127.0.0.1:%d", $code, $why, 1) ? "reached" : "alone", "\\n";
file_put_contents("/site/private/mark", "x");
usleep(200000);  // it was started wherever there was room
preg_match("/^Cpus_allowed_list:\\s*(\\S+)/m", file_get_contents("/proc/self/status"), $found);
echo "processors $found[1]\\n";
if (in_array("memory", $argv)) { ini_set("memory_limit", -1); $all = str_repeat("x", 400000000); echo strlen($all); }
"""


def test_a_real_task_runs_inside_the_sandbox_of_its_site_with_its_limits(tmp_path: Path) -> None:
    stand = Stand("tasks")
    with contextlib.ExitStack() as stack:
        stack.callback(stand.close)
        stand.start()
        site = stand.serve(900160)
        tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        private = stand.settings.site(site) / "private"
        uid = stand.settings.uid(site)
        files.write(private / "a.php", PROBE.replace("%d", str(tcp.getsockname()[1])), mode=0o600, uid=uid, gid=uid)
        place = Place(tmp_path, SandboxLauncher(stand.settings), stand.settings.root)
        place.wish(task("uji", "*/5 * * * *", "satu kata"), task("rakus", "*/5 * * * *", "memory"), site=site)
        place.run(minutes=3)
        said = place.log(site)
        assert f"  {uid} 64M {site} /site/private/a.php,satu kata\n  1 false\n  alone\n" in said
        assert "uji: selesai, status 0" in said
        if own := lane(900160, 100, os.sched_getaffinity(0)):
            assert f"  processors {own[0]}\n" in said
        assert "rakus: gagal, memori situs habis, status 137" in said
        assert "400000000" not in said
        assert (private / "mark").stat().st_uid == uid
        assert stand.get(site) == "ok"
        assert stand.processes(site) != []
