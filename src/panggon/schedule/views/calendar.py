"""The calendar to read, for every official; what may be changed is offered to the administrator."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from panggon.core.cases.vocabulary import Role
from panggon.people import selectors as people
from panggon.people.permissions import official
from panggon.schedule import selectors, sheet
from panggon.schedule.history import CALENDAR
from panggon.schedule.history import history as history_of
from panggon.schedule.models import OfficeHours
from panggon.schedule.rows import YEARS

RECENT, ALL = 10, 200


@official
def now(_request: HttpRequest) -> HttpResponse:
    return redirect("schedule:year", timezone.localdate().year)


@official
def year(request: HttpRequest, year: int) -> HttpResponse:
    """The year month by month, its holidays and closings, and the office hours."""
    _known_or_404(year)
    months = selectors.months_of(year)
    context = {
        "year": year,
        "before": year - 1 if year - 1 in YEARS else None,
        "after": year + 1 if year + 1 in YEARS else None,
        "months": months,
        "holidays": [holiday for month in months for holiday in month.holidays],
        "closings": selectors.closings_of(year),
        "periods": OfficeHours.objects.filter(first__year__lte=year, last__year__gte=year),
        "missing": selectors.missing_in(year),
        "may_change": may_change(request),
        "history": history_of(*CALENDAR, most=RECENT),
    }
    return render(request, "schedule/year.html", context)


@official
def month(request: HttpRequest, year: int, month: int) -> HttpResponse:
    """The month day by day."""
    _known_or_404(year)
    months = selectors.months_of(year)
    if not months or not 1 <= month <= len(months):
        raise Http404
    context = {
        "year": year,
        "month": months[month - 1],
        "before": months[month - 2].first if month > 1 else None,
        "after": months[month].first if month < len(months) else None,
        "may_change": may_change(request),
    }
    return render(request, "schedule/month.html", context)


@official
def export(_request: HttpRequest, year: int) -> HttpResponse:
    """The holidays of a year as a CSV file that the import takes again."""
    _known_or_404(year)
    content = sheet.write(selectors.known_days_of(year))
    name = f'attachment; filename="hari-libur-{year}.csv"'
    return HttpResponse(content, content_type="text/csv; charset=utf-8", headers={"Content-Disposition": name})


@official
def history(request: HttpRequest) -> HttpResponse:
    """What was changed in the calendar, by whom, the newest first."""
    return render(request, "schedule/history.html", {"history": history_of(*CALENDAR, most=ALL), "most": ALL})


def may_change(request: HttpRequest) -> bool:
    return Role.ADMINISTRATOR in people.roles_of(request.user, now=timezone.now())


def _known_or_404(year: int) -> None:
    if year not in YEARS:
        raise Http404
