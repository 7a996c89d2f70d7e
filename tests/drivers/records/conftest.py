"""A real Knot for all tests of this folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from panggon.drivers.dns import RecordsDriver
from panggon.drivers.zones.zone import Settings
from panggon.node.servers import knot
from tests.drivers.records.zone import KEY, Others, driver_settings, knot_settings
from tests.drivers.running import running


@pytest.fixture(scope="session")
def server(root: Path) -> Iterator[knot.Settings]:
    """With update rights for all types, so that the tests can put there what others put there."""
    settings = knot_settings(root / "knot")
    knot.prepare(settings)
    text = settings.configuration.read_text()
    settings.configuration.write_text(
        text.replace("    update-type: [A, AAAA, CAA, MX, TXT]\n", "").replace(
            "action: update", "action: [update, transfer]"
        )
    )
    with running(knot.server(settings)):
        yield settings


@pytest.fixture(scope="session")
def settings(server: knot.Settings) -> Settings:
    return driver_settings(server)


@pytest.fixture
def driver(settings: Settings) -> RecordsDriver:
    return RecordsDriver(settings)


@pytest.fixture
def others(settings: Settings) -> Others:
    return Others(settings)


@pytest.fixture
def _clean(driver: RecordsDriver) -> Iterator[None]:
    yield
    driver.write(KEY, None)
