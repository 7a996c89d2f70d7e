"""What is not one case: names, sites, the agenda, the calendar, and the public's question how far a case is."""

from math import ceil
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Field, Path, Query, Router, Schema
from ninja.errors import Throttled

from panggon.cases import selectors
from panggon.cases.archive import agenda
from panggon.cases.content.facts import faults_of_name
from panggon.core.cases.procedure import STATE_LABELS
from panggon.core.schedule.workdays import Week
from panggon.people import selectors as people
from panggon.portal.api.access import PUBLIC, requires
from panggon.portal.api.presentation import blocker, named
from panggon.portal.api.schemas import AgencyOut, AgendaPage, CalendarOut, NameCheck, SitePage, StatusOut
from panggon.schedule import selectors as schedule
from panggon.signin import door
from panggon.sites.selectors import host_of
from panggon.tokens.models import Scope

router = Router(tags=["Dinas"])
TEXT = r"^[^\x00]*$"  # PostgreSQL knows no NUL


class Page(Schema):
    after: str = Field("", max_length=20, pattern=TEXT, description="`next` of the page before.")
    limit: int = Field(50, ge=1, le=200)


class YearPage(Page):
    year: int = Field(ge=2000, le=2100)


class Tracking(Schema):
    number: str = Field(max_length=40, pattern=TEXT)
    token: str = Field(max_length=80, pattern=TEXT, description="The code on the receipt of the request.")


@router.get("/names/{label}", auth=requires(Scope.CASES_READ), response=NameCheck, summary="Could a site be called so?")
def check_name(request: HttpRequest, label: str) -> dict[str, Any]:  # noqa: ARG001 (ninja gives it)
    """Rules and availability of a name below the city's domain, as they are now."""
    faults = faults_of_name(label)
    return {"host": host_of(label), "free": not faults, "faults": [blocker(fault) for fault in faults]}


@router.get("/agencies", auth=requires(Scope.CASES_READ), response=list[AgencyOut], summary="Agencies of the city")
def list_agencies(request: HttpRequest) -> list[dict[str, Any]]:
    """Every OPD, for the registrar who enters a request for one; people of an OPD get their own."""
    own = [request.user.agency] if request.user.agency else []
    known = people.agencies() if people.is_official(request.user, now=timezone.now()) else own
    return [{"id": agency.pk, "name": agency.name, "short_name": agency.short_name} for agency in known]


@router.get("/sites", auth=requires(Scope.SITES_READ), response=SitePage, summary="List of sites")
def list_sites(request: HttpRequest, wanted: Query[Page]) -> dict[str, Any]:
    """The sites of the cases that the token's owner may see, by case number."""
    cases = selectors.visible_to(request.user, now=timezone.now()).filter(site__isnull=False)
    rows, after = _page(cases.filter(number__gt=wanted.after).order_by("number"), wanted.limit)
    return {"items": [_site(case) for case in rows], "next": after}


@router.get("/agenda", auth=requires(Scope.SCHEDULE_READ), response=AgendaPage, summary="Agenda of incoming letters")
def list_agenda(request: HttpRequest, wanted: Query[YearPage]) -> dict[str, Any]:
    """The letters that the dinas received in a year, in the order of their receipt; only for the dinas."""
    now = timezone.now()
    if not people.is_official(request.user, now=now):
        raise PermissionDenied
    last = selectors.case_for(request.user, wanted.after, now=now) if wanted.after else None
    rows, after = _page(_following(last, agenda.book(wanted.year)), wanted.limit)
    return {"items": [_entry(case) for case in rows], "next": after}


@router.get("/calendar/{year}", auth=requires(Scope.SCHEDULE_READ), response=CalendarOut, summary="Working calendar")
def show_calendar(request: HttpRequest, year: int = Path(ge=2000, le=2100)) -> dict[str, Any]:  # noqa: ARG001 (ninja gives it)
    """Office hours, holidays with joint leave, and closings, from which deadlines are reckoned."""
    known = schedule.calendar()
    hours = [period for period in known.periods if period.first.year <= year <= period.last.year]
    closings = [part for part in known.closings if part.start.year <= year <= part.end.year]
    return {
        "year": year,
        "known": year in known.years,
        "hours": [{"first": period.first, "last": period.last, "week": _week(period.week)} for period in hours],
        "holidays": [{"day": day, "name": name} for day, name in sorted(known.holidays.items()) if day.year == year],
        "closings": [{"start": part.start, "end": part.end} for part in closings],
    }


@router.get("/status", auth=PUBLIC, response=StatusOut, tags=["Publik"], summary="How far is a request?")
def public_status(request: HttpRequest, asked: Query[Tracking]) -> dict[str, Any]:
    """By number and code, without any name; for everybody."""
    try:
        with door.braked(door.tracking_try(request)) as was_right:
            found = selectors.public_status(asked.number.strip().upper(), asked.token.strip())
            if found is None:
                raise Http404
            was_right()
    except door.Held as held:
        raise Throttled(wait=ceil((held.until - timezone.now()).total_seconds())) from held
    return {
        "number": found.number,
        "state": found.state,
        "label": found.label,
        "next_words": found.next_words,
        "step": found.step,
        "due_at": found.due_at,
        "submitted_at": found.submitted_at,
        "moves": [{"at": at, "state": state, "label": STATE_LABELS[state].text} for at, state in found.steps],
    }


# ------------------------------------------------------------------------------------------------------------------


def _following(last: Any, letters: Any) -> Any:
    """Those that were received after this one; all when there is none."""
    if last is None or last.received_at is None:
        return letters
    return letters.filter(Q(received_at__gt=last.received_at) | Q(received_at=last.received_at, pk__gt=last.pk))


def _page(cases: Any, size: int) -> tuple[list[Any], str]:
    rows = list(cases[: size + 1])
    return rows[:size], rows[size - 1].number if len(rows) > size else ""


def _site(case: Any) -> dict[str, Any]:
    site = case.site
    return {
        "site": site.identifier,
        "host": site.host,
        "url": site.url,
        "agency": named(case.agency),
        "case": case.number,
        "state": site.state,
        "opened_at": site.opened_at,
    }


def _entry(case: Any) -> dict[str, Any]:
    return {
        "agenda_number": case.agenda_number,
        "received_at": case.received_at,
        "case": case.number,
        "agency": named(case.agency),
        "letter_number": case.letter_number,
        "letter_date": case.letter_date,
        "letter_subject": case.letter_subject,
        "state": case.state,
    }


def _week(week: Week) -> list[list[list[str]]]:
    return [[[f"{part.start:%H:%M}", f"{part.end:%H:%M}"] for part in day] for day in week]
