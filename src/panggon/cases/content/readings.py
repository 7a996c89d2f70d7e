"""Letters that Panggon reads: asking for it, and what came of it as proposals for the form."""

from datetime import datetime
from typing import Any
from uuid import UUID

from panggon.cases.content.parts import letter_of
from panggon.cases.models import Case, File, Reading
from panggon.core.cases.letters import read
from panggon.core.errors import PermanentError
from panggon.office.selectors import office
from panggon.outbox import defer
from panggon.papers import store
from panggon.papers.reading import letter_text
from panggon.people import selectors as people
from panggon.people.models import User


def ask(sha256: str, person: User, *, at: datetime) -> Reading:
    """Have a kept letter read by a worker; asked again by the same person, what was read stays."""
    reading, is_new = Reading.objects.get_or_create(sha256=sha256, added_by=person, defaults={"added_at": at})
    if is_new:
        # One at a time: seeing a scanned page takes a processor for seconds.
        defer("cases.read_letter", lock="cases.read_letter", reading=str(reading.pk))
    return reading


def carry_out(reading: Reading) -> None:
    """Read the letter and keep the proposals; a letter that cannot be read is no error of anybody's."""
    agencies = {str(agency.pk): agency.name for agency in people.agencies()}
    try:
        found = letter_text(store.get(reading.sha256))
        proposals = read(found.text, zone=office().naming.zone, agencies=agencies, certainty=found.certainty)
    except PermanentError:
        proposals = ()
    kept = [
        {"field": proposal.field, "value": proposal.value, "confidence": proposal.confidence} for proposal in proposals
    ]
    state = Reading.State.READ if kept else Reading.State.UNREADABLE
    # The case may have been sent meanwhile, and the reading be forgotten.
    Reading.objects.filter(pk=reading.pk).update(state=state, proposals=kept)


def forget(case: Case) -> None:
    """What was read of the letters of a case that was sent: people have written down what counts of it."""
    letters = case.files.filter(kind=File.Kind.LETTER).values("sha256")
    Reading.objects.filter(sha256__in=letters).delete()


def brought_by(person: User, key: UUID | None) -> Reading | None:
    """The reading of a letter that this very person brought."""
    return Reading.objects.filter(pk=key, added_by=person).first() if key else None


def reading_of(case: Case | None) -> Reading | None:
    """Of the newest letter of a case, whoever brought it."""
    letter = letter_of(case) if case else None
    return Reading.objects.filter(sha256=letter.sha256).last() if letter else None


def proposals_of(reading: Reading | None) -> dict[str, Any]:
    """By the name of the field that each is for."""
    return {proposal["field"]: proposal["value"] for proposal in reading.proposals} if reading else {}
