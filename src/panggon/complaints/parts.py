"""Which part somebody has in a complaint, and what the rules have to know of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from panggon.complaints.models import Complaint
from panggon.core.cases.vocabulary import Role
from panggon.core.complaints.procedure import ComplaintFacts
from panggon.core.complaints.vocabulary import SENT_BY_THE_PORTAL, ComplaintState, Part, Source
from panggon.people import selectors as people
from panggon.people.models import User
from panggon.people.selectors import Capacity

# At the desk the complaint is told to whoever sits there.
PARTS: Mapping[Role, Part] = {
    Role.COMPLAINTS_OFFICER: Part.OFFICER,
    Role.REGISTRAR: Part.OFFICER,
    Role.HEAD: Part.OFFICIAL,
    Role.DIVISION_HEAD: Part.OFFICIAL,
}
OFFICERS = frozenset(role for role, part in PARTS.items() if part is Part.OFFICER)
OFFICIALS = (Role.HEAD, Role.DIVISION_HEAD)


def parts_of(capacity: Capacity) -> frozenset[Part]:
    """The parts of the dinas that somebody has in this standing."""
    return frozenset(PARTS[role] for role in capacity.roles if role in PARTS)


def facts_of(
    complaint: Complaint, *, capacity: Capacity | None, concerned: frozenset[str], data: Mapping[str, Any], silent: bool
) -> ComplaintFacts:
    """`concerned` are the keys of the people whom it is about; `capacity` None is the complainant or the system."""
    behind = capacity.people if capacity else frozenset()
    holder = complaint.official_id if complaint.state == ComplaintState.PASSED_ON else complaint.officer_id
    official: User | None = data.get("official")
    return ComplaintFacts(
        unconcerned=concerned.isdisjoint(behind),
        assigned=holder is not None and str(holder) in behind,
        words=data.get("words", ""),
        reasons=data.get("reasons", ""),
        kind=data.get("kind", ""),
        official=str(official.pk) if official else "",
        official_unconcerned=official is None or str(official.pk) not in concerned,
        told=reaches_by_itself(complaint) or bool(data.get("told")),
        silence_over=silent,
    )


def reaches_by_itself(complaint: Complaint) -> bool:
    """Whether what is said reaches the complainant without anybody's help: by mail, or on the page of the number.

    An e-mail to whose writer the portal cannot write is answered by a person.
    """
    source = Source(complaint.source)
    return source in SENT_BY_THE_PORTAL and (source is not Source.EMAIL or bool(complaint.email))


def officials(complaint: Complaint, *, now: datetime) -> list[User]:
    """To whom it may be passed on: who has such a post in hand and is not whom it is about."""
    concerned = set(complaint.concerned.values_list("pk", flat=True))
    found = [person for role in OFFICIALS for person in people.holders_of(role, now=now)]
    return [person for person in dict.fromkeys(found) if person.pk not in concerned]
