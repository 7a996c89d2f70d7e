"""`panggon deadline`: when something is due, and from which office hours that was reckoned, for anyone to check."""

import os
from collections.abc import Iterable
from datetime import datetime

import click

from panggon.command_line import Refused
from panggon.core.errors import PermanentError
from panggon.core.schedule.clock import WORKING_DAYS, Clock, deadline
from panggon.core.schedule.workdays import Calendar, Interval, utc
from panggon.portal.prepared import prepare
from panggon.schedule.known import ZONE, known_calendar

CONFIGURED = ("DATABASE_URL", "PANGGON_SECRET_KEY", "PANGGON_SECRET_KEY_FILE", "DJANGO_SETTINGS_MODULE")
DAYS_MOST = 366
NO_ANSWER = 1  # exit status


class Command(click.Command):
    """What click says of wrong arguments, in the words of those who ask."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.MissingParameter as error:
            raise Refused("Sebutkan waktu mulai, misalnya: panggon deadline 2026-11-23T09:00.") from error
        except click.NoSuchOption as error:
            raise Refused(f"Pilihan {error.option_name} tidak dikenal. Lihat: panggon deadline --help.") from error
        except click.BadOptionUsage as error:
            raise Refused(f"Pilihan {error.option_name} memerlukan isi. Lihat: panggon deadline --help.") from error
        except click.BadParameter as error:
            named = error.param.opts[0] if error.param else ""
            raise Refused(f"Isi {named} tidak dapat dipakai. {ACCEPTED.get(named, '')}".strip()) from error
        except click.UsageError as error:
            raise Refused("Sebutkan satu waktu mulai saja; jeda ditulis dengan --pause.") from error


ACCEPTED = {
    "--days": f"Jumlah hari kerja adalah bilangan 1 sampai {DAYS_MOST}.",
    "--calendar": "Pilih database atau built-in.",
}


class Moment(click.ParamType):
    """A moment in ISO 8601; without an offset it is local time of the office."""

    name = "moment"

    def convert(self, value: str, _param: click.Parameter | None, _context: click.Context | None) -> datetime:
        try:
            moment = datetime.fromisoformat(value)
            moment = moment if moment.tzinfo else moment.replace(tzinfo=ZONE)
            utc(moment)
        except (ValueError, OverflowError) as error:
            raise Refused(f"“{value}” bukan waktu ISO 8601. Tulis seperti 2026-11-23T09:00.") from error
        if len(value) <= len("2026-11-23"):
            raise Refused(f"“{value}” tidak memuat jam. Tulis seperti 2026-11-23T09:00.")
        return moment


class Pause(click.ParamType):
    name = "from/to"

    def convert(self, value: str, param: click.Parameter | None, context: click.Context | None) -> Interval:
        start, slash, end = value.partition("/")
        if not slash or not end:
            raise Refused(f"“{value}” bukan jeda. Tulis seperti 2026-11-24T10:00/2026-11-24T14:00.")
        moment = Moment()
        return Interval(moment.convert(start, param, context), moment.convert(end, param, context))


@click.command("deadline", cls=Command)
@click.argument("start", metavar="MULAI", type=Moment())
@click.option(
    "--pause", "pauses", type=Pause(), multiple=True, metavar="DARI/SAMPAI", help="Dapat disebut berkali-kali."
)
@click.option(
    "--days",
    metavar="JUMLAH",
    type=click.IntRange(1, DAYS_MOST),
    default=WORKING_DAYS,
    show_default=True,
    help="Banyaknya hari kerja.",
)
@click.option(
    "--calendar",
    type=click.Choice(["database", "built-in"]),
    default=lambda: "database" if any(map(os.environ.get, CONFIGURED)) else "built-in",
    show_default="database bila sudah diatur",
    help="built-in: jam kerja Pekalongan dan hari libur yang dikenal Panggon.",
)
def command(start: datetime, pauses: tuple[Interval, ...], days: int, calendar: str) -> None:
    """Hitung batas waktu permohonan yang dikirim pada MULAI.

    MULAI adalah waktu setempat (ISO 8601). Baris pertama hanya memuat batas waktunya; lalu tiap selang waktu yang
    dihitung, satu per baris.
    """
    try:
        clock = deadline(start, pauses=_checked(start, pauses), days=days, calendar=_calendar(calendar, start))
    except PermanentError as error:
        raise Refused(_words(error), NO_ANSWER) from error
    for line in _lines(clock):
        click.echo(line)


def _checked(start: datetime, pauses: Iterable[Interval]) -> list[Interval]:
    """The pauses in their order; one that ends before it begins, or begins before the last ended, is refused."""
    reached, ordered = start, sorted(pauses, key=lambda pause: pause.start)
    for pause in ordered:
        if pause.end < pause.start:
            raise Refused(f"Jeda yang mulai {_local(pause.start)} berakhir sebelum dimulai.")
        if pause.start < reached:
            raise Refused(f"Jeda yang mulai {_local(pause.start)} mendahului {_local(reached)}.")
        reached = pause.end
    return ordered


def _calendar(which: str, start: datetime) -> Calendar:
    if which == "built-in":
        click.echo("Dihitung dengan kalender bawaan Pekalongan, bukan kalender sebuah instalasi.", err=True)
        return known_calendar((start.year, start.year + 1))
    from django.core.exceptions import ImproperlyConfigured  # noqa: PLC0415 (a check on paper needs no Django)
    from django.db import OperationalError  # noqa: PLC0415

    from panggon.portal import database  # noqa: PLC0415

    try:
        prepare()
    except ImproperlyConfigured as error:
        raise Refused(f"Pengaturan portal belum lengkap; coba --calendar built-in. ({error})", NO_ANSWER) from error
    from panggon.schedule.selectors import calendar  # noqa: PLC0415 (needs Django)

    try:
        return calendar()
    except OperationalError as error:
        raise Refused(f"{database.why_away(error)} Atau pakai --calendar built-in.", NO_ANSWER) from error


def _words(error: PermanentError) -> str:
    if error.code == "calendar.missing":
        return f"Tahun {error.facts['year']} belum mempunyai kalender kerja, sehingga batas waktu tidak dapat dihitung."
    return str(error)


def _lines(clock: Clock) -> list[str]:
    return [_local(clock.due_at), *(f"{_local(part.start)}/{_local(part.end)}" for part in clock.intervals)]


def _local(moment: datetime) -> str:
    """Whole seconds, unless it was given to the microsecond."""
    return moment.astimezone(ZONE).isoformat()
