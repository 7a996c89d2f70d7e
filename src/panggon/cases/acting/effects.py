"""What an act sets going in its own transaction: wishes as rows, papers and notices as jobs, each safe to repeat."""

from collections.abc import Callable, Mapping
from datetime import datetime

from panggon.cases.models import Case, Event
from panggon.core.cases.procedure import Action, Effect, State
from panggon.core.notify.notices import is_public_step
from panggon.outbox import defer
from panggon.papers import services as papers
from panggon.papers.contents import PaperKind
from panggon.sites import services as sites
from panggon.sites.models import Site

PAPERS: Mapping[Effect, PaperKind] = {
    Effect.RECEIPT_PAPER: PaperKind.RECEIPT,
    Effect.DISPOSITION_PAPER: PaperKind.DISPOSITION,
    Effect.CHECKLIST_PAPER: PaperKind.CHECKLIST,
    Effect.REPORT_PAPER: PaperKind.PREPARATION_REPORT,
    Effect.APPROVAL_REQUEST_PAPER: PaperKind.APPROVAL_REQUEST,
    Effect.HOSTING_DOCUMENT: PaperKind.HOSTING_DOCUMENT,
    Effect.ACCESS_DOCUMENT: PaperKind.ACCESS_DOCUMENT,
    Effect.COVER_LETTER: PaperKind.COVER_LETTER,
    Effect.CORRECTION_NOTICE: PaperKind.CORRECTION_NOTICE,
    Effect.REFUSAL_NOTICE: PaperKind.REFUSAL_NOTICE,
    Effect.HANDOVER_RECORD: PaperKind.HANDOVER_RECORD,
}


def carry_out(effects: tuple[Effect, ...], case: Case, event: Event) -> None:
    """Papers of one case are made one after the other, so that their numbers have the order of the acts."""
    for effect in effects:
        if effect in PAPERS:
            defer("cases.make_paper", lock=f"case-{case.pk}", event=event.pk, kind=PAPERS[effect].value)
        elif effect in NOTICES:
            defer("cases.notify", event=event.pk, whom=effect.value)
        elif effect in AT_ONCE:
            AT_ONCE[effect](case, event)
        elif effect in JOBS:
            defer(JOBS[effect], lock=f"case-{case.pk}", event=event.pk)
        elif case.site is not None:
            WISHES[effect](case, case.site, event.at)
    if is_public_step(State(event.source), State(event.target)):
        defer("cases.publish", event=event.pk)


def _void_documents(case: Case, event: Event) -> None:
    """Nothing that was frozen for the last step 6 will be in force, also what was signed of it already."""
    asked = case.events.filter(action=Action.REQUEST_APPROVAL).order_by("sequence").last()
    if asked:
        papers.void(case.number, event=asked.sequence, reason=VOIDED_BY[Action(event.action)], at=event.at)


def _plan(case: Case, site: Site, at: datetime) -> None:
    sites.change_spec(
        site,
        kind=case.kind,
        profile=case.profile,
        database=case.database,
        engine=case.engine,
        details=case.details,
        plan=case.plan,
    )
    sites.wish_plan(site, at=at)


VOIDED_BY: Mapping[Action, str] = {
    Action.SEND_BACK: "Dikembalikan sebelum disahkan.",
    Action.REFUSE: "Permohonan ditolak.",
    Action.WITHDRAW: "Permohonan dibatalkan.",
}
AT_ONCE: Mapping[Effect, Callable[[Case, Event], None]] = {Effect.VOID_DOCUMENTS: _void_documents}
JOBS: Mapping[Effect, str] = {
    Effect.INVITE_ADMIN: "cases.invite_admin",
    Effect.INVITE_SURVEY: "cases.offer_survey",
}
NOTICES = frozenset(
    {
        Effect.NOTIFY_APPLICANT,
        Effect.NOTIFY_NEXT,
        Effect.NOTIFY_TECHNICIAN,
        Effect.NOTIFY_SUCCESSOR,
        Effect.NOTIFY_FORMER,
        Effect.NOTIFY_INVOLVED,
    }
)
WISHES: Mapping[Effect, Callable[[Case, Site, datetime], object]] = {
    Effect.WISH_PLAN: _plan,
    Effect.WISH_APPLY: lambda _case, site, at: sites.wish_apply(site, at=at),
    Effect.WISH_OPEN: lambda _case, site, at: sites.wish_open(site, at=at),
    Effect.CANCEL_WISH: lambda _case, site, at: sites.cancel_wishes(site, at=at),
    Effect.WISH_LOOK: lambda _case, site, at: sites.wish_look(site, at=at),
    Effect.WISH_PARK: lambda _case, site, at: sites.wish_park(site, at=at),
}
