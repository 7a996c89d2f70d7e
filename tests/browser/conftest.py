"""A real Chromium in front of the real stack. With `--pictures DIR` every page that is looked at is also drawn."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from demo import steps
from demo.layout import ZONE
from demo.people import Person
from demo.proofs import Target
from demo.steps import Course
from tests.browser.living import carried_through, session_of
from tests.browser.visitors import SECONDS_TO_WAIT, Visitors
from tests.site_numbers import First
from tests.stack import Stack, running_stack

CHROMIUM = "/usr/bin/chromium-headless-shell"  # without the windows around the pages, a third of the processor time
# Nothing that the browser itself would like to fetch or to write, so that only pages make requests.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-sync",
    "--no-first-run",
    f"--host-resolver-rules=MAP *.{ZONE} 127.0.0.1",  # where the stack's sites answer
]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--pictures", type=Path, help="directory for a picture of every page that the tests look at")


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    with running_stack("browser", first_site=First.BROWSER) as running:
        yield running


# One browser a file: as long as one runs, its event loop keeps Django's database from the other tests of the process.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        expect.set_options(timeout=SECONDS_TO_WAIT * 1000)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def sessions() -> dict:
    """The cookies of who has signed in, by role: a one-time code serves only once."""
    return {}


@pytest.fixture(scope="session")
def people(stack: Stack) -> Iterator[dict[str, Person]]:
    """At clients that only fill forms in."""
    found = {role: Person(account, stack.portal) for role, account in stack.accounts.items()}
    with ExitStack() as open_clients:
        for person in found.values():
            open_clients.enter_context(person.browser)
        yield found


@pytest.fixture(scope="module")
def course(stack: Stack, people: dict[str, Person], sessions: dict) -> Course:
    """A site that went the nine steps; who had a part in them need not sign in at the browser."""
    done = carried_through(stack, people)
    for role in {step["role"] for step in done.steps}:
        sessions.setdefault(role, session_of(people[role]))
    return done


@pytest.fixture(scope="module")
def target(course: Course) -> Target:
    found = steps.target_of(course)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def visitors(browser: Browser, stack: Stack, sessions: dict, request: pytest.FixtureRequest) -> Visitors:
    pictures = request.config.getoption("--pictures", default=None)
    if pictures:
        pictures.mkdir(parents=True, exist_ok=True)
    return Visitors(browser, stack, sessions, pictures)
