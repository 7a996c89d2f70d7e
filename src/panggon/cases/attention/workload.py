"""How much each technician has in hand, so that work can be given where there is room."""

from django.db.models import Count, Min, Q, QuerySet

from panggon.core.cases.procedure import WITH_TECHNICIAN
from panggon.people.models import User


def with_load(technicians: QuerySet[User]) -> QuerySet[User]:
    """The technicians, the least loaded first, each with `open_cases`, `oldest_at` and `next_due_at`. One query."""
    in_hand = Q(assigned_cases__state__in=WITH_TECHNICIAN)
    return technicians.annotate(
        open_cases=Count("assigned_cases", filter=in_hand, distinct=True),
        oldest_at=Min("assigned_cases__submitted_at", filter=in_hand),
        next_due_at=Min("assigned_cases__due_at", filter=in_hand),
    ).order_by("open_cases", "full_name")
