"""The supervisor: order, restarts with pauses, its own death, ports that others have."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from panggon.core.errors import PermanentError
from panggon.node.layout import Listener
from panggon.node.supervision import services
from panggon.node.supervision.services import Service, Supervisor, demand_free, fingerprint
from tests.node.supervised import server
from tests.waiting import until

REPOSITORY = Path(__file__).resolve().parents[2]


class Stage:
    """Supervisors that can be killed and started again over the same record."""

    def __init__(self, place):
        self.place = place
        self.supervisor = None

    def start(self, *flavour):
        argv = [sys.executable, "-m", "tests.node.supervised", str(self.place), *flavour]
        self.supervisor = subprocess.Popen(argv, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
        said = []
        for line in self.supervisor.stdout:
            said.append(line.strip())
            if line == "semua server siap\n":
                break
        return said

    def kill(self):
        self.supervisor.kill()
        self._gone()

    def stop(self, number=signal.SIGTERM):
        self.supervisor.send_signal(number)
        said = self.supervisor.stdout.read().split("\n")[:-1]
        assert self._gone() == 0
        return said

    def _gone(self):
        self.supervisor.stdout.close()
        return self.supervisor.wait(60)

    def pids(self):
        return {row["name"]: row["pid"] for row in self.rows()}

    def rows(self):
        return json.loads((self.place / "services.json").read_text())

    def events(self):
        return (self.place / "events").read_text().splitlines()

    def close(self):
        if self.supervisor and self.supervisor.poll() is None:
            self.supervisor.terminate()
            self._gone()
        for row in services.recorded(self.place / "services.json"):
            if services.alive(row):
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(row["pid"], signal.SIGKILL)


@pytest.fixture
def supervised(tmp_path):
    stage = Stage(tmp_path)
    yield stage
    stage.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_servers_start_in_order_and_stop_in_reverse(supervised, number):
    assert supervised.start() == ["first siap", "second siap", "semua server siap"]
    assert supervised.stop(number) == ["second berhenti", "first berhenti"]
    assert supervised.events() == ["start first", "start second", "stop second", "stop first"]
    assert supervised.rows() == []


def test_one_that_starts_early_does_so_beside_the_others(supervised):
    assert supervised.start("early") == ["first siap", "second siap", "semua server siap"]


def test_the_record_says_what_runs(supervised):
    supervised.start()
    first, second = supervised.rows()
    assert (first["name"], second["name"], first["restarts"]) == ("first", "second", 0)
    assert first["pid"] == int((supervised.place / "first.pid").read_text())
    assert services.alive(first)
    assert not services.alive({**first, "started": first["started"] + 1}), "a pid alone is used again"


def test_a_server_that_dies_comes_back_and_leaves_nothing_behind(supervised):
    supervised.start()
    former = supervised.pids()
    os.kill(former["first"], signal.SIGKILL)
    until(lambda: supervised.pids().get("first") not in (None, former["first"]))
    assert supervised.pids()["second"] == former["second"]
    assert {row["name"]: row["restarts"] for row in supervised.rows()} == {"first": 1, "second": 0}
    assert not Path(f"/proc/{former['first']}").exists()


def test_a_killed_supervisor_takes_over_what_still_runs(supervised):
    supervised.start()
    former = supervised.pids()
    supervised.kill()
    assert supervised.start() == ["first siap", "second siap", "semua server siap"]
    assert supervised.pids() == former
    os.kill(former["first"], signal.SIGKILL)
    until(lambda: supervised.pids().get("first") not in (None, former["first"]))
    until(lambda: len(supervised.events()) == 3)
    supervised.stop()
    assert supervised.events() == ["start first", "start second", "start first", "stop second", "stop first"]


def test_what_died_beside_its_supervisor_is_started(supervised):
    supervised.start()
    former = supervised.pids()
    supervised.kill()
    os.killpg(former["second"], signal.SIGKILL)
    supervised.start()
    assert supervised.pids()["first"] == former["first"]
    assert supervised.pids()["second"] != former["second"]


def test_what_would_be_started_differently_now_is_replaced(supervised):
    supervised.start()
    former = supervised.pids()
    supervised.kill()
    supervised.start("changed")
    assert supervised.pids()["first"] == former["first"]
    # A program is ready here before it has said so: the file of the former one is still there.
    until(lambda: supervised.events() == ["start first", "start second", "stop second", "start second"])


def test_there_is_one_supervisor(supervised):
    supervised.start()
    argv = [sys.executable, "-m", "tests.node.supervised", str(supervised.place)]
    second = subprocess.run(argv, cwd=REPOSITORY, capture_output=True, text=True, timeout=60)
    assert second.returncode != 0
    assert "server mesin ini sudah dijalankan proses lain" in second.stderr


def test_a_server_that_does_not_come_up_is_told_with_its_own_words(tmp_path):
    broken = server("broken", tmp_path)
    broken = type(broken)("broken", ("sh", "-c", "echo no such option >&2; exit 3"), broken.log, ready=lambda: False)
    sound = Service(server("sound", tmp_path))
    with pytest.raises(PermanentError, match="broken tidak mau jalan: no such option"):
        Supervisor([sound, Service(broken)], tmp_path / "services.json").run()
    assert (tmp_path / "events").read_text().splitlines() == ["start sound", "stop sound"]


@pytest.mark.parametrize(("kind", "address"), [(socket.SOCK_STREAM, "127.0.0.1"), (socket.SOCK_DGRAM, "::1")])
def test_a_port_that_another_has_is_named_before_anything_starts(tmp_path, kind, address):
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind) as other:
        other.bind((address, 0))
        if kind is socket.SOCK_STREAM:
            other.listen()
        port = other.getsockname()[1]
        wanted = [Service(server("first", tmp_path)), Service(server("web", tmp_path), [Listener(kind, address, port)])]
        with pytest.raises(PermanentError) as caught:
            Supervisor(wanted, tmp_path / "services.json").run()
    assert caught.value.code == "services.port"
    assert caught.value.detail == f"port {port} di {address} untuk web sudah dipakai program lain"
    assert not (tmp_path / "events").exists()
    demand_free(Listener(kind, address, port), "web")


def test_a_fingerprint_covers_the_files_that_the_words_name(tmp_path):
    settings = tmp_path / "settings"
    settings.write_text("one")
    named = server("first", tmp_path, f"--file={settings}")
    former = fingerprint(named)
    assert fingerprint(named) == former
    settings.write_text("two")
    assert fingerprint(named) != former


def test_one_server_that_does_not_come_back_leaves_the_others_alone(supervised):
    supervised.start()
    former = supervised.pids()
    supervised.kill()
    os.killpg(former["second"], signal.SIGKILL)
    (supervised.place / "second.pid").unlink()
    (supervised.place / "events").rename(supervised.place / "first-events")
    (supervised.place / "events").mkdir()  # now its very first word fails
    supervised.start()
    assert supervised.pids()["first"] == former["first"]
    (supervised.place / "events").rmdir()
    until((supervised.place / "second.pid").exists)
