"""Handling a security incident as one table, in the form of the procedure: nothing else decides what is legal.

Whoever works for the dinas may report one. A technician may have the site quarantined at once; that it is an incident,
that a site is released, and that all is over, a Kepala Bidang or the Kepala Dinas decides, a release by somebody else
than who had it quarantined.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from panggon.core.cases.vocabulary import Role
from panggon.core.incidents.vocabulary import CHECKLIST
from panggon.core.incidents.vocabulary import IncidentAction as Action
from panggon.core.incidents.vocabulary import IncidentEffect as Effect
from panggon.core.incidents.vocabulary import IncidentState as State
from panggon.core.schedule.clock import ClockEffect
from panggon.core.state_machine import Condition, Row, Table


@dataclass(frozen=True, slots=True)
class IncidentFacts:
    """All that the rules look at; what is not known counts as not met. Inputs of the form may stay empty for `offers`.

    `unconcerned`: the incident is about nobody behind this act. `another`: nobody behind it decided the quarantine.
    `may_be_quarantined`, `quarantined`, `work_failed`: how the site stands, and what its machine was last asked for.
    """

    unconcerned: bool = False
    unassigned: bool = False
    another: bool = False
    may_be_quarantined: bool = False
    quarantined: bool = True
    work_failed: bool = False
    data_hit: bool = False
    data_known: bool = False
    duties_done: bool = False
    inputs: Mapping[str, str] = field(default_factory=dict)  # what the form gives, empty where it is
    checklist: Mapping[str, str] = field(default_factory=dict)  # what applies is "met", else why it does not apply


class IncidentNeed(StrEnum):
    NOT_CONCERNED = "incident_not_concerned"
    NOT_ASSIGNED = "incident_not_assigned"
    ANOTHER_PERSON = "another_person"
    MAY_BE_QUARANTINED = "may_be_quarantined"
    QUARANTINED = "quarantined"
    NOT_QUARANTINED = "not_quarantined"
    WORK_FAILED = "work_failed"
    DATA_HIT = "data_hit"
    DATA_KNOWN = "data_known"
    DUTIES_DONE = "duties_done"
    CHECKLIST = "closing_checklist"
    WORDS = "incident_words"
    REASONS = "incident_reasons"
    RISK = "risk"
    PERSONAL_DATA = "personal_data"
    CONTACT = "reporter_contact"
    DESCRIPTION = "description"
    CHRONOLOGY = "chronology"
    IMPACT = "impact"
    DATA = "disclosed_data"
    HOW = "how_disclosed"
    HANDLING = "handling"
    DUTY = "duty"
    LESSONS = "lessons"


Need = IncidentNeed
INCIDENT_NEEDS: Mapping[Need, str] = MappingProxyType(
    {
        Need.NOT_CONCERNED: "Insiden ini menyangkut Anda sendiri; harus orang lain yang menanganinya.",
        Need.NOT_ASSIGNED: "Insiden ini sudah Anda tangani.",
        Need.ANOTHER_PERSON: "Karantina ini Anda yang memutuskan; harus orang lain yang melepaskannya.",
        Need.MAY_BE_QUARANTINED: "Situs ini sudah dikarantina, atau tidak dapat dikarantina.",
        Need.QUARANTINED: "Situs ini tidak sedang dikarantina.",
        Need.NOT_QUARANTINED: "Situs ini masih dikarantina; lepaskan dahulu.",
        Need.WORK_FAILED: "Tidak ada pekerjaan server yang gagal.",
        Need.DATA_HIT: "Belum dinyatakan bahwa data pribadi terkena.",
        Need.DATA_KNOWN: "Jawab dahulu apakah data pribadi terkena.",
        Need.DUTIES_DONE: "Laporan atau pemberitahuan yang wajib belum tercatat sudah disampaikan.",
        Need.CHECKLIST: "Jawab setiap butir; yang tidak berlaku memerlukan alasan.",
        Need.WORDS: "Tulis isinya.",
        Need.REASONS: "Tulis alasannya.",
        Need.RISK: "Pilih tingkat risikonya.",
        Need.PERSONAL_DATA: "Jawab apakah data pribadi terkena.",
        Need.CONTACT: "Tulis siapa yang dapat dihubungi.",
        Need.DESCRIPTION: "Tulis deskripsi insiden.",
        Need.CHRONOLOGY: "Tulis kronologinya.",
        Need.IMPACT: "Tulis dampaknya.",
        Need.DATA: "Tulis data pribadi mana yang terungkap.",
        Need.HOW: "Tulis kapan dan bagaimana data itu terungkap.",
        Need.HANDLING: "Tulis upaya penanganan dan pemulihannya.",
        Need.DUTY: "Pilih apa yang sudah disampaikan.",
        Need.LESSONS: "Tulis apa yang dipelajari dari insiden ini.",
    }
)


def _filled(name: str) -> Condition[IncidentFacts]:
    return Condition(lambda facts: bool(facts.inputs.get(name, "").strip()), name)


CONDITIONS: Mapping[Need, Condition[IncidentFacts]] = MappingProxyType(
    {
        Need.NOT_CONCERNED: Condition(lambda facts: facts.unconcerned),
        Need.NOT_ASSIGNED: Condition(lambda facts: facts.unassigned),
        Need.ANOTHER_PERSON: Condition(lambda facts: facts.another),
        Need.MAY_BE_QUARANTINED: Condition(lambda facts: facts.may_be_quarantined),
        Need.QUARANTINED: Condition(lambda facts: facts.quarantined),
        Need.NOT_QUARANTINED: Condition(lambda facts: not facts.quarantined),
        Need.WORK_FAILED: Condition(lambda facts: facts.work_failed),
        Need.DATA_HIT: Condition(lambda facts: facts.data_hit),
        Need.DATA_KNOWN: Condition(lambda facts: facts.data_known),
        Need.DUTIES_DONE: Condition(lambda facts: facts.duties_done),
        Need.CHECKLIST: Condition(
            lambda facts: all(facts.checklist.get(item, "").strip() for item in CHECKLIST), "checklist"
        ),
        Need.WORDS: _filled("words"),
        Need.REASONS: _filled("reasons"),
        Need.RISK: _filled("risk"),
        Need.PERSONAL_DATA: _filled("personal_data"),
        Need.CONTACT: _filled("contact"),
        Need.DESCRIPTION: _filled("description"),
        Need.CHRONOLOGY: _filled("chronology"),
        Need.IMPACT: _filled("impact"),
        Need.DATA: _filled("data"),
        Need.HOW: _filled("how"),
        Need.HANDLING: _filled("handling"),
        Need.DUTY: _filled("duty"),
        Need.LESSONS: _filled("lessons"),
    }
)

Roles = Mapping[Role, tuple[Need, ...]]
# Whoever works there; the administrator reads what the machines found changed by hand.
FINDERS: Roles = dict.fromkeys((role for role in Role if role not in (Role.APPLICANT, Role.SYSTEM)), ())
OFFICIALS: Roles = {Role.DIVISION_HEAD: (Need.NOT_CONCERNED,), Role.HEAD: (Need.NOT_CONCERNED,)}
HANDLERS: Roles = {Role.TECHNICIAN: (Need.NOT_CONCERNED,), **OFFICIALS}
RELEASERS: Roles = {role: (Need.ANOTHER_PERSON, *needs) for role, needs in OFFICIALS.items()}
AT_WORK = (State.REPORTED, State.HANDLED, State.CONTAINED)
DECIDED = (State.HANDLED, State.CONTAINED, State.RECOVERED)
NOT_OVER = (*AT_WORK, State.RECOVERED)
IncidentRow = Row[State, Action, Role, Need, Effect]


def _staying(
    action: Action, states: tuple[State, ...], roles: Roles, needs: tuple[Need, ...], *effects: Effect
) -> tuple[IncidentRow, ...]:
    return tuple(Row(action, (state,), state, roles, needs=needs, effects=effects) for state in states)


ROWS: tuple[IncidentRow, ...] = (
    Row(
        Action.REPORT,
        (State.NEW,),
        State.REPORTED,
        FINDERS,
        needs=(Need.WORDS,),
        clock=ClockEffect.START,
        effects=(Effect.TELL_DINAS,),
    ),
    # At once, before anybody has decided what it is: what spreads does not wait for an official.
    *_staying(
        Action.QUARANTINE,
        AT_WORK,
        HANDLERS,
        (Need.MAY_BE_QUARANTINED, Need.REASONS),
        Effect.QUARANTINE_SITE,
        Effect.TELL_DINAS,
    ),
    *_staying(
        Action.RELEASE,
        AT_WORK,
        RELEASERS,
        (Need.QUARANTINED, Need.REASONS),
        Effect.RELEASE_SITE,
        Effect.TELL_DINAS,
    ),
    *_staying(Action.REPEAT, NOT_OVER, HANDLERS, (Need.WORK_FAILED,), Effect.REPEAT_WORK),
    *_staying(Action.RECORD_WORK, NOT_OVER, {Role.SYSTEM: ()}, (), Effect.TELL_DINAS),
    *_staying(Action.TAKE, NOT_OVER, {Role.TECHNICIAN: (Need.NOT_CONCERNED, Need.NOT_ASSIGNED)}, ()),
    Row(
        Action.CONFIRM,
        (State.REPORTED,),
        State.HANDLED,
        OFFICIALS,
        needs=(Need.RISK, Need.PERSONAL_DATA, Need.REASONS),
        effects=(Effect.TELL_DINAS, Effect.TELL_AGENCY),
    ),
    Row(
        Action.DISMISS,
        (State.REPORTED,),
        State.DISMISSED,
        OFFICIALS,
        needs=(Need.NOT_QUARANTINED, Need.REASONS),
        clock=ClockEffect.STOP,
        effects=(Effect.TELL_DINAS, Effect.TELL_AGENCY),
    ),
    *_staying(Action.REGRADE, DECIDED, OFFICIALS, (Need.RISK, Need.REASONS), Effect.TELL_DINAS),
    *_staying(Action.NOTE, NOT_OVER, HANDLERS, (Need.WORDS,)),
    *_staying(Action.ASSESS_DATA, NOT_OVER, HANDLERS, (Need.PERSONAL_DATA, Need.REASONS), Effect.TELL_DINAS),
    *_staying(
        Action.WRITE_REPORT,
        DECIDED,
        HANDLERS,
        (Need.CONTACT, Need.DESCRIPTION, Need.CHRONOLOGY, Need.IMPACT),
        Effect.REPORT_PAPER,
    ),
    *_staying(
        Action.WRITE_NOTICE, DECIDED, HANDLERS, (Need.DATA_HIT, Need.DATA, Need.HOW, Need.HANDLING), Effect.NOTICE_PAPER
    ),
    *_staying(Action.RECORD_TOLD, DECIDED, HANDLERS, (Need.DUTY, Need.WORDS)),
    Row(Action.CONTAIN, (State.HANDLED,), State.CONTAINED, HANDLERS, (Need.WORDS,), effects=(Effect.TELL_DINAS,)),
    Row(
        Action.RECOVER,
        (State.CONTAINED,),
        State.RECOVERED,
        HANDLERS,
        (Need.NOT_QUARANTINED, Need.WORDS),
        effects=(Effect.TELL_DINAS, Effect.TELL_AGENCY),
    ),
    Row(
        Action.REOPEN,
        (State.CONTAINED, State.RECOVERED),
        State.HANDLED,
        HANDLERS,
        (Need.REASONS,),
        effects=(Effect.TELL_DINAS,),
    ),
    Row(
        Action.CLOSE,
        (State.RECOVERED,),
        State.CLOSED,
        OFFICIALS,
        (Need.DATA_KNOWN, Need.DUTIES_DONE, Need.CHECKLIST, Need.LESSONS),
        clock=ClockEffect.STOP,
        effects=(Effect.TELL_DINAS, Effect.TELL_AGENCY),
    ),
)
TABLE: Table[State, Action, Role, Need, Effect, IncidentFacts] = Table(
    states=tuple(State),
    actions=tuple(Action),
    initial=State.NEW,
    finals=frozenset({State.CLOSED, State.DISMISSED}),
    conditions=CONDITIONS,
    rows=ROWS,
)
