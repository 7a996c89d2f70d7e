"""The report for the Kepala Dinas; a Kepala Bidang sees the own division's."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from panggon.cases.forms.report import ReportForm
from panggon.cases.lists.reports import Report, report_for
from panggon.charts import grouped_bars
from panggon.core.cases.procedure import Role
from panggon.people.permissions import holders

NAMED_MONTHS = 13
READERS = (Role.HEAD, Role.DIVISION_HEAD, Role.ADMINISTRATOR)


@dataclass(frozen=True, slots=True)
class Preset:
    words: object
    first: date
    last: date


@holders(*READERS)
def report(request: HttpRequest) -> HttpResponse:
    """How many, how fast, where they wait, what is late; every figure leads to the list that it counts."""
    now = timezone.now()
    today = timezone.localdate(now)
    form = ReportForm(request.GET, user=request.user, now=now)
    context = {"form": form, "presets": _presets(today), "now": now}
    if not form.is_valid():
        return render(request, "cases/report.html", context, status=422)
    division = form.division()
    figures = report_for(request.user, form.days(), division=division.pk if division else None, now=now)
    context |= {"report": figures, "days": form.days(), "division": division, **_chart(figures)}
    return render(request, "cases/report.html", context)


def _chart(figures: Report) -> dict[str, Any]:
    """Bars by month; of many months only every third has its name below, so that no two names touch."""
    months = figures.months
    chart = grouped_bars(
        [month.received.count for month in months],
        [month.served.count for month in months],
        labels=[date_format(month.first, "M y") for month in months],
        every=1 if len(months) <= NAMED_MONTHS else 3,
    )
    return {"chart": chart}


def _presets(today: date) -> list[Preset]:
    first = today.replace(day=1)
    before = first - timedelta(days=1)
    return [
        Preset(_("Bulan ini"), first, today),
        Preset(_("Bulan lalu"), before.replace(day=1), before),
        Preset(_("Tahun ini"), date(today.year, 1, 1), today),
        Preset(_("Tahun lalu"), date(today.year - 1, 1, 1), date(today.year - 1, 12, 31)),
    ]
