"""What a portal may ask for in a day."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from panggon.core.bounds import disturbs, most, recent
from panggon.core.plan import make
from panggon.core.resources import Kind, ours
from panggon.core.spec import Access
from tests.core.plans import FACTS, OPEN, PARKED, PREPARED, PURGED, SUSPENDED, existing, nothing

BARE = replace(OPEN, access=Access())
NOW = datetime(2026, 11, 26, 3, 0, tzinfo=UTC)


@pytest.mark.parametrize(("sites", "expected"), [(0, 5), (5, 5), (50, 5), (51, 6), (60, 6), (61, 7), (5000, 500)])
def test_five_or_a_tenth_whichever_is_more(sites, expected):
    assert most(sites) == expected


@pytest.mark.parametrize(
    ("before", "wish", "expected"),
    [
        (None, PREPARED, False),
        (None, OPEN, False),
        (PREPARED, replace(OPEN, access=Access(), generation=5), False),
        (PREPARED, replace(OPEN, generation=5), False),
        (BARE, replace(OPEN, generation=5), False),  # the owner's first key and password
        (OPEN, replace(OPEN, generation=5), False),
        (OPEN, replace(BARE, generation=5), True),
        (OPEN, SUSPENDED, True),
        (SUSPENDED, replace(OPEN, generation=6), True),
        (OPEN, PARKED, True),
        (PREPARED, PARKED, True),
        (PARKED, PURGED, True),
        (OPEN, replace(OPEN, generation=5, php_version="8.4"), True),
        (OPEN, replace(OPEN, generation=5, database_key=1), True),
        (OPEN, replace(OPEN, retired_hosts=("lama.kota.example",)), False),
    ],
)
def test_what_counts(before, wish, expected):
    seen = {found.key: found for found in (*nothing(wish), *(existing(before) if before else []))}
    assert disturbs(make(wish, FACTS, seen.values())) is expected


def test_renewed_certificate_does_not_count():
    seen = [
        ours(found.key, issuer="Uji CA", valid=False) if found.key.kind is Kind.CERTIFICATE else found
        for found in existing(OPEN)
    ]
    assert not disturbs(make(OPEN, FACTS, seen))


def test_a_day_is_remembered_and_no_more():
    day = timedelta(hours=24)
    disturbed = {"s000001": NOW - day, "s000002": NOW - day + timedelta(seconds=1), "s000003": NOW}
    assert recent(disturbed, now=NOW) == {"s000002": disturbed["s000002"], "s000003": NOW}


def test_what_a_clock_that_was_a_year_ahead_has_left_does_not_count():
    year = timedelta(days=365)
    assert recent({"s000001": NOW + year, "s000002": NOW + timedelta(hours=23)}, now=NOW).keys() == {"s000002"}
