"""The rows of the calendar as plain values: what the log keeps of them, and what they must not be."""

from collections.abc import Callable, Mapping
from datetime import time
from typing import Any

from panggon.audit.chain import digest_of
from panggon.core.cases.shares import STEP_SHARES
from panggon.core.errors import Fault
from panggon.core.notify.alerts import AlertKind
from panggon.core.schedule.calendar_rules import Hours, closing_faults, period_faults, week_faults
from panggon.schedule.models import Closing, Holiday, OfficeHours, ReminderRule, StepShare, Year

Row = OfficeHours | Year | Holiday | Closing | StepShare | ReminderRule
YEARS = range(2000, 2100)


def subject_of(row: Row) -> str:
    """The name of the row in the log of changes."""
    return f"schedule.{row._meta.model_name}:{row.pk}"  # noqa: SLF001 (Django documents it)


def plain(row: Row | None) -> dict[str, Any] | None:
    """JSON values of what people can change."""
    if row is None:
        return None
    fields = {field.name: getattr(row, field.name) for field in row._meta.concrete_fields if field.name != "id"}  # noqa: SLF001
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in fields.items()}


def seen(row: Row | None) -> str:
    """What a page saw of a row, so that a change that came between is noticed."""
    return digest_of({"row": plain(row)}, previous="")


def times_of(week: list[list[list[str]]]) -> list[list[Hours]]:
    return [[(time.fromisoformat(start), time.fromisoformat(end)) for start, end in day] for day in week]


def faults_of(row: Row) -> tuple[Fault, ...]:
    """Everything that keeps this row from being kept; each row is judged among those that are there."""
    return RULES[type(row)](row)


def _holiday(row: Holiday) -> tuple[Fault, ...]:
    faults = []
    if not row.name[:1].isalnum():  # nor may a sheet take it for a formula
        faults.append(Fault("holiday.name", "name"))
    if row._state.adding and Holiday.objects.filter(pk=row.day).exists():  # noqa: SLF001
        faults.append(Fault("holiday.taken", "day"))
    return tuple(faults)


def _office_hours(row: OfficeHours) -> tuple[Fault, ...]:
    others = OfficeHours.objects.exclude(pk=row.pk).values_list("name", "first", "last")
    periods = [(name, (first, last)) for name, first, last in others]
    return (*period_faults((row.first, row.last), others=periods), *week_faults(times_of(row.week)))


def _closing(row: Closing) -> tuple[Fault, ...]:
    others = Closing.objects.exclude(pk=row.pk).values_list("start", "end")
    return closing_faults((row.start, row.end), others=others)


def _year(row: Year) -> tuple[Fault, ...]:
    return () if row.year in YEARS else (Fault("year.range", "year", {"first": YEARS[0], "last": YEARS[-1]}),)


def _step_share(row: StepShare) -> tuple[Fault, ...]:
    return () if row.step in STEP_SHARES and row.percent <= 100 else (Fault("share.range", f"step_{row.step}"),)


def _reminder_rule(row: ReminderRule) -> tuple[Fault, ...]:
    known = row.kind in (AlertKind.CORRECTION, AlertKind.DELIVERY)
    return () if known and 1 <= row.every_days <= 60 and row.most <= 20 else (Fault("reminder.range", row.kind),)


RULES: Mapping[type, Callable[[Any], tuple[Fault, ...]]] = {
    Holiday: _holiday,
    OfficeHours: _office_hours,
    Closing: _closing,
    Year: _year,
    StepShare: _step_share,
    ReminderRule: _reminder_rule,
}
