"""Posts that one person holds at a time, from the first day to the last: Kepala Dinas and Kepala Bidang.

The days are those of the order of appointment (SK pengangkatan), which names no last day as a rule.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from panggon.core.cases.vocabulary import Role
from panggon.core.errors import Fault
from panggon.core.people.acting import POSTS_TO_ACT_IN, Term

HELD_BY_ONE = frozenset(POSTS_TO_ACT_IN)


@dataclass(frozen=True, slots=True)
class Tenure:
    """From when to when a post is held and by which order, as far as it is known."""

    first_day: date | None = None
    last_day: date | None = None
    order_number: str = ""

    def term(self, *, since: date = date.min) -> Term:
        """Its days; `since` counts where the first one is not known."""
        return Term(self.first_day or since, self.last_day or date.max)


UNDATED = Tenure()


def holding_faults(role: Role, tenure: Tenure, *, today: date, others: Mapping[str, Tenure]) -> tuple[Fault, ...]:
    """Why somebody cannot hold this post so; `others` hold the same one, by name. Without a first day: from today."""
    if role not in HELD_BY_ONE:
        return () if tenure == UNDATED else (Fault("post.no_tenure", "first_day"),)
    term = tenure.term(since=today)
    if term.last_day < term.first_day:
        return (Fault("post.ends_before_it_begins", "last_day"),)
    return tuple(
        Fault("post.held", "role", {"holder": holder})
        for holder, other in others.items()
        if term.overlaps(other.term())
    )


def empty_since(ends: Iterable[tuple[date | None, date | None]], *, today: date) -> date | None:
    """The first day on which nobody had a post that is empty today; None when nobody ever had it.

    `ends`: of everybody who had it or acted in it the last day, and the day on which it was given back before that.
    """
    first_days = (_first_day_without(last, given_back) for last, given_back in ends)
    return max((day for day in first_days if day and day <= today), default=None)


def _first_day_without(last: date | None, given_back: date | None) -> date | None:
    days = [given_back, last + timedelta(days=1) if last else None]
    return min((day for day in days if day), default=None)
