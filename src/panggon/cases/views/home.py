from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from panggon.cases import selectors
from panggon.core.procedure import ROLE_LABELS
from panggon.people import selectors as people
from panggon.people.permissions import signed_in

RECENT = 5  # of all that may be seen, the newest


@signed_in
def home(request: HttpRequest) -> HttpResponse:
    """What waits for this person, nearest deadline first, and the newest of what else may be read."""
    user, now = request.user, timezone.now()
    context = {
        "waiting": selectors.waiting_for(user, now=now),
        "counts": selectors.waiting_counts(user, now=now),
        "others": selectors.visible_to(user, now=now)[:RECENT],
        "roles": ", ".join(ROLE_LABELS[role] for role in sorted(people.roles_of(user, now=now))),
        "substitutes": people.substitutes_of(user, now=now),
        "may_apply": people.may_apply(user),
    }
    return render(request, "cases/home.html", context)
