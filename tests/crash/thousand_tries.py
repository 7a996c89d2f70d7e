"""Success is never reported for a site that does not truly work: PANGGON_TRIES tries (60), each with a fault that
chance (PANGGON_SEED) chose; fewer when PANGGON_SECONDS (an hour) are over. A thousand take some 25 minutes, and may be
made in slices: each seed is another one.
"""

import json
import logging
import os
import random
import secrets

import pytest

from tests.crash.attempts import Attempt
from tests.crash.tries import Tries
from tests.faults.machine import Machine

pytestmark = [pytest.mark.real, pytest.mark.timeout(6 * 3600)]
log = logging.getLogger(__name__)


def test_no_false_success(machine: Machine, attempt: Attempt) -> None:
    seed = int(os.environ.get("PANGGON_SEED") or secrets.randbits(32))
    tries = Tries(machine, attempt, random.Random(seed))
    seconds = float(os.environ.get("PANGGON_SECONDS", "3600"))
    try:
        tries.run(9, int(os.environ.get("PANGGON_TRIES", "60")), seconds=seconds)
    finally:
        ended = {" ".join(each): count for each, count in sorted(tries.ended.items())}
        log.warning("PANGGON_SEED=%s: %s tries %s", seed, tries.ended.total(), json.dumps(ended))
    assert (tries.false, tries.stuck) == ([], [])
