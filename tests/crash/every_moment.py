"""A site's whole life on a real machine, again and again, with one fault at another moment of every step each time.

Which moments: PANGGON_EVERY=1 for all of them (hours), n for every n-th. Entries of the journal forwards are few: all
are taken. PANGGON_SLICE=2/5 takes the second of five parts, and no more is begun when PANGGON_SECONDS (4 hours) are
over. Two faults in a row are chosen by chance (PANGGON_SEED), for PANGGON_LIVES lives (4). PANGGON_ENGINE is the
database's (mariadb), PANGGON_WAY the kind that the site begins as (php).
"""

import errno
import logging
import os
import random
import secrets
import time
from collections.abc import Iterable
from functools import partial

import pytest

from panggon.core.node.planning.resources import Kind
from panggon.core.sites.spec import Engine
from tests.crash import surroundings
from tests.crash.attempts import Attempt, Moments
from tests.crash.chances import struck_somewhere
from tests.crash.lives import Way
from tests.crash.mischief import Failing, Refuted
from tests.crash.walking import Obstacle, Walk
from tests.faults.machine import Machine

pytestmark = [pytest.mark.real, pytest.mark.timeout(4 * 3600)]
EVERY = int(os.environ.get("PANGGON_EVERY", "12"))
PART, PARTS = map(int, os.environ.get("PANGGON_SLICE", "1/1").split("/"))
SEED = int(os.environ.get("PANGGON_SEED", "0"))
LIVES = int(os.environ.get("PANGGON_LIVES", "4"))
SECONDS = float(os.environ.get("PANGGON_SECONDS", "14400"))
ENGINE = Engine(os.environ.get("PANGGON_ENGINE", "mariadb"))
WAY = Way(os.environ.get("PANGGON_WAY", "php"))
# Why a run goes back: its last proof does not hold, or a write is refused, before or after it has changed something.
OBSTACLES: tuple[Obstacle, ...] = (
    Refuted(Kind.USER),
    *(Failing(kind, "write", 1, permanent=True, late=late) for kind in Kind for late in (False, True)),
)
log = logging.getLogger(__name__)


def walked(walk: Walk, numbers: Iterable[int], *, error: int = 0) -> None:
    """Whatever was found fails the test only at its end."""
    done: list[int] = []
    ends = time.monotonic() + SECONDS
    for number in numbers:
        walk.life(number, error=error, proven=len(done) % 3 == 0)  # all that stands is compared anyway
        done.append(number)
        log.info("%s %s: %s faults so far, %s found", walk.moments, number, walk.faults, len(walk.found))
        if time.monotonic() > ends:
            break
    log.warning("%s faults at the %s %s of %s %s", walk.faults, walk.moments, done, walk.counts, walk.obstacle or "")


def part(walk: Walk, every: int) -> range:
    return range(0, walk.most, every)[PART - 1 :: PARTS]


def assert_nothing_found(walk: Walk) -> None:
    for each in walk.found:
        log.warning("%s", each)
    assert walk.faults > 0
    assert walk.found == []


def test_killed_before_and_after_every_entry_of_the_journal(machine: Machine, attempt: Attempt) -> None:
    """On the next start the agent brings the run to the wish."""
    walk = Walk.of(machine, attempt, 1, Moments.ENTRIES, ENGINE, WAY)
    walked(walk, part(walk, 1))
    assert_nothing_found(walk)


@pytest.mark.parametrize("way", [each for each in Way if each is not WAY])
def test_killed_at_entries_in_the_life_of_another_kind(machine: Machine, attempt: Attempt, way: Way) -> None:
    walk = Walk.of(machine, attempt, 5, Moments.ENTRIES, Engine.POSTGRESQL, way)
    walked(walk, part(walk, EVERY))
    assert_nothing_found(walk)


@pytest.mark.parametrize("machine", surroundings.AROUND, indirect=True)
@pytest.mark.parametrize("moments", [Moments.ENTRIES, Moments.CALLS])
def test_killed_among_other_servers(machine: Machine, attempt: Attempt, moments: Moments) -> None:
    """With certificates by ACME and a secondary DNS server; a static site has nothing that is not proven elsewhere."""
    walk = Walk.of(machine, attempt, 6, moments, ENGINE, Way.STATIC)
    walked(walk, part(walk, EVERY if moments is Moments.ENTRIES else 4 * EVERY))  # a life takes half a minute here
    assert_nothing_found(walk)


def test_killed_before_and_after_every_entry_of_the_way_back(machine: Machine, attempt: Attempt) -> None:
    """The former state, whatever the run goes back from, and wherever its way back is interrupted."""
    walk, ends = Walk.of(machine, attempt, 2, Moments.ENTRIES, ENGINE, WAY), time.monotonic() + SECONDS
    for index, obstacle in enumerate(OBSTACLES[PART - 1 :: PARTS]):
        if time.monotonic() > ends:
            break
        walk.meet(obstacle)
        walked(walk, range(index % EVERY, walk.most, EVERY))
    assert_nothing_found(walk)


@pytest.mark.parametrize("back", [False, True], ids=["forwards", "back"])
def test_killed_at_calls(machine: Machine, attempt: Attempt, back: bool) -> None:
    """Between two entries: at file operations, statements, connections and started programs."""
    walk = Walk.of(machine, attempt, 3, Moments.CALLS, ENGINE, WAY)
    if back:
        walk.meet(Refuted(Kind.USER))
    walked(walk, part(walk, EVERY))
    assert_nothing_found(walk)


@pytest.mark.parametrize("obstacle", [None, *OBSTACLES[:1]], ids=["forwards", "back"])
def test_two_faults_in_a_row(machine: Machine, attempt: Attempt, obstacle: Obstacle | None) -> None:
    """Killed while a run that met a full disk is brought to its end, full while one that was killed is, and so on."""
    walk, seed = Walk.of(machine, attempt, 7, Moments.ENTRIES, ENGINE, WAY), SEED or secrets.randbits(32)
    chance, ends, walk.obstacle = random.Random(f"{seed} {obstacle}"), time.monotonic() + SECONDS, obstacle
    for _ in range(LIVES):
        walk.struck_twice(partial(struck_somewhere, chance))
        log.info("PANGGON_SEED=%s: %s faults so far, %s found", seed, walk.faults, len(walk.found))
        if time.monotonic() > ends:
            break
    assert_nothing_found(walk)


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EROFS], ids=["full", "read-only"])
def test_a_disk_that_fails_from_a_write_on(machine: Machine, attempt: Attempt, error: int) -> None:
    walk = Walk.of(machine, attempt, 4, Moments.WRITES, ENGINE, WAY)
    walked(walk, part(walk, EVERY), error=error)
    assert_nothing_found(walk)
