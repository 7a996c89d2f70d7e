"""Handling a complaint as one table, in the form of the procedure: nothing else decides what is legal.

Source: SK 060/040/III Tahun 2022, "Pengaduan Layanan", part b: (1) the complainant tells it, (2) the officer answers
until there is a solution, (3) an officer who cannot passes it on to an official of the dinas, (4) the official solves
it completely. So there is no way for an officer to end it without a solution, but for what is no complaint at all.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from panggon.core.complaints.vocabulary import ComplaintAction as Action
from panggon.core.complaints.vocabulary import ComplaintEffect as Effect
from panggon.core.complaints.vocabulary import ComplaintState as State
from panggon.core.complaints.vocabulary import Part
from panggon.core.schedule.clock import ClockEffect
from panggon.core.state_machine import Condition, Row, Table


@dataclass(frozen=True, slots=True)
class ComplaintFacts:
    """All that the rules look at; what is not known counts as not met.

    `unconcerned`: the complaint is about nobody behind this act. Inputs of the form may stay empty for `offers`.
    """

    unconcerned: bool = False
    assigned: bool = False  # the actor, or whom the actor stands in for, has the complaint
    words: str = ""
    reasons: str = ""
    kind: str = ""
    official: str = ""  # to whom it is passed on
    official_unconcerned: bool = False
    told: bool = False  # to the complainant by the channel by which it came: by the portal, or by a person who says so
    silence_over: bool = False  # the complainant was told and has said nothing for the set days


class ComplaintNeed(StrEnum):
    NOT_CONCERNED = "not_concerned"
    ASSIGNED = "assigned"
    NOT_ASSIGNED = "not_assigned"
    WORDS = "words"
    REASONS = "complaint_reasons"
    KIND = "kind"
    OFFICIAL = "official"
    OFFICIAL_NOT_CONCERNED = "official_not_concerned"
    TOLD_BY_ITS_CHANNEL = "told_by_its_channel"
    SILENCE_OVER = "silence_over"


Need = ComplaintNeed
COMPLAINT_NEEDS: Mapping[Need, str] = MappingProxyType(
    {
        Need.NOT_CONCERNED: "Pengaduan ini menyangkut Anda sendiri; harus orang lain yang menanganinya.",
        Need.ASSIGNED: "Pengaduan ini ditangani orang lain.",
        Need.NOT_ASSIGNED: "Pengaduan ini sudah Anda tangani.",
        Need.WORDS: "Tulis isinya.",
        Need.REASONS: "Tulis alasannya.",
        Need.KIND: "Pilih klasifikasinya.",
        Need.OFFICIAL: "Pilih pejabatnya.",
        Need.OFFICIAL_NOT_CONCERNED: "Pengaduan ini menyangkut pejabat itu; pilih yang lain.",
        Need.TOLD_BY_ITS_CHANNEL: "Sampaikan dahulu penyelesaiannya kepada pelapor, lalu tandai di sini.",
        Need.SILENCE_OVER: "Batas waktu konfirmasi pelapor belum lewat.",
    }
)
CONDITIONS: Mapping[Need, Condition[ComplaintFacts]] = MappingProxyType(
    {
        Need.NOT_CONCERNED: Condition(lambda facts: facts.unconcerned),
        Need.ASSIGNED: Condition(lambda facts: facts.assigned),
        Need.NOT_ASSIGNED: Condition(lambda facts: not facts.assigned),
        Need.WORDS: Condition(lambda facts: bool(facts.words.strip()), "words"),
        Need.REASONS: Condition(lambda facts: bool(facts.reasons.strip()), "reasons"),
        Need.KIND: Condition(lambda facts: bool(facts.kind), "kind"),
        Need.OFFICIAL: Condition(lambda facts: bool(facts.official), "official"),
        Need.OFFICIAL_NOT_CONCERNED: Condition(lambda facts: facts.official_unconcerned, "official"),
        Need.TOLD_BY_ITS_CHANNEL: Condition(lambda facts: facts.told, "told"),
        Need.SILENCE_OVER: Condition(lambda facts: facts.silence_over),
    }
)

Roles = Mapping[Part, tuple[Need, ...]]
COMPLAINANT: Roles = {Part.COMPLAINANT: ()}
OFFICER: Roles = {Part.OFFICER: (Need.NOT_CONCERNED,)}
ITS_OFFICER: Roles = {Part.OFFICER: (Need.ASSIGNED, Need.NOT_CONCERNED)}
ITS_OFFICIAL: Roles = {Part.OFFICIAL: (Need.ASSIGNED, Need.NOT_CONCERNED)}
AT_WORK = (State.RECEIVED, State.HANDLED, State.PASSED_ON)
ComplaintRow = Row[State, Action, Part, Need, Effect]


ROWS: tuple[ComplaintRow, ...] = (
    Row(
        Action.FILE,
        (State.NEW,),
        State.RECEIVED,
        {Part.COMPLAINANT: (), Part.OFFICER: ()},
        needs=(Need.WORDS,),
        clock=ClockEffect.START,
        effects=(Effect.CONFIRM_RECEIPT, Effect.TELL_OFFICERS),
    ),
    *(
        Row(Action.ADD, (state,), state, COMPLAINANT, needs=(Need.WORDS,), effects=(Effect.TELL_HOLDER,))
        for state in (*AT_WORK, State.ANSWERED, State.SETTLED)
    ),
    Row(
        Action.TAKE,
        (State.RECEIVED,),
        State.HANDLED,
        OFFICER,
        needs=(Need.KIND,),
        effects=(Effect.TELL_COMPLAINANT,),
    ),
    # Of a colleague who is away, or has left.
    Row(
        Action.TAKE,
        (State.HANDLED,),
        State.HANDLED,
        {Part.OFFICER: (Need.NOT_CONCERNED, Need.NOT_ASSIGNED)},
        needs=(Need.KIND, Need.REASONS),
    ),
    *(
        Row(Action.REPLY, (state,), state, roles, needs=(Need.WORDS,), effects=(Effect.SEND_REPLY,))
        for state, roles in ((State.HANDLED, ITS_OFFICER), (State.PASSED_ON, ITS_OFFICIAL))
    ),
    *(
        Row(Action.CLASSIFY, (state,), state, roles, needs=(Need.KIND, Need.REASONS))
        for state, roles in ((State.HANDLED, ITS_OFFICER), (State.PASSED_ON, ITS_OFFICIAL))
    ),
    Row(
        Action.PASS_ON,
        (State.HANDLED,),
        State.PASSED_ON,
        ITS_OFFICER,
        needs=(Need.REASONS, Need.OFFICIAL, Need.OFFICIAL_NOT_CONCERNED),
        effects=(Effect.TELL_HOLDER, Effect.TELL_COMPLAINANT),
    ),
    # Also what concerns every officer there is, so that it waits for nobody.
    Row(
        Action.TAKE_OVER,
        AT_WORK,
        State.PASSED_ON,
        {Part.OFFICIAL: (Need.NOT_CONCERNED, Need.NOT_ASSIGNED)},
        needs=(Need.REASONS,),
        effects=(Effect.TELL_COMPLAINANT,),
    ),
    *(
        Row(
            Action.RESOLVE,
            (state,),
            target,
            roles,
            needs=(Need.WORDS, Need.TOLD_BY_ITS_CHANNEL),
            clock=ClockEffect.STOP,
            effects=(Effect.SEND_REPLY,),
        )
        for state, target, roles in (
            (State.HANDLED, State.ANSWERED, ITS_OFFICER),
            (State.PASSED_ON, State.SETTLED, ITS_OFFICIAL),
        )
    ),
    Row(
        Action.CONFIRM,
        (State.ANSWERED, State.SETTLED),
        State.CLOSED,
        {
            Part.COMPLAINANT: (),
            Part.OFFICER: (Need.WORDS, Need.NOT_CONCERNED),  # when and how the complainant said so
            Part.SYSTEM: (Need.SILENCE_OVER,),
        },
        effects=(Effect.INVITE_SURVEY,),
    ),
    *(
        Row(
            Action.REOPEN,
            (state,),
            target,
            {Part.COMPLAINANT: (), Part.OFFICER: (Need.NOT_CONCERNED,)},
            needs=(Need.REASONS,),
            clock=ClockEffect.RESUME,
            effects=(Effect.TELL_HOLDER,),
        )
        for state, target in ((State.ANSWERED, State.HANDLED), (State.SETTLED, State.PASSED_ON))
    ),
    Row(
        Action.DISMISS,
        (State.RECEIVED,),
        State.DISMISSED,
        OFFICER,
        needs=(Need.REASONS,),
        clock=ClockEffect.STOP,
        effects=(Effect.TELL_COMPLAINANT,),
    ),
)
TABLE: Table[State, Action, Part, Need, Effect, ComplaintFacts] = Table(
    states=tuple(State),
    actions=tuple(Action),
    initial=State.NEW,
    finals=frozenset({State.CLOSED, State.DISMISSED}),
    conditions=CONDITIONS,
    rows=ROWS,
)


def names(text: str, full_name: str) -> bool:
    """Whether the text speaks of a person of this name: all its parts are in it, titles and degrees left away.

    A name of a single short part is too common to tell.
    """
    person = full_name.partition(",")[0]
    parts = [part.lower() for part in re.findall(r"[^\W\d_]+(?!\.)\b", person)]
    said = {part.lower() for part in re.findall(r"[^\W\d_]+", text)}
    return bool(parts) and (len(parts) > 1 or len(parts[0]) > 4) and said.issuperset(parts)
