from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from panggon.cases import selectors
from panggon.cases.acting.effects import PAPERS
from panggon.cases.content.corrections import rounds
from panggon.cases.content.facts import are_made
from panggon.cases.content.parts import events_of, letter_of
from panggon.cases.filters import HANDED_OVER
from panggon.cases.models import Case
from panggon.cases.views import acting, preparation, presentation
from panggon.cases.views.buttons import buttons
from panggon.cases.views.sightings import sightings
from panggon.cases.views.time_spent import time_spent
from panggon.cases.views.vacant import vacancy_words
from panggon.cases.views.way import way
from panggon.core.cases.procedure import TABLE, Action, Need, State, step_under_way, waits_for
from panggon.labels import STATE_LABELS
from panggon.papers.selectors import issued
from panggon.people.models import User
from panggon.people.permissions import signed_in
from panggon.schedule import selectors as schedule
from panggon.sites import selectors as sites
from panggon.surveys import selectors as surveys
from panggon.surveys.models import Service

# As a rule a second. What is not there after so long is waited for by nobody who looks at the page.
PAPERS_TAKE = timedelta(minutes=2)


@signed_in
def show(request: HttpRequest, number: str) -> HttpResponse:
    """The case: who has it now, what this person may press, the way so far, the clock, the papers."""
    case = acting.case_or_404(request, number)
    return render(request, "cases/case.html", _context(request, case))


@signed_in
def progress(request: HttpRequest, number: str) -> HttpResponse:
    """The preparation alone, polled while a machine works; at the end the whole page is asked for anew."""
    case = acting.case_or_404(request, number)
    if not presentation.shows_preparation(case, request.user):
        raise Http404
    view = preparation.view_of(case)
    response = render(request, "cases/preparation.html", {"case": case, "preparation": view})
    if view is None or not view.running:
        response.headers["HX-Refresh"] = "true"
    return response


@signed_in
def papers(request: HttpRequest, number: str) -> HttpResponse:
    """Polled by whoever is to sign while the papers are being made; then the whole page is asked for anew."""
    case = acting.case_or_404(request, number)
    made = case.state != State.AWAITING_APPROVAL or are_made(case)
    return HttpResponse(status=204, headers={"HX-Refresh": "true"} if made else {})


def _survey_path(case: Case, user: User, *, now: datetime) -> str:
    """Where the survey of a case that is over can be answered, by those who were served and not by those who served
    them; empty when it was, or none was offered.
    """
    asked = STATE_LABELS[State(case.state)].waits_for is None and user.agency_id == case.agency_id
    invitation = surveys.open_invitation(Service.CASE, case.number, now=now) if asked else None
    return surveys.path_of(invitation) if invitation else ""


def _context(request: HttpRequest, case: Case) -> dict[str, Any]:
    state, now = State(case.state), timezone.now()
    # Before the offers: what still runs here makes the page ask again, so that older offers do not stay on it.
    view = preparation.view_of(case) if presentation.shows_preparation(case, request.user) else None
    offers = _worth_a_button(case, view, selectors.offers(case, request.user, now=now))
    access_comes_first = presentation.access_comes_first(case, request.user)
    shown = buttons(offers, holder=None if access_comes_first else waits_for(state))
    calendar = schedule.calendar()
    clock = selectors.clock_now(case, now=now, calendar=calendar)
    papers = selectors.papers_for(case, request.user, now=now)
    waits_for_papers = any(fault.code == f"need.{Need.DOCUMENTS}" for offer in offers for fault in offer.blockers)
    return {
        "case": case,
        "state": STATE_LABELS[state],
        "mine": access_comes_first or any(button.look == "btn-primary" for button in shown),
        "holder": presentation.holder(case),
        "buttons": [button for button in shown if not button.blockers],
        "blocked": [] if view and view.running else [button for button in shown if button.blockers],
        "preparation": view,
        "waits_for_papers": waits_for_papers,
        "sk_step": step_under_way(state),
        "sk_steps": range(1, 10),
        "repeats": view is not None and view.repeatable and case.technician == request.user,
        "sightings": sightings(case) if view is not None else None,
        "looks": state is State.FIXING and case.technician == request.user,
        "invitation_shown": state in HANDED_OVER,
        "rounds": rounds(case),
        "entries": way(case, request.user, papers, now=now),
        "clock": presentation.clock_view(clock),
        "time": time_spent(case, clock, now=now, calendar=calendar),
        "papers": papers,
        "papers_are_coming": not waits_for_papers and _papers_are_coming(case, now=now),
        "paper_links": tuple(map(presentation.attached, papers)),
        "has_letter": letter_of(case) is not None,
        "request_rows": presentation.request_rows(case, request.user, now=now),
        "remarks": presentation.remarks(case, request.user, now=now),
        "vacancy": vacancy_words(case, request.user, now=now),
        "tracking": request.user.agency_id == case.agency_id and state is not State.DRAFT,
        "invitation": presentation.invitation_address(case, request.user, now=now),
        "survey": _survey_path(case, request.user, now=now),
        "access_comes_first": access_comes_first,
        "access_open": presentation.access_open(case, request.user),
    }


def _papers_are_coming(case: Case, *, now: datetime) -> bool:
    """Whether papers of the newest act are still being made."""
    newest = events_of(case)[-1]
    row = TABLE.row(State(newest.source), Action(newest.action))
    if row is None or now - newest.at > PAPERS_TAKE:
        return False
    made = {paper.kind for paper in issued(case.number) if paper.event == newest.sequence}
    return any(effect in PAPERS and PAPERS[effect] not in made for effect in row.effects)


def _worth_a_button(
    case: Case, view: preparation.Preparation | None, offers: Iterable[selectors.CaseOffer]
) -> list[selectors.CaseOffer]:
    """Without trying again where nothing failed and the way on is open; what a plan is made from is changed from the
    page of that plan.
    """
    found = list(offers)
    if view is None or view.problem or not _goes_on(case, found):
        return found
    return [offer for offer in found if offer.action is not Action.RETRY]


def _goes_on(case: Case, offers: Iterable[selectors.CaseOffer]) -> bool:
    """Whether there is a plan to carry out, or an opened site to hand over."""
    if case.state != State.APPROVED:
        return any(offer.action is Action.PREPARE and offer.possible for offer in offers)
    proof = sites.evidence_of(case.site)
    return bool(proof and proof.ok and proof.open and case.approved_at and proof.proved_at > case.approved_at)
