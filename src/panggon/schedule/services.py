"""The only writers of the calendar. Whoever changes it sets going that open deadlines are reckoned anew."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from django.db import connection, transaction

from panggon.audit.services import record
from panggon.core.cases.shares import WHOLE
from panggon.core.errors import Fault, InvalidError
from panggon.core.notify.alerts import AlertKind, Reminding
from panggon.core.schedule.workdays import PEKALONGAN_RAMADAN_WEEK, PEKALONGAN_WEEK, Week
from panggon.outbox import defer
from panggon.people.models import User
from panggon.schedule.known import NORMAL_HOURS, RAMADAN, KnownDay, known_days
from panggon.schedule.models import Closing, Holiday, OfficeHours, ReminderRule, StepShare, Year
from panggon.schedule.rows import Row, faults_of, plain, seen, subject_of
from panggon.schedule.sheet import DayChange

_ONE_AT_A_TIME = 0x6B616C65  # key of the advisory lock under which rows are judged among each other
MOVES_DEADLINES = (OfficeHours, Year, Holiday, Closing)


@transaction.atomic
def save(row: Row, *, actor: User | None, at: datetime, expected: str | None = None) -> None:
    """Keep a row as it now is. `expected` is what the person saw of it (`rows.seen`).

    Raises `InvalidError` with every fault of the row, or with `calendar.changed` when it is not any more what was seen.
    """
    _lock()
    before = _stored(row)
    _refuse_if_changed(before, expected)
    if faults := faults_of(row):
        raise InvalidError(faults)
    row.save()
    _changed(row, before=plain(before), after=plain(row), actor=actor, at=at)


@transaction.atomic
def remove(row: Row, *, actor: User | None, at: datetime, expected: str | None = None) -> None:
    """Take a row away. Raises `InvalidError` `calendar.changed` as `save` does."""
    _lock()
    before = _stored(row)
    _refuse_if_changed(before, expected)
    if before is not None:
        _changed(row, before=plain(before), after=None, actor=actor, at=at)
        before.delete()


@transaction.atomic
def take(changes: Iterable[DayChange], years: Iterable[int], *, actor: User, at: datetime) -> None:
    """Carry out what a preview showed: these years become known ones, and these days are changed."""
    for year in years:
        save(Year(year=year), actor=actor, at=at)
    for change in changes:
        if change.after is None:
            remove(Holiday(day=change.day), actor=actor, at=at)
        else:
            save(_new_or_changed(change.after), actor=actor, at=at)


@transaction.atomic
def set_shares(percents: Mapping[int, int], *, actor: User, at: datetime) -> None:
    """The shares of all steps at once. Raises `InvalidError` `share.sum` when they are not the whole, `share.range`."""
    total = sum(percents.values())
    if total != WHOLE:
        raise InvalidError((Fault("share.sum", facts={"total": total}),))
    for step, percent in percents.items():
        save(StepShare(step=step, percent=percent), actor=actor, at=at)


@transaction.atomic
def set_reminders(rules: Mapping[AlertKind, Reminding], *, actor: User, at: datetime) -> None:
    """Raises `InvalidError` `reminder.range`."""
    for kind, rule in rules.items():
        save(ReminderRule(kind=kind, every_days=rule.every_days, most=rule.most), actor=actor, at=at)


@transaction.atomic
def seed(years: Iterable[int]) -> int:
    """Holidays and joint leave days of these years, and the office hours of Pekalongan; what is there is kept.

    The number of days that were new. It is how an installation begins, so that the log of changes begins after it.
    """
    usual = _hours("Jam kerja biasa", *NORMAL_HOURS, PEKALONGAN_WEEK)
    ramadan = (_hours("Ramadan", first, last, PEKALONGAN_RAMADAN_WEEK) for first, last in RAMADAN)
    OfficeHours.objects.bulk_create([usual, *ramadan], ignore_conflicts=True)
    known = list(years)
    Year.objects.bulk_create([Year(year=year) for year in known], ignore_conflicts=True)
    before = Holiday.objects.count()
    Holiday.objects.bulk_create([_holiday(day) for year in known for day in known_days(year)], ignore_conflicts=True)
    return Holiday.objects.count() - before


# ------------------------------------------------------------------------------------------------------------------


def _lock() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ONE_AT_A_TIME])


def _stored(row: Row) -> Row | None:
    return type(row).objects.filter(pk=row.pk).first() if row.pk is not None else None


def _refuse_if_changed(stored: Row | None, expected: str | None) -> None:
    if expected is not None and expected != seen(stored):
        raise InvalidError((Fault("calendar.changed"),))


def _changed(row: Row, *, before: object, after: object, actor: User | None, at: datetime) -> None:
    change = record(subject_of(row), before=before, after=after, actor=actor, at=at)
    if change is not None and isinstance(row, MOVES_DEADLINES):
        defer("cases.recalculate", lock="cases.recalculate", once="cases.recalculate", after=0)


def _holiday(known: KnownDay) -> Holiday:
    return Holiday(day=known.day, name=known.name, kind=known.kind, estimated=known.estimated, source=known.source)


def _new_or_changed(known: KnownDay) -> Holiday:
    row = _holiday(known)
    row._state.adding = not Holiday.objects.filter(pk=known.day).exists()  # noqa: SLF001
    return row


def _hours(name: str, first: date, last: date, week: Week) -> OfficeHours:
    rows = [[[f"{part.start:%H:%M}", f"{part.end:%H:%M}"] for part in day] for day in week]
    return OfficeHours(name=name, first=first, last=last, week=rows)
