"""Certificates from a real ACME server, over a real DNS server and a real nginx; and what happens when it refuses."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Thread, current_thread
from typing import Any

import dns.message
import dns.query
import pytest

from demo.ports import free_port
from panggon.core.errors import PermanentError, TemporaryError
from panggon.core.node.planning.resources import Attributes, Key, Kind
from panggon.drivers.certificates import acme_orders, authority, bundles
from panggon.drivers.certificates.acme_orders import Settings, WellKnown
from panggon.drivers.certificates.bundles import Bundle
from panggon.drivers.dns import RecordsDriver
from panggon.drivers.system import files
from panggon.drivers.tls import CertificateDriver
from panggon.drivers.zones.challenges import ChallengeRecords
from panggon.node.servers import knot
from tests.drivers import pebble
from tests.drivers.records.zone import HOST, ZONE, driver_settings, knot_settings
from tests.drivers.running import running
from tests.node.web_stand import WebStand

pytestmark = pytest.mark.real

KEY = Key(Kind.CERTIFICATE, HOST)
WISH: Attributes = {"issuer": "acme", "valid": True}


@dataclass(frozen=True)
class Stand:
    web: WebStand
    settings: Settings
    roots: Path
    challenges: ChallengeRecords
    management: int

    def order(self, host: str, **changes: Any) -> Bundle:
        return bundles.load(acme_orders.order(replace(self.settings, **changes), host))

    def driver(self, **changes: Any) -> CertificateDriver:
        """As the machine's settings make it for `issuer = "acme"`."""
        usual = replace(self.web.certificates.settings, door=replace(self.web.door, authorities=self.roots))
        order, clear = (partial(verb, self.settings) for verb in (acme_orders.order, acme_orders.clear))
        return CertificateDriver(
            replace(usual, **{"issuer": "acme", "order": order, "clear": clear, "now": now, **changes})
        )

    def status(self, bundle: Bundle) -> dict[str, Any]:
        """What the server says of a certificate."""
        return {
            name: value
            for name, value in pebble.status(self.management, bundle.leaf.serial_number).items()
            if name in ("Status", "Reason")
        }

    def planted(self, host: str) -> list[str]:
        query = dns.message.make_query(f"_acme-challenge.{host}", "TXT")
        port = self.challenges.settings.primary.port
        answer = dns.query.tcp(query, "127.0.0.1", port=port, timeout=60).answer
        return [record.to_text() for rrset in answer for record in rrset]


@pytest.fixture(scope="module")
def stand(root: Path) -> Iterator[Stand]:
    names = knot_settings(root / "acme-dns")
    knot.prepare(names)
    with ExitStack() as stack:
        stack.enter_context(running(knot.server(names)))
        challenges = ChallengeRecords(driver_settings(names))
        web = stack.enter_context(WebStand("acme").serving())
        server = stack.enter_context(
            pebble.serving(root / "pebble", dns_port=names.port, http_port=web.settings.http_port)
        )
        settings = Settings(
            server.directory, root / "acme" / "account.pem", root / "planted", challenges, "tu@kota.example", server.ca
        )
        files.directory(settings.planted)
        here: Attributes = {"site": "s900001", "a": ("127.0.0.1",), "aaaa": (), "safety": ()}
        RecordsDriver(driver_settings(names)).write(Key(Kind.RECORDS, HOST), here)
        yield Stand(web, settings, server.roots, challenges, server.management)


def now() -> datetime:
    return datetime.now(UTC)


def test_a_certificate_by_dns(stand: Stand) -> None:
    bundle = stand.order(HOST)
    assert bundle.names == (HOST,)
    assert bundles.fault(bundle, HOST, now=datetime.now(UTC)) == ""
    assert len(bundle.chain) > 1
    assert stand.planted(HOST) == []
    assert list(stand.settings.planted.iterdir()) == []
    account = stand.settings.account
    assert (account.stat().st_uid, account.stat().st_mode & 0o777) == (0, 0o600)


def test_a_key_that_others_know_is_revoked_by_the_key_itself(stand: Stand) -> None:
    """The account is not asked: whoever has the key may say so. Saying it twice is fine."""
    bundle, other = stand.order(HOST), stand.order(HOST)
    for _ in range(2):
        acme_orders.revoke(replace(stand.settings, account=stand.settings.account / "none"), bundle)
    assert (stand.status(bundle), stand.status(other)) == ({"Status": "Revoked", "Reason": 1}, {"Status": "Valid"})


def test_a_certificate_that_the_server_does_not_know_is_not_revoked(stand: Stand, tmp_path: Path) -> None:
    own = authority.create_authority(tmp_path / "ca", now=now())
    with pytest.raises(PermanentError, match=r"acme\.refused"):
        acme_orders.revoke(stand.settings, bundles.load(authority.issue(own, HOST, now=now())))


def test_a_wildcard_of_the_zone(stand: Stand) -> None:
    bundle = stand.order(f"*.{ZONE}")
    assert bundles.fault(bundle, HOST, now=datetime.now(UTC)) == ""
    assert bundles.fault(bundle, f"a.{HOST}", now=datetime.now(UTC)) == f"tidak berlaku untuk a.{HOST}"
    assert stand.planted(ZONE) == []


def test_a_certificate_by_http(stand: Stand) -> None:
    """nginx gives the answer although the name has no site yet."""
    bundle = stand.order(HOST, challenge=WellKnown(stand.web.root))
    assert bundle.names == (HOST,)
    assert [path for path in (stand.web.root / "acme").rglob("*") if path.is_file()] == []


def test_the_driver_makes_proves_and_renews(stand: Stand) -> None:
    driver = stand.driver()
    driver.write(KEY, WISH)
    assert driver.read(KEY).attributes == WISH
    (check,) = driver.probe(KEY, spec=None)  # type: ignore[arg-type]
    assert (check.ok, check.detail[:7]) == (True, "TLSv1.3")
    before = stand.web.handshake(HOST)
    driver.install(KEY, driver.issue(HOST))
    assert stand.web.handshake(HOST) not in (before, None)
    driver.write(KEY, None)


class OneByOne:
    """Begins another order of the name while it plants; `done` is who has planted or taken away, in turn."""

    type = "dns-01"

    def __init__(self, challenges: ChallengeRecords, begin: Callable[[], None]) -> None:
        self.challenges, self.begin, self.done = challenges, begin, list[Thread]()

    def plant(self, host: str, place: str, value: str) -> None:
        self.done.append(current_thread())
        if len(self.done) == 1:
            self.begin()
        self.challenges.plant(host, place, value)

    def clear(self, host: str, place: str, value: str) -> None:
        self.challenges.clear(host, place, value)
        self.done.append(current_thread())


def test_two_orders_of_one_name_take_nothing_from_each_other(stand: Stand) -> None:
    """A plan's and the owner of renewals'."""
    host, bundles_had = f"dua.{ZONE}", list[Bundle]()

    def order() -> None:
        bundles_had.append(stand.order(host, challenge=challenge))

    def begin() -> None:
        other.start()
        other.join(1)  # it waits; without a turn it would end, or take away what is planted

    other, challenge = Thread(target=order), OneByOne(stand.challenges, begin)
    order()
    other.join()
    assert [bundle.names for bundle in bundles_had] == [(host,)] * 2
    mine = [current_thread()] * 2
    assert challenge.done in (mine, [*mine, other, other]), "the server may ask once for both"
    assert stand.planted(host) == []
    assert list(stand.settings.planted.iterdir()) == []


class Nothing:
    type = "dns-01"

    def plant(self, host: str, place: str, value: str) -> None: ...

    def clear(self, host: str, place: str, value: str) -> None: ...


def test_what_the_server_refuses_is_told_in_its_words(stand: Stand) -> None:
    with pytest.raises(PermanentError, match=r"acme\.refused.*urn:ietf:params:acme:error"):
        stand.order(f"lain.{ZONE}", challenge=Nothing())
    assert list(stand.settings.planted.iterdir()) == []


def test_a_server_that_is_away_or_not_to_be_believed_changes_nothing(stand: Stand) -> None:
    with pytest.raises(TemporaryError, match=r"acme\.down"):
        stand.order(HOST, directory=f"https://localhost:{free_port()}/dir")
    with pytest.raises(TemporaryError, match=r"acme\.down"):
        stand.order(HOST, ca=None)
    driver = stand.driver(order=partial(acme_orders.order, replace(stand.settings, ca=None)))
    with pytest.raises(TemporaryError):
        driver.write(KEY, WISH)
    assert driver.read(KEY).attributes is None


def test_what_a_kill_has_left_is_swept(stand: Stand) -> None:
    acme_orders.keep_planted(stand.settings, HOST, "", "left")
    stand.challenges.plant(HOST, "", "left")
    acme_orders.clear(stand.settings, HOST)
    assert stand.planted(HOST) == []
    acme_orders.keep_planted(stand.settings, HOST, "", "left")
    stand.challenges.plant(HOST, "", "left")
    stand.driver().write(KEY, None)
    assert stand.planted(HOST) == []
    other = f"lain.{ZONE}"
    for name in (HOST, other, f"*.{ZONE}"):  # given up while the DNS server was away, all but the first long ago
        acme_orders.keep_planted(stand.settings, name, "", "left")
        stand.challenges.plant(name, "", "left")
    for record in (f"{other}.json", f"_.{ZONE}.json"):
        os.utime(stand.settings.planted / record, (0, 0))
    acme_orders.sweep(stand.settings, now() - timedelta(hours=1))
    assert [stand.planted(name) for name in (HOST, other, ZONE)] == [['"left"'], [], []]
    acme_orders.sweep(stand.settings, now() + timedelta(hours=1))
    assert (stand.planted(HOST), list(stand.settings.planted.iterdir())) == ([], [])
    with pytest.raises(PermanentError, match="base64url"):
        WellKnown(stand.web.root).plant(HOST, "../../x", "y")
