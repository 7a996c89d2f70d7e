"""Pages by key: the next one begins after the last row of this one, so that no page is slower than the first."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db.models import F, Q, QuerySet

from panggon.cases.models import Case

COUNTED_MOST = 1_000


class Order(StrEnum):
    NEWEST = "terbaru"
    OLDEST = "terlama"
    DEADLINE = "batas"
    AGENCY = "opd"


@dataclass(frozen=True, slots=True)
class Key:
    """One column of an order; where it may be empty, the empty ones come last."""

    column: str
    descending: bool = False
    may_be_empty: bool = False

    def ordering(self) -> Any:
        column = F(self.column)
        if not self.may_be_empty:
            return column.desc() if self.descending else column.asc()
        return column.desc(nulls_last=True) if self.descending else column.asc(nulls_last=True)

    def value(self, case: Case) -> Any:
        value: Any = case
        for name in self.column.split("__"):
            value = getattr(value, name)
        return value


@dataclass(frozen=True, slots=True)
class Page:
    """`after` is the number of the last row when more rows follow, else empty."""

    rows: list[Case]
    after: str


KEYS: dict[Order, tuple[Key, ...]] = {
    Order.NEWEST: (Key("created_at", descending=True), Key("id", descending=True)),
    Order.OLDEST: (Key("created_at"), Key("id")),
    Order.DEADLINE: (Key("due_at", may_be_empty=True), Key("id")),
    Order.AGENCY: (Key("agency__name"), Key("created_at", descending=True), Key("id", descending=True)),
}


def total_of(cases: QuerySet[Case]) -> int:
    """How many there are; of very many only that they are more than `COUNTED_MOST`, because counting reads them all."""
    return cases.order_by().values("pk")[: COUNTED_MOST + 1].count()


def page_of(cases: QuerySet[Case], order: Order, *, after: Case | None, size: int) -> Page:
    """The rows that follow `after` in this order, the first ones when it is None."""
    keys = KEYS[order]
    if after:
        cases = cases.filter(_beyond(keys, after))
    rows = list(cases.order_by(*(key.ordering() for key in keys))[: size + 1])
    return Page(rows[:size], rows[size - 1].number if len(rows) > size else "")


def _beyond(keys: tuple[Key, ...], case: Case) -> Q:
    key, rest = keys[0], keys[1:]
    value = key.value(case)
    tie = Q(**{key.column: value}) & _beyond(rest, case) if rest else Q(pk__in=[])
    if value is None:
        return tie
    way = "lt" if key.descending else "gt"
    further = Q(**{f"{key.column}__{way}": value})
    if key.may_be_empty:
        return further | Q(**{key.column: None}) | tie
    # Says nothing new, but lets the index begin at the right place.
    return Q(**{f"{key.column}__{way}e": value}) & (further | tie)
