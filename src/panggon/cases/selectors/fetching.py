"""How much of a case is fetched from the database for which use."""

from django.db.models import Prefetch, QuerySet

from panggon.cases.models import Case, Event
from panggon.core.schedule.clock import ClockEffect

# What the rows of a list show of a case: a case has a hundred columns with what hangs on it, and each of them costs.
SHOWN_IN_ROWS = (
    *("number", "title", "label", "state", "due_at", "state_since", "returned", "technician_id"),
    *("agency__short_name", "site__host"),
)
# And of who has it.
SHOWN_WITH_HOLDER = (*SHOWN_IN_ROWS, "agency__name", "division__name", "technician__full_name")
CLOCK_EVENTS = Prefetch(
    "events",
    Event.objects.exclude(clock=ClockEffect.NONE).only("case", "clock", "at", "data").order_by("sequence"),
    to_attr="clock_events",
)


def rows(cases: QuerySet[Case]) -> QuerySet[Case]:
    return cases.select_related(None).select_related("agency", "site").only(*SHOWN_IN_ROWS)


def rows_with_holder(cases: QuerySet[Case]) -> QuerySet[Case]:
    return related(cases).only(*SHOWN_WITH_HOLDER)


def related(cases: QuerySet[Case]) -> QuerySet[Case]:
    return cases.select_related("agency", "site", "division", "technician")
