"""Beside what others have in the zone: the same on Knot and on BIND."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import dns.name
import pytest

from panggon.core.errors import PermanentError
from panggon.core.node.planning.resources import Key, Kind, Standing
from panggon.core.node.zone_names import leading_elsewhere, leading_to
from panggon.drivers.dns import RecordsDriver
from panggon.drivers.system import shell
from panggon.drivers.zones import transfer
from panggon.drivers.zones.challenges import ChallengeRecords
from panggon.drivers.zones.zone import Settings, Zone
from tests.drivers import bind
from tests.drivers.records.zone import FIRST, HOST, KEY, SECOND, SITE, ZONE, Others, everything, proven

pytestmark = pytest.mark.real


@pytest.fixture(scope="module", params=["knot", "bind"])
def served(request: pytest.FixtureRequest, root: Path) -> Iterator[Settings]:
    if request.param == "knot":
        yield request.getfixturevalue("settings")
        return
    with bind.serving(root / "bind", ZONE) as settings:
        yield settings


def test_safety_records_beside_those_of_others_and_nothing_left_in_the_end(served: Settings, tmp_path: Path) -> None:
    """Knot and BIND: what others have is kept, what is missing is added, DNSSEC holds, removal leaves no name."""
    driver, others = RecordsDriver(served), Others(served)
    before = everything(served)
    others.add(HOST, "MX", "10 mail.example.")
    others.add(HOST, "TXT", '"google-site-verification=x"')
    others.add(f"_dmarc.{HOST}", "TXT", '"v=DMARC1; p=reject"')
    driver.write(KEY, FIRST)
    driver.write(KEY, SECOND)
    assert driver.read(KEY).attributes == SECOND
    assert (others.ask(HOST, "MX"), others.ask(HOST, "CAA")) == (["10 mail.example."], ['0 issue "ca.example"'])
    assert others.ask(HOST, "TXT") == ['"google-site-verification=x"', '"v=spf1 -all"']
    assert others.ask(f"_panggon.{HOST}", "TXT") == [f'"site={SITE} with=caa:ca.example,-dmarc,-mx,spf"']
    checks = proven(served, SECOND)
    assert all(check.ok for check in checks), checks
    anchor = bind.anchor(served, tmp_path / "anchor")
    for name, kind in ((HOST, "A"), (HOST, "MX"), (HOST, "CAA"), (f"_dmarc.{HOST}", "TXT"), (f"tiada.{ZONE}", "A")):
        where = ["delv", f"@{served.primary.address}", "-p", str(served.primary.port), "-a", str(anchor)]
        said = shell.run([*where, f"+root={ZONE}", name, kind]).output
        assert "; fully validated" in said or "; negative response, fully validated" in said, said
    others.add(f"lupa.{ZONE}", "CNAME", f"{HOST}.")
    others.add(HOST, "HTTPS", "0 judi.example.")
    zone = transfer.names(served)
    assert leading_to(zone, {"192.0.2.3"}) == {HOST, f"lupa.{ZONE}"}
    assert (leading_elsewhere(zone, {HOST}), zone.others[ZONE]) == (((HOST, "HTTPS"),), {"NS"})
    others.remove(f"lupa.{ZONE}", "CNAME")
    others.remove(HOST, "HTTPS")
    others.remove(HOST, "CAA")
    drifted = driver.read(KEY).attributes
    assert drifted is not None
    assert drifted["safety"] == ("dmarc", "mx", "spf")
    driver.write(KEY, SECOND)
    driver.write(KEY, None)
    assert others.ask(f"_dmarc.{HOST}", "TXT") == ['"v=DMARC1; p=reject"']
    assert others.ask(HOST, "TXT") == ['"google-site-verification=x"']
    for name, kind in ((HOST, "MX"), (HOST, "TXT"), (f"_dmarc.{HOST}", "TXT")):
        others.remove(name, kind)
    assert everything(served) == before


def test_how_long_what_others_have_may_be_kept_stays(served: Settings) -> None:
    """Knot and BIND give all records of a type the TTL of the one that came last."""
    driver, others, before = RecordsDriver(served), Others(served), everything(served)
    places = {HOST: 7200, f"_dmarc.{HOST}": 0, f"_panggon.{HOST}": 3600, f"_acme-challenge.{HOST}": 7200}
    for place, ttl in places.items():
        others.add(place, "TXT", '"lain"', ttl=ttl)
    driver.write(KEY, SECOND)
    ChallengeRecords(served).plant(HOST, "", "jawaban")
    ChallengeRecords(served).clear(HOST, "", "jawaban")
    assert driver.read(KEY).attributes == SECOND
    asked = [(dns.name.from_text(place), "TXT") for place in places]
    for texts in (2, 1):
        found = Zone(served).records(*asked)
        assert [found[each].ttl for each in asked] == list(places.values())
        assert [len(found[each].texts) for each in asked] == [texts, texts, texts, 1]
        driver.write(KEY, None)
    for place in places:
        others.remove(place, "TXT")
    assert everything(served) == before


@pytest.mark.parametrize("place", [f"*.{HOST}", f"*.{ZONE}"])
def test_a_wildcard_that_looks_like_a_mark_of_ours_is_none(served: Settings, place: str) -> None:
    """What others have beside it is theirs, and a name that nobody has is made."""
    driver, others, before = RecordsDriver(served), Others(served), everything(served)
    others.add(place, "TXT", f'"site={SITE} with=spf"')
    assert driver.read(KEY).standing is Standing.ABSENT
    driver.write(KEY, FIRST)
    assert driver.read(KEY).attributes == FIRST
    driver.write(KEY, None)
    others.add(HOST, "A", "203.0.113.7")
    assert others.ask(f"_panggon.{HOST}", "TXT") == ([f'"site={SITE} with=spf"'] if place == f"*.{HOST}" else [])
    for after in (FIRST, None):
        with pytest.raises(PermanentError, match=rf"dns\.foreign: {HOST} sudah memiliki A"):
            driver.write(KEY, after)
    others.remove(HOST, "A")
    others.remove(place, "TXT")
    assert everything(served) == before


@pytest.mark.parametrize("theirs", ["s000001", "s999999"])
def test_of_two_sites_whose_mark_is_there_the_one_on_record_has_the_name(served: Settings, theirs: str) -> None:
    own, others = RecordsDriver(served, owned=frozenset({KEY}), site=SITE), Others(served)
    stranger = replace(own, owned=frozenset(), site=theirs)
    own.write(KEY, FIRST)
    others.add(f"_panggon.{HOST}", "TXT", f'"site={theirs}"')
    assert own.read(KEY).attributes == FIRST
    assert stranger.read(KEY).attributes == FIRST
    with pytest.raises(PermanentError, match=rf"dns\.foreign: {HOST} milik {SITE}"):
        stranger.write(KEY, {**FIRST, "site": theirs})
    assert [check for check in proven(served, FIRST) if not check.ok] == []
    own.write(KEY, None)
    assert (others.ask(HOST, "A"), others.ask(f"_panggon.{HOST}", "TXT")) == ([], [f'"site={theirs}"'])
    others.remove(f"_panggon.{HOST}", "TXT")


@pytest.mark.parametrize(
    ("above", "kind", "text", "has"),
    [
        (f"bagian.{ZONE}", "NS", "ns.example.", f"NS di bagian.{ZONE}"),
        (f"bagian.{ZONE}", "DNAME", f"lain.{ZONE}.", f"DNAME di bagian.{ZONE}"),
        (f"situs.bagian.{ZONE}", "DNAME", f"lain.{ZONE}.", "DNAME"),
        (f"_panggon.situs.bagian.{ZONE}", "NS", "ns.example.", f"NS di _panggon.situs.bagian.{ZONE}"),
        (f"_panggon.situs.bagian.{ZONE}", "CNAME", "www.example.", f"CNAME di _panggon.situs.bagian.{ZONE}"),
    ],
)
def test_below_what_others_serve_nothing_is_made(served: Settings, above: str, kind: str, text: str, has: str) -> None:
    """Knot and BIND take records that nobody can meet there: they would be met when that is gone. Without its mark a
    site's name could not be taken away again.
    """
    driver, others, before = RecordsDriver(served), Others(served), everything(served)
    key = Key(Kind.RECORDS, f"situs.bagian.{ZONE}")
    others.add(above, kind, text)
    found = driver.read(key)
    assert (found.standing, found.detail) == (Standing.FOREIGN, f"{key.name} sudah memiliki {has}")
    with pytest.raises(PermanentError, match=r"dns\.foreign"):
        driver.write(key, SECOND)
    others.remove(above, kind)
    assert driver.read(key).standing is Standing.ABSENT
    assert everything(served) == before


@pytest.mark.parametrize(
    ("place", "kind", "has"), [(f"_panggon.{HOST}", "NS", f"NS di _panggon.{HOST}"), (HOST, "DNAME", "DNAME")]
)
def test_what_hides_the_mark_of_ours_holds_up_its_removal(
    request: pytest.FixtureRequest, served: Settings, place: str, kind: str, has: str
) -> None:
    """The addresses still lead here. Knot takes no DNAME where there is something below."""
    own, others = RecordsDriver(served, owned=frozenset({KEY})), Others(served)
    own.write(KEY, FIRST)
    with suppress(AssertionError):
        others.add(place, kind, "ns.example.")
    is_there = kind in transfer.names(served).others.get(place, ())
    assert is_there == (kind == "NS" or request.node.callspec.params["served"] == "bind")
    if is_there:
        found = own.read(KEY)
        assert (found.standing, found.detail) == (Standing.PARTIAL, f"{HOST} sudah memiliki {has}")
        with pytest.raises(PermanentError, match=rf"dns\.foreign: {HOST} sudah memiliki {has}"):
            own.write(KEY, None)
        others.remove(place, kind)
    own.write(KEY, None)
    assert own.read(KEY).standing is Standing.ABSENT
