"""Who of the dinas looked at what an OPD wrote about people (UU 27/2022, article 31): a line of the system's log.

A line and no row, because looking changes nothing in the database; the log's own service keeps and rotates it.
"""

import logging

from panggon.cases.models import Case
from panggon.people.models import User

logger = logging.getLogger("panggon.access")


def looked_at(case: Case, what: str, *, by: User) -> None:
    """`what` is a word of ours (`letter`, `export`); people of the case's own agency look at what is theirs."""
    if by.agency_id != case.agency_id:
        logger.info("%s of %s opened by user %s", what, case.number, by.pk)
