"""Rows as the API shows them; what may be shown is the selectors' business."""

from datetime import datetime
from typing import Any

from panggon.cases import selectors
from panggon.cases.acting.inputs import FIELDS, ROWS
from panggon.cases.content.corrections import open_reasons
from panggon.cases.content.paper_facts import plan_words
from panggon.cases.views import presentation
from panggon.cases.words import fault_words
from panggon.core.cases.procedure import (
    ACTION_LABELS,
    NEED_WORDS,
    STATE_LABELS,
    Action,
    Offer,
    State,
    next_words,
    step_under_way,
)
from panggon.core.errors import Fault
from panggon.people import selectors as people
from panggon.people.models import User
from panggon.portal.api import inputs
from panggon.portal.api.acting import DECIDING
from panggon.portal.api.schemas import Blocker, CaseDetail, CaseSummary, EventOut, Named, OfferOut, PaperOut, PlanOut
from panggon.sites import selectors as sites
from panggon.tokens.models import Scope


def named(row: Any) -> Named | None:
    return Named(id=row.pk, name=str(row)) if row else None


def summary(case: Any) -> CaseSummary:
    return CaseSummary(**_summary(case))


def detail(case: Any, user: User, *, now: datetime) -> CaseDetail:
    inside = people.is_official(user, now=now)
    plan = sites.current_plan(case.site) if inside and case.site else None
    papers = selectors.papers_for(case, user, now=now)
    return CaseDetail(
        **_summary(case),
        holder=presentation.holder(case),
        next_words=next_words(State(case.state)),
        request={name: _plain(getattr(case, name)) for name in FIELDS[Action.SAVE_DRAFT] if name not in ROWS},
        division=named(case.division) if inside else None,
        technician=named(case.technician),
        agenda_number=case.agenda_number,
        site=case.site.identifier if case.site else "",
        corrections=[reason.words for reason in open_reasons(case)],
        plan=PlanOut(digest=plan.digest, words=list(plan_words(plan.plan))) if plan else None,
        offers=[_offer(offer, case, plan, now=now) for offer in selectors.offers(case, user, now=now)],
        papers=[
            PaperOut(
                id=paper.pk,
                kind=paper.kind,
                title=paper.title,
                number=paper.number,
                sha256=paper.issued_sha256,
                made_at=paper.made_at,
            )
            for paper in papers
        ],
    )


def event_out(event: Any, *, inside: bool) -> EventOut:
    entry = presentation.entry(event, inside=inside)
    return EventOut(
        sequence=event.sequence,
        action=event.action,
        label=entry.what,
        actor=entry.who,
        role=event.role,
        at=event.at,
        source=event.source,
        target=event.target,
        words=entry.words,
        digest=event.digest,
    )


def blocker(fault: Fault) -> Blocker:
    return Blocker(code=fault.code, detail=fault_words(fault))


# ------------------------------------------------------------------------------------------------------------------


def _summary(case: Any) -> dict[str, Any]:
    state = State(case.state)
    return {
        "number": case.number,
        "version": case.version,
        "state": state,
        "state_label": STATE_LABELS[state].text,
        "step": step_under_way(state),
        "agency": named(case.agency),
        "title": case.title,
        "host": case.host if case.label else "",
        "submitted_at": case.submitted_at,
        "due_at": case.due_at,
        "state_since": case.state_since,
    }


def _offer(offer: Offer, case: Any, plan: Any, *, now: datetime) -> OfferOut:
    names = inputs.names_of(offer.action, asks=offer.asks, role=offer.role)
    shown: dict[str, Any] = {"shown_digest": plan.digest if plan else ""}
    return OfferOut(
        action=offer.action,
        label=ACTION_LABELS[offer.action].text,
        role=offer.role,
        target=offer.target,
        blockers=[blocker(fault) for fault in offer.blockers],
        asks=[inputs.asked(need, NEED_WORDS[need]) for need in offer.asks],
        inputs=[inputs.described(name, case, shown.get(name, _value(case, name)), now=now) for name in names],
        scope=Scope.CASES_DECIDE if offer.action in DECIDING else Scope.CASES_ACT,
    )


def _value(case: Any, name: str) -> Any:
    value = getattr(case, f"{name}_id" if name in ROWS else name, None)
    return None if callable(value) else _plain(value)


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | bool | None) else str(value)
