"""What happened in a case, and what earlier cases suggest for it."""

from datetime import datetime

from panggon.cases.content.parts import events_of
from panggon.cases.models import Case, Event
from panggon.core.cases.procedure import NOTES, State
from panggon.people import selectors as people
from panggon.people.models import Division, User


def timeline(case: Case) -> list[Event]:
    """The way so far, first act first."""
    return events_of(case)


def last_event(case: Case) -> Event | None:
    return case.events.select_related("actor", "represented").order_by("sequence").last()


def news_since(case: Case, version: int) -> Event | None:
    """The last act after this version of the case that is worth another look at it."""
    later = case.events.select_related("actor", "represented").filter(sequence__gt=version)
    return later.exclude(action__in=NOTES).order_by("sequence").last()


def others_since(case: Case, version: int, *, user: User, page: str, by_itself: bool) -> Event | None:
    """The last event after this version, unless all of them are what this very page of this person has saved.

    What a page sends by itself is older than what came with its button, though it may arrive later.
    """
    later = list(case.events.select_related("actor").filter(sequence__gt=version).order_by("sequence"))
    own = page and all(event.actor_id == user.pk and event.data.get("page") == page for event in later)
    outdated = by_itself and not all(event.data.get("by_itself") for event in later)
    return later[-1] if later and (outdated or not own) else None


def usual_division(*, now: datetime) -> Division | None:
    """To which division the last letter was disposed; with nothing to go by, the first one."""
    divisions = people.divisions(now=now)
    last = Case.objects.filter(division__in=divisions).order_by("-received_at").select_related("division").first()
    return last.division if last else divisions.first()


def earlier_case(case: Case) -> Case | None:
    """The newest other request of the same OPD that was sent, to take its people over from."""
    others = Case.objects.filter(agency=case.agency_id).exclude(pk=case.pk).exclude(state=State.DRAFT)
    return others.exclude(contact_name="").order_by("-created_at").first()
