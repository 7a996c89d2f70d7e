"""A few moments of `every_moment.py` and the worst of owners; all of it takes hours (`script/test-more`)."""

import errno
import os
from dataclasses import replace
from pathlib import Path

import pytest

from panggon.core.node.planning import closing
from panggon.core.node.planning.resources import Kind
from panggon.core.sites.spec import SiteState
from tests.crash import prober, world
from tests.crash.attempts import Attempt, Ended, Fault, Moments
from tests.crash.lives import ending, whole_life
from tests.crash.mischief import Failing, Refuted
from tests.faults.machine import Machine

pytestmark = pytest.mark.real
NONE = Fault(Moments.ENTRIES)
# Killed on its way back, from a proof that does not hold and from a write that is refused when it is done.
BACK = (
    (Refuted(Kind.USER), Fault(Moments.ENTRIES, 8, back=True)),
    (Failing(Kind.DATABASE, "write", 1, permanent=True, late=True), Fault(Moments.CALLS, 6, back=True)),
)


def test_killed_full_and_kept_open_by_its_owner(machine: Machine, attempt: Attempt) -> None:
    create, opening, changing, becoming, suspending, *_ = whole_life(machine, 11)
    before = world.seen(machine, attempt.place)
    full = attempt.apply(create.spec, Fault(Moments.WRITES, 25, errno.ENOSPC))
    assert (full.word, full.code) == ("restored", "disk.full")
    assert world.difference(before, world.seen(machine, attempt.place)) == ""
    ended(attempt.apply(create.spec, Fault(Moments.ENTRIES, 21)), "killed")
    ended(attempt.resume(create.spec), "applied")
    assert prober.faults(machine, create.spec) == []
    ended(attempt.apply(opening.spec, Fault(Moments.CALLS, 40)), "killed")
    ended(attempt.resume(opening.spec), "applied", "nothing")
    opened = world.seen(machine, attempt.place)
    for obstacle, fault in BACK:
        hindered = replace(attempt, around=obstacle)
        ended(hindered.apply(changing.spec, fault), "killed")
        ended(attempt.resume(changing.spec), "restored")
        assert world.difference(opened, world.seen(machine, attempt.place)) == ""
    ended(attempt.apply(changing.spec, NONE), "applied")
    assert prober.faults(machine, changing.spec) == []
    ended(attempt.apply(becoming.spec, Fault(Moments.ENTRIES, 6)), "killed")  # PHP is Python from here on
    ended(attempt.resume(becoming.spec), "applied")
    assert prober.faults(machine, becoming.spec) == []

    tree = machine.sites_folder / create.spec.site
    (tree / "private" / "database.ini").unlink()
    for name in ("public", "private", "tmp"):
        (tree / name).chmod(0)
    fill(tree)
    unproven = replace(attempt, around=Refuted(Kind.RECORDS))  # of no concern for who closes a site
    ended(unproven.apply(suspending.spec, NONE), "applied")
    assert prober.fetch(machine, create.spec.host, "/")[0] == 503
    (tree / "site.json").unlink()  # a person did it
    quarantined = replace(suspending.spec, state=SiteState.QUARANTINED, generation=9)
    hindered = replace(attempt, around=Refuted(Kind.HOST))
    ended(hindered.apply(quarantined, Fault(Moments.ENTRIES, 5)), "killed")
    waits = hindered.resume(quarantined)
    assert (waits.word, waits.code) == ("stuck", closing.SHUT)
    assert prober.fetch(machine, create.spec.host, "/")[0] == 503
    ended(attempt.resume(quarantined), "applied")
    for step in ending(quarantined):
        ended(replace(attempt, later=step.later).apply(step.spec, NONE), "applied")
    assert world.difference(before, world.seen(machine, attempt.place)) == ""


def fill(tree: Path) -> None:
    """Up to its bound, as its owner would."""
    with pytest.raises(OSError, match="quota"):
        (tree / "tmp" / "filler").write_bytes(os.urandom(200 << 20))


def ended(attempt: Ended, *words: str) -> None:
    """With all that it says of itself where it did not end so."""
    assert attempt.word in words, attempt
