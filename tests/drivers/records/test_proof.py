"""Records are proven by asking every server."""

from dataclasses import replace
from pathlib import Path

import pytest

from demo.ports import free_port
from panggon.drivers.dns import RecordsDriver
from panggon.drivers.zones.zone import Server, Settings
from panggon.node.servers import knot
from tests.drivers.records.zone import FIRST, HOST, KEY, SITE, SPEC, driver_settings, knot_settings
from tests.drivers.running import running
from tests.waiting import until

pytestmark = pytest.mark.real


def looked_at_once(settings: Settings, *, site: str = SITE) -> dict[str, bool]:
    checks = RecordsDriver(replace(settings, settle=0)).probe(KEY, spec=replace(SPEC, site=site))
    return {check.name: check.ok for check in checks}


@pytest.mark.usefixtures("_clean")
class TestProof:
    def test_holds(self, driver: RecordsDriver, settings: Settings) -> None:
        driver.write(KEY, FIRST)
        checks = driver.probe(KEY, spec=SPEC)
        assert [(check.name, check.ok) for check in checks] == [
            ("dns.answer", True),
            ("dns.mark", True),
            ("dns.signed", True),
        ]
        assert checks[0].detail == f"{settings.primary}: {HOST} 192.0.2.1 2001:db8::1"

    def test_fails_without_addresses(self, driver: RecordsDriver) -> None:
        driver.write(KEY, {**FIRST, "a": (), "aaaa": ()})
        assert looked_at_once(driver.settings)["dns.answer"] is False

    def test_fails_for_another_site(self, driver: RecordsDriver) -> None:
        driver.write(KEY, FIRST)
        wished = {"dns.answer": True, "dns.mark": False, "dns.signed": True}
        until(lambda: looked_at_once(driver.settings, site="s900002") == wished)

    def test_fails_where_a_server_did_not_follow_or_is_silent(
        self, driver: RecordsDriver, settings: Settings, root: Path
    ) -> None:
        driver.write(KEY, FIRST)
        lagging = knot_settings(root / "lagging")
        knot.prepare(lagging)
        servers = (settings.primary, Server("127.0.0.1", lagging.port))
        with running(knot.server(lagging)):
            impatient = RecordsDriver(replace(settings, authoritative=servers, settle=0))
            until(lambda: all(check.ok for check in driver.probe(KEY, spec=SPEC)), "the first has followed")
            checks = impatient.probe(KEY, spec=SPEC)
        nobody = replace(settings, authoritative=(Server("127.0.0.1", free_port()),), settle=0, timeout=1)
        silent = RecordsDriver(nobody).probe(KEY, spec=SPEC)
        assert [(check.name, check.ok) for check in (*checks, *silent)] == [
            ("dns.answer", True),
            ("dns.mark", True),
            ("dns.signed", True),
            ("dns.answer", False),
            ("dns.mark", False),
            ("dns.signed", True),
            ("dns.answer", False),
        ]

    def test_fails_for_a_zone_that_is_not_signed(self, root: Path) -> None:
        plain = knot_settings(root / "plain")
        knot.prepare(plain)
        text = plain.configuration.read_text()
        plain.configuration.write_text(text.replace("dnssec-signing: on", "dnssec-signing: off"))
        with running(knot.server(plain)):
            driver = RecordsDriver(driver_settings(plain))
            driver.write(KEY, FIRST)
            wished = {"dns.answer": True, "dns.mark": True, "dns.signed": False}
            until(lambda: looked_at_once(driver.settings) == wished)
            unsigned = RecordsDriver(replace(driver_settings(plain), signed=False))
            assert [check.name for check in unsigned.probe(KEY, spec=SPEC)] == ["dns.answer", "dns.mark"]
