"""Days from a file or from what is known of a year: a preview says what would change before anything does."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from panggon.audit.chain import digest_of
from panggon.core.cases.vocabulary import Role
from panggon.people.permissions import holders
from panggon.schedule import selectors, services, sheet
from panggon.schedule.forms import CalendarForm, ImportForm, YearForm
from panggon.schedule.known import KnownDay, known_days
from panggon.schedule.models import KINDS, Year
from panggon.schedule.sheet import DayChange
from panggon.schedule.views.rows import tell_changed


@holders(Role.ADMINISTRATOR)
def take_file(request: HttpRequest) -> HttpResponse:
    """A CSV file: its faults all at once, or the preview, or the calendar with its days."""
    heading, lead = (
        _("Impor hari libur dari CSV"),
        _("Setelah berkas dibaca, Anda melihat dahulu apa yang akan berubah."),
    )
    form = ImportForm(request.POST, request.FILES) if request.method == "POST" else ImportForm()
    if not form.is_bound or not form.is_valid():
        return _form_page(request, form, heading, lead)
    changes = selectors.changes_by(form.days)
    again = {"text": sheet.write(form.days).decode("utf-8-sig")}
    return _preview_or_take(request, changes, {day.day.year for day in form.days}, again, heading)


@holders(Role.ADMINISTRATOR)
def fill(request: HttpRequest) -> HttpResponse:
    """A year from the package `holidays`: what it knows, and no more the estimates that it has given up."""
    heading = _("Isi kalender satu tahun")
    lead = _("Dari daftar hari libur dan cuti bersama Indonesia. Anda melihat dahulu apa yang akan berubah.")
    form = YearForm(request.POST) if request.method == "POST" else YearForm(initial={"year": _next_missing()})
    if not form.is_bound or not form.is_valid():
        return _form_page(request, form, heading, lead)
    year = form.cleaned_data["year"]
    changes = selectors.changes_by(known_days(year), replaces_estimates_of=year)
    return _preview_or_take(request, changes, {year}, {"year": year}, heading)


@holders(Role.ADMINISTRATOR)
def remove_year(request: HttpRequest, year: int) -> HttpResponse:
    """The year is no longer known; its holidays stay for when it is again."""
    row = get_object_or_404(Year, pk=year)
    if request.method == "POST":
        services.remove(row, actor=request.user, at=timezone.now())
        tell_changed(request)
        return redirect("schedule:year", year)
    return render(request, "schedule/remove_year.html", {"year": year})


# ------------------------------------------------------------------------------------------------------------------


def _form_page(request: HttpRequest, form: CalendarForm, heading: str, lead: str) -> HttpResponse:
    context = {"form": form, "heading": heading, "lead": lead, "previews": True, "plain": True}
    return render(request, "schedule/form.html", context, status=422 if form.is_bound else 200)


def _preview_or_take(
    request: HttpRequest, changes: list[DayChange], years: Iterable[int], again: dict[str, Any], heading: str
) -> HttpResponse:
    """Takes exactly what a preview has shown; a calendar that has changed since is previewed again."""
    new_years = sorted(set(years) - set(selectors.years()))
    seen = digest_of({"changes": [_as_json(change) for change in changes], "years": new_years}, previous="")
    asked = request.POST.get("seen", "")
    if asked == seen:
        services.take(changes, new_years, actor=request.user, at=timezone.now())
        tell_changed(request)
        return redirect("schedule:year", min(years))
    if asked:
        messages.warning(request, _("Kalender diubah orang lain sementara itu. Periksa lagi yang berikut."), "warning")
    context = {
        "heading": heading,
        "changes": [_in_words(change) for change in changes],
        "new_years": new_years,
        "again": {**again, "seen": seen},
        "year": min(years),
    }
    return render(request, "schedule/preview.html", context)


def _as_json(change: DayChange) -> list[Any]:
    return [_values(change.before), _values(change.after)]


def _values(day: KnownDay | None) -> list[Any] | None:
    return [day.day.isoformat(), day.name, day.kind, day.estimated, day.source] if day else None


def _in_words(change: DayChange) -> dict[str, Any]:
    return {"day": change.day, "before": _words(change.before), "after": _words(change.after)}


def _words(day: KnownDay | None) -> str:
    if day is None:
        return ""
    parts = [day.name, str(KINDS[day.kind]), _("perkiraan") if day.estimated else "", day.source]
    return " · ".join(filter(None, parts))


def _next_missing() -> int:
    """The first year from this one on that is not known."""
    year, known = timezone.localdate().year, set(selectors.years())
    while year in known:
        year += 1
    return year
