"""Who is told what, by which ways, in which words: one table. `docs/notices.md` is printed from it.

The procedure says by its effects *that* somebody is told (`Effect.NOTIFY_…`); this table says the rest. What an e-mail
or a webhook says is what stands in `subject`, and a link; what it is about is read behind the sign-in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from types import MappingProxyType

from panggon.core.cases.vocabulary import STATE_LABELS, Effect, Role, State
from panggon.core.errors import PermanentError
from panggon.core.schedule.workdays import Calendar, office_hours

DAY = timedelta(days=1)
# How long after each failed attempt e-mail and webhook are tried again; after the last one a person has to.
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (0.25, 1, 5, 30, 120, 300, 600))
USUAL_OPENING, SATURDAY = time(7, 30), 5


class Occasion(StrEnum):
    """What happened. The values are the names of the webhook's events."""

    YOUR_TURN = "your_turn"
    PROGRESS = "progress"
    TAKEN_OVER = "taken_over"
    HANDED_ON = "handed_on"
    ENDED = "ended"
    WORK_FAILED = "work_failed"
    ACCESS_FAILED = "access_failed"
    CLOSING_FAILED = "closing_failed"
    TECHNICIAN_LEFT = "technician_left"
    POST_EMPTY = "post_empty"
    POST_ENDING = "post_ending"
    WARNING = "warning"
    REMINDER = "reminder"
    INFORMATION = "information"
    PUBLIC_STEP = "public_step"


class Way(StrEnum):
    PORTAL = "portal"
    MAIL = "mail"
    WEBHOOK = "webhook"


class Mailing(StrEnum):
    """When a person wants e-mail; also when one notice is mailed."""

    AT_ONCE = "at_once"
    DIGEST = "digest"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table. `whom` is for people to read; `subject` and `text` are message ids, filled with facts.

    `presses`: a decision waits for the person, so that it is mailed even to who wants no mail. `personal`: what of a
    person a webhook carries.
    """

    whom: str
    ways: tuple[Way, ...]
    subject: str
    text: str
    presses: bool = False
    personal: tuple[str, ...] = ()


ALL_WAYS = (Way.PORTAL, Way.MAIL, Way.WEBHOOK)
NUMBER_AND_STATE, WHAT_AND_NEXT = "{number}: {state}", "{action}. {next}"
OPD, TECHNICIAN, HOLDER = "OPD Pemohon", "Petugas Teknis yang ditugasi", "yang sekarang memegang permohonan"
FORMER = "petugas teknis yang sebelumnya"
DIVISION_HEAD = "Kepala Bidang yang menerima disposisi"
OVER_THE_POST = "administrator, dan atasan jabatan itu"
INVOLVED = "pejabat yang memegang permohonan, Kepala Bidang dan petugas teknisnya"


def _personal(whom: str, subject: str, text: str, *, presses: bool = False) -> Rule:
    """For one person: by all ways, and a gateway has to know the number that it is to write to."""
    return Rule(whom, ALL_WAYS, subject, text, presses=presses, personal=("phone",))


TABLE: Mapping[Occasion, Rule] = MappingProxyType(
    {
        Occasion.YOUR_TURN: _personal(HOLDER, NUMBER_AND_STATE, WHAT_AND_NEXT, presses=True),
        Occasion.PROGRESS: _personal(OPD, NUMBER_AND_STATE, WHAT_AND_NEXT),
        Occasion.TAKEN_OVER: _personal(
            TECHNICIAN, "{number}: permohonan diserahkan kepada Anda", WHAT_AND_NEXT, presses=True
        ),
        Occasion.HANDED_ON: _personal(FORMER, "{number}: permohonan ditangani petugas lain", "{action}."),
        Occasion.ENDED: _personal(INVOLVED, NUMBER_AND_STATE, WHAT_AND_NEXT),
        Occasion.WORK_FAILED: _personal(
            TECHNICIAN, "{number}: pekerjaan server belum berhasil", WHAT_AND_NEXT, presses=True
        ),
        Occasion.ACCESS_FAILED: _personal(TECHNICIAN, "{number}: hak akses belum terpasang", "{problem}", presses=True),
        Occasion.CLOSING_FAILED: _personal(TECHNICIAN, "{number}: situs belum tertutup", "{problem}", presses=True),
        Occasion.TECHNICIAN_LEFT: _personal(
            DIVISION_HEAD, "{number}: perlu petugas teknis lain", "{who} bukan petugas teknis lagi.", presses=True
        ),
        Occasion.POST_EMPTY: _personal(
            OVER_THE_POST,
            "{post} kosong, permohonan menunggu",
            "Jumlah permohonan: {cases}. Administrator mencatat penggantinya, Plh, atau Plt.",
            presses=True,
        ),
        Occasion.POST_ENDING: _personal(
            OVER_THE_POST,
            "{post} akan kosong",
            "Mulai {day} belum ada yang menjabat. Administrator mencatat penggantinya, Plh, atau Plt.",
        ),
        # The words of these come from whoever tells.
        Occasion.WARNING: _personal(
            "yang memegang permohonan, juga atasannya bila lewat batas; administrator bila arsip rusak; "
            "petugas teknis dan administrator bila server bermasalah",
            "{subject}",
            "{text}",
            presses=True,
        ),
        Occasion.REMINDER: _personal(OPD, "{subject}", "{text}", presses=True),
        Occasion.INFORMATION: _personal("orang yang bersangkutan", "{subject}", "{text}"),
        Occasion.PUBLIC_STEP: Rule(
            "pengikut tanpa akun yang mengonfirmasi alamatnya", (Way.MAIL, Way.WEBHOOK), NUMBER_AND_STATE, "{next}"
        ),
    }
)

# Whom each effect of the procedure means. `NOTIFY_NEXT`: `STATE_LABELS[state].waits_for`.
AUDIENCES: Mapping[Effect, str] = MappingProxyType(
    {
        Effect.NOTIFY_APPLICANT: OPD,
        Effect.NOTIFY_NEXT: HOLDER,
        Effect.NOTIFY_TECHNICIAN: TECHNICIAN,
        Effect.NOTIFY_SUCCESSOR: TECHNICIAN,
        Effect.NOTIFY_FORMER: FORMER,
        Effect.NOTIFY_INVOLVED: INVOLVED,
    }
)
# What an effect means to officials whatever state was reached.
TO_OFFICIALS: Mapping[Effect, Occasion] = MappingProxyType(
    {
        Effect.NOTIFY_TECHNICIAN: Occasion.WORK_FAILED,
        Effect.NOTIFY_SUCCESSOR: Occasion.TAKEN_OVER,
        Effect.NOTIFY_FORMER: Occasion.HANDED_ON,
        Effect.NOTIFY_INVOLVED: Occasion.ENDED,
    }
)


def occasion_of(effect: Effect, state: State) -> Occasion:
    """What an effect of the procedure is for those whom it means, in the state that was reached."""
    if effect in TO_OFFICIALS:
        return TO_OFFICIALS[effect]
    waits_for_applicant = STATE_LABELS[state].waits_for is Role.APPLICANT
    return Occasion.YOUR_TURN if effect is Effect.NOTIFY_NEXT or waits_for_applicant else Occasion.PROGRESS


def is_public_step(source: State, target: State) -> bool:
    """Whether the tracking page shows a new step: what changes nothing in where the case stands is not told."""
    return source != target


def mailing_of(occasion: Occasion, choice: Mailing) -> Mailing:
    """When this is mailed to a person who chose so."""
    rule = TABLE[occasion]
    if Way.MAIL not in rule.ways:
        return Mailing.NONE
    return Mailing.AT_ONCE if rule.presses and choice is Mailing.NONE else choice


def events() -> tuple[Occasion, ...]:
    """What a webhook may be told of."""
    return tuple(occasion for occasion, rule in TABLE.items() if Way.WEBHOOK in rule.ways)


def last_opening(now: datetime, *, calendar: Calendar) -> datetime:
    """When the office last opened in the morning, in UTC: the digest holds what was told before that.

    In a year without a calendar Monday to Friday at half past seven counts, because news must not wait for one.
    """
    day = now.astimezone(calendar.zone).date()
    while (opened := _morning(day, calendar)) is None or opened > now:
        day -= DAY
    return opened


def _morning(day: date, calendar: Calendar) -> datetime | None:
    try:
        hours = office_hours(day, calendar=calendar)
    except PermanentError:
        usual = datetime.combine(day, USUAL_OPENING, calendar.zone).astimezone(UTC)
        return usual if day.weekday() < SATURDAY else None
    return hours[0].start if hours else None
