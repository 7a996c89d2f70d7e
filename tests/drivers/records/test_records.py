"""What a site's name gets in the zone, beside what others have there."""

from dataclasses import replace

import pytest

from panggon.core.errors import PermanentError, TemporaryError
from panggon.core.node.planning.resources import Standing
from panggon.drivers.dns import RecordsDriver
from panggon.drivers.zones.zone import Zone
from tests.drivers.contract import Case, Contract
from tests.drivers.records.zone import FIRST, HOST, KEY, SAFETY, SECOND, ZONE, Others, proven

pytestmark = pytest.mark.real


class TestContract(Contract):
    @pytest.fixture
    def case(self, driver: RecordsDriver, others: Others) -> Case:
        return Case(
            driver=lambda: driver,
            key=KEY,
            first=FIRST,
            second=SECOND,
            plant=lambda: others.add(HOST, "A", "203.0.113.7"),
            planted=lambda: [others.ask(HOST, kind) for kind in ("A", "AAAA", "TXT")],
            clear=lambda: others.remove(HOST, "A"),
            stride=3,  # only one line of a write changes anything there
        )


@pytest.mark.usefixtures("_clean")
class TestOthersRecords:
    @pytest.mark.parametrize(
        ("kind", "text"),
        [
            ("AAAA", "2001:db8::7"),
            ("CNAME", "www.example."),
            ("CNAME", f"tiada.{ZONE}."),
            ("NS", "ns.example."),
            ("HTTPS", "1 . alpn=h2"),
        ],
    )
    def test_a_name_in_use_is_foreign(self, driver: RecordsDriver, others: Others, kind: str, text: str) -> None:
        others.add(HOST, kind, text)
        found = driver.read(KEY)
        assert (found.standing, found.detail) == (Standing.FOREIGN, f"{HOST} sudah memiliki {kind}")
        with pytest.raises(PermanentError, match=r"dns\.foreign"):
            driver.write(KEY, FIRST)
        with pytest.raises(PermanentError, match=r"dns\.foreign"):
            driver.write(KEY, None)
        others.remove(HOST, kind)
        assert driver.read(KEY).standing is Standing.ABSENT

    def test_records_of_other_types_and_names_are_left_alone(self, driver: RecordsDriver, others: Others) -> None:
        others.add(HOST, "MX", "10 mail.example.")
        others.add(f"www.{HOST}", "A", "203.0.113.9")
        driver.write(KEY, FIRST)
        driver.write(KEY, SECOND)
        driver.write(KEY, None)
        assert driver.read(KEY).standing is Standing.ABSENT
        assert (others.ask(HOST, "MX"), others.ask(f"www.{HOST}", "A")) == (["10 mail.example."], ["203.0.113.9"])
        others.remove(HOST, "MX")
        others.remove(f"www.{HOST}", "A")

    def test_a_wildcard_of_the_zone_holds_no_name(self, driver: RecordsDriver, others: Others) -> None:
        others.add(f"*.{ZONE}", "A", "203.0.113.8")
        assert others.ask(HOST, "A") == ["203.0.113.8"]
        assert driver.read(KEY).standing is Standing.ABSENT
        driver.write(KEY, FIRST)
        assert driver.read(KEY).attributes == FIRST
        driver.write(KEY, None)
        assert others.ask(HOST, "A") == ["203.0.113.8"]
        others.remove(f"*.{ZONE}", "A")

    @pytest.mark.parametrize(
        ("kind", "text"),
        [
            ("TXT", '"v=spf1 -all"'),
            ("TXT", '"v=DMARC1; p=none"'),
            ("MX", "10 mail.example."),
            ("CAA", '0 issue "lain.example"'),
        ],
    )
    def test_what_a_wildcard_of_the_zone_answers_is_made_of_its_own(
        self, driver: RecordsDriver, others: Others, kind: str, text: str
    ) -> None:
        """It ends where the name begins."""
        others.add(f"*.{ZONE}", kind, text)
        driver.write(KEY, SECOND)
        assert driver.read(KEY).attributes == SECOND
        assert [check for check in proven(driver.settings, SECOND) if not check.ok] == []
        driver.write(KEY, None)
        others.remove(f"*.{ZONE}", kind)

    def test_who_has_the_same_as_the_wildcard_has_the_name(self, driver: RecordsDriver, others: Others) -> None:
        for name in (f"*.{ZONE}", HOST):
            others.add(name, "A", "203.0.113.8")
        found = driver.read(KEY)
        assert (found.standing, found.detail) == (Standing.FOREIGN, f"{HOST} sudah memiliki A")
        for name in (HOST, f"*.{ZONE}"):
            others.remove(name, "A")

    def test_dmarc_that_others_keep_by_an_alias_is_theirs(self, driver: RecordsDriver, others: Others) -> None:
        """Nothing is added beside an alias (RFC 2136 section 3.4.2.2); the one of a wildcard is none."""
        others.add(f"*.{ZONE}", "CNAME", "www.example.")
        for alias in (True, False):
            if alias:
                others.add(f"_dmarc.{HOST}", "CNAME", "dmarc.example.")
            driver.write(KEY, SECOND)
            assert driver.read(KEY).attributes == SECOND
            assert others.ask(f"_dmarc.{HOST}", "TXT") == (["dmarc.example."] if alias else ['"v=DMARC1; p=reject"'])
            assert [check for check in proven(driver.settings, SECOND) if not check.ok] == []
            driver.write(KEY, None)
            assert others.ask(f"_dmarc.{HOST}", "CNAME") == ["dmarc.example." if alias else "www.example."]
            others.remove(f"_dmarc.{HOST}", "CNAME")
        others.remove(f"*.{ZONE}", "CNAME")

    def test_dmarc_that_others_serve_from_elsewhere_is_theirs(self, driver: RecordsDriver, others: Others) -> None:
        others.add(f"_dmarc.{HOST}", "NS", "ns.surat.example.")
        driver.write(KEY, SECOND)
        assert driver.read(KEY).attributes == SECOND
        assert "-dmarc" in others.ask(f"_panggon.{HOST}", "TXT")[0]
        assert [check for check in proven(driver.settings, SECOND) if not check.ok] == []
        driver.write(KEY, None)
        others.remove(f"_dmarc.{HOST}", "NS")
        assert driver.read(KEY).standing is Standing.ABSENT

    def test_an_alias_in_the_place_of_our_addresses_is_named(self, driver: RecordsDriver, others: Others) -> None:
        driver.write(KEY, FIRST)
        for kind in ("A", "AAAA"):
            others.remove(HOST, kind)
        others.add(HOST, "CNAME", "www.example.")
        with pytest.raises(PermanentError, match=rf"dns\.foreign: {HOST} sudah memiliki CNAME"):
            driver.write(KEY, FIRST)
        driver.write(KEY, None)
        assert others.ask(f"_panggon.{HOST}", "TXT") == []
        assert others.ask(HOST, "CNAME") == ["www.example."]
        others.remove(HOST, "CNAME")

    def test_texts_of_others_beside_the_mark_are_left_alone(self, driver: RecordsDriver, others: Others) -> None:
        mark, theirs = f"_panggon.{HOST}", '"site=s900009"'
        others.add(mark, "TXT", '"catatan"')
        driver.write(KEY, FIRST)
        others.add(mark, "TXT", theirs)
        driver.write(KEY, SECOND)
        assert driver.read(KEY).attributes == SECOND
        driver.write(KEY, None)
        assert others.ask(mark, "TXT") == ['"catatan"', theirs]
        others.remove(mark, "TXT")

    def test_the_name_of_another_site_is_not_taken_over(self, driver: RecordsDriver) -> None:
        driver.write(KEY, FIRST)
        with pytest.raises(PermanentError, match=r"dns\.foreign: .* milik s900001"):
            driver.write(KEY, {**FIRST, "site": "s900002"})
        assert driver.read(KEY).attributes == FIRST

    def test_a_change_in_between_is_not_overwritten(self, driver: RecordsDriver, others: Others) -> None:
        driver.write(KEY, FIRST)
        stale = driver._update(KEY, driver._found(KEY), SECOND)
        others.add(HOST, "A", "203.0.113.7")
        with pytest.raises(TemporaryError, match=r"dns\.changed"):
            driver._zone.send(stale)
        assert driver.read(KEY).attributes == {**FIRST, "a": ("192.0.2.1", "203.0.113.7")}


@pytest.mark.usefixtures("_clean")
class TestWhatPeopleChanged:
    def test_no_alias_is_asked_for_in_the_place_of_what_is_ours(
        self, driver: RecordsDriver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Thousands of sites are looked at all day."""
        driver.write(KEY, SECOND)
        asked, honest = list[str](), Zone.records
        monkeypatch.setattr(
            Zone, "records", lambda zone, *each: (asked.extend(kind for _, kind in each), honest(zone, *each))[1]
        )
        assert driver.read(KEY).attributes == SECOND
        assert sorted(asked) == ["A", "AAAA", "CAA", "MX", *["TXT"] * 4]

    @pytest.mark.parametrize(
        ("word", "place", "kind", "text"),
        [
            ("spf", HOST, "TXT", '"v=spf1 +all"'),
            ("dmarc", f"_dmarc.{HOST}", "TXT", '"v=DMARC1; p=none"'),
            ("mx", HOST, "MX", "10 mail.example."),
        ],
    )
    def test_another_safety_record_in_the_place_of_ours_is_seen(
        self, driver: RecordsDriver, others: Others, word: str, place: str, kind: str, text: str
    ) -> None:
        driver.write(KEY, SECOND)
        others.remove(place, kind)
        others.add(place, kind, text)
        seen = driver.read(KEY).attributes
        assert seen == {**SECOND, "safety": tuple(each for each in SAFETY if each != word)}
        driver.write(KEY, SECOND)  # approved: it is theirs from now on
        assert driver.read(KEY).attributes == SECOND
        assert f"-{word}" in others.ask(f"_panggon.{HOST}", "TXT")[0]
        driver.write(KEY, None)
        assert others.ask(place, kind) == [text]
        others.remove(place, kind)

    @pytest.mark.parametrize(
        ("place", "kind"),
        [
            (HOST, "A"),
            (HOST, "MX"),
            (HOST, "TXT"),
            (HOST, "CAA"),
            (f"_panggon.{HOST}", "TXT"),
            (f"_dmarc.{HOST}", "TXT"),
        ],
    )
    def test_another_ttl_is_seen_and_mended(self, driver: RecordsDriver, others: Others, place: str, kind: str) -> None:
        driver.write(KEY, SECOND)
        others.keep(place, kind, ttl=5)
        assert driver.read(KEY).attributes == {**SECOND, "ttl": 5}
        driver.write(KEY, SECOND)
        assert driver.read(KEY).attributes == SECOND
        driver.write(KEY, {**SECOND, "ttl": 5})  # the plan is undone
        assert driver.read(KEY).attributes == {**SECOND, "ttl": 5}

    def test_how_long_records_may_be_kept_that_others_share_is_their_matter(
        self, driver: RecordsDriver, others: Others
    ) -> None:
        driver.write(KEY, SECOND)
        others.add(HOST, "TXT", '"google-site-verification=x"')
        others.keep(HOST, "TXT", ttl=5)
        assert driver.read(KEY).attributes == SECOND
        others.remove(HOST, "TXT")

    def test_a_lost_mark_of_ours_is_mended_and_nothing_is_left_in_the_end(
        self, driver: RecordsDriver, others: Others
    ) -> None:
        own = replace(driver, owned=frozenset({KEY}))
        driver.write(KEY, SECOND)
        mark = others.ask(f"_panggon.{HOST}", "TXT")
        others.remove(f"_panggon.{HOST}", "TXT")
        assert (driver.read(KEY).standing, own.read(KEY).standing) == (Standing.FOREIGN, Standing.PARTIAL)
        with pytest.raises(PermanentError, match=r"dns\.foreign"):
            driver.write(KEY, SECOND)
        own.write(KEY, SECOND)
        assert (own.read(KEY).attributes, others.ask(f"_panggon.{HOST}", "TXT")) == (SECOND, mark)
        own.write(KEY, None)
        kinds = ((HOST, "A"), (HOST, "MX"), (HOST, "TXT"), (HOST, "CAA"), (f"_dmarc.{HOST}", "TXT"))
        assert [others.ask(*each) for each in kinds] == [[]] * len(kinds)

    def test_a_name_that_leads_elsewhere_is_not_taken_back(self, driver: RecordsDriver, others: Others) -> None:
        own = replace(driver, owned=frozenset({KEY}))
        driver.write(KEY, FIRST)
        others.remove(f"_panggon.{HOST}", "TXT")
        others.add(HOST, "A", "203.0.113.7")
        for after in (FIRST, None):
            with pytest.raises(PermanentError, match=r"dns\.foreign"):
                own.write(KEY, after)
        assert others.ask(HOST, "A") == ["192.0.2.1", "203.0.113.7"]
        for kind in ("A", "AAAA"):
            others.remove(HOST, kind)
        others.add(HOST, "CNAME", "www.example.")
        assert own.read(KEY).standing is Standing.FOREIGN
        others.remove(HOST, "CNAME")
