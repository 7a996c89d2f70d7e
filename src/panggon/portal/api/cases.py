"""Cases: lists, one case with what may be done, its log and papers, and doing it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.text import slugify
from ninja import Field, Query, Router, Schema, Status
from pydantic import field_validator

from panggon.cases import selectors, services
from panggon.cases.archive.access_log import looked_at
from panggon.cases.content.parts import letter_of
from panggon.cases.filters import STANDINGS, Filter, Timing
from panggon.cases.lists import paging
from panggon.cases.lists.paging import Order
from panggon.core.cases.procedure import Action, Role
from panggon.core.errors import InvalidError
from panggon.papers import store
from panggon.pdf import pdf_response
from panggon.people import selectors as people
from panggon.portal.api import inputs
from panggon.portal.api.access import lacking, requires
from panggon.portal.api.acting import ACT_BODY, DECIDING, DRAFT_BODY, changed, expected_version
from panggon.portal.api.presentation import detail, event_out, summary
from panggon.portal.api.problems import CHANGED, Problem
from panggon.portal.api.schemas import CaseDetail, CasePage, EventOut
from panggon.tokens.models import Scope
from panggon.tokens.selectors import allows

router = Router(tags=["Permohonan"])
PDF = {"responses": {200: {"description": "PDF", "content": {"application/pdf": {"schema": {"type": "string"}}}}}}


class CaseFilter(Schema):
    words: str = Field("", max_length=200, pattern=r"^[^\x00]*$", description="Words of number, OPD, name, people.")
    standing: str = Field("", description="A state, or `berjalan`, `diserahkan`.")
    step: int | None = Field(None, ge=1, le=9)
    agency: int | None = Field(None, ge=1, le=2**31 - 1)
    division: int | None = Field(None, ge=1, le=2**31 - 1)
    technician: int | None = Field(None, ge=1, le=2**31 - 1)
    year: int | None = Field(None, ge=2000, le=2100)
    timing: Timing | None = None
    waiting_for_me: bool = Field(False, description="Only what the token's owner has to act on.")
    order: Order = Order.NEWEST
    after: str = Field("", max_length=20, pattern=r"^[^\x00]*$", description="`next` of the page before.")
    limit: int = Field(50, ge=1, le=200)

    @field_validator("standing")
    @classmethod
    def _known(cls, standing: str) -> str:
        if standing and standing not in STANDINGS:
            raise ValueError(", ".join(STANDINGS))
        return standing

    def meant(self) -> Filter:
        return Filter(**self.model_dump(exclude={"order", "after", "limit"}))


@router.get("/cases", auth=requires(Scope.CASES_READ), response=CasePage, summary="List of cases")
def list_cases(request: HttpRequest, wanted: Query[CaseFilter]) -> dict[str, Any]:
    """Those that the token's owner may see, and of them those that are meant."""
    now = timezone.now()
    found = selectors.found(request.user, wanted.meant(), now=now)
    after = selectors.case_for(request.user, wanted.after, now=now) if wanted.after else None
    page = paging.page_of(found, wanted.order, after=after, size=wanted.limit)
    return {"items": [summary(case) for case in page.rows], "next": page.after}


@router.post(
    "/cases",
    auth=requires(Scope.CASES_ACT),
    response={201: CaseDetail, 400: Problem},
    summary="New request",
    openapi_extra=DRAFT_BODY,
)
def create_case(request: HttpRequest) -> Status:
    """A draft, as by the button "Simpan Draf"; it is sent with the action `submit`.

    The registrar names the `agency` whose letter it is; people of an agency write for their own.
    """
    user, now = request.user, timezone.now()
    if not people.may_apply(user, now=now):
        raise PermissionDenied
    role = Role.APPLICANT if user.agency_id else Role.REGISTRAR
    data = inputs.read(request, inputs.names_of(Action.SAVE_DRAFT, asks=(), role=role), now=now)
    agency = user.agency or data.get("agency")
    if agency is None:
        raise InvalidError((inputs.absent("agency"),))
    case = services.create_draft(agency, user, data, at=now)
    return Status(201, detail(case, user, now=now))


@router.get("/cases/{number}", auth=requires(Scope.CASES_READ), response=CaseDetail, summary="One case")
def show_case(request: HttpRequest, number: str) -> CaseDetail:
    """With `offers`: what the token's owner may do now, what is in the way, and what each action takes in."""
    now = timezone.now()
    return detail(_case(request, number, now=now), request.user, now=now)


@router.get("/cases/{number}/events", auth=requires(Scope.CASES_READ), response=list[EventOut], summary="Log of a case")
def list_events(request: HttpRequest, number: str) -> list[EventOut]:
    """The way so far, the first act first."""
    now = timezone.now()
    case, inside = _case(request, number, now=now), people.is_official(request.user, now=now)
    return [event_out(event, inside=inside) for event in selectors.timeline(case)]


@router.get("/cases/{number}/letter", auth=requires(Scope.CASES_READ), summary="Letter (PDF)", openapi_extra=PDF)
def show_letter(request: HttpRequest, number: str) -> HttpResponse:
    """The newest letter of the OPD."""
    case = _case(request, number, now=timezone.now())
    letter = letter_of(case)
    if letter is None:
        raise Http404
    looked_at(case, "letter", by=request.user)
    return pdf_response(store.get(letter.sha256), name=f"surat-{case.number}.pdf")


@router.get("/cases/{number}/papers/{paper}", auth=requires(Scope.CASES_READ), summary="Paper (PDF)", openapi_extra=PDF)
def show_paper(request: HttpRequest, number: str, paper: UUID) -> HttpResponse:
    """A paper of the case, where the token's owner may read it."""
    now = timezone.now()
    case = _case(request, number, now=now)
    found = selectors.paper_for(case, request.user, paper, now=now)
    if found is None:
        raise Http404
    return pdf_response(store.get(found.sha256), name=f"{slugify(found.title)}-{case.number}.pdf")


@router.post(
    "/cases/{number}/actions/{action}",
    auth=requires(Scope.CASES_ACT),
    response={200: CaseDetail, 400: Problem, 409: Problem},
    summary="Do a step",
    openapi_extra=ACT_BODY,
)
def act(request: HttpRequest, number: str, action: Action) -> Any:
    """As by the button of the page, with the same rules. What an action takes in stands in the `offers` of the case.

    `expected_version` is the `version` that was looked at. If somebody acted since, nothing is done: 409 says what
    came between. `approve` and `refuse` need the scope `cases:decide` as well.
    """
    user, now = request.user, timezone.now()
    case = _case(request, number, now=now)
    if action in DECIDING and not allows(request.auth, Scope.CASES_DECIDE):
        raise lacking(Scope.CASES_DECIDE)
    version = expected_version(request)
    if version != case.version:
        return changed(case, version)
    offer = next((offer for offer in selectors.offers(case, user, now=now) if offer.action == action), None)
    names = inputs.names_of(action, asks=offer.asks, role=offer.role) if offer else ()
    data = inputs.read(request, names, now=now) if offer else {}
    try:
        with transaction.atomic():
            case = services.act(case.pk, action=action, actor=user, data=data, at=now, expected_version=version)
    except InvalidError as error:
        if any(fault.code == CHANGED for fault in error.faults):
            case.refresh_from_db()
            return changed(case, version)
        raise
    return detail(case, user, now=now)


# ------------------------------------------------------------------------------------------------------------------


def _case(request: HttpRequest, number: str, *, now: datetime) -> Any:
    case = selectors.case_for(request.user, number, now=now)
    if case is None:
        raise Http404
    return case
