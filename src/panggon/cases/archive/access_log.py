"""Who looked at what an OPD wrote about people, but for those who wrote it."""

from panggon.audit import access
from panggon.cases.models import Case
from panggon.people.models import User


def looked_at(case: Case, what: str, *, by: User) -> None:
    """`what` is a word of ours (`letter`, `export`); people of the case's own agency look at what is theirs."""
    if by.agency_id != case.agency_id:
        access.looked_at(case.number, what, by=by)
