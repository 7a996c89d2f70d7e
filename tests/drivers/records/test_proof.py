"""Records are proven by asking every server."""

import re
import socket
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dns.dnssec
import dns.dnssectypes
import dns.message
import dns.name
import dns.rrset
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from demo.ports import free_port
from panggon.core.node.planning.resources import Attributes
from panggon.core.sites.spec import SiteSpec, SiteState
from panggon.drivers.dns import AHEAD, RecordsDriver
from panggon.drivers.zones import signatures
from panggon.drivers.zones.zone import Server, Settings
from panggon.node.servers import knot
from tests.drivers.records.zone import (
    FIRST,
    HOST,
    KEY,
    SAFETY,
    SECOND,
    SITE,
    SPEC,
    ZONE,
    Others,
    driver_settings,
    knot_settings,
    proven,
)
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

    @pytest.mark.parametrize(
        "spec", [replace(SPEC, state=SiteState.PARKED), replace(SPEC, host=f"baru.{ZONE}", retired_hosts=(HOST,))]
    )
    def test_that_a_name_is_gone_is_asked_of_every_server(
        self, driver: RecordsDriver, settings: Settings, root: Path, spec: SiteSpec
    ) -> None:
        """Another site may have it by then, and a wildcard is no record of it."""
        behind = knot_settings(root / f"behind-{spec.state}")
        knot.prepare(behind)
        with running(knot.server(behind)):
            secondary = driver_settings(behind)
            lagging, others = RecordsDriver(secondary), Others(secondary)
            for each in (driver, lagging):
                each.write(KEY, FIRST)
            driver.write(KEY, None)
            both = RecordsDriver(replace(settings, authoritative=(settings.primary, secondary.primary), settle=0.5))

            def seen() -> list[tuple[str, bool]]:
                checks = both.probe(KEY, spec=spec)
                assert all(
                    str(server) in check.detail
                    for server, check in zip(both.settings.authoritative, checks, strict=True)
                )
                return [(check.name, check.ok) for check in checks]

            until(lambda: seen() == [("dns.gone", True), ("dns.gone", False)])
            lagging.write(KEY, None)
            others.add(f"*.{ZONE}", "TXT", f'"site={SITE}"')
            until(lambda: seen() == [("dns.gone", True)] * 2)
            lagging.write(KEY, {**FIRST, "site": "s900002"})
            until(lambda: seen() == [("dns.gone", True)] * 2)

    def test_says_why_a_server_does_not_follow_that_has_a_newer_zone(self, driver: RecordsDriver, root: Path) -> None:
        """As when the primary came back from a backup: it takes nothing from there until somebody lets it."""
        restored, newer = (knot_settings(root / name) for name in ("restored", "newer"))
        for each in (restored, newer):
            knot.prepare(each)
        zone = newer.data / "zones" / f"{ZONE}.zone"
        zone.write_text(zone.read_text().replace(f" hostmaster.{ZONE}. 1 ", f" hostmaster.{ZONE}. 1000 "))
        primary, port = driver_settings(restored), newer.port
        secondary = Server("127.0.0.1", port)
        both = replace(primary, authoritative=(primary.primary, secondary), settle=0)
        with running(knot.server(restored)), running(knot.server(newer)):
            RecordsDriver(primary).write(KEY, FIRST)
            until(lambda: all(check.ok for check in proven(primary, FIRST)))
            told = {check.detail for check in proven(both, FIRST) if not check.ok}
            assert told == {
                f"{secondary}: {HOST} tanpa alamat, bukan 192.0.2.1 2001:db8::1{AHEAD}",
                f"{secondary}: tanpa tanda{AHEAD}",
            }
            backwards = replace(driver_settings(newer), authoritative=(secondary, primary.primary), settle=0)
            RecordsDriver(backwards).write(KEY, SECOND)
            assert not any(AHEAD in check.detail for check in proven(backwards, SECOND)), "it may follow yet"

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


DAY = timedelta(days=1)
KEPT = ec.generate_private_key(ec.SECP256R1())
SHOWN = dns.dnssec.make_dnskey(KEPT.public_key(), dns.dnssectypes.Algorithm.ECDSAP256SHA256)


def answered(kind: str, text: str, *, since: timedelta, until: timedelta, signs: bool = True) -> dns.message.Message:
    """As a signed zone answers, with one signature from and to then."""
    apex = dns.name.from_text(ZONE)
    message = dns.message.make_response(dns.message.make_query(apex, kind))
    records, now = dns.rrset.from_text(apex, 300, "IN", kind, text), datetime.now(UTC)
    message.answer.append(records)
    if signs:
        signature = dns.dnssec.sign(records, KEPT, apex, SHOWN, inception=now + since, expiration=now + until)
        message.answer.append(dns.rrset.from_rdata(apex, 300, signature))
    return dns.message.from_wire(message.to_wire())


@pytest.mark.parametrize("which", ["DNSKEY", "A"])
@pytest.mark.parametrize(
    ("valid", "said"),
    [
        ({"since": -DAY, "until": DAY}, ""),
        ({"since": -2 * DAY, "until": -DAY}, r"habis masa berlakunya \d{4}-.* UTC; zona itu harus ditandatangani lagi"),
        ({"since": DAY, "until": 2 * DAY}, r"baru berlaku mulai \d{4}-.* UTC; periksa jam .*"),
        ({"since": -DAY, "until": DAY, "signs": False}, "tidak ditandatangani"),
    ],
)
def test_signatures_that_resolvers_would_not_take_are_named(which: str, valid: dict[str, Any], said: str) -> None:
    """Those of the keys themselves too."""
    fine = {"since": -DAY, "until": DAY}
    keys = answered("DNSKEY", SHOWN.to_text(), **(valid if which == "DNSKEY" else fine))
    address = answered("A", "192.0.2.1", **(valid if which == "A" else fine))
    check = signatures.judged(Server("127.0.0.1"), keys, {(dns.name.from_text(ZONE), "A"): address})
    assert check.ok is (said == "")
    assert re.search(f"{ZONE} {which} {said}$" if said else "ditandatangani dengan kunci", check.detail)
