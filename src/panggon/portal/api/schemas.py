"""What the API says of things. Field names are the pages' own, in English."""

from datetime import date, datetime
from uuid import UUID

from ninja import Field, Schema

Value = str | int | bool | None


class Named(Schema):
    id: int
    name: str


class CaseSummary(Schema):
    number: str = Field(examples=["HST-2026-0001"])
    version: int = Field(description="Grows by one with each act; see `expected_version`.")
    state: str = Field(examples=["verifying"])
    state_label: str = Field(examples=["Verifikasi Kelengkapan"])
    step: int | None = Field(description="The step of the service standard that is under way.")
    agency: Named
    title: str
    host: str = Field(description="The full name that is wished, or that the site has.")
    submitted_at: datetime | None
    due_at: datetime | None = Field(description="When the service standard wants it done.")
    state_since: datetime


class AgencyOut(Named):
    short_name: str


class CasePage(Schema):
    items: list[CaseSummary]
    next: str = Field(description="Ask again with `after` set to this; empty: this was the last page.")


class Asked(Schema):
    need: str
    field: str = Field(description="The input that meets it.")
    detail: str


class Choice(Schema):
    value: str
    label: str


class Input(Schema):
    name: str
    kind: str = Field(
        description="`text`, `integer`, `boolean`, `date`, `moment`, `choice`, `choices` or `file` (PDF)."
    )
    most: int | None = Field(description="The most characters.")
    choices: list[Choice] = Field(description="What may be chosen; of agencies see `list_agencies`.")
    value: Value = Field(description="What the case says now.")


class Blocker(Schema):
    code: str
    detail: str


class OfferOut(Schema):
    """An action that the token's owner may do in this state; only one without `blockers` succeeds."""

    action: str = Field(examples=["assign"])
    label: str
    role: str = Field(description="The role in which it would be done.")
    target: str = Field(description="The state to which it leads.")
    blockers: list[Blocker] = Field(description="Unmet needs that no input can meet.")
    asks: list[Asked] = Field(description="Needs that the inputs have to meet.")
    inputs: list[Input]
    scope: str = Field(description="The scope that a token needs for it.")


class PaperOut(Schema):
    id: UUID
    kind: str
    title: str
    number: str
    sha256: str
    made_at: datetime


class PlanOut(Schema):
    """What the machine would do; `prepare` wants its digest as `shown_digest`."""

    digest: str
    words: list[str]


class CaseDetail(CaseSummary):
    holder: str = Field(description="Who has it now, in words; empty when nobody has.")
    next_words: str = Field(description="What happens next, in words.")
    request: dict[str, Value] = Field(description="What was asked for, under the names of the inputs.")
    division: Named | None
    technician: Named | None
    agenda_number: str
    site: str = Field(description="The site's identifier; empty before it is reserved.")
    corrections: list[str] = Field(description="What the OPD still has to add or mend.")
    plan: PlanOut | None = Field(description="Only for the dinas.")
    offers: list[OfferOut]
    papers: list[PaperOut]


class EventOut(Schema):
    sequence: int
    action: str
    label: str
    actor: str = Field(description="The person and the role.")
    role: str
    at: datetime
    source: str
    target: str
    words: str = Field(description="What the person wrote, where the token's owner may read it.")
    digest: str = Field(description="SHA-256 of this row of the log; covers the row before.")


class NameCheck(Schema):
    host: str
    free: bool
    faults: list[Blocker]


class SiteOut(Schema):
    site: str
    host: str
    url: str
    agency: Named
    case: str
    state: str = Field(description="`prepared`, `open`, …: what is wished of the machine.")
    opened_at: datetime | None


class SitePage(Schema):
    items: list[SiteOut]
    next: str


class AgendaEntry(Schema):
    agenda_number: str
    received_at: datetime | None
    case: str
    agency: Named
    letter_number: str
    letter_date: date | None
    letter_subject: str
    state: str


class AgendaPage(Schema):
    items: list[AgendaEntry]
    next: str


class Hours(Schema):
    first: date
    last: date
    week: list[list[list[str]]] = Field(description="Monday to Sunday: sessions as [begin, end] without breaks.")


class Day(Schema):
    day: date
    name: str


class ClosingOut(Schema):
    start: datetime
    end: datetime


class CalendarOut(Schema):
    year: int
    known: bool = Field(description="Whether the year's holidays are known; without them no deadline is reckoned.")
    hours: list[Hours]
    holidays: list[Day]
    closings: list[ClosingOut]


class Move(Schema):
    at: datetime
    state: str
    label: str


class StatusOut(Schema):
    """What number and token show to anybody."""

    number: str
    state: str
    label: str
    next_words: str
    step: int | None
    due_at: datetime | None
    submitted_at: datetime | None
    moves: list[Move]
