"""The figures of one period in words and bars, for the page."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.utils.formats import date_format, number_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from panggon.charts import Chart, grouped_bars
from panggon.core.surveys.figures import SMALLEST, Period, Span
from panggon.office.selectors import office
from panggon.office.values import in_language
from panggon.public import selectors
from panggon.public.tables import AVAILABILITY, COMPLAINTS, REQUESTS, SATISFACTION, SITES, STEPS, Row, Table

Record = Mapping[str, Any]
NOTHING = "–"


@lru_cache(maxsize=2)
def tables(_made_at: datetime) -> Mapping[str, list[Row]]:
    """The rows of each table by its key, as they were reckoned at that moment (or a later one)."""
    return dict(selectors.snapshot().tables)


@lru_cache(maxsize=2)
def periods(made_at: datetime) -> tuple[Period, ...]:
    """The years and quarters with figures, the newest year first."""
    names = {row["masa"] for row in _records(made_at, REQUESTS)}
    years = sorted((int(name) for name in names if name.isdigit()), reverse=True)
    asked = (part for year in years for part in (Period(year), *Period(year).parts))
    return tuple(period for period in asked if period.name in names)


def context_of(made_at: datetime, period: Period) -> dict[str, Any]:
    """All that the page says of a period."""
    requests, complaints, satisfaction, availability = (
        {row["masa"]: row for row in _records(made_at, table)}
        for table in (REQUESTS, COMPLAINTS, SATISFACTION, AVAILABILITY)
    )
    months = [month for month in period.months if month.name in requests]
    steps = [row for row in _records(made_at, STEPS) if row["masa"] == period.name]
    words = dict(enumerate(in_language(office().standard, get_language() or "id").steps, 1))
    (now,) = _records(made_at, SITES)
    return {
        "made_at": made_at,
        "period": period,
        "periods": [one for one in periods(made_at) if one.span is Span.YEAR or one.year == period.year],
        "smallest": SMALLEST,
        "requests": _requests(requests[period.name]),
        "months": [(month.first, _requests(requests[month.name])) for month in months],
        "requests_chart": _by_month(months, requests, "masuk", "diserahkan"),
        "steps": [(row["langkah"], words.get(row["langkah"], ""), *_step(row)) for row in steps],
        "steps_chart": grouped_bars(
            [row["median_jam_kerja"] or 0 for row in steps], labels=[str(row["langkah"]) for row in steps]
        ),
        "complaints": _complaints(complaints[period.name]),
        "complaint_months": [(month.first, _complaints(complaints[month.name])) for month in months],
        "complaints_chart": _by_month(months, complaints, "masuk", "dijawab"),
        "satisfaction": _satisfaction(satisfaction[period.name]),
        "open_sites": _count(now["terbuka"]),
        "availability": _availability(availability[period.name]),
        "availability_months": [
            (month.first, told) for month in months if (told := _availability(availability[month.name]))
        ],
    }


# ------------------------------------------------------------------------------------------------------------------


def _records(made_at: datetime, table: Table) -> list[dict[str, Any]]:
    return table.records(tables(made_at)[table.key])


def _requests(row: Record) -> dict[str, str]:
    served = row["diserahkan"]
    return {
        "sent": _count(row["masuk"]),
        "served": _count(served),
        "in_time": _of(served, row["tepat_waktu"], _count),
        "percent": _of(served, row["persen_tepat_waktu"], _percent),
        "hours": _of(served, row["median_jam_kerja"], _hours),
        "withdrawn": _count(row["dibatalkan"]),
        "refused": _count(row["ditolak"]),
        "opened": _count(row["situs_dibuka"]),
    }


def _step(row: Record) -> tuple[str, str]:
    return _count(row["permohonan"]), _of(row["permohonan"], row["median_jam_kerja"], _hours)


def _complaints(row: Record) -> dict[str, str]:
    answered = row["dijawab"]
    return {
        "filed": _count(row["masuk"]),
        "answered": _count(answered),
        "in_time": _of(answered, row["tepat_waktu"], _count),
        "percent": _of(answered, row["persen_tepat_waktu"], _percent),
        "dismissed": _count(row["bukan_pengaduan"]),
    }


def _satisfaction(row: Record) -> dict[str, str]:
    respondents = row["responden"]
    return {
        "respondents": _count(respondents),
        "index": _of(respondents, row["ikm"], lambda index: number_format(index, 2)),
        "band": row["mutu"] or "",
    }


def _availability(row: Record) -> dict[str, str] | None:
    """None where nothing was measured: then nothing is said of it."""
    if not row["pemeriksaan"]:
        return None
    share = number_format(row["persen_terjawab"], 2)
    return {"visits": _count(row["pemeriksaan"]), "answered": _count(row["terjawab"]), "percent": f"{share}%"}


def _of(group: int, value: Any, words: Any) -> str:
    """Of nobody there is nothing to say, and of so few nothing is said."""
    if not group:
        return NOTHING
    return _("tidak ditampilkan") if value is None else str(words(value))


def _count(value: int) -> str:
    return number_format(value, 0, force_grouping=True)


def _percent(value: int) -> str:
    return f"{value}%"


def _hours(value: float) -> str:
    return _("%(hours)s jam kerja") % {"hours": number_format(value, 1)}


def _by_month(months: list[Period], rows: Mapping[str, Record], *columns: str) -> Chart:
    values = ([rows[month.name][column] for month in months] for column in columns)
    return grouped_bars(*values, labels=[date_format(month.first, "M") for month in months])
