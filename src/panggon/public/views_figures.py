"""What the service did, in figures: a page, and the same as files that anybody may have."""

import json
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from panggon.core.surveys.figures import Period
from panggon.people.permissions import public
from panggon.public import catalogue as catalogues
from panggon.public import figures as shown
from panggon.public import kept, selectors
from panggon.public.tables import TABLES

CSV, JSON, JSON_LD = "text/csv; charset=utf-8; header=present", "application/json", "application/ld+json"
FILES_MOST = 32


@public
def figures(request: HttpRequest) -> HttpResponse:
    """Of a year, or of one quarter of it; of this year when nothing else is asked for."""
    made_at = selectors.figures_made_at()
    if made_at is None:
        return render(request, "public/no_figures.html")
    period = _asked(request, shown.periods(made_at))
    asked = {"tahun": period.year} | ({"triwulan": period.quarter} if period.quarter else {})
    path = f"{reverse('public:figures')}?{urlencode(asked)}"
    return kept.page(request, "public/figures.html", shown.context_of, made_at, period, path=path)


@public
def open_data(request: HttpRequest) -> HttpResponse:
    """What there is, what each column means, under which licence."""
    made_at = selectors.figures_made_at()
    if made_at is None:
        return render(request, "public/no_figures.html")
    return kept.page(request, "public/open_data.html", _described, made_at, path=reverse("public:open_data"))


@public
def table_csv(request: HttpRequest, table: str) -> HttpResponse:
    return _file(request, _csv, table, kind=CSV)


@public
def table_json(request: HttpRequest, table: str) -> HttpResponse:
    return _file(request, _json, table, kind=JSON)


@public
def catalogue(request: HttpRequest) -> HttpResponse:
    return _file(request, _catalogue, kind=JSON_LD)


# ------------------------------------------------------------------------------------------------------------------


def _asked(request: HttpRequest, periods: tuple[Period, ...]) -> Period:
    """The year or quarter that is asked for, of those with figures; else this year."""
    asked = request.GET.get("tahun", ""), request.GET.get("triwulan", "0")
    year = next((period for period in periods if str(period.year) == asked[0]), periods[0])
    return next((period for period in periods if (str(period.year), str(period.quarter)) == asked), year)


def _described(made_at: datetime) -> dict[str, Any]:
    rows = shown.tables(made_at)
    return {
        "made_at": made_at,
        "licence": catalogues.LICENCE_ADDRESS,
        "tables": [(table, len(rows[table.key])) for table in TABLES.values()],
        "first": shown.periods(made_at)[-1].year,
        "last": shown.periods(made_at)[0].year,
    }


def _file(request: HttpRequest, make: Callable[..., str], *table: str, kind: str) -> HttpResponse:
    made_at = selectors.figures_made_at()
    if made_at is None or not TABLES.keys() >= set(table):
        raise Http404
    return kept.file(request, make(made_at, *table), kind=kind, made_at=made_at, path=request.path)


@lru_cache(FILES_MOST)
def _csv(made_at: datetime, table: str) -> str:
    return TABLES[table].csv(shown.tables(made_at)[table])


@lru_cache(FILES_MOST)
def _json(made_at: datetime, table: str) -> str:
    return _words(catalogues.resource(TABLES[table], shown.tables(made_at)[table], made_at=made_at))


@lru_cache(FILES_MOST)
def _catalogue(made_at: datetime) -> str:
    return _words(catalogues.catalogue(made_at=made_at))


def _words(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1)
