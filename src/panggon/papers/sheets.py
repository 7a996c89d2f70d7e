"""Papers that an OPD signs by hand: the letter that asks for hosting, a sheet for each later step of a case on paper.

They are made when somebody asks for one, from what is known then; nothing is numbered or kept. What is not known is a
dotted line to be written on.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from panggon.papers.dates import day_words

DOTS = "." * 36
PURPOSE = (
    "Dalam rangka penyelenggaraan layanan informasi kepada masyarakat, kami memerlukan hosting pada server "
    "Pemerintah Kota."
)

Rows = tuple[tuple[str, str], ...]


class SheetKind(StrEnum):
    CORRECTION = "correction"
    CONFIRMATION = "confirmation"
    NO_ACCESS = "no_access"
    WITHDRAWAL = "withdrawal"


TITLES = {
    SheetKind.CORRECTION: "Lembar Perbaikan Permohonan Hosting",
    SheetKind.CONFIRMATION: "Tanda Terima dan Konfirmasi Akses Hosting",
    SheetKind.NO_ACCESS: "Lembar Laporan Belum Dapat Diakses",
    SheetKind.WITHDRAWAL: "Surat Pembatalan Permohonan Hosting",
}
STATEMENTS = {
    SheetKind.CORRECTION: "Bersama ini kami sampaikan perbaikan atas permohonan tersebut:",
    SheetKind.CONFIRMATION: (
        "Dengan ini kami menyatakan bahwa dokumen hak akses hosting tersebut telah kami terima, dan bahwa situs sudah "
        "dapat kami akses."
    ),
    SheetKind.NO_ACCESS: "Dengan ini kami laporkan bahwa situs tersebut belum dapat kami akses. Yang terjadi:",
    SheetKind.WITHDRAWAL: "Dengan ini kami membatalkan permohonan tersebut. Alasan:",
}
# How many ruled lines there are to write on.
LINES = {SheetKind.CORRECTION: 6, SheetKind.CONFIRMATION: 0, SheetKind.NO_ACCESS: 6, SheetKind.WITHDRAWAL: 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterFacts:
    """What a sample letter says; whatever is empty is left to be written by hand."""

    agency: str = ""
    number: str = ""
    day: date | None = None
    nature: str = ""
    subject: str = ""
    rows: Rows = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetFacts:
    """The case that a sheet belongs to, and what the OPD was asked to mend."""

    agency: str
    rows: Rows
    asked: tuple[str, ...] = ()


def letter_content(facts: LetterFacts, *, office: str) -> dict[str, Any]:
    """What `surat_permohonan.typ` lays out; the letterhead is the OPD's own."""
    return {
        "addressee": office,
        "letter": {
            "number": facts.number or DOTS,
            "nature": facts.nature or "Biasa",
            "attachment": "–",
            "subject": facts.subject or "Permohonan Hosting",
            "purpose": PURPOSE,
            "day": day_words(facts.day) or DOTS,
        },
        "rows": [(label, value or DOTS) for label, value in facts.rows],
        "signer": {"role": f"Kepala {facts.agency}" if facts.agency else "Kepala OPD", "name": DOTS, "number": DOTS},
    }


def sheet_content(kind: SheetKind, facts: SheetFacts) -> dict[str, Any]:
    """What `lembar_opd.typ` lays out."""
    return {
        "title": TITLES[kind],
        "rows": [(label, value or DOTS) for label, value in facts.rows],
        "asked": list(facts.asked),
        "statement": STATEMENTS[kind],
        "lines": LINES[kind],
        "signer": {"role": f"Kepala {facts.agency}", "name": DOTS, "number": DOTS},
    }
