"""A site's whole life on a real machine, again and again, with one fault at another moment of every step each time.

Which moments: PANGGON_EVERY=1 for all of them (hours), n for every n-th. Entries of the journal are few: all are taken.
"""

import errno
import os
from dataclasses import replace

import pytest

from panggon.core.resources import Kind
from tests.crash.attempts import Attempt, Fault, Moments
from tests.crash.mischief import Refuted
from tests.crash.walking import Walk
from tests.faults.machine import Machine

pytestmark = [pytest.mark.real, pytest.mark.timeout(4 * 3600)]
EVERY = int(os.environ.get("PANGGON_EVERY", "12"))


def walked(walk: Walk, moments: Moments, *, every: int, error: int = 0) -> None:
    for number in range(0, max(walk.counts.values()), every):
        walk.life(Fault(moments, number, error))
    assert walk.faults >= len(walk.steps)
    assert walk.found == []


def test_killed_before_and_after_every_entry_of_the_journal(machine: Machine, attempt: Attempt) -> None:
    """On the next start the agent brings the run to the wish."""
    walked(Walk.of(machine, attempt, 1, Moments.ENTRIES), Moments.ENTRIES, every=1)


def test_killed_at_every_entry_of_a_run_that_goes_back(machine: Machine, attempt: Attempt) -> None:
    """The last proof does not hold: the former state, wherever the way back is interrupted."""
    walk = Walk.of(machine, attempt, 2, Moments.ENTRIES)
    walk.refuted = replace(attempt, around=Refuted(Kind.USER))
    walked(walk, Moments.ENTRIES, every=min(EVERY, 3))


def test_killed_at_calls(machine: Machine, attempt: Attempt) -> None:
    """Between two entries: at file operations, statements, connections and started programs."""
    walked(Walk.of(machine, attempt, 3, Moments.CALLS), Moments.CALLS, every=EVERY)


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EROFS], ids=["full", "read-only"])
def test_a_disk_that_fails_from_a_write_on(machine: Machine, attempt: Attempt, error: int) -> None:
    walked(Walk.of(machine, attempt, 4, Moments.WRITES), Moments.WRITES, every=EVERY, error=error)
