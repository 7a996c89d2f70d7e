"""A site's whole life on a real machine, again and again, with one fault at another moment of every step each time.

Which moments: PANGGON_EVERY=1 for all of them (hours), n for every n-th. Entries of the journal are few: all are taken.
PANGGON_SLICE=2/5 takes the second of five parts, and no more is begun when PANGGON_SECONDS (4 hours) are over.
PANGGON_ENGINE is the database's (mariadb).
"""

import errno
import logging
import os
import time
from dataclasses import replace

import pytest

from panggon.core.resources import Kind
from panggon.core.spec import Engine
from tests.crash.attempts import Attempt, Fault, Moments
from tests.crash.mischief import Refuted
from tests.crash.walking import Walk
from tests.faults.machine import Machine

pytestmark = [pytest.mark.real, pytest.mark.timeout(4 * 3600)]
EVERY = int(os.environ.get("PANGGON_EVERY", "12"))
PART, PARTS = map(int, os.environ.get("PANGGON_SLICE", "1/1").split("/"))
SECONDS = float(os.environ.get("PANGGON_SECONDS", "14400"))
ENGINE = Engine(os.environ.get("PANGGON_ENGINE", "mariadb"))
log = logging.getLogger(__name__)


def walked(walk: Walk, moments: Moments, *, every: int, error: int = 0) -> None:
    ends = time.monotonic() + SECONDS
    numbers = range(0, walk.most, every)[PART - 1 :: PARTS]
    done = []
    for number in numbers:
        walk.life(Fault(moments, number, error), proven=len(done) % 3 == 0)  # all that stands is compared anyway
        done.append(number)
        log.info("%s %s: %s faults so far, %s found", moments, number, walk.faults, len(walk.found))
        if time.monotonic() > ends:
            break
    for each in walk.found:
        log.warning("%s", each)
    log.warning("%s faults at the %s %s of %s", walk.faults, moments, done, walk.counts)
    assert walk.faults >= len(done) > 0
    assert walk.found == []


def test_killed_at_every_entry_of_the_journal(machine: Machine, attempt: Attempt) -> None:
    """Before it and after it. On the next start the agent brings the run to the wish."""
    walked(Walk.of(machine, attempt, 1, Moments.ENTRIES, ENGINE), Moments.ENTRIES, every=1)


def test_killed_before_and_after_every_entry_of_the_way_back(machine: Machine, attempt: Attempt) -> None:
    """The last proof does not hold: the former state, wherever the way back is interrupted."""
    walk = Walk.of(machine, attempt, 2, Moments.ENTRIES, ENGINE)
    walk.go_back(replace(attempt, around=Refuted(Kind.USER)), Moments.ENTRIES)
    walked(walk, Moments.ENTRIES, every=1)


@pytest.mark.parametrize("back", [False, True], ids=["forwards", "back"])
def test_killed_at_calls(machine: Machine, attempt: Attempt, back: bool) -> None:
    """Between two entries: at file operations, statements, connections and started programs."""
    walk = Walk.of(machine, attempt, 3, Moments.CALLS, ENGINE)
    if back:
        walk.go_back(replace(attempt, around=Refuted(Kind.USER)), Moments.CALLS)
    walked(walk, Moments.CALLS, every=EVERY)


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EROFS], ids=["full", "read-only"])
def test_a_disk_that_fails_from_a_write_on(machine: Machine, attempt: Attempt, error: int) -> None:
    walked(Walk.of(machine, attempt, 4, Moments.WRITES, ENGINE), Moments.WRITES, every=EVERY, error=error)
