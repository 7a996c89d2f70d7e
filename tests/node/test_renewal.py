"""The owner of renewals with the machine's own authority and a clock: no server is needed."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from panggon.core.errors import PermanentError, TemporaryError
from panggon.core.node.planning.resources import Attributes, Key, Kind
from panggon.drivers.certificates import authority, bundles
from panggon.drivers.system import files
from panggon.engine import journal_file
from panggon.node import clock
from panggon.node.renewal import report
from panggon.node.renewal.__main__ import attend
from panggon.node.renewal.renewal import Renewal
from panggon.node.settings import config as configs
from panggon.node.settings import config_file
from panggon.node.state import records
from tests.node.renewal_place import BEGIN, KEY, SITE, Place, chained
from tests.node.web_stand import HOST

pytestmark = pytest.mark.real


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place(tmp_path)
    place.renewal().driver.write(KEY, {"issuer": "local", "valid": True})
    return place


def down(_host: str) -> bytes:
    raise TemporaryError("acme.down", "server ACME mati")


def test_its_settings_are_those_of_the_machine(place: Place) -> None:
    full = {"issuer": "acme", "directory": "https://acme.example/dir", "challenge": "http-01", "caa": "acme.example"}
    config = configs.parse({"dns": {"zone": "kota.example", "ipv4": ["192.0.2.1"]}, "tls": full})
    for each in (place.config, config):
        config_file.save(each, place.base / "renewal.json")
        assert config_file.load(place.base / "renewal.json") == each


def test_renewed_at_two_thirds_and_not_before(place: Place) -> None:
    first = place.ends()
    renewal = place.renewal()
    assert place.at(50, renewal) == ()
    assert place.ends() == first
    assert place.at(60, renewal) == ()
    assert place.ends() == first + timedelta(days=60)
    assert (place.base / "root" / "tls" / HOST / "previous.pem").exists()


def test_a_failed_renewal_leaves_the_former_one_and_is_told_days_before_its_end(place: Place) -> None:
    first = place.ends()
    failing = place.renewal(issuer="acme", order=down)
    assert place.at(60, failing) == ()
    assert place.at(60.01, failing) == ()  # not tried again before its pause is over
    assert report.failures(failing.folder, HOST).count == 1
    words = f"sertifikat: {HOST} berlaku sampai {first:%Y-%m-%d}, pembaruan gagal 2 kali: acme.down: server ACME mati"
    assert place.at(60.1, failing) == (words,)
    assert "HABIS sejak" in place.at(91, failing)[0]
    assert place.ends() == first
    assert place.at(92, place.renewal()) == ()
    assert place.ends() > first
    assert report.failures(failing.folder, HOST).count == 0


def test_on_a_full_disk_a_failure_is_known_as_long_as_the_process_lives(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or the same name were ordered at each pass, and at each start of a process that it ended."""
    orders: list[str] = []

    def full(_path: Path, _document: Any) -> None:
        raise TemporaryError("disk.full", "disk penuh")

    def order(host: str) -> bytes:
        orders.append(host)
        return down(host)

    failing = place.renewal(issuer="acme", order=order)
    with monkeypatch.context() as disk:
        disk.setattr(records, "save", full)
        for days in (60.0, 60.001, 60.01):
            place.now = BEGIN + timedelta(days=days)
            disk.setattr(clock, "now", lambda: place.now)
            attend(failing)
    assert orders == [HOST]
    words = "pembaruan gagal 2 kali: acme.down: server ACME mati"
    assert place.at(60.1, failing)[0].endswith(words), "with room again it is on record"
    assert report.failures(failing.folder, HOST).count == 2
    assert place.at(61, place.renewal()) == ()


def test_whatever_goes_wrong_with_one_name_the_others_are_renewed(place: Place) -> None:
    other = "zebra.kota.example"
    files.link(place.config.paths.root / "live" / other, "../sites/s900002")
    place.renewal().driver.write(Key(Kind.CERTIFICATE, other), {"issuer": "local", "valid": True})

    def order(host: str) -> bytes:
        if host == HOST:
            raise KeyError("newAccount")
        return authority.issue(place.authority, host, now=place.now)

    renewal, before = place.renewal(issuer="acme", order=order), (place.ends(), place.ends(other))
    place.at(61, renewal)
    assert (place.ends(), place.ends(other) > before[1]) == (before[0], True)
    (said,) = place.at(62, renewal)
    assert f"sertifikat: {HOST} berlaku sampai" in said
    assert "gagal 2 kali: 'newAccount'" in said


def test_what_orders_have_left_is_taken_away_or_waits(place: Place) -> None:
    """And a DNS server that is away keeps no certificate from being renewed."""
    first, asked = place.ends(), []

    def away(before: datetime) -> None:
        asked.append(before)
        raise TemporaryError("dns.down", "server DNS mati")

    assert place.at(60, place.renewal(sweep=away)) == ()
    assert asked == [place.now - timedelta(hours=1)]
    assert place.ends() > first


def test_while_a_plan_writes_to_the_site_nothing_is_put_in_its_place(place: Place) -> None:
    first, renewal = place.ends(), place.renewal()
    with journal_file.writing(place.config.paths.state / "journal" / f"{SITE}.jsonl"):
        assert place.at(60, renewal) == ()
        assert place.ends() == first
    place.at(60, renewal)
    assert place.ends() > first


def test_what_was_ordered_for_a_site_that_is_worked_on_is_kept_and_nothing_is_ordered_again(place: Place) -> None:
    first, orders = place.ends(), []

    def order(host: str) -> bytes:
        orders.append(host)
        return authority.issue(place.authority, host, now=place.now)

    renewal = place.renewal(issuer="acme", order=order)
    with journal_file.writing(place.config.paths.state / "journal" / f"{SITE}.jsonl"):
        for day in (60, 60.1, 60.2):
            assert place.at(day, renewal) == ()
    assert (orders, place.ends()) == ([HOST], first)
    place.at(60.3, renewal)
    assert (orders, place.ends() > first) == ([HOST], True)
    place.at(120.3, renewal)
    assert orders == [HOST] * 2, "another one, two thirds of its life later"


def test_a_name_that_is_taken_off_while_it_is_ordered_for_has_nobodys_lock(place: Place) -> None:
    def order(host: str) -> bytes:
        (place.config.paths.root / "live" / host).unlink()
        return authority.issue(place.authority, host, now=place.now)

    first = place.ends()
    assert place.at(60, place.renewal(issuer="acme", order=order)) == ()
    assert (place.ends(), [*(place.config.paths.state / "journal").glob("*")]) == (first, [])


def test_for_a_name_whose_certificate_is_somebody_elses_nothing_is_ordered(place: Place) -> None:
    """A good one could not be put in its place, and an issuer gives few."""
    orders: list[str] = []

    def order(host: str) -> bytes:
        orders.append(host)
        return authority.issue(place.authority, host, now=place.now)

    (place.config.paths.root / "tls" / HOST / ".panggon").unlink()
    renewal = place.renewal(issuer="acme", order=order)
    told = [words for day in (60, 70, 85) for words in place.at(day, renewal)]
    assert (orders, "certificate.foreign" in told[-1]) == ([], True)


def test_a_parked_site_is_left_alone(place: Place) -> None:
    first = place.ends()
    failing = place.renewal(issuer="acme", order=down)
    place.at(61, failing)
    (place.config.paths.root / "live" / HOST).unlink()
    assert place.at(89, failing) == ()
    assert list(failing.folder.iterdir()) == []
    assert place.ends() == first


def test_nobody_who_looks_is_told_too(place: Place) -> None:
    path = place.config.paths.state / "renewal.json"
    (never,) = report.load(path, now=BEGIN)
    assert never.startswith("sertifikat: belum pernah diperiksa")
    place.at(1, place.renewal())
    (late,) = report.load(path, now=BEGIN + timedelta(days=2))
    since = (BEGIN + timedelta(days=1)).astimezone()
    assert late.startswith(f"sertifikat: tidak diperiksa lagi sejak {since:%Y-%m-%d %H.%M}")


def test_a_wildcard_is_shared_by_links(tmp_path: Path) -> None:
    place = Place(tmp_path, tls={"issuer": "wildcard", "directory": "https://acme.example/dir"})
    wanted: list[str] = []

    def order(name: str) -> bytes:
        wanted.append(name)
        return chained(place.authority, name, now=place.now)

    renewal = place.renewal(issuer="wildcard", order=order)
    wish: Attributes = {"issuer": "wildcard", "valid": True}
    with pytest.raises(TemporaryError, match=r"certificate\.awaited"):
        renewal.driver.write(KEY, wish)
    assert place.at(0, renewal) == ()
    with pytest.raises(PermanentError, match=rf"certificate\.unusable.*a\.{HOST}"):
        renewal.driver.write(Key(Kind.CERTIFICATE, f"a.{HOST}"), wish)
    renewal.driver.write(KEY, wish)
    assert renewal.driver.read(KEY).attributes == wish
    assert (place.config.paths.root / "tls" / HOST / "bundle.pem").readlink() == Path("../_wildcard/bundle.pem")
    place.at(61, renewal)
    assert wanted == ["*.kota.example"] * 2
    assert renewal.driver.read(KEY).attributes == wish
    renewal.driver.write(KEY, None)


def test_a_shared_one_that_cannot_be_put_in_place_is_kept_and_not_ordered_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An ACME server gives few of the same names in a week."""
    place = Place(tmp_path, tls={"issuer": "wildcard", "directory": "https://acme.example/dir"})
    wanted: list[str] = []

    def order(name: str) -> bytes:
        wanted.append(name)
        return chained(place.authority, name, now=place.now)

    def full(*_: Any, **__: Any) -> None:
        raise TemporaryError("disk.full", "disk penuh")

    renewal = place.renewal(issuer="wildcard", order=order)
    with monkeypatch.context() as disk:
        disk.setattr(Renewal, "_share", full)
        for day in (0, 0.1):
            assert place.at(day, renewal)[0].endswith("belum ada: disk.full: disk penuh")
    assert place.at(1, renewal) == ()
    assert wanted == ["*.kota.example"]
    place.at(61, renewal)
    assert wanted == ["*.kota.example"] * 2


def test_from_one_issuer_to_another_and_back(place: Place) -> None:
    shared = place.renewal(issuer="wildcard", order=lambda name: chained(place.authority, name, now=place.now))
    shared._renew_wildcard()
    before = (place.config.paths.root / "tls" / HOST / "bundle.pem").read_bytes()
    assert shared.driver.read(KEY).attributes == {"issuer": "local", "valid": True}
    shared.driver.write(KEY, {"issuer": "wildcard", "valid": True})
    assert shared.driver.read(KEY).attributes == {"issuer": "wildcard", "valid": True}
    shared.driver.write(KEY, {"issuer": "local", "valid": True})  # the plan is undone
    assert (place.config.paths.root / "tls" / HOST / "bundle.pem").read_bytes() == before


def test_the_end_of_the_machines_own_authority_is_told_a_year_before(place: Place) -> None:
    """With the clock ten years on: what it has signed is good with either of its certificates meanwhile."""
    renewal, ends = place.renewal(), place.authority.load().not_valid_after_utc
    assert place.at(3650 - 366, renewal) == ()
    words = f"sertifikat: otoritas mesin ini ({place.authority.certificate}) berlaku sampai {ends:%Y-%m-%d}"
    said = (f"{words}; jalankan panggon-node renew-authority, lalu bagikan yang baru",)
    assert place.at(3650 - 364, renewal) == said
    assert place.at(3651, renewal) == said
    former = place.authority.load()
    assert authority.renew(place.authority, now=place.now) > place.now + timedelta(days=3649)
    new = place.authority.load()
    assert (new.subject, new.public_key()) == (former.subject, former.public_key())
    assert new.serial_number != former.serial_number
    bundle = bundles.load((place.config.paths.root / "tls" / HOST / "bundle.pem").read_bytes())
    assert bundle.follows(new)
    assert bundle.follows(former)
    assert renewal.driver.read(KEY).attributes == {"issuer": "local", "valid": True}
    assert place.at(3652, renewal) == ()


def test_a_clock_that_jumps_a_year_ahead_and_back_leaves_a_good_certificate(place: Place) -> None:
    first, renewal = place.ends(), place.renewal()
    assert place.at(400, renewal) == ()
    assert place.ends() > first + timedelta(days=365)
    assert place.at(35, renewal) == ()  # nobody would believe that one now
    assert place.ends() == first + timedelta(days=35)
    renewed = place.ends()
    assert place.at(34, renewal) == ()  # a day back: issued again, for it is not valid yet
    assert place.at(36, renewal) == ()
    assert place.ends() == renewed - timedelta(days=1)


def test_a_jump_of_the_clock_makes_no_storm_of_orders(place: Place) -> None:
    asked: list[str] = []

    def order(host: str) -> bytes:
        asked.append(host)
        raise TemporaryError("acme.down", "server ACME mati")

    root = place.config.paths.root
    for number in range(40):
        host = f"a{number:02}.kota.example"
        place.renewal().driver.write(Key(Kind.CERTIFICATE, host), {"issuer": "local", "valid": True})
        files.link(root / "live" / host, f"../sites/{SITE}")
    tls_settings = replace(place.config.tls, issuer="acme")
    renewal = Renewal(replace(place.config, tls=tls_settings), place.renewal(issuer="acme", order=order).driver)
    place.at(365, renewal)
    assert len(asked) == 15
    place.at(365.007, renewal)
    place.at(365.014, renewal)
    assert (len(asked), len(set(asked))) == (45, 41)  # nobody waits for those that fail again and again
