from collections.abc import Collection, Iterator
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from panggon.papers.models import INSTEAD, Attempt, Paper, Signature
from panggon.questions import Given, question
from panggon.remembered import remembered


def papers_of(case_number: str | Given) -> QuerySet[Paper]:
    """The papers of a case in the order in which they were made."""
    return Paper.objects.filter(case_number=case_number).select_related("signature")


def issued(case_number: str) -> list[Paper]:
    """The same, in one query for all parts of a page that is only read."""
    return remembered(("papers.issued", case_number), lambda: _issued(number=case_number))


def kept_digests(digests: Collection[str]) -> set[str]:
    """Those of these files that are papers as well."""
    unsigned = Paper.objects.filter(sha256__in=digests).values_list("sha256", flat=True)
    return {*unsigned, *Signature.objects.filter(sha256__in=digests).values_list("sha256", flat=True)}


def paper(key: UUID) -> Paper | None:
    return Paper.objects.select_related("signature").filter(pk=key).first()


def known(key: UUID) -> Paper:
    """The same, of one that is there for sure."""
    return Paper.objects.get(pk=key)


def cause_of(paper: Paper) -> str:
    """What the reference of a paper names, or that of the first one in whose place it stands."""
    while paper.reference.startswith(INSTEAD):
        paper = known(UUID(paper.reference.removeprefix(INSTEAD)))
    return paper.reference


def paper_with(sha256: str) -> Paper | None:
    """The paper of which this is a file: the signed one, or the one that was frozen for the signature."""
    found = Paper.objects.select_related("signature").filter(Q(sha256=sha256) | Q(signature__sha256=sha256))
    return found.first()


def all_digests() -> Iterator[str]:
    """Every file that belongs to a paper, frozen and signed."""
    for rows in (Paper.objects, Signature.objects):
        yield from rows.values_list("sha256", flat=True).order_by("sha256").iterator()


def made_in(year: int) -> QuerySet[Paper]:
    """The papers of a year of the office, in the order in which they were made."""
    return Paper.objects.select_related("signature").filter(made_at__year=year)


def cases_of(year: int) -> QuerySet[Paper, Any]:
    """The numbers of the cases whose papers these are."""
    return made_in(year).order_by().values("case_number").distinct()


def signature_of(paper: Paper) -> Signature | None:
    """The one signed version of a paper, as it stands now."""
    return Signature.objects.filter(paper=paper).first()


def open_attempt(paper: Paper) -> Attempt | None:
    return paper.attempts.filter(ended_at=None).first()


@question
def _issued() -> QuerySet[Paper]:
    return papers_of(Given("number"))
