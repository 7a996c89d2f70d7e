"""One machine, and one whole stack, for all tests of this folder; each test leaves them working."""

import fcntl
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from demo import cleaning
from tests.faults.machine import Machine
from tests.faults.office import PAGES, WITNESS, Office, OpenSite
from tests.site_numbers import First
from tests.stack import Stack, running_stack

MACHINE = Path("/srv/panggon-test-faults-machine")


@pytest.fixture(scope="session", autouse=True)
def _one_run_at_a_time() -> Iterator[None]:
    """Two runs on one computer would end each other's servers and remove each other's users."""
    with Path("/run/lock/panggon-test-faults").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def machine() -> Iterator[Machine]:
    """Its sites and its journals lie on small file systems of their own, which a test can fill up."""
    left = Machine.at(MACHINE, first_site=First.FAULTS_MACHINE)  # by a run that was killed
    cleaning.stop_leftovers(left.layout)
    for folder in (left.sites_folder, left.journal_folder):
        if folder.is_mount():
            _unmount(folder)
    left.remove()
    made = Machine.at(MACHINE, first_site=First.FAULTS_MACHINE)
    try:
        with _small(made.sites_folder, "16m"), _small(made.journal_folder, "512k"), made.serving():
            yield made
    finally:
        made.remove()


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    with running_stack("faults", first_site=First.FAULTS_STACK) as running:
        yield running


@pytest.fixture(scope="session")
def office(stack: Stack) -> Iterator[Office]:
    made = Office(stack)
    with ExitStack() as browsers:
        for person in made.people.values():
            browsers.enter_context(person.browser)
        yield made


@pytest.fixture(scope="session")
def witness(office: Office, tmp_path_factory: pytest.TempPathFactory) -> OpenSite:
    """A site that was open before anything broke."""
    site = office.open_site(WITNESS)
    pages = tmp_path_factory.mktemp("witness")
    for name, text in PAGES.items():
        (pages / name).write_text(text)
    site.upload(pages)
    return site


@contextmanager
def _small(folder: Path, size: str) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=0755", "tmpfs", str(folder)], check=True)
    try:
        yield
    finally:
        _unmount(folder)


def _unmount(folder: Path) -> None:
    subprocess.run(["umount", str(folder)], check=True)
