"""Adding, changing and removing one row of the calendar: one page for each kind, all of one make."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from panggon.core.cases.vocabulary import Role
from panggon.core.errors import InvalidError
from panggon.people.permissions import holders
from panggon.schedule import services
from panggon.schedule.forms import ClosingForm, HolidayForm, HoursForm, RowForm
from panggon.schedule.history import history
from panggon.schedule.models import Closing, Holiday, OfficeHours
from panggon.schedule.rows import Row, seen, subject_of


@dataclass(frozen=True, slots=True)
class Kind:
    form: type[RowForm]
    new: Any
    change: Any


HOLIDAY = Kind(HolidayForm, gettext_lazy("Tambah hari libur"), gettext_lazy("Ubah hari libur"))
HOURS = Kind(HoursForm, gettext_lazy("Tambah jam kerja"), gettext_lazy("Ubah jam kerja"))
CLOSING = Kind(ClosingForm, gettext_lazy("Tambah penutupan"), gettext_lazy("Ubah penutupan"))


@holders(Role.ADMINISTRATOR)
def add_holiday(request: HttpRequest) -> HttpResponse:
    return _page(request, HOLIDAY, None)


@holders(Role.ADMINISTRATOR)
def holiday(request: HttpRequest, day: str) -> HttpResponse:
    try:
        asked = date.fromisoformat(day)
    except ValueError as error:
        raise Http404 from error
    return _page(request, HOLIDAY, get_object_or_404(Holiday, day=asked))


@holders(Role.ADMINISTRATOR)
def add_hours(request: HttpRequest) -> HttpResponse:
    return _page(request, HOURS, None)


@holders(Role.ADMINISTRATOR)
def hours(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, HOURS, get_object_or_404(OfficeHours, pk=pk))


@holders(Role.ADMINISTRATOR)
def add_closing(request: HttpRequest) -> HttpResponse:
    return _page(request, CLOSING, None)


@holders(Role.ADMINISTRATOR)
def closing(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, CLOSING, get_object_or_404(Closing, pk=pk))


def tell_changed(request: HttpRequest) -> None:
    messages.success(
        request,
        _("Kalender sudah diubah. Batas waktu permohonan yang masih berjalan dihitung ulang sekarang."),
        "positive",
    )


# ------------------------------------------------------------------------------------------------------------------


def _page(request: HttpRequest, kind: Kind, row: Row | None) -> HttpResponse:
    """GET shows the form, POST keeps or removes; whatever is refused is shown with all that was typed."""
    form = _form(request, kind, row)
    done = _attempt(request, form, row) if request.method == "POST" else None
    context = {
        "form": form,
        "row": row,
        "heading": kind.change if row else kind.new,
        "lead": _(
            "Sesudah disimpan, batas waktu permohonan yang masih berjalan dihitung ulang; yang sudah selesai tetap."
        ),
        "history": history(subject_of(row)) if row else None,
    }
    return done or render(request, "schedule/form.html", context, status=422 if form.is_bound and form.errors else 200)


def _form(request: HttpRequest, kind: Kind, row: Row | None) -> RowForm:
    initial = {**kind.form.initial_of(row), "seen": seen(row)} if row else {}
    form = kind.form(request.POST, initial=initial) if request.method == "POST" else kind.form(initial=initial)
    if isinstance(row, Holiday):
        form.fields["day"].disabled = True  # another day is another holiday
    return form


def _attempt(request: HttpRequest, form: RowForm, row: Row | None) -> HttpResponse | None:
    removes = row is not None and request.POST.get("do") == "remove"
    if not form.is_valid() and not removes:
        return None
    options: dict[str, Any] = {"actor": request.user, "at": timezone.now()}
    if row is not None:
        options["expected"] = request.POST.get("seen", "")
    try:
        if removes:
            services.remove(row, **options)
        else:
            row = form.row(row)
            services.save(row, **options)
    except InvalidError as error:
        form.add_faults(error.faults)
        return None
    tell_changed(request)
    return redirect("schedule:year", _year_of(row))


def _year_of(row: Row) -> int:
    """The year in which the page shows what was done; hours that began long ago are shown in every year."""
    this_year = timezone.localdate().year
    if isinstance(row, Closing):
        return timezone.localdate(row.start).year
    return row.day.year if isinstance(row, Holiday) else max(row.first.year, min(this_year, row.last.year))
