"""What no wish asked for: told, and of names that lead to a site, taken away by that site's next plan."""

from dataclasses import replace

from panggon.core.node.planning.plan import Change, make
from panggon.core.node.planning.resources import Key, Kind, absent, foreign, ours
from panggon.core.node.strays import Standing, strays
from panggon.core.node.words.plan_words import differences
from tests.core.node.planning.plans import FACTS, OPEN, SUSPENDED, existing
from tests.core.sites.site_specs import HOST, SITE

JUDI = "judi.kota.example"
STRAY = Key(Kind.HOST, JUDI)


def test_what_no_wish_speaks_of() -> None:
    named = {SITE: {HOST, "lama.kota.example"}, "s000002": {"dua.kota.example"}}
    of_sites = (Kind.USER, Kind.DIRECTORY, Kind.ACCESS, Kind.TASKS)
    unasked = {
        Standing(STRAY, SITE),
        Standing(Key(Kind.HOST, "dua.kota.example"), SITE),  # another site's name
        Standing(Key(Kind.HOST, "tiga.kota.example"), "s000003"),
        Standing(Key(Kind.HOST, "empat.kota.example")),
        Standing(Key(Kind.CERTIFICATE, JUDI)),
        *(Standing(Key(kind, "s000003")) for kind in of_sites),
    }
    leading = {found.key.name: found.site for found in unasked if found.key.kind is Kind.HOST}
    standing = {Kind.CERTIFICATE: {HOST, "dua.kota.example", JUDI}, **{kind: {SITE, "s000003"} for kind in of_sites}}
    asked = dict.fromkeys((HOST, "lama.kota.example"), SITE)
    assert strays({**asked, **leading}, standing, named) == unasked


def test_a_name_that_leads_to_the_site_goes_with_its_next_plan() -> None:
    found = ours(STRAY, site=SITE, state="open")
    plan = make(OPEN, FACTS, existing(OPEN), strays=[found])
    assert plan.changes == (Change(STRAY, {"site": SITE, "state": "open"}, None),)
    assert differences(plan) == (f"nama situs di server web {JUDI} ada, padahal tidak diminta.",)
    closing = make(SUSPENDED, FACTS, existing(OPEN), strays=[found])
    assert closing.changes[0].key == STRAY, "a door"


def test_names_of_others_and_those_that_the_wish_speaks_of_are_left_to_it() -> None:
    for found in (absent(STRAY), foreign(STRAY, "lain"), ours(STRAY, site="s000002", state="open")):
        assert make(OPEN, FACTS, existing(OPEN), strays=[found]).changes == ()
    retiring = replace(OPEN, retired_hosts=(JUDI,))
    seen = [*existing(retiring), ours(STRAY, site=SITE, state="open")]
    changes = make(retiring, FACTS, seen, strays=[ours(STRAY, site=SITE, state="open")]).changes
    assert [change.key for change in changes] == [STRAY]
