"""OPDs and divisions. OPDs are the administrator's; Tata Usaha sees them and makes their first accounts."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from panggon.audit.history import history
from panggon.core.cases.vocabulary import Role
from panggon.paging import page_of
from panggon.people import selectors, services
from panggon.people.forms import AgencyForm, DivisionForm, LetterInvitationForm
from panggon.people.models import Agency, Division
from panggon.people.permissions import holders
from panggon.people.views.common import ROWS, handle, searched

AGENCY_LABELS = {
    "name": gettext_lazy("Nama resmi"),
    "short_name": gettext_lazy("Nama singkat"),
    "is_network_user": gettext_lazy("Pengguna jaringan kota"),
    "labels": gettext_lazy("Subdomain milik OPD"),
    "invitation": gettext_lazy("Undangan"),
    "state": gettext_lazy("Keadaan"),
    "letter": gettext_lazy("Surat dasar"),
    "case": gettext_lazy("Permohonan"),
}


@holders(Role.ADMINISTRATOR, Role.REGISTRAR)
def agencies(request: HttpRequest) -> HttpResponse:
    words = searched(request)
    context = {"page": page_of(request, selectors.agencies_found(words), size=ROWS), "words": words}
    return render(request, "people/agencies.html", context | _rights(request))


@holders(Role.ADMINISTRATOR, Role.REGISTRAR)
def agency(request: HttpRequest, agency: int) -> HttpResponse:
    """One OPD: what it is, its people, whom it expects, what was changed."""
    row, now = get_object_or_404(Agency, pk=agency), timezone.now()
    context = {
        "agency": row,
        "people": selectors.people_of(row),
        "invitations": selectors.open_invitations(row, now=now),
        "history": history(services.agency_subject(row), labels=AGENCY_LABELS),
    }
    return render(request, "people/agency.html", context | _rights(request))


@holders(Role.ADMINISTRATOR)
def agency_new(request: HttpRequest) -> HttpResponse:
    return _save(request, Agency(), heading=_("OPD baru"), to=("people:agencies",), back="people:agencies")


@holders(Role.ADMINISTRATOR)
def agency_edit(request: HttpRequest, agency: int) -> HttpResponse:
    row = get_object_or_404(Agency, pk=agency)
    return _save(
        request,
        row,
        heading=_("Ubah %(name)s") % {"name": row.name},
        to=("people:agency", row.pk),
        back="people:agencies",
    )


@holders(Role.ADMINISTRATOR, Role.REGISTRAR)
def agency_invite(request: HttpRequest, agency: int) -> HttpResponse:
    """An account of an OPD, on the strength of its letter; a case on paper brings the letter's facts along."""
    row = get_object_or_404(Agency, pk=agency)
    form = LetterInvitationForm(request.POST or None, initial=_letter_told(request))

    def invite(values: dict[str, Any]) -> None:
        letter = services.Letter(values["letter_number"], values["letter_date"], values["case_number"])
        services.invite_to_agency(values["email"], row, letter=letter, actor=request.user, at=timezone.now())

    return handle(
        request,
        form,
        invite,
        done=_("Undangan dikirim. Orang yang diundang mengisi nama dan kata sandinya sendiri."),
        to=("people:agency", row.pk),
        context={
            "heading": _("Undang pengguna OPD"),
            "lead": row.name,
            "note": _("Tautan berlaku satu kali selama 7 hari. Surat yang menjadi dasar dicatat bersama undangan."),
            "submit": _("Kirim undangan"),
            "back": "people:agencies",
        },
    )


@holders(Role.ADMINISTRATOR)
def divisions(request: HttpRequest) -> HttpResponse:
    """The divisions, and a new one."""
    return _division(request, Division(), heading=_("Bidang baru"))


@holders(Role.ADMINISTRATOR)
def division_edit(request: HttpRequest, division: int) -> HttpResponse:
    row = get_object_or_404(Division, pk=division)
    return _division(request, row, heading=_("Ubah %(name)s") % {"name": row.name})


# ------------------------------------------------------------------------------------------------------------------


def _rights(request: HttpRequest) -> dict[str, bool]:
    return {"may_edit": Role.ADMINISTRATOR in selectors.roles_of(request.user, now=timezone.now())}


def _letter_told(request: HttpRequest) -> dict[str, Any]:
    """What the page of a case knows of the letter."""
    return {
        "letter_number": request.GET.get("surat", "")[:100],
        "letter_date": _date(request.GET.get("tanggal", "")),
        "case_number": request.GET.get("permohonan", "")[:20],
        "email": request.GET.get("email", "")[:150],
    }


def _date(text: str) -> Any:
    try:
        return parse_date(text)
    except ValueError:
        return None


def _save(request: HttpRequest, row: Agency, *, heading: str, to: tuple[Any, ...], back: str) -> HttpResponse:
    known = {
        "name": row.name,
        "short_name": row.short_name,
        "labels": ", ".join(row.labels),
        "is_network_user": row.is_network_user,
    }
    return handle(
        request,
        AgencyForm(request.POST or None, initial=known),
        lambda values: services.save_agency(row, values, actor=request.user, at=timezone.now()),
        done=_("OPD disimpan."),
        to=to,
        context={"heading": heading, "submit": _("Simpan"), "back": back},
    )


def _division(request: HttpRequest, row: Division, *, heading: str) -> HttpResponse:
    return handle(
        request,
        DivisionForm(request.POST or None, initial={"name": row.name}),
        lambda values: services.save_division(row, name=values["name"], actor=request.user, at=timezone.now()),
        done=_("Bidang disimpan."),
        to=("people:divisions",),
        context={
            "heading": heading,
            "submit": _("Simpan"),
            "divisions": Division.objects.all(),
            "history": history("people.division:", labels={"name": _("Nama bidang")}),
        },
        template="people/divisions.html",
    )
