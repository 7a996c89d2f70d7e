"""Success is never reported for a site that does not truly work: PANGGON_TRIES tries (60), each with a fault that
chance (PANGGON_SEED) chose, on a machine alone, and a third as many in each of its surroundings; all of them must be
made within PANGGON_SECONDS (an hour). A thousand take some 25 minutes, and may be made in slices: each seed is another
one. PANGGON_WAYS ("php wsgi asgi static redirect proxy") are the kinds of site whose lives come one after the other.
"""

import json
import logging
import os
import random
import secrets

import pytest

from tests.crash import surroundings
from tests.crash.attempts import Attempt
from tests.crash.lives import Way
from tests.crash.tries import Tries
from tests.faults.machine import Machine

pytestmark = [pytest.mark.real, pytest.mark.timeout(6 * 3600)]
COUNT = int(os.environ.get("PANGGON_TRIES", "60"))
WAYS = tuple(map(Way, os.environ.get("PANGGON_WAYS", " ".join(Way)).split()))
log = logging.getLogger(__name__)


def test_no_false_success(machine: Machine, attempt: Attempt) -> None:
    made(machine, attempt, COUNT, around=surroundings.ALONE)


@pytest.mark.parametrize("machine", surroundings.AROUND, indirect=True)
def test_no_false_success_among_other_servers(
    request: pytest.FixtureRequest, machine: Machine, attempt: Attempt
) -> None:
    """With certificates by ACME and a secondary DNS server."""
    made(machine, attempt, -(-COUNT // 3), around=request.node.name)


def made(machine: Machine, attempt: Attempt, count: int, *, around: str) -> None:
    seed = int(os.environ.get("PANGGON_SEED") or secrets.randbits(32))
    tries = Tries(machine, attempt, random.Random(f"{seed} {around}"), ways=WAYS)
    seconds = float(os.environ.get("PANGGON_SECONDS", "3600"))
    try:
        tries.run(9, count, seconds=seconds)
    finally:
        ended = {" ".join(each): count for each, count in sorted(tries.ended.items())}
        log.warning("PANGGON_SEED=%s: %s tries %s", seed, tries.ended.total(), json.dumps(ended))
    assert (tries.false, tries.stuck) == ([], [])
    assert tries.ended.total() == count
