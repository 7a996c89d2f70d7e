from collections.abc import Collection

from django.db.models import QuerySet

from panggon.papers.models import Paper
from panggon.questions import Given, question
from panggon.remembered import remembered


def papers_of(case_number: str) -> QuerySet[Paper]:
    """The papers of a case in the order in which they were made."""
    return Paper.objects.filter(case_number=case_number)


def issued(case_number: str) -> list[Paper]:
    """The same, in one query for all parts of a page that is only read."""
    return remembered(("papers.issued", case_number), lambda: _issued(number=case_number))


def kept_digests(digests: Collection[str]) -> set[str]:
    """Those of these files that are papers as well."""
    return set(Paper.objects.filter(sha256__in=digests).values_list("sha256", flat=True))


@question
def _issued() -> QuerySet[Paper]:
    return Paper.objects.filter(case_number=Given("number"))
