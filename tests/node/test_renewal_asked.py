"""Certificates that people want replaced now: by the owner of renewals, with the machine's authority and a clock."""

import os
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest
from click.testing import CliRunner, Result

from panggon.core.errors import TemporaryError
from panggon.core.node.planning.resources import Key, Kind
from panggon.drivers.certificates import authority, bundles
from panggon.drivers.certificates.bundles import Bundle
from panggon.drivers.system import files
from panggon.node import layout, wiring
from panggon.node.command import certificates
from panggon.node.command.cli import cli
from panggon.node.daemons import alive
from panggon.node.renewal import __main__ as owner
from panggon.node.renewal.asked import Asked, Wish
from panggon.node.renewal.renewal import Renewal
from tests.node.renewal_place import KEY, Place, chained
from tests.node.web_stand import HOST
from tests.waiting import until

pytestmark = pytest.mark.real

OTHER = "zebra.kota.example"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place(tmp_path)
    place.renewal().driver.write(KEY, {"issuer": "local", "valid": True})
    return place


def leaf(place: Place, name: str = HOST) -> int:
    return bundles.load((place.config.paths.root / "tls" / name / "bundle.pem").read_bytes()).leaf.serial_number


def asked(place: Place, name: str = HOST, *, revoke: bool = False) -> Asked:
    asked = Asked(place.config)
    bundle = asked.lying(name)
    assert bundle
    asked.ask(name, Wish(bundle, revoke=revoke))
    return asked


def test_what_people_ask_for_is_replaced_once_whatever_its_age(place: Place) -> None:
    renewal, wishes, first = place.renewal(), asked(place), leaf(place)
    assert (layout.renewals_asked(place.config) / f"{HOST}.json").stat().st_mode & 0o777 == 0o600
    assert place.at(1, renewal) == ()
    second = leaf(place)
    assert (second != first, wishes.when()) == (True, {})
    assert place.at(1.1, renewal) == ()
    assert leaf(place) == second


def test_what_cannot_be_ordered_is_told_at_once_and_done_later(place: Place) -> None:
    def down(_host: str) -> bytes:
        raise TemporaryError("acme.down", "server ACME mati")

    wishes, first = asked(place), leaf(place)
    problem = "acme.down: server ACME mati"
    assert place.at(1, place.renewal(issuer="acme", order=down)) == (f"sertifikat: {HOST} diminta diganti: {problem}",)
    wish = wishes.wish(HOST)
    assert (wish and wish.problem, leaf(place)) == (problem, first)
    assert place.at(1.2, place.renewal()) == ()
    assert (leaf(place) != first, wishes.when()) == (True, {})


def test_the_former_one_is_revoked_after_another_is_served_and_as_often_as_that_takes(place: Place) -> None:
    revoked: list[tuple[int, int]] = []
    is_down = True

    def revoke(bundle: Bundle) -> None:
        if is_down:
            raise TemporaryError("acme.down", "server ACME mati")
        revoked.append((bundle.leaf.serial_number, leaf(place)))

    first = leaf(place)
    wishes, renewal = asked(place, revoke=True), place.renewal(revoke=revoke)
    words = "sudah diganti, tetapi yang lama belum dicabut: acme.down: server ACME mati"
    assert place.at(1, renewal) == (f"sertifikat: {HOST} diminta diganti: {words}",)
    second = leaf(place)
    is_down = False
    assert place.at(1.1, renewal) == ()
    assert (revoked, leaf(place), wishes.when()) == ([(first, second)], second, {})


def test_who_does_not_ask_for_it_has_nothing_revoked(place: Place) -> None:
    revoked: list[Bundle] = []
    asked(place)
    assert place.at(1, place.renewal(revoke=revoked.append)) == ()
    assert revoked == []


def test_one_that_is_good_no_more_needs_no_revocation(place: Place) -> None:
    def refuse(_bundle: Bundle) -> None:
        raise TemporaryError("acme.refused", "certificate is expired")

    wishes, renewal = asked(place, revoke=True), place.renewal(revoke=refuse)
    assert "belum dicabut" in place.at(1, renewal)[0]
    assert (place.at(91, renewal), wishes.when()) == ((), {})


def test_those_that_were_asked_for_come_first_and_wait_for_their_turn(place: Place) -> None:
    """As everybody else an issuer gives so many at a time."""
    ordered: list[str] = []

    def order(host: str) -> bytes:
        ordered.append(host)
        return authority.issue(place.authority, host, now=place.now)

    names = [f"a{number:02}.kota.example" for number in range(16)]
    for name in [*names, OTHER]:
        place.renewal().driver.write(Key(Kind.CERTIFICATE, name), {"issuer": "local", "valid": True})
        files.link(place.config.paths.root / "live" / name, "../sites/s900002")
    renewal = place.renewal(issuer="acme", order=order)
    acme = Renewal(replace(place.config, tls=replace(place.config.tls, issuer="acme")), renewal.driver)
    for name in names[1:]:
        asked(place, name)
    asked(place, OTHER)
    assert place.at(61, acme) == ("sertifikat: 1 menunggu giliran diganti",)
    assert ordered == names[1:]
    assert place.at(61.01, acme) == ()
    assert ordered[15:] == [OTHER, names[0], HOST]


def test_the_shared_one_is_replaced_for_all(tmp_path: Path) -> None:
    place = Place(tmp_path, tls={"issuer": "wildcard", "directory": "https://acme.example/dir"})
    renewal = place.renewal(issuer="wildcard", order=lambda name: chained(place.authority, name, now=place.now))
    assert place.at(0, renewal) == ()
    first, wishes = leaf(place, "_wildcard"), asked(place, "_wildcard")
    assert place.at(1, renewal) == ()
    assert (leaf(place, "_wildcard") != first, wishes.when()) == (True, {})


def test_a_full_disk_keeps_the_wish(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_self: Asked, _name: str, _wish: Wish) -> None:
        raise TemporaryError("disk.full", "disk penuh")

    def refuse(_bundle: Bundle) -> None:
        raise TemporaryError("acme.down", "server ACME mati")

    wishes = asked(place, revoke=True)
    with monkeypatch.context() as disk:
        disk.setattr(Asked, "ask", full)
        assert "belum dicabut" in place.at(1, place.renewal(revoke=refuse))[0]
    assert list(wishes.when()) == [HOST]


class TestCommand:
    """With the owner beside it, as it runs on a machine."""

    @pytest.fixture(autouse=True)
    def _owned(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        driver = place.renewal().driver
        monkeypatch.setattr(wiring, "certificates", lambda _config: driver)
        monkeypatch.setattr(certificates, "demand_real", lambda _config: None)
        monkeypatch.setattr("panggon.node.command.options.settings_of", lambda _path: place.config)
        alive.announce(layout.renewal_alive(place.config))

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(cli, ["renew", *arguments])

    def test_waits_until_it_is_done(self, place: Place) -> None:
        wishes, first = Asked(place.config), leaf(place)
        said: list[Result] = []
        asking = Thread(target=lambda: said.append(self.run(HOST)))
        asking.start()
        until(lambda: HOST in wishes.when())
        place.at(1, place.renewal())
        asking.join()
        assert said[0].output == (
            "1 sertifikat akan diganti layanan renewal, juga bila perintah ini dihentikan (Ctrl-C).\n"
            f"{HOST}: baru, berlaku sampai {place.ends():%Y-%m-%d}\n"
        )
        assert (said[0].exit_code, leaf(place) != first) == (0, True)

    def test_says_what_went_wrong_and_that_it_goes_on(self, place: Place) -> None:
        def down(_host: str) -> bytes:
            raise TemporaryError("acme.down", "server ACME mati")

        said: list[Result] = []
        asking = Thread(target=lambda: said.append(self.run("--all")))
        asking.start()
        until(lambda: HOST in Asked(place.config).when())
        place.at(1, place.renewal(issuer="acme", order=down))
        asking.join()
        assert said[0].output.endswith(f"{HOST}: GAGAL: acme.down: server ACME mati; dicoba lagi\n")
        assert said[0].exit_code == 1

    def asks(self, place: Place, *, revoke: bool = False) -> None:
        renewal = Renewal(place.config, place.renewal().driver)
        certificates._ask(renewal, HOST, revoke=revoke)

    def test_asked_again_it_is_tried_at_once_and_what_is_to_be_revoked_stays_so(self, place: Place) -> None:
        def down(_host: str) -> bytes:
            raise TemporaryError("acme.down", "server ACME mati")

        revoked: list[int] = []
        first = leaf(place)
        self.asks(place, revoke=True)
        place.at(1, place.renewal(issuer="acme", order=down))
        self.asks(place)
        wish = Asked(place.config).wish(HOST)
        assert wish
        assert (wish.bundle.leaf.serial_number, wish.revoke, wish.problem) == (first, True, "")
        revoking = place.renewal(revoke=lambda bundle: revoked.append(bundle.leaf.serial_number))
        assert place.at(1.001, revoking) == ()
        assert (revoked, leaf(place) != first) == ([first], True)

    def test_asked_again_the_former_one_is_still_revoked_and_the_new_one_is_not(self, place: Place) -> None:
        def refuse(_bundle: Bundle) -> None:
            raise TemporaryError("acme.down", "server ACME mati")

        revoked: list[int] = []
        first = leaf(place)
        self.asks(place, revoke=True)
        place.at(1, place.renewal(revoke=refuse))
        second = leaf(place)
        self.asks(place, revoke=True)
        wish = Asked(place.config).wish(HOST)
        assert wish
        assert (wish.bundle.leaf.serial_number, wish.problem) == (first, "")
        place.at(1.1, place.renewal(revoke=lambda bundle: revoked.append(bundle.leaf.serial_number)))
        assert (revoked, leaf(place)) == ([first], second)

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            ((), "Sebut nama situsnya, atau --all untuk semua."),
            ((HOST, "--all"), "Sebut nama situsnya, atau --all untuk semua."),
            (("lain.kota.example",), "tidak ada situs dengan nama lain.kota.example yang dilayani di mesin ini"),
            (("*.kota.example",), "tidak ada situs dengan nama *.kota.example yang dilayani di mesin ini"),
            ((HOST, "--revoke"), "otoritas mesin ini tidak dapat mencabut"),
        ],
    )
    def test_refuses(self, place: Place, arguments: tuple[str, ...], words: str) -> None:
        found = self.run(*arguments)
        assert (words in found.output, found.exit_code != 0, Asked(place.config).when()) == (True, True, {})

    def test_refuses_where_nobody_would_do_it(self, place: Place) -> None:
        layout.renewal_alive(place.config).unlink()
        found = self.run(HOST)
        assert ("layanan renewal tidak jalan" in found.output, found.exit_code) == (True, 1)


def test_the_owner_rests_until_it_is_asked(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owner, "LOOK_SECONDS", 0.01)
    wishes = asked(place)
    resting = Thread(target=owner._rest, args=(wishes, {HOST}))
    resting.start()
    resting.join(0.2)
    assert resting.is_alive(), "what it knew when the pass began"
    os.utime(layout.renewals_asked(place.config) / f"{HOST}.json", (1, 1))  # asked again
    resting.join(10)
    assert not resting.is_alive()
    owner._rest(wishes, set())
