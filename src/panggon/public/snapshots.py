"""Reckoning the public figures, and keeping them in one row."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from fractions import Fraction

from django.utils import timezone

from panggon.cases.selectors import measuring
from panggon.complaints import measuring as complaints
from panggon.core.cases.procedure import State
from panggon.core.cases.shares import STEP_SHARES
from panggon.core.sites.availability import percent
from panggon.core.surveys.figures import Period, Span, answers, month_of, periods_of, services, total
from panggon.core.surveys.survey import Element, rounded
from panggon.office.selectors import read_once
from panggon.public.models import Snapshot
from panggon.public.tables import AVAILABILITY, COMPLAINTS, REQUESTS, SATISFACTION, SITES, STEPS, Row
from panggon.remembered import remembering
from panggon.sites import selectors as sites
from panggon.surveys import selectors as surveys

Counts = Mapping[Period, int]
STEPS_TOLD = tuple(STEP_SHARES)  # step 1 is the OPD's own, before the clock starts


def take(*, now: datetime) -> Snapshot:
    """Reckon all figures as they are now; whoever reads the former ones meanwhile is not held up."""
    with read_once(), remembering():
        tables = _tables(now)
    kept, _ = Snapshot.objects.update_or_create(pk=Snapshot.ONLY, defaults={"made_at": now, "tables": tables})
    return kept


# ------------------------------------------------------------------------------------------------------------------


def _tables(now: datetime) -> dict[str, list[Row]]:
    sent, filed = measuring.sent_by_month(), complaints.filed_by_month()
    answered_survey = surveys.respondents_by_month()
    until = month_of(timezone.localdate(now))
    first = min((month.year for month in (*sent, *filed, *answered_survey)), default=until.year)
    periods = [
        period for year in range(first, until.year + 1) for period in periods_of(year) if _has_begun(period, until)
    ]
    requests, steps = _requests(periods, sent, now)
    return {
        REQUESTS.key: requests,
        STEPS.key: steps,
        COMPLAINTS.key: _complaints(periods, filed),
        SATISFACTION.key: _satisfaction(periods, answered_survey),
        AVAILABILITY.key: _availability(periods),
        SITES.key: [[now.isoformat(timespec="seconds"), sites.open_sites().count()]],
    }


def _requests(periods: list[Period], sent: Counts, now: datetime) -> tuple[list[Row], list[Row]]:
    served = services(measuring.served(now=now), _years(periods), steps=STEPS_TOLD)
    withdrawn, refused = (measuring.ended_by_month(state) for state in (State.WITHDRAWN, State.REFUSED))
    opened = _months(sites.opened_by_month())
    requests = [
        [
            *_named(period),
            total(sent, period),
            served[period].count,
            served[period].in_time,
            served[period].percent,
            _number(served[period].median_hours),
            *(total(counts, period) for counts in (withdrawn, refused, opened)),
        ]
        for period in periods
    ]
    steps = [
        [*_named(period), step, count, _number(hours)]
        for period in periods
        if period.span is not Span.MONTH
        for step, (count, hours) in served[period].steps.items()
    ]
    return requests, steps


def _complaints(periods: list[Period], filed: Counts) -> list[Row]:
    answered = answers(complaints.answered(), _years(periods))
    dismissed = complaints.dismissed_by_month()
    return [
        [
            *_named(period),
            total(filed, period),
            answered[period].count,
            answered[period].in_time,
            answered[period].percent,
            total(dismissed, period),
        ]
        for period in periods
    ]


def _satisfaction(periods: list[Period], respondents: Counts) -> list[Row]:
    rows: list[Row] = []
    for period in periods:
        if period.span is Span.MONTH:
            continue
        asked = surveys.survey_of(period)
        found = asked if asked and not asked.hidden else None
        means = [_number(mean, digits=2) for mean in found.result.means.values()] if found else [None] * len(Element)
        told = [_number(found.result.index, digits=2), found.result.band.value] if found else [None, None]
        rows.append([*_named(period), total(respondents, period), *told, *means])
    return rows


def _availability(periods: list[Period]) -> list[Row]:
    counted = sites.availability_by_month()
    visits, answered = (_months({month: both[place] for month, both in counted.items()}) for place in (0, 1))
    rows: list[Row] = []
    for period in periods:
        made, told = total(visits, period), total(answered, period)
        share = percent(answered=told, visits=made)
        rows.append([*_named(period), made, told, _number(share, digits=2)])
    return rows


def _has_begun(period: Period, until: Period) -> bool:
    return period.months[0] <= until


def _named(period: Period) -> Row:
    return [period.name, period.span.value]


def _months(counts: Mapping[date, int]) -> dict[Period, int]:
    return {month_of(day): count for day, count in counts.items()}


def _years(periods: Iterable[Period]) -> list[int]:
    return sorted({period.year for period in periods})


def _number(value: Fraction | None, *, digits: int = 1) -> float | None:
    return None if value is None else float(rounded(value, decimals=digits))
