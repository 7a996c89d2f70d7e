"""Acting officials: who stands in for the holder of a post, in which kind, for how long.

Plh (pelaksana harian) stands in while the incumbent is away; Plt (pelaksana tugas) fills a post that is vacant. Both
are named by an order (surat perintah) with number, date and days.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from panggon.core.cases.vocabulary import ROLE_LABELS, Role
from panggon.core.errors import Fault


class ActingKind(StrEnum):
    PLH = "plh"
    PLT = "plt"


ACTING_LABELS: Mapping[ActingKind, str] = MappingProxyType({ActingKind.PLH: "Plh.", ActingKind.PLT: "Plt."})
ACTING_NAMES: Mapping[ActingKind, str] = MappingProxyType(
    {ActingKind.PLH: "Pelaksana harian (Plh.)", ActingKind.PLT: "Pelaksana tugas (Plt.)"}
)
# Who decides may be stood in for; the other posts are held by several people.
POSTS_TO_ACT_IN = (Role.HEAD, Role.DIVISION_HEAD)


@dataclass(frozen=True, slots=True)
class Term:
    """From the first day to the last, both included; days of the office's place."""

    first_day: date
    last_day: date

    def covers(self, day: date) -> bool:
        return self.first_day <= day <= self.last_day

    def overlaps(self, other: "Term") -> bool:
        return self.first_day <= other.last_day and other.first_day <= self.last_day


def acting_faults(
    kind: ActingKind, term: Term, *, order_date: date, today: date, incumbent: bool, others: Iterable[Term]
) -> tuple[Fault, ...]:
    """Why somebody cannot be named so; `others` are the terms in the same post that were not ended early."""
    faults = []
    if order_date > today:
        faults.append(Fault("acting.order_in_future", "order_date"))
    if term.last_day < term.first_day:
        faults.append(Fault("acting.ends_before_it_begins", "last_day"))
    elif term.last_day < today:
        faults.append(Fault("acting.over", "last_day"))
    elif any(term.overlaps(other) for other in others):
        faults.append(Fault("acting.overlaps", "first_day"))
    if kind is ActingKind.PLH and not incumbent:
        faults.append(Fault("acting.plh_without_incumbent", "kind"))
    if kind is ActingKind.PLT and incumbent:
        faults.append(Fault("acting.plt_with_incumbent", "kind"))
    return tuple(faults)


def acting_title(kind: ActingKind | None, role: Role, division: str = "") -> str:
    """The title as papers and pages print it: "Plh. Kepala Dinas"; without a kind the post alone."""
    title = post_title(role, division)
    return title if kind is None else f"{ACTING_LABELS[kind]} {title}"


def post_title(role: Role, division: str = "") -> str:
    """A post in words: whoever heads the "Bidang INS" is "Kepala Bidang INS"."""
    if not division:
        return ROLE_LABELS[role]
    return f"Kepala {division}" if role is Role.DIVISION_HEAD else f"{ROLE_LABELS[role]} {division}"
