"""Reading letters: text that the PDF carries, pages that were scanned, and what must not harm the worker."""

import pytest

from panggon.core.cases.letters import read
from panggon.core.errors import PermanentError
from panggon.papers.apart import Limits
from panggon.papers.reading import letter_text
from tests.papers.letters import LAYOUTS, Letter, scanned

AGENCIES = {
    "1": "Dinas Sosial, Pengendalian Penduduk dan Keluarga Berencana",
    "2": "Dinas Kesehatan",
    "3": "Dinas Sosial",
}
KNOWN = {
    "agency": "3",
    "letter_number": "500.12/117/2026",
    "letter_date": "2026-11-20",
    "letter_subject": "Permohonan Hosting",
    "label": "layanan-dinsos",
    "contact_phone": "0812-3456-7890",
    "contact_email": "sri@dinsos.example",
}


def proposed(data: bytes) -> tuple[dict[str, str], float]:
    found = letter_text(data)
    proposals = read(found.text, zone="kota.example", agencies=AGENCIES, certainty=found.certainty)
    return {proposal.field: proposal.value for proposal in proposals}, found.certainty


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_letter_with_text_is_read_whole(layout):
    found, certainty = proposed(Letter().pdf(layout))
    assert (KNOWN.items() <= found.items(), certainty) == (True, 1.0), found


@pytest.mark.parametrize(("layout", "degrees", "noise"), [("official", 1.2, 2), ("official", 180, 1)], ids=str)
def test_a_scanned_letter_is_read_although_it_is_askew_or_upside_down(layout, degrees, noise):
    found, certainty = proposed(scanned(Letter().pdf(layout), degrees=degrees, noise=noise))
    assert (KNOWN.items() <= found.items(), certainty) == (True, 0.8), found


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7 nothing", b"GIF89a"], ids=["empty", "broken", "picture"])
def test_what_is_no_pdf_cannot_be_read(data):
    with pytest.raises(PermanentError) as failed:
        letter_text(data)
    assert failed.value.code == "reading.failed"


@pytest.mark.parametrize("limits", [Limits(1, 2048), Limits(90, 60)], ids=["time", "memory"])
def test_a_letter_that_takes_too_much_ends_only_its_own_process(limits):
    page = scanned(Letter().pdf("official"), noise=1)
    with pytest.raises(PermanentError) as failed:
        letter_text(page, limits=limits)
    assert failed.value.code == "reading.failed"
