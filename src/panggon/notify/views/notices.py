"""What the person was told, and how the person wants to be told."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from panggon.audit.history import history
from panggon.notify import selectors, services
from panggon.notify.forms.preference import PreferenceForm
from panggon.paging import page_of
from panggon.people.permissions import signed_in

A_PAGE = 20


@signed_in
@require_GET
def notices(request: HttpRequest) -> HttpResponse:
    page = page_of(request, selectors.notices_of(request.user), size=A_PAGE)
    return render(request, "notify/notices.html", {"page": page, "unread": selectors.unread(request.user)})


@signed_in
@require_POST
def read(request: HttpRequest, notice: int) -> HttpResponse:
    """Marks one as read; with `buka` it also leads to what the notice is about."""
    found = selectors.notice_of(request.user, notice)
    if found is None:
        raise Http404
    services.mark_read(found, at=timezone.now())
    return redirect(found.path if "buka" in request.POST else "notify:notices")


@signed_in
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    services.mark_all_read(request.user, at=timezone.now())
    messages.success(request, _("Semua pemberitahuan ditandai sudah dibaca."), "positive")
    return redirect("notify:notices")


@signed_in
def preference(request: HttpRequest) -> HttpResponse:
    chosen = selectors.preference_of(request.user)
    initial = {"mailing": chosen.mailing, "phone": chosen.phone, "language": request.user.language}
    form = PreferenceForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        services.choose(request.user, **form.inputs(), at=timezone.now())
        messages.success(request, _("Pilihan Anda disimpan."), "positive")
        return redirect("notify:preference")
    labels = {name: field.label for name, field in form.fields.items()}
    context = {"form": form, "history": history(f"notify.preference:{request.user.pk}", labels=labels)}
    return render(request, "notify/preference.html", context, status=422 if form.errors else 200)
