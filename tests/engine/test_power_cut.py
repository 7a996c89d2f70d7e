"""A run in a process of its own that is really killed, again and again, with journal and machine on the disk.

By an alarm of its own, whose usual act is to end the process at once: nobody else could be too late for it.
"""

import signal
import subprocess
import sys
import time
from pathlib import Path

from panggon.core.node.planning.journal import Word, Writing, fold
from panggon.core.node.planning.resources import Key, Kind
from panggon.drivers.fake import Machine
from panggon.engine import journal_file
from panggon.engine.journal_file import read
from tests.core.sites.site_specs import HOST
from tests.engine.test_runner import RICH
from tests.engine.worlds import OTHERS, World, plan_for

ROOT = Path(__file__).parents[2]
PATHS = {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
PAUSES = (0.002, 0.02, 0.04, 0.06, 0.08, 0.1)  # seconds from a start to its kill; a whole run takes some 0.2


def carry_on(folder: Path, kill_after: float) -> None:
    """The child: start or resume, slowly enough to be hit anywhere, until it is killed or done."""
    machine = Machine(folder / "machine.json")
    machine.unproven.update([Key(Kind.RECORDS, HOST)] if (folder / "unproven").exists() else [])
    with journal_file.writing(folder / "site.jsonl") as store:
        plan = fold(store.entries()).plan if store.entries() else plan_for(RICH, machine)
        world = World(machine, plan, machine.resources(), journal=store, on_progress=lambda _: time.sleep(0.003))
        signal.setitimer(signal.ITIMER_REAL, kill_after)
        world.to_the_end()


def kill_until_done(folder: Path) -> int:
    """How many kills the run has survived when it ended by itself."""
    for kills, pause in enumerate(PAUSES):
        if started(folder, kill_after=pause) == 0:
            return kills
    assert started(folder) == 0
    return len(PAUSES)


def started(folder: Path, *, kill_after: float = 0) -> int:
    code = subprocess.run([sys.executable, __file__, str(folder), str(kill_after)], env=PATHS).returncode
    assert code in (0, -signal.SIGALRM)
    return code


def test_killed_again_and_again_it_reaches_the_wish(tmp_path):
    machine = Machine(tmp_path / "machine.json")
    machine.put(OTHERS)
    world = World(machine, plan_for(RICH, machine), machine.resources())
    kills = kill_until_done(tmp_path)
    entries = read(tmp_path / "site.jsonl")
    assert kills >= 1
    assert fold(entries).outcome.word is Word.APPLIED
    assert Machine(tmp_path / "machine.json").resources() == world.wished()
    assert len([entry for entry in entries if isinstance(entry, Writing)]) >= len(world.plan.changes)


def test_killed_again_and_again_a_failure_leaves_the_former_state(tmp_path):
    machine = Machine(tmp_path / "machine.json")
    machine.put(OTHERS)
    (tmp_path / "unproven").touch()
    kills = kill_until_done(tmp_path)
    assert kills >= 1
    assert fold(read(tmp_path / "site.jsonl")).outcome.word is Word.RESTORED
    assert Machine(tmp_path / "machine.json").resources() == {OTHERS.key: OTHERS}


if __name__ == "__main__":
    carry_on(Path(sys.argv[1]), float(sys.argv[2]))
