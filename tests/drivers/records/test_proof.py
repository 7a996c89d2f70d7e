"""Records are proven by asking every server."""

import socket
from dataclasses import replace
from pathlib import Path

import pytest

from demo.ports import free_port
from panggon.core.node.planning.resources import Attributes
from panggon.drivers.dns import RecordsDriver
from panggon.drivers.zones.zone import Server, Settings
from panggon.node.servers import knot
from tests.drivers.records.zone import FIRST, HOST, KEY, SAFETY, SITE, SPEC, driver_settings, knot_settings, proven
from tests.drivers.running import running
from tests.waiting import until

pytestmark = pytest.mark.real


def looked_at_once(settings: Settings, *, wished: Attributes = FIRST, site: str = SITE) -> dict[str, bool]:
    return {check.name: check.ok for check in proven(replace(settings, settle=0), wished, site=site)}


@pytest.mark.usefixtures("_clean")
class TestProof:
    def test_holds(self, driver: RecordsDriver, settings: Settings) -> None:
        driver.write(KEY, FIRST)
        checks = proven(settings, FIRST)
        assert [(check.name, check.ok) for check in checks] == [
            ("dns.answer", True),
            ("dns.mark", True),
            ("dns.signed", True),
        ]
        assert checks[0].detail == f"{settings.primary}: {HOST} 192.0.2.1 2001:db8::1"

    @pytest.mark.parametrize("there", [(), ("203.0.113.9",), ("192.0.2.1", "203.0.113.9")])
    def test_fails_where_the_name_leads_elsewhere_too(self, driver: RecordsDriver, there: tuple[str, ...]) -> None:
        """Whatever the zone says itself: a person has changed it."""
        driver.write(KEY, {**FIRST, "a": there})
        assert looked_at_once(driver.settings)["dns.answer"] is False

    def test_fails_without_the_safety_records_that_were_wished(self, driver: RecordsDriver) -> None:
        driver.write(KEY, FIRST)
        assert looked_at_once(driver.settings, wished={**FIRST, "safety": SAFETY})["dns.safety"] is False

    def test_fails_without_addresses(self, driver: RecordsDriver) -> None:
        nowhere = {**FIRST, "a": (), "aaaa": ()}
        driver.write(KEY, nowhere)
        assert looked_at_once(driver.settings, wished=nowhere)["dns.answer"] is False

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
            until(lambda: all(check.ok for check in proven(settings, FIRST)), "the first has followed")
            checks = proven(replace(settings, authoritative=servers, settle=0), FIRST)
        nobody = replace(settings, authoritative=(Server("127.0.0.1", free_port()),), settle=0, timeout=1)
        silent = proven(nobody, FIRST)
        assert [(check.name, check.ok) for check in (*checks, *silent)] == [
            ("dns.answer", True),
            ("dns.mark", True),
            ("dns.signed", True),
            ("dns.answer", False),
            ("dns.mark", False),
            ("dns.signed", True),
            ("dns.answer", False),
        ]

    def test_of_many_sites_asks_a_server_that_is_silent_once(self, driver: RecordsDriver, settings: Settings) -> None:
        """The others hear what it was, and what the server that answers has to say."""
        driver.write(KEY, FIRST)
        until(lambda: all(check.ok for check in proven(settings, FIRST)), "the first has followed")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
            silent.bind(("127.0.0.1", 0))
            silent.setblocking(False)
            servers = (settings.primary, Server("127.0.0.1", silent.getsockname()[1]))
            both = replace(settings, authoritative=servers, settle=0, timeout=0.5)
            many = RecordsDriver(both, wished=lambda _spec: FIRST, silent={})
            first = many.probe(KEY, spec=SPEC)
            assert silent.recv(512)
            assert many.probe(KEY, spec=SPEC) == first
            with pytest.raises(BlockingIOError):
                silent.recv(512)
        assert [check.ok for check in first] == [True, True, True, False]

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
            unsigned = replace(driver_settings(plain), signed=False)
            assert [check.name for check in proven(unsigned, FIRST)] == ["dns.answer", "dns.mark"]
