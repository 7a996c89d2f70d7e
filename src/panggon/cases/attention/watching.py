"""Whom the passing of time is told to, and in which words. Each is told once and in office hours only."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from panggon.cases import selectors, services
from panggon.cases.attention import alerting, recipients
from panggon.cases.models import Case
from panggon.core.cases.procedure import Action, Role, State, next_words
from panggon.core.errors import PermanentError
from panggon.core.notify.alerts import LATE, AlertKind, Reminding, is_open, is_unanswered, level_due, reminder_due
from panggon.core.notify.notices import Occasion
from panggon.core.schedule.workdays import Calendar
from panggon.notify.services import Words, tell_all
from panggon.papers.dates import moment_words
from panggon.people import selectors as people
from panggon.people.models import User
from panggon.schedule import selectors as schedule

REMINDED = {State.INCOMPLETE: AlertKind.CORRECTION, State.DELIVERED: AlertKind.DELIVERY}
NEAR = (_("{number}: {level}% waktu pelayanan terpakai"), _("Batas penyelesaian {due}. {next}"))
PAST = (_("{number}: batas waktu pelayanan terlampaui"), _("Batas penyelesaian {due} sudah lewat. {next}"))
APOLOGY = (
    _("{number}: pelayanan melampaui batas waktu"),
    _("Mohon maaf, permohonan Anda belum selesai pada {due} seperti yang dijanjikan. {next}"),
)
REMINDERS = {
    AlertKind.CORRECTION: (
        _("{number}: permohonan menunggu dilengkapi"),
        _("Pengingat {level} dari {most}. {next} Tanpa jawaban sesudah pengingat terakhir, permohonan dibatalkan."),
    ),
    AlertKind.DELIVERY: (
        _("{number}: mohon konfirmasi bahwa situs dapat diakses"),
        _("Pengingat {level} dari {most}. {next}"),
    ),
}
CALENDAR = {
    "missing": _("Kalender kerja {year} belum ada. Tanpa kalender, batas waktu di tahun itu tidak dapat dihitung."),
    "no_joint_leave": _("Cuti bersama {year} belum dicatat. Isi setelah SKB 3 Menteri terbit."),
}


def may_speak(now: datetime, *, calendar: Calendar) -> bool:
    """Whether the office is open; in a year without a calendar nobody knows, and `check_calendar` says so."""
    try:
        return is_open(now, calendar=calendar)
    except PermanentError:
        return False


def watch(case: Case, *, now: datetime, calendar: Calendar, rules: Mapping[AlertKind, Reminding]) -> None:
    """Whatever time makes due in this case now. `PermanentError` `calendar.missing`."""
    kind = REMINDED.get(State(case.state))
    if kind is not None:
        _remind(case, kind, rules[kind], now=now, calendar=calendar)
    else:
        _warn(case, now=now, calendar=calendar)


def check_calendar(*, now: datetime) -> None:
    """Tell the administrators what is missing in the calendar of the year to prepare, once a week."""
    today = localdate(now)
    year = schedule.year_to_prepare(today)
    lack = schedule.missing_in(year)
    if not lack:
        return
    week = today.isocalendar()
    tell_all(
        people.holders_of(Role.ADMINISTRATOR, now=now),
        (_("Kalender kerja {year} perlu dilengkapi"), CALENDAR[lack]),
        {"year": year},
        reference=f"calendar:{year}:{lack}:{week.year}-{week.week}",
        path=reverse("schedule:year", args=[year]),
        at=now,
    )


# ------------------------------------------------------------------------------------------------------------------


def _warn(case: Case, *, now: datetime, calendar: Calendar) -> None:
    since = case.submitted_at
    if since is None:
        return
    given = alerting.given(case, AlertKind.DEADLINE, since=since).level
    clock = selectors.clock_of(case, now=now, calendar=calendar) if given < LATE else None
    if clock is None or not clock.running:
        return
    level = level_due(clock.share, given=given)
    if level is None:
        return
    with transaction.atomic():
        if _is_as_seen(case) and alerting.keep(case, AlertKind.DEADLINE, since=since, level=level, at=now):
            _tell_warning(case, level, due=clock.due_at, at=now)


def _tell_warning(case: Case, level: int, *, due: datetime, at: datetime) -> None:
    reference = f"deadline:{case.pk}:{level}"
    facts = {"level": level, "due": moment_words(due)}
    holders = recipients.holders(case, State(case.state), now=at)
    superiors = recipients.superiors(case, State(case.state), now=at) if level == LATE else []
    words = PAST if level == LATE else NEAR
    officials = {person.pk: person for person in (*holders, *superiors)}.values()
    _tell(officials, case, Occasion.WARNING, words, facts, reference=reference, at=at)
    if level == LATE:
        _tell(recipients.applicants(case), case, Occasion.INFORMATION, APOLOGY, facts, reference=reference, at=at)


def _remind(case: Case, kind: AlertKind, rule: Reminding, *, now: datetime, calendar: Calendar) -> None:
    since = case.state_since
    before = alerting.given(case, kind, since=since)
    number = reminder_due(since, given=before.level, rule=rule, now=now, calendar=calendar)
    with transaction.atomic():
        if number is not None:
            if _is_as_seen(case) and alerting.keep(case, kind, since=since, level=number, at=now):
                _tell_reminder(case, kind, number, rule, at=now)
        elif kind is AlertKind.CORRECTION and is_unanswered(
            before.at, given=before.level, rule=rule, now=now, calendar=calendar
        ):
            _withdraw(case, now=now)
        elif (
            case.site
            and case.site.first_login
            and is_unanswered(before.at, given=before.level, rule=rule, now=now, calendar=calendar)
        ):
            _confirm(case, now=now)


def _tell_reminder(case: Case, kind: AlertKind, number: int, rule: Reminding, *, at: datetime) -> None:
    facts = {"level": number, "most": rule.most}
    reference = f"{kind}:{case.pk}:{case.state_since:%Y%m%d%H%M%S}:{number}"
    _tell(recipients.applicants(case), case, Occasion.REMINDER, REMINDERS[kind], facts, reference=reference, at=at)


def _withdraw(case: Case, *, now: datetime) -> None:
    """The kept alert is the fact by which the table lets the system withdraw."""
    if not _is_as_seen(case):
        return
    alerting.keep(case, AlertKind.UNANSWERED, since=case.state_since, level=1, at=now)
    words = "Tidak dilengkapi sampai lewat waktu sesudah pengingat terakhir."
    services.act(case.pk, action=Action.WITHDRAW, actor=None, data={"note": words}, at=now)


def _confirm(case: Case, *, now: datetime) -> None:
    """Nobody answered, but the machine saw the OPD come in: that is what the table lets the system confirm by."""
    if _is_as_seen(case):
        words = "Tidak dijawab sampai lewat waktu sesudah pengingat terakhir; login OPD tercatat di server."
        services.act(case.pk, action=Action.CONFIRM, actor=None, data={"note": words}, at=now)


def _is_as_seen(case: Case) -> bool:
    """Locks the case; False when somebody acted in it meanwhile: then the next look decides."""
    return Case.objects.select_for_update().filter(pk=case.pk, version=case.version).exists()


def _tell(
    whom: Iterable[User],
    case: Case,
    occasion: Occasion,
    words: Words,
    facts: Mapping[str, object],
    *,
    reference: str,
    at: datetime,
) -> None:
    facts = {**facts, "number": case.number, "next": _(next_words(State(case.state)))}
    path = reverse("cases:case", args=[case.number])
    tell_all(whom, words, facts, reference=reference, path=path, at=at, occasion=occasion)
