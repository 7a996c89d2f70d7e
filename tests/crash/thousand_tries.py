"""Success is never reported for a site that does not truly work: PANGGON_TRIES tries (60), each with a fault that
chance (PANGGON_SEED) chose. `PANGGON_TRIES=1000` takes an hour or two.
"""

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
    tries.run(9, int(os.environ.get("PANGGON_TRIES", "60")))
    log.warning("PANGGON_SEED=%s %s %s", seed, dict(tries.done), dict(tries.ended))
    assert (tries.false, tries.stuck) == ([], [])
