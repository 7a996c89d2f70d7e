"""The register of outgoing numbers (buku nomor surat): every number that was given, whose it is, and which are void."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q, QuerySet

from panggon.audit.services import record
from panggon.core.errors import Fault, InvalidError
from panggon.outbox import defer
from panggon.papers.contents import REPLACING, PaperKind
from panggon.papers.models import INSTEAD, Counter, Paper
from panggon.people.models import User
from panggon.spreadsheet import MOST, Column, Kind

COLUMNS: tuple[Column[Paper], ...] = (
    Column("Kode", lambda paper: paper.register),
    Column("Nomor urut", lambda paper: paper.serial),
    Column("Nomor", lambda paper: paper.number),
    Column("Tanggal", lambda paper: paper.made_at),
    Column("Naskah", lambda paper: paper.title),
    Column("Nomor permohonan", lambda paper: paper.case_number),
    Column("Ditandatangani oleh", lambda paper: paper.signed.name if paper.signed else ""),
    Column("Ditandatangani", lambda paper: paper.signed.signed_at if paper.signed else None),
    Column("Batal sejak", lambda paper: paper.voided_at),
    Column("Alasan batal", lambda paper: paper.void_reason),
)


@dataclass(frozen=True, slots=True)
class Filled:
    """How far one code of a year has come: the last number given, how many have a paper, how many are void."""

    code: str
    last: int
    papers: int
    voids: int

    @property
    def missing(self) -> int:
        """Numbers without a paper: none, or somebody has been at the database."""
        return self.last - self.papers


def book(year: int, *, code: str = "", words: str = "", only_void: bool = False) -> QuerySet[Paper]:
    """The numbers of a year, in their order; `words` may stand in the number, the title or the number of the case."""
    papers = Paper.objects.filter(year=year).select_related("signature").order_by("register", "serial")
    if code:
        papers = papers.filter(register=code)
    if only_void:
        papers = papers.exclude(voided_at=None)
    if words:
        places = ("number", "title", "case_number", "void_reason")
        meant = Q()
        for place in places:
            meant |= Q(**{f"{place}__icontains": words})
        papers = papers.filter(meant)
    return papers


def filled(year: int) -> list[Filled]:
    """Each code of a year."""
    codes = Paper.objects.filter(year=year).order_by("register").values_list("register")
    rows = codes.annotate(papers=Count("pk"), voids=Count("pk", filter=Q(voided_at__isnull=False)))
    last = dict(Counter.objects.filter(year=year).values_list("register", "last"))
    return [Filled(code, last.get(code, papers), papers, voids) for code, papers, voids in rows]


def years() -> list[int]:
    """The years of which there is a book, the newest first."""
    return sorted(set(Paper.objects.order_by().values_list("year", flat=True).distinct()), reverse=True)


def void_fault(paper: Paper) -> Fault | None:
    """Why this number cannot be made void by hand; None when it can."""
    if paper.voided_at is not None:
        return Fault("paper.void")
    return Fault("paper.of_the_head") if paper.is_of_the_head else None


@transaction.atomic
def make_void(key: UUID, *, reason: str, actor: User, at: datetime, replaced: bool = False) -> Paper:
    """The number stays in the book and with its paper, which is marked from now on wherever it is shown or verified.
    With `replaced` a job makes another paper of what is known now, with the next number.

    Raises `InvalidError` `paper.void`, `paper.of_the_head`: what the Kepala Dinas signs becomes void with its case.
    """
    paper = Paper.objects.select_for_update().get(pk=key)
    if fault := void_fault(paper):
        raise InvalidError((fault,))
    paper.voided_at, paper.void_reason = at, reason
    paper.save(update_fields=["voided_at", "void_reason"])
    record(f"papers.number:{paper.number}", before={"void": ""}, after={"void": reason}, actor=actor, at=at)
    if replaced:
        _replace(paper, actor=actor, at=at)
    return paper


def replacement_of(paper: Paper) -> Paper | None:
    """The paper that was made in the place of this one."""
    return Paper.objects.filter(reference=f"{INSTEAD}{paper.pk.hex}").first()


@transaction.atomic
def replace(key: UUID, *, actor: User, at: datetime) -> None:
    """The same for a paper that was made void before. Raises `InvalidError` `paper.not_replaced` where there is nothing
    to be replaced: it is not void, or with its case, or another one stands in its place.
    """
    paper = Paper.objects.select_for_update().get(pk=key)
    if paper.voided_at is None or paper.is_of_the_head or replacement_of(paper):
        raise InvalidError((Fault("paper.not_replaced"),))
    _replace(paper, actor=actor, at=at)


@transaction.atomic
def record_export(papers: QuerySet[Paper], *, kind: Kind, asked: str, actor: User, at: datetime) -> None:
    """Keep that this person takes the book away. `InvalidError` `paper.too_many` beyond the limit of such a file."""
    rows = papers.count()
    if rows > MOST[kind]:
        raise InvalidError((Fault("paper.too_many", facts={"rows": rows, "kind": kind.name, "most": MOST[kind]}),))
    record(f"papers.export:{actor.pk}", before=None, after={"book": asked, "rows": rows}, actor=actor, at=at)


# ------------------------------------------------------------------------------------------------------------------


def _replace(paper: Paper, *, actor: User, at: datetime) -> None:
    """By a job of whoever knows what the paper is about."""
    record(f"papers.number:{paper.number}", before={"replaced": False}, after={"replaced": True}, actor=actor, at=at)
    defer(REPLACING.get(PaperKind(paper.kind), "cases.replace_paper"), paper=str(paper.pk))
