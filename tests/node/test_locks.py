"""A site whose programs lock parts of files without number."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from panggon.node.sockets.guards import locks
from panggon.node.sockets.guards.locks import LOCKS_MOST, Locks
from panggon.node.sockets.sandboxes.lookups import Users
from tests.drivers.conftest import UID_BASE
from tests.waiting import until

pytestmark = pytest.mark.real
TAKES = """
import fcntl, sys, tempfile, time
with tempfile.TemporaryFile() as file:
    for number in range(int(sys.argv[1])):
        fcntl.lockf(file, fcntl.LOCK_EX, 1, 2 * number)
    print(flush=True)
    time.sleep(600)
"""


@contextmanager
def program(number: int, count: int) -> Iterator[subprocess.Popen[bytes]]:
    """Of the site with this number."""
    user = str(UID_BASE + number)
    words = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", sys.executable, "-c", TAKES]
    with subprocess.Popen([*words, str(count)], stdout=subprocess.PIPE) as running:
        assert running.stdout
        assert running.stdout.readline() == b"\n"
        try:
            yield running
        finally:
            running.kill()


def test_where_the_kernel_has_much_memory_who_has_many_locks_is_ended_and_nobody_else() -> None:
    with program(900875, LOCKS_MOST + 1) as greedy, program(900876, LOCKS_MOST) as modest:
        Locks(Users(), UID_BASE, lambda: False).look()
        assert greedy.poll() is None
        looking = Locks(Users(), UID_BASE, lambda: True)

        def ended() -> bool:
            looking.look()
            return greedy.poll() is not None

        until(ended)
        assert modest.poll() is None


@pytest.mark.parametrize(("taken", "short"), [(100, False), (101, True)])
def test_what_the_kernel_cannot_give_back_counts(
    taken: int, short: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "meminfo").write_text(f"MemTotal: 800 kB\nSlab: 700 kB\nSUnreclaim: {taken} kB\nHugePages_Total: 0\n")
    monkeypatch.setattr(locks, "PROC", tmp_path)
    assert locks.is_short() is short
    monkeypatch.undo()
    assert locks.is_short() in (False, True), "this kernel says it so"
