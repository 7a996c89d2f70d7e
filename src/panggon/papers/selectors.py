from django.db.models import QuerySet

from panggon.papers.models import Paper


def papers_of(case_number: str) -> QuerySet[Paper]:
    """The papers of a case in the order in which they were made."""
    return Paper.objects.filter(case_number=case_number)
