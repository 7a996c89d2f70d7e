"""The generated data are what the portal itself would have written."""

from datetime import UTC, datetime
from random import Random

import pytest

from bench import checking
from bench.generate import hours_until, tickets_until
from bench.office import make_office
from bench.rows import write_cases
from panggon.cases import selectors
from panggon.cases.filters import Filter
from panggon.cases.models import Case, Event
from panggon.people.models import User
from panggon.schedule.services import seed

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
CASES = 120


@pytest.fixture
def generated(db):
    seed(range(2023, 2028))
    office, secrets = make_office(agencies=5, technicians=8)
    hours = hours_until(NOW)
    return write_cases(tickets_until(CASES, 7, hours, NOW), office, hours, NOW), secrets


def test_chains_states_and_clocks_hold(generated):
    events, _ = generated
    assert (Case.objects.count(), Event.objects.count()) == (CASES, events)
    assert events > 10 * CASES
    assert checking.faults(Random(1), CASES) == []


def test_a_wrong_row_is_noticed(generated):
    case = Case.objects.filter(stopped_at__isnull=False).first()
    Case.objects.filter(pk=case.pk).update(working_seconds=case.working_seconds + 60)
    assert checking.faults(Random(1), CASES) == [
        f"{case.number}: {case.working_seconds + 60} s worked, by the clock {case.working_seconds}"
    ]


def test_generated_cases_are_found(generated):
    _, secrets = generated
    head = User.objects.get(username=secrets["head"]["login"])
    case = Case.objects.exclude(state="draft").first()
    assert list(selectors.found(head, Filter(words=case.number.lower()), now=NOW)) == [case]
