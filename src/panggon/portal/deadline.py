"""`panggon deadline`: when something is due, and from which office hours that was reckoned, for anyone to check."""

import os
from collections.abc import Iterable
from datetime import datetime

import click

from panggon.core.clock import WORKING_DAYS, Clock, deadline
from panggon.core.errors import PermanentError
from panggon.core.workdays import Calendar, Interval
from panggon.schedule.known import ZONE, known_calendar

CONFIGURED = ("DATABASE_URL", "PANGGON_SECRET_KEY", "PANGGON_SECRET_KEY_FILE", "DJANGO_SETTINGS_MODULE")
FORM = "YYYY-MM-DDTHH:MM"


class Moment(click.ParamType):
    """A moment in ISO 8601; without an offset it is local time of the office."""

    name = "moment"

    def convert(self, value: str, param: click.Parameter | None, context: click.Context | None) -> datetime:
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no moment in ISO 8601 ({FORM}).", param, context)
        if len(value) <= len("2026-11-23"):
            self.fail(f"{value!r} has no time of day ({FORM}).", param, context)
        return moment if moment.tzinfo else moment.replace(tzinfo=ZONE)


class Pause(click.ParamType):
    name = "from/to"

    def convert(self, value: str, param: click.Parameter | None, context: click.Context | None) -> Interval:
        start, slash, end = value.partition("/")
        if not slash or not end:
            self.fail(f"{value!r} is not FROM/TO.", param, context)
        moment = Moment()
        return Interval(moment.convert(start, param, context), moment.convert(end, param, context))


@click.command("deadline")
@click.argument("start", type=Moment())
@click.option("--pause", "pauses", type=Pause(), multiple=True, metavar="FROM/TO", help="May be given several times.")
@click.option("--days", type=click.IntRange(1, 366), default=WORKING_DAYS, show_default=True, help="Working days.")
@click.option(
    "--calendar",
    type=click.Choice(["database", "built-in"]),
    default=lambda: "database" if any(map(os.environ.get, CONFIGURED)) else "built-in",
    show_default="database where one is configured",
    help="built-in: Pekalongan's office hours and the holidays that Panggon knows.",
)
def command(start: datetime, pauses: tuple[Interval, ...], days: int, calendar: str) -> None:
    """When what is sent at START (local time, ISO 8601) is due.

    The due moment stands alone on the first line, then each counted interval, one a line, up to it.
    """
    try:
        clock = deadline(start, pauses=_checked(start, pauses), days=days, calendar=_calendar(calendar, start))
    except PermanentError as error:
        raise click.ClickException(_words(error)) from error
    for line in _lines(clock):
        click.echo(line)


def _checked(start: datetime, pauses: Iterable[Interval]) -> list[Interval]:
    """The pauses in their order; one that ends before it begins, or begins before the last ended, is refused."""
    reached, ordered = start, sorted(pauses, key=lambda pause: pause.start)
    for pause in ordered:
        if pause.end < pause.start:
            raise click.UsageError(f"The pause from {pause.start.isoformat()} ends before it begins.")
        if pause.start < reached:
            raise click.UsageError(f"The pause from {pause.start.isoformat()} begins before {reached.isoformat()}.")
        reached = pause.end
    return ordered


def _calendar(which: str, start: datetime) -> Calendar:
    if which == "built-in":
        click.echo("Reckoned with Pekalongan's built-in calendar, not with an installation's.", err=True)
        return known_calendar((start.year, start.year + 1))
    import django  # noqa: PLC0415 (a check on paper needs neither Django nor a database)
    from django.core.exceptions import ImproperlyConfigured  # noqa: PLC0415
    from django.db import OperationalError  # noqa: PLC0415

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "panggon.portal.settings.base")
    try:
        django.setup()
    except ImproperlyConfigured as error:
        raise click.ClickException(str(error)) from error
    from panggon.schedule.selectors import calendar  # noqa: PLC0415 (needs Django)

    try:
        return calendar()
    except OperationalError as error:
        raise click.ClickException(f"The database cannot be reached; try --calendar built-in. ({error})") from error


def _words(error: PermanentError) -> str:
    if error.code == "calendar.missing":
        return f"The year {error.facts['year']} has no calendar: {error.detail}."
    return str(error)


def _lines(clock: Clock) -> list[str]:
    return [_local(clock.due_at), *(f"{_local(part.start)}/{_local(part.end)}" for part in clock.intervals)]


def _local(moment: datetime) -> str:
    """Whole seconds, unless it was given to the microsecond."""
    return moment.astimezone(ZONE).isoformat()
