"""Issuing papers: number, render, keep."""

import uuid
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from panggon.office.selectors import office
from panggon.papers import store
from panggon.papers.composing import content, stated
from panggon.papers.contents import SIGNED_TOGETHER, TITLES, PaperKind, Rows, form_of
from panggon.papers.dates import OFFICE_ZONE, day_words
from panggon.papers.facts import CaseFacts, IncidentFacts, Person
from panggon.papers.inspection import inspect_letter
from panggon.papers.models import INSTEAD, Paper
from panggon.papers.numbers import next_number
from panggon.papers.printing import render
from panggon.papers.sheets import DOTS, LetterFacts, SheetFacts, SheetKind, letter_content, sheet_content
from panggon.papers.signable import made_signable, verification_address

__all__ = ["card", "complaint_receipt", "inspect_letter", "issue", "opd_sheet", "replace", "sample_letter", "void"]


@transaction.atomic
def issue(
    kind: PaperKind,
    facts: CaseFacts | IncidentFacts,
    *,
    signer: Person,
    at: datetime,
    event: int = 0,
    reference: str = "",
) -> Paper:
    """Issue the paper that this event of the case (or incident) caused, or else what `reference` names; asked again,
    give the one issued before.

    The number, the row and the kept file stand or fall together: a failed rendering uses no number up.
    """
    known = Paper.objects.filter(case_number=facts.number, kind=kind, event=event, reference=reference).first()
    if known:
        return known
    numbering = office().numbering
    register = numbering.code_of(kind)
    year, taken = next_number(register, at=at)
    number = numbering.written(kind, taken=taken, year=year)
    key = uuid.uuid4()
    written = {**frame(at), **content(kind, facts), "number": number, "signer": _signer(signer)}
    is_signed = kind in SIGNED_TOGETHER
    data = _for_signature(kind, written, key) if is_signed else render(form_of(kind), written)
    return Paper.objects.create(
        id=key,
        evidence_digest=facts.evidence_digest,
        simulation=written["simulation"],
        case_number=facts.number,
        kind=kind,
        event=event,
        reference=reference,
        title=TITLES[kind],
        number=number,
        register=register,
        year=year,
        serial=taken,
        stated=stated(kind, facts) if is_signed else [],
        sha256=store.put(data),
        size_bytes=len(data),
        made_at=at,
    )


def replace(void: Paper, facts: CaseFacts | IncidentFacts, *, signer: Person, at: datetime) -> Paper:
    """Issue another paper in the place of one whose number is void: same cause, number and day of its own; once."""
    kind = PaperKind(void.kind)
    return issue(kind, facts, event=void.event, reference=f"{INSTEAD}{void.pk.hex}", signer=signer, at=at)


@transaction.atomic
def void(case_number: str, *, event: int, reason: str, at: datetime) -> None:
    """What was frozen for this event will not be signed any more, or not all of it: the numbers are not given again."""
    frozen = Paper.objects.filter(case_number=case_number, event=event, kind__in=SIGNED_TOGETHER, voided_at=None)
    frozen.update(voided_at=at, void_reason=reason)


def sample_letter(facts: LetterFacts, *, at: datetime) -> bytes:
    """The letter that asks for hosting, as PDF, to be signed by the OPD; it is not kept."""
    ours = frame(at)
    agency = facts.agency or DOTS
    office = {**ours["office"], "name": agency, "address": "" if facts.agency else DOTS, "phone": ""}
    content = letter_content(facts, office=ours["office"]["name"])
    return render("surat_permohonan.typ", {**ours, **content, "office": office, "footer": agency})


def complaint_receipt(number: str, rows: Rows, *, signer: Person, at: datetime) -> bytes:
    """What somebody takes away who complained at the desk, as PDF; it is not kept."""
    content = {"title": "Tanda Terima Pengaduan", "opening": "Telah diterima pengaduan dengan data berikut:"}
    facts = {**content, "number": number, "rows": rows, "sections": [], "closing": "", "signer": _signer(signer)}
    return render("lembar.typ", {**frame(at), **facts})


def opd_sheet(kind: SheetKind, facts: SheetFacts, *, at: datetime) -> bytes:
    """The sheet for one step of a case on paper, as PDF, to be signed by the OPD; it is not kept."""
    return render("lembar_opd.typ", {**frame(at), **sheet_content(kind, facts)})


def card(facts: Mapping[str, Any], *, at: datetime) -> bytes:
    """The card of the survey's index, as PDF, to be put up at the desk; it is not kept."""
    return render("kartu.typ", {**frame(at), **facts})


def document(template: str, facts: Mapping[str, Any], *, at: datetime) -> bytes:
    """What the department publishes of its service, as PDF; it is not kept."""
    return render(template, {**frame(at), **facts})


def is_marked() -> bool:
    """Whether every page of a paper that is made now says that it is a simulation."""
    return bool(settings.PANGGON_DEMO or settings.PANGGON_SIMULATION or office().signing.is_simulation)


def frame(at: datetime) -> dict[str, Any]:
    """What all papers show: letterhead, place and day, and that they are a simulation where they are."""
    day = at.astimezone(OFFICE_ZONE).date()
    head = office().letterhead
    return {
        "office": asdict(head),
        "place": head.place,
        "made": {"year": day.year, "month": day.month, "day": day.day, "words": day_words(day)},
        "simulation": is_marked(),
        "footer": head.name,
    }


# ------------------------------------------------------------------------------------------------------------------


def _for_signature(kind: PaperKind, written: dict[str, Any], key: uuid.UUID) -> bytes:
    """With the place of the stamp, which leads to the page where the signature is verified."""
    return made_signable(render(form_of(kind), {**written, "signature": {"page": verification_address(key)}}))


def _signer(person: Person) -> dict[str, Any]:
    signer = {"role": person.role, "name": person.name, "number": person.number}
    return {**signer, "note": person.note} if person.note else signer
