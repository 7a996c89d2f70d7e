from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from panggon.cases import selectors
from panggon.core.procedure import ROLE_LABELS
from panggon.people import selectors as people
from panggon.people.permissions import signed_in

RECENT = 50  # of the cases that do not wait for this person, the newest


@signed_in
def home(request: HttpRequest) -> HttpResponse:
    """What waits for this person, oldest deadline first, and what else may be read."""
    user = request.user
    waiting = selectors.waiting_for(user, now=timezone.now())
    numbers = {case.number for case in waiting}
    context = {
        "waiting": waiting,
        "others": selectors.visible_to(user).exclude(number__in=numbers)[:RECENT],
        "roles": ", ".join(ROLE_LABELS[role] for role in sorted(people.roles_of(user))),
        "may_apply": people.may_apply(user),
    }
    return render(request, "cases/home.html", context)
