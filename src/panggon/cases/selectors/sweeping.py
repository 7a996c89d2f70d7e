"""Cases for the jobs that go over all of them."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Q, QuerySet

from panggon.cases.models import Case
from panggon.cases.selectors.fetching import CLOCK_EVENTS, related
from panggon.core.cases.procedure import TABLE, State


def open_cases(*, after: int, most: int) -> list[Case]:
    """Cases whose clock has not stopped, with their events, in the order of their keys from `after` on."""
    cases = Case.objects.filter(submitted_at__isnull=False, stopped_at=None, pk__gt=after)
    return list(related(cases).prefetch_related(CLOCK_EVENTS).order_by("pk")[:most])


def watched_cases() -> Iterator[Case]:
    """The cases in which the passing of time means something: the clock runs, or the OPD is waited for."""
    open_or_delivered = Q(submitted_at__isnull=False, stopped_at=None) | Q(state=State.DELIVERED)
    cases = related(Case.objects.filter(open_or_delivered)).prefetch_related(CLOCK_EVENTS, "alerts")
    return cases.order_by("pk").iterator(chunk_size=500)


def over_since(moment: datetime) -> QuerySet[Case]:
    """The cases that ended before this moment."""
    return Case.objects.filter(state__in=TABLE.finals, state_since__lt=moment)
