"""What a portal may ask for in a day, reckoned against one that was broken into and has the whole spec language."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from panggon.core.node.planning.bounds import (
    LEAST_NAMES,
    Counted,
    counts,
    disturbs,
    is_new,
    lets_in,
    most,
    names,
    sites_before,
)
from panggon.core.node.planning.plan import make
from panggon.core.node.planning.resources import Kind, absent, ours, partial
from panggon.core.sites.kinds import Interface, Proxy, PythonApplication, Redirect, SiteKind
from panggon.core.sites.limits import PhpLimits
from panggon.core.sites.spec import Access, Limits, Profile, SiteSpec
from tests.core.node.planning.plans import (
    FACTS,
    GONE,
    OLD,
    OPEN,
    PARKED,
    PREPARED,
    PURGED,
    QUARANTINED,
    SUSPENDED,
    TASK,
    existing,
    nothing,
)
from tests.core.sites.site_specs import ssh_key

NOW = datetime(2026, 11, 26, 3, 0, tzinfo=UTC)
STRANGER = Access(ssh_keys=(ssh_key("stranger"),), password_fingerprint="sha256:stranger")
KEYED = replace(OPEN, access=Access(ssh_keys=(ssh_key("a"),)))
PASSWORD = replace(OPEN, access=Access(password_fingerprint="sha256:one"))
BARE = replace(OPEN, access=Access())
STATIC = replace(OPEN, kind=SiteKind.STATIC)
PYTHON = replace(OPEN, kind=SiteKind.PYTHON, python=PythonApplication("wsgi:application"))
REDIRECT = replace(OPEN, kind=SiteKind.REDIRECT, redirect=Redirect("https://judi.example/"))
PROXY = replace(OPEN, kind=SiteKind.PROXY, proxy=Proxy("https://aplikasi.kota.example"))


def planned(before: SiteSpec | None, wish: SiteSpec):
    seen = {found.key: found for found in (*nothing(wish), *(existing(before) if before else []))}
    return make(wish, FACTS, seen.values())


@pytest.mark.parametrize(("sites", "expected"), [(0, 5), (5, 5), (50, 5), (51, 6), (60, 6), (61, 7), (5000, 500)])
def test_five_or_a_tenth_whichever_is_more(sites, expected):
    assert most(sites) == expected


def test_twenty_new_names_or_a_tenth_of_the_sites():
    assert [most(sites, least=LEAST_NAMES) for sites in (0, 200, 201, 5000)] == [20, 20, 21, 500]


# Free, with the reason.
FREE: dict[str, list[tuple[SiteSpec | None, SiteSpec]]] = {
    "nobody is there yet": [(None, PREPARED), (None, OPEN), (None, PARKED), (None, REDIRECT)],
    "nobody meets another generation": [(OPEN, OPEN), (SUSPENDED, SUSPENDED)],
    "opening what was prepared is what it was prepared for": [
        (PREPARED, BARE),
        (PREPARED, OPEN),
        (PREPARED, replace(OPEN, tasks=(TASK,))),
    ],
    "nobody could come in, so nobody is robbed": [(BARE, OPEN), (BARE, KEYED), (BARE, PASSWORD)],
    "a name that it does not have is not taken away": [(OPEN, replace(OPEN, retired_hosts=(GONE,)))],
    "said of another kind it changes nothing": [(STATIC, replace(STATIC, environment=(("A", "b"),)))],
    "not asked for before it is open": [(PREPARED, replace(PREPARED, access=STRANGER))],
    "the owner is locked out meanwhile": [(QUARANTINED, replace(QUARANTINED, access=STRANGER))],
}


@pytest.mark.parametrize(
    ("before", "wish"),
    [pytest.param(*pair, id=f"{why} {i}") for why, tries in FREE.items() for i, pair in enumerate(tries)],
)
def test_what_is_free(before, wish):
    assert not disturbs(planned(before, replace(wish, generation=9)))


# What a stranger in the portal could want with a site that is there.
COUNTED = {
    "closes": [(OPEN, SUSPENDED), (OPEN, QUARANTINED), (OPEN, PREPARED), (OPEN, PARKED), (PREPARED, PARKED)],
    "removes": [(PARKED, PURGED)],
    "opens again": [(SUSPENDED, OPEN), (QUARANTINED, OPEN), (PARKED, OPEN), (PARKED, PREPARED), (PARKED, SUSPENDED)],
    "closes with a word of his": [(PREPARED, SUSPENDED), (SUSPENDED, replace(SUSPENDED, notice="Kami diretas."))],
    "takes access away": [(OPEN, BARE), (OPEN, KEYED), (OPEN, PASSWORD)],
    "comes in": [
        (OPEN, replace(OPEN, access=STRANGER)),
        (KEYED, replace(OPEN, access=replace(KEYED.access, ssh_keys=(*KEYED.access.ssh_keys, *STRANGER.ssh_keys)))),
        (PASSWORD, replace(PASSWORD, access=replace(PASSWORD.access, ssh_keys=STRANGER.ssh_keys))),
        (KEYED, replace(KEYED, access=replace(KEYED.access, password_fingerprint="sha256:stranger"))),
        (SUSPENDED, replace(SUSPENDED, access=STRANGER)),
        (PARKED, replace(OPEN, access=STRANGER)),
        (QUARANTINED, replace(SUSPENDED, access=STRANGER)),
    ],
    "leads visitors elsewhere": [(OPEN, REDIRECT), (OPEN, PROXY), (OPEN, STATIC), (OPEN, PYTHON), (PREPARED, REDIRECT)],
    "changes where it leads": [
        (REDIRECT, replace(REDIRECT, redirect=Redirect("https://lain.example/"))),
        (PROXY, replace(PROXY, proxy=Proxy("https://surel.kota.example"))),
        (PROXY, replace(PROXY, proxy=Proxy("https://aplikasi.kota.example", keep_host=False))),
    ],
    "takes names": [
        (OPEN, replace(OPEN, former_hosts=(OLD,))),
        (OPEN, replace(OPEN, host="judi.kota.example", former_hosts=(OPEN.host,))),
        (replace(OPEN, former_hosts=(OLD,)), replace(OPEN, retired_hosts=(OLD,))),
    ],
    "runs other programs": [
        (OPEN, replace(OPEN, tasks=(TASK,))),
        (replace(OPEN, tasks=(TASK,)), replace(OPEN, tasks=(replace(TASK, schedule="0 3 * * *"),))),
        (replace(OPEN, tasks=(TASK,)), OPEN),
        (OPEN, replace(OPEN, php_version="8.4")),
        (OPEN, replace(OPEN, profile=Profile.PLAIN)),
        (OPEN, replace(OPEN, environment=(("MODE", "terbuka"),))),
        (PYTHON, replace(PYTHON, python=PythonApplication("lain:application"))),
        (PYTHON, replace(PYTHON, python=PythonApplication("wsgi:application", Interface.ASGI))),
        (PREPARED, replace(OPEN, php_version="8.4")),
    ],
    "takes what it needs": [
        *((OPEN, replace(OPEN, limits=replace(OPEN.limits, **{name: 4711}))) for name in Limits.__dataclass_fields__),
        *((OPEN, replace(OPEN, php=PhpLimits(**{name: 99}))) for name in PhpLimits.__dataclass_fields__),
    ],
    "opens it to others": [(OPEN, replace(OPEN, outgoing="none")), (OPEN, replace(OPEN, sends_mail=True))],
    "makes browsers remember": [(OPEN, replace(OPEN, hsts_seconds=63_072_000))],
    "locks programs out of their database": [
        (OPEN, replace(OPEN, database_key=1)),
        (OPEN, replace(OPEN, database=None)),
        (replace(OPEN, database=None), OPEN),
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("before", "wish"),
    [pytest.param(*pair, id=f"{why} {i}") for why, tries in COUNTED.items() for i, pair in enumerate(tries)],
)
def test_what_counts(before, wish):
    plan = planned(before, replace(wish, generation=9))
    assert not is_new(plan)
    assert disturbs(plan)


def test_every_word_of_the_spec_is_among_the_tries():
    """Who adds a word to the language has to say whether it counts."""
    tried = {
        name
        for tries in COUNTED.values()
        for before, wish in tries
        for name in SiteSpec.__dataclass_fields__
        if getattr(before, name) != getattr(wish, name)
    }
    assert tried == {*SiteSpec.__dataclass_fields__} - {"site"}


def test_letting_somebody_in_is_free_once_a_site():
    plan = planned(BARE, replace(OPEN, generation=9))
    assert (disturbs(plan, let_in=False), disturbs(plan, let_in=True)) == (False, True)
    again = planned(PREPARED, replace(OPEN, generation=9))
    assert (disturbs(again, let_in=False), disturbs(again, let_in=True)) == (False, True)
    assert [lets_in(planned(None, each)) for each in (OPEN, KEYED, PASSWORD, BARE, PREPARED)] == [
        *(True, True, True, False, False)
    ]


@pytest.mark.parametrize("kind", [Kind.RECORDS, Kind.TASKS, Kind.ACCESS, Kind.USER, Kind.DATABASE])
@pytest.mark.parametrize("half", [True, False])
def test_mending_what_a_person_did_on_the_machine_counts(kind, half):
    """It may be what somebody did there against this very portal."""
    wish = replace(OPEN, tasks=(TASK,))
    seen = [(partial if half else absent)(found.key) if found.key.kind is kind else found for found in existing(wish)]
    assert disturbs(make(wish, FACTS, seen, mending=True))


def test_renewed_certificate_does_not_count():
    seen = [
        ours(found.key, issuer="Uji CA", valid=False) if found.key.kind is Kind.CERTIFICATE else found
        for found in existing(OPEN)
    ]
    assert not disturbs(make(OPEN, FACTS, seen))


def test_leftovers_make_no_new_site():
    """What takes the certificate of another site's former name with it disturbs that one."""
    wish = replace(OPEN, retired_hosts=(GONE,))
    seen = [
        ours(found.key, issuer="Uji CA", valid=True)
        if found.key.name == GONE and found.key.kind == "certificate"
        else found
        for found in nothing(wish)
    ]
    plan = make(wish, FACTS, seen)
    assert (is_new(plan), disturbs(plan)) == (False, True)


def test_each_name_that_is_new_counts():
    many = tuple(f"n{number}.kota.example" for number in range(20))
    all_new = [names(planned(None, each)) for each in (OPEN, replace(OPEN, former_hosts=many), PURGED)]
    assert all_new == [{OPEN.host}, {OPEN.host, *many}, set()]
    taken = [names(planned(OPEN, each)) for each in (SUSPENDED, replace(OPEN, former_hosts=many), PARKED)]
    assert taken == [set(), {*many}, set()]


class TestSize:
    LIVE = frozenset(f"s{number:06}" for number in range(100))

    def changed(self, *sites: str, was_here: bool = True) -> dict[str, Counted]:
        return {site: Counted(NOW, site, was_here) for site in sites}

    def test_new_sites_do_not_make_it_grow(self):
        made = frozenset(f"s{number:06}" for number in range(100, 1000))
        assert sites_before(self.LIVE | made, changed={}, made=made) == 100
        assert sites_before(self.LIVE | made, changed=self.changed(*made), made=made) == 100

    def test_closed_ones_do_not_make_it_shrink(self):
        closed = {"s000001", "s000002"}
        assert sites_before(self.LIVE - closed, changed=self.changed(*closed), made=frozenset()) == 100

    def test_sites_out_of_parking_and_purged_ones_do_not_make_it_grow(self):
        back = self.changed("s000100", "s000101", was_here=False)
        assert sites_before(self.LIVE | {"s000100"}, changed=back, made=frozenset()) == 100


def test_a_day_is_remembered_and_no_more():
    day, second = timedelta(hours=24), timedelta(seconds=1)
    assert [counts(NOW - age, now=NOW) for age in (day, day - second, -day + second, -day, timedelta(days=-365))] == [
        *(False, True, True, False, False)
    ]
