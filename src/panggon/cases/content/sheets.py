"""A case as the OPD's own papers tell it: the sample letter and the sheets for a case on paper."""

from collections.abc import Mapping
from types import MappingProxyType

from django.utils.translation import override

from panggon.cases.content.request import ADMIN, CONTACT, LABELS, RESPONSIBLE, SITE, VENDOR, rows_of
from panggon.cases.models import Case
from panggon.core.cases.procedure import Action
from panggon.papers.sheets import LetterFacts, SheetFacts, SheetKind

SHEETS: Mapping[Action, SheetKind] = MappingProxyType(
    {
        Action.RESUBMIT: SheetKind.CORRECTION,
        Action.CONFIRM: SheetKind.CONFIRMATION,
        Action.REPORT_NO_ACCESS: SheetKind.NO_ACCESS,
        Action.WITHDRAW: SheetKind.WITHDRAWAL,
    }
)
# What the letter always says, known or not; the rest stands in it where it was filled in.
ALWAYS = ("label", "alternative_label", "title", "contact_name", "contact_phone", "responsible_name", "admin_name")
IN_THE_LETTER = (*SITE, *CONTACT, *RESPONSIBLE, *ADMIN, *VENDOR)


def letter_facts(case: Case) -> LetterFacts:
    """The letter in the words of the request; in Indonesian, whatever language the page is in."""
    with override("id"):
        rows = rows_of(case, IN_THE_LETTER)
        asked = ("Jenis permohonan", "Baru")
        return LetterFacts(
            agency=case.agency.name,
            number=case.letter_number,
            day=case.letter_date,
            nature=case.letter_nature,
            subject=case.letter_subject,
            rows=(asked, *((row.label, row.value) for row in rows if row.value or row.name in ALWAYS)),
        )


def blank_letter() -> LetterFacts:
    """The letter of nobody yet, to be filled in by hand."""
    with override("id"):
        return LetterFacts(rows=(("Jenis permohonan", "Baru"), *((str(LABELS[name]), "") for name in ALWAYS)))


def sheet_facts(case: Case) -> SheetFacts:
    rows = (
        ("Nomor permohonan", case.number),
        ("OPD pemohon", case.agency.name),
        ("Nama situs", case.title),
        ("Alamat", case.host if case.label else ""),
    )
    asked = tuple(row.reason for row in case.corrections.all() if row.resolved_at is None)
    return SheetFacts(agency=case.agency.name, rows=rows, asked=asked)
