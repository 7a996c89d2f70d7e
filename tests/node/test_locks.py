"""A site whose programs lock parts of files without number."""

from pathlib import Path

import pytest

from panggon.node.sockets.guards import locks
from panggon.node.sockets.guards.locks import LOCKS_MOST, Locks
from panggon.node.sockets.sandboxes.lookups import Users
from tests.drivers.conftest import UID_BASE
from tests.node.programs import program
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


def test_where_the_kernel_has_much_memory_who_has_many_locks_is_ended_and_nobody_else() -> None:
    with program(900875, TAKES, LOCKS_MOST + 1) as greedy, program(900876, TAKES, LOCKS_MOST) as modest:
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
