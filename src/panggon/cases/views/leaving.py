"""The administrator closes an account or takes a post away; what waits for the person is shown and handed over."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from panggon.cases import handover
from panggon.cases.forms.leaving import LeavingForm
from panggon.core.cases.procedure import Role
from panggon.core.errors import InvalidError
from panggon.people import selectors as people
from panggon.people.models import RoleAssignment, User
from panggon.people.permissions import holders

SHOWN = 25


@holders(Role.ADMINISTRATOR)
def close_account(request: HttpRequest, user: int) -> HttpResponse:
    person = get_object_or_404(User.objects.select_related("agency"), pk=user)
    context = {
        "heading": _("Tutup akun"),
        "lead": _("Orang ini tidak dapat masuk lagi; semua sesinya berakhir. Riwayat dan naskah tetap memuat namanya."),
        "done": _("Akun ditutup."),
    }
    return _leave(request, person, None, context)


@holders(Role.ADMINISTRATOR)
def release_post(request: HttpRequest, user: int, post: int) -> HttpResponse:
    person = get_object_or_404(User, pk=user)
    held = get_object_or_404(RoleAssignment.objects.select_related("user", "division"), pk=post, user=person)
    context = {
        "heading": _("Lepas jabatan %(post)s") % {"post": held.title},
        "lead": _("Orang ini tidak memegang jabatan itu lagi; akunnya tetap terbuka."),
        "done": _("Jabatan dilepas."),
    }
    return _leave(request, person, held, context)


# ------------------------------------------------------------------------------------------------------------------


def _leave(request: HttpRequest, person: User, post: RoleAssignment | None, context: dict[str, Any]) -> HttpResponse:
    now = timezone.now()
    waiting = handover.waiting_on(person, now=now, only=post)
    candidates = people.people_of_the_dinas().filter(is_active=True).exclude(pk=person.pk)
    form = LeavingForm(request.POST or None, waiting=waiting, candidates=candidates)
    if request.method == "POST" and form.is_valid() and _done(request, person, post, form):
        messages.success(request, context["done"], "positive")
        return redirect("people:person", person.pk)
    assigned = handover.assigned_to(person)
    technician = post is None or post.role == Role.TECHNICIAN
    context |= {
        "person": person,
        "form": form,
        "assigned": assigned[:SHOWN] if technician else [],
        "assigned_count": assigned.count() if technician else 0,
    }
    return render(request, "cases/leaving.html", context, status=422 if form.is_bound and form.errors else 200)


def _done(request: HttpRequest, person: User, post: RoleAssignment | None, form: LeavingForm) -> bool:
    facts = {
        "successors": form.successors(),
        "actor": request.user,
        "at": timezone.now(),
        "reason": form.cleaned_data["reason"],
    }
    try:
        if post is None:
            handover.close_account(person, **facts)
        else:
            handover.release_post(post, **facts)
    except InvalidError as error:
        form.add_faults(error.faults)
        return False
    return True
