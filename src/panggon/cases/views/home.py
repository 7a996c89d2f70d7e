from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from panggon.cases import selectors
from panggon.core.procedure import ROLE_LABELS
from panggon.people import selectors as people
from panggon.people.permissions import signed_in


@signed_in
def home(request: HttpRequest) -> HttpResponse:
    """What waits for this person, oldest deadline first, and what else may be read."""
    user = request.user
    waiting = selectors.waiting_for(user, now=timezone.now())
    numbers = {case.number for case in waiting}
    context = {
        "waiting": waiting,
        "others": [case for case in selectors.visible_to(user) if case.number not in numbers],
        "roles": ", ".join(ROLE_LABELS[role] for role in sorted(people.roles_of(user))),
        "may_apply": people.may_apply(user),
    }
    return render(request, "cases/home.html", context)
