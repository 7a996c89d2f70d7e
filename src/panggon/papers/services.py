"""Issuing papers: number, render, keep."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from panggon.office.selectors import office
from panggon.papers import store
from panggon.papers.composing import content
from panggon.papers.contents import TITLES, PaperKind, form_of
from panggon.papers.dates import OFFICE_ZONE, day_words
from panggon.papers.facts import CaseFacts, Person
from panggon.papers.inspection import inspect_letter
from panggon.papers.models import Paper
from panggon.papers.numbers import next_number
from panggon.papers.printing import render
from panggon.papers.sheets import DOTS, LetterFacts, SheetFacts, SheetKind, letter_content, sheet_content

__all__ = ["inspect_letter", "issue", "opd_sheet", "sample_letter"]


@transaction.atomic
def issue(kind: PaperKind, facts: CaseFacts, *, event: int, signer: Person, at: datetime) -> Paper:
    """Issue the paper that this event of the case caused; asked again, give the one issued before.

    The number, the row and the kept file stand or fall together: a failed rendering uses no number up.
    """
    known = Paper.objects.filter(case_number=facts.number, kind=kind, event=event).first()
    if known:
        return known
    numbering = office().numbering
    year, taken = next_number(numbering.code_of(kind), at=at)
    number = numbering.written(kind, taken=taken, year=year)
    data = render(form_of(kind), {**_frame(at), **content(kind, facts), "number": number, "signer": _signer(signer)})
    return Paper.objects.create(
        case_number=facts.number,
        kind=kind,
        event=event,
        title=TITLES[kind],
        number=number,
        sha256=store.put(data),
        size_bytes=len(data),
        made_at=at,
    )


def sample_letter(facts: LetterFacts, *, at: datetime) -> bytes:
    """The letter that asks for hosting, as PDF, to be signed by the OPD; it is not kept."""
    frame = _frame(at)
    agency = facts.agency or DOTS
    office = {**frame["office"], "name": agency, "address": "" if facts.agency else DOTS, "phone": ""}
    content = letter_content(facts, office=frame["office"]["name"])
    return render("surat_permohonan.typ", {**frame, **content, "office": office, "footer": agency})


def opd_sheet(kind: SheetKind, facts: SheetFacts, *, at: datetime) -> bytes:
    """The sheet for one step of a case on paper, as PDF, to be signed by the OPD; it is not kept."""
    return render("lembar_opd.typ", {**_frame(at), **sheet_content(kind, facts)})


# ------------------------------------------------------------------------------------------------------------------


def _frame(at: datetime) -> dict[str, Any]:
    day = at.astimezone(OFFICE_ZONE).date()
    head = office().letterhead
    return {
        "office": asdict(head),
        "place": head.place,
        "made": {"year": day.year, "month": day.month, "day": day.day, "words": day_words(day)},
        "simulation": settings.PANGGON_DEMO or settings.PANGGON_SIMULATION,
        "footer": head.name,
    }


def _signer(person: Person) -> dict[str, Any]:
    signer = {"role": person.role, "name": person.name, "number": person.number}
    return {**signer, "note": person.note} if person.note else signer
