"""The two SOPs in the reader's language: their heads are data, their activities are read from the procedures."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.timezone import localdate
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from panggon.core.complaints.deadlines import DayUnit
from panggon.core.complaints.vocabulary import ComplaintAction, Kind
from panggon.core.schedule.clock import ClockEffect
from panggon.core.standards.flow import Activity, Flow, Symbol
from panggon.core.standards.flow_chart import ChartWords, strip
from panggon.core.standards.sop import (
    Duration,
    Line,
    complaint_flow,
    complaint_lines,
    service_flow,
    service_lines,
    usual_day,
)
from panggon.core.standards.sop_words import CLOCK_NOTES
from panggon.office.selectors import office
from panggon.office.values import Sop, in_language
from panggon.schedule import selectors as schedule
from panggon.standards.selectors import Signer, signer_on
from panggon.standards.words import HEAD_OF_SOP, WORDS, Procedure, Words, between_words, days_words, minutes_words


@dataclass(frozen=True, slots=True)
class Shown:
    """A line of the SOP as people read it. `chart` is SVG, `way` says the same in words."""

    number: int
    title: str
    sentence: str
    who: str
    way: str
    chart: str
    requisites: tuple[str, ...]
    duration: str
    outputs: tuple[str, ...]
    notes: tuple[str, ...]
    aside: bool


@dataclass(frozen=True, slots=True)
class SopView:
    """`sections` are the fields of the head that have several lines; `whole` is the time of all."""

    procedure: Procedure
    head: Sop
    signer: Signer | None
    sections: tuple[tuple[str, tuple[str, ...]], ...]
    people: tuple[str, ...]
    lines: tuple[Shown, ...]
    whole: str


def sop_view(procedure: Procedure, *, now: datetime, value: Sop | None = None) -> SopView:
    """`value`: a head that is not kept yet."""
    dinas = office()
    head: Sop = in_language(value or dinas.of(procedure.group), get_language() or "id")
    flow = service_flow() if procedure is Procedure.SERVICE else complaint_flow()
    lines, durations = _service(now) if procedure is Procedure.SERVICE else _complaints()
    words = WORDS[procedure]
    return SopView(
        procedure,
        head,
        signer_on(head.effective_on, now=now),
        tuple((str(title), _with_decree(key, getattr(head, key))) for key, title in HEAD_OF_SOP.items()),
        tuple(str(words.people[person]) for person in flow.people),
        tuple(_shown(line, flow, words, durations[line.activity.number]) for line in lines),
        days_words(dinas.standard.working_days, unit=DayUnit.WORKING) if procedure is Procedure.SERVICE else "",
    )


# ------------------------------------------------------------------------------------------------------------------


def _with_decree(key: str, lines: tuple[str, ...]) -> tuple[str, ...]:
    return (*lines, *filter(None, [office().standard.decree])) if key == "legal_basis" else lines


def _service(now: datetime) -> tuple[tuple[Line, ...], Mapping[int, str]]:
    lines = service_lines(shares=schedule.step_shares(), allowance=_allowance(now))
    return lines, {line.activity.number: _duration(line.duration) for line in lines}


def _allowance(now: datetime) -> timedelta | None:
    """The working time of the standard by the office hours of today; None where there are none."""
    today, periods = localdate(now), schedule.calendar().periods
    week = next((period.week for period in periods if period.first <= today <= period.last), None)
    return usual_day(week) * office().standard.working_days if week else None


def _duration(duration: Duration) -> str:
    if duration.outside:
        return _("di luar waktu pelayanan")
    if duration.with_number is not None:
        return _("termasuk nomor %(number)s") % {"number": duration.with_number}
    return minutes_words(duration.minutes) if duration.minutes is not None else "–"


def _complaints() -> tuple[tuple[Line, ...], Mapping[int, str]]:
    """How many days each may take is a setting of the department."""
    days, lines = office().complaints, complaint_lines()
    kinds = [days.days_of(kind) for kind in Kind]
    words = {
        ComplaintAction.TAKE: days_words(days.first_response, unit=days.unit),
        ComplaintAction.RESOLVE: between_words(min(kinds), max(kinds), unit=days.unit),
        ComplaintAction.CONFIRM: days_words(days.silence, unit=days.unit),
    }
    return lines, {
        line.activity.number: "–" if line.activity.aside else words.get(line.activity.action, "–") for line in lines
    }


def _shown(line: Line, flow: Flow[Any, Any, Any, Any, Any], words: Words, duration: str) -> Shown:
    activity = line.activity
    target = activity.rows[0].target
    state, changes = words.states[target][0], target != activity.source
    return Shown(
        activity.number,
        str(words.actions[activity.action]),
        _sentence(activity, flow, words),
        _(" atau ").join(str(words.people[person]) for person in (activity.doer, *activity.others)),
        _way(activity),
        strip(activity, flow, ChartWords(_("Ya"), _("Tidak"), _("Selesai"))),
        tuple(_(words) for words in line.requisites),
        duration,
        (*(_(words) for words in line.outputs), *([_("Status: %(state)s") % {"state": state}] if changes else [])),
        tuple(_notes(line)),
        activity.aside,
    )


def _sentence(activity: Activity[Any, Any, Any, Any, Any], flow: Flow[Any, Any, Any, Any, Any], words: Words) -> str:
    """What is done; of what is done instead or at another time, what comes of it."""
    target = activity.rows[0].target
    if not activity.aside and all(activity.number not in other.otherwise for other in flow.activities):
        return str(words.states[activity.source][1])
    if activity.ends or target == activity.source:
        return ""
    return _("Selanjutnya: %(words)s") % {"words": words.states[target][1]}


def _way(activity: Activity[Any, Any, Any, Any, Any]) -> str:
    """Where it goes on, in words."""
    follows = _("selesai") if activity.ends else activity.follows
    if activity.symbol is Symbol.DECISION:
        otherwise = ", ".join(map(str, activity.otherwise))
        return _("Keputusan. Ya: %(yes)s; tidak: %(no)s.") % {"yes": _number(follows), "no": _number(otherwise)}
    if follows is None:
        return _("Alur tetap.")
    return _("Selesai.") if activity.ends else _("Lanjut ke nomor %(number)s.") % {"number": follows}


def _number(follows: Any) -> str:
    return follows if follows == _("selesai") else _("nomor %(number)s") % {"number": follows}


def _notes(line: Line) -> list[str]:
    notes = []
    if line.activity.aside:
        first, last = line.steps[0], line.steps[-1]
        facts = {"first": first, "last": last}
        words = _("Dapat dilakukan pada langkah %(first)s.") if first == last else None
        notes.append((words or _("Dapat dilakukan selama langkah %(first)s–%(last)s.")) % facts)
    elif line.step is not None:
        notes.append(_("Langkah %(step)s SK.") % {"step": line.step})
    if line.clock is not ClockEffect.NONE:
        notes.append(_(CLOCK_NOTES[line.clock]))
    return notes
