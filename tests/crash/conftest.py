"""One real machine for all tests of this folder, on a btrfs with quota of its own; each test leaves it as it was."""

import fcntl
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from demo import cleaning
from tests.crash import surroundings
from tests.crash.attempts import Attempt
from tests.crash.lives import CREDENTIALS
from tests.drivers import filesystems
from tests.faults.machine import Machine
from tests.site_numbers import First

BASE = Path("/srv/panggon-test-crash")


@pytest.fixture(scope="session", autouse=True)
def _one_run_at_a_time() -> Iterator[None]:
    with Path("/run/lock/panggon-test-crash").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def machine(request: pytest.FixtureRequest) -> Iterator[Machine]:
    """`parametrize` it indirectly by a name of `surroundings.AROUND`: usually it is alone."""
    left = Machine.at(BASE, first_site=First.CRASH)  # by a run that was killed
    cleaning.stop_leftovers(left.layout)
    if left.layout.hosting.is_mount():
        filesystems.unmount(left.layout.hosting)
    left.remove()
    made = Machine.at(BASE, first_site=First.CRASH)
    made.command = (sys.executable, "-m", "tests.crash.deaf", str(BASE / "deaf"))
    try:
        with ExitStack() as stack:
            stack.enter_context(filesystems.mounted(made.layout.hosting, BASE / "btrfs.img"))
            around = getattr(request, "param", surroundings.ALONE)
            stack.enter_context(surroundings.serving(made, around, BASE / "beside"))
            yield made
    finally:
        made.remove()


@pytest.fixture
def attempt(machine: Machine, tmp_path: Path) -> Attempt:
    return Attempt(machine.config, CREDENTIALS, tmp_path).informed()
