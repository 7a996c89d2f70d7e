"""Papers that another one takes the place of, in the office worker."""

from uuid import UUID

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from panggon.cases.attention import recipients
from panggon.cases.content.paper_facts import facts_of, signer_of
from panggon.cases.models import Event
from panggon.notify.services import tell
from panggon.papers import selectors as paper_selectors
from panggon.papers import services as papers
from panggon.papers.contents import FOR_OWNER, PaperKind

REPLACED = _("{number}: {title} diganti")
INSTEAD = _("Nomor {void} batal: {reason}. Yang berlaku nomor {paper}.")


@app.task(name="cases.replace_paper", retry=RetryStrategy(max_attempts=8, exponential_wait=3))
@transaction.atomic
def replace_paper(paper: str) -> None:
    """Issue another paper for one whose number was made void, once, and tell the OPD where it was the OPD's."""
    void, now = paper_selectors.known(UUID(paper)), timezone.now()
    related = ("case__agency", "case__applicant", "case__site__node", "actor")
    cause = Event.objects.select_related(*related).get(case__number=void.case_number, sequence=void.event)
    kind, case = PaperKind(void.kind), cause.case
    made = papers.replace(void, facts_of(case, event=cause), signer=signer_of(kind, cause), at=now)
    for person in recipients.applicants(case) if kind in FOR_OWNER else ():
        tell(
            person,
            reference=f"paper:{made.pk}",
            subject=format_lazy(REPLACED, number=case.number, title=made.title),
            text=format_lazy(INSTEAD, void=void.number, reason=void.void_reason.rstrip("."), paper=made.number),
            path=reverse("cases:case", args=[case.number]),
            at=now,
        )
