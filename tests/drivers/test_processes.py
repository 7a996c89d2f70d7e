"""Processes of sites' users, which may call themselves as they like."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from panggon.drivers.system import processes
from panggon.drivers.system.owner import end_logins
from tests.named import NO_TEXT, named
from tests.waiting import until

pytestmark = pytest.mark.real

FIRST_THREAD_ENDS = """
import ctypes, threading, time
threading.Thread(target=time.sleep, args=(60,)).start()
ctypes.CDLL(None).pthread_exit(None)
"""


@pytest.mark.parametrize("name", [NO_TEXT, b"a) Z 1 (", b"\n"])
def test_whatever_a_process_calls_itself_it_is_seen(name: bytes, uid: int) -> None:
    with named(name, uid) as pid, named(b"sshd: s123456", uid) as session:
        assert processes.of_user(uid) == {pid, session}
        assert processes.parent(pid) == os.getpid()
        assert not processes.is_named_openssh(pid)
        end_logins(uid)
        until(lambda: processes.start_time(session) == 0)
        assert processes.start_time(pid) > 0
        assert processes.worked(pid) >= 0
        assert processes.of_user(uid) == {pid}


def test_what_has_ended_is_of_no_user(uid: int) -> None:
    with named(b"php-fpm", uid) as pid:
        processes.send(pid, signal.SIGKILL)
        until(lambda: processes.start_time(pid) == 0)
        assert pid in processes.by_user()[uid], "it waits for its parent"
        assert processes.of_user(uid) == frozenset()


def test_one_whose_first_thread_has_ended_still_runs(uid: int) -> None:
    python = Path(sys.executable).resolve()  # the project may lie where only root may look
    with subprocess.Popen([python, "-ISc", FIRST_THREAD_ENDS], user=uid, group=uid, extra_groups=[]) as child:
        until(lambda: processes.fields(child.pid)[0] == "Z")
        assert processes.of_user(uid) == {child.pid}
        processes.send(child.pid, signal.SIGKILL)
        until(lambda: processes.start_time(child.pid) == 0)
        assert processes.of_user(uid) == frozenset()


@pytest.mark.parametrize(("before", "replaced"), [(100, True), (100_000, False)])
def test_of_what_a_program_has_mapped_so_much_is_read_as_a_usual_one_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: int, replaced: bool
) -> None:
    """A site's own may have gigabytes of it."""
    mapping = "7f0000000000-7f0000001000 r--p 00000000 fe:00 1 /site/private/venv\n"
    gone = "7f0000001000-7f0000002000 r-xp 00000000 fe:00 2          /usr/lib/libphp.so (deleted)\n"
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "maps").write_text(mapping * before + gone)
    monkeypatch.setattr(processes, "PROC", tmp_path)
    assert processes.is_replaced(7) is replaced
