from django.db.models import QuerySet

from panggon.audit.chain import verify
from panggon.audit.links import link
from panggon.audit.models import Change
from panggon.core.errors import Fault


def history_of(*subjects: str) -> QuerySet[Change]:
    """What was changed of these things, the newest first; a subject that ends with ":" means all of its kind."""
    found = Change.objects.none()
    for subject in subjects:
        match = {"subject__startswith": subject} if subject.endswith(":") else {"subject": subject}
        found |= Change.objects.filter(**match)
    return found.select_related("actor").order_by("-sequence")


def broken_links() -> tuple[Fault, ...]:
    """Every break of the chain of changes; its end is checked against the seals, not here."""
    changes = list(Change.objects.order_by("sequence"))
    return verify(map(link, changes), head=changes[-1].digest if changes else "")
