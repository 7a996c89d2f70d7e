"""The papers about an incident: what the law wants in them is in them, in one archivable PDF."""

import io
from dataclasses import replace

import pikepdf
import pypdfium2
import pytest

from panggon.papers.composing import content
from panggon.papers.contents import CONFIDENTIAL, TITLES, PaperKind, form_of
from panggon.papers.rendering import render
from panggon.papers.samples import INCIDENT
from tests.papers.test_rendering import FRAME, LONG

PARTS = {
    PaperKind.INCIDENT_REPORT: ("Kontak pelapor", "Deskripsi insiden", "Kronologi", "Dampak insiden"),
    PaperKind.BREACH_NOTICE: (
        "Data pribadi yang terungkap",
        "Kapan dan bagaimana data pribadi terungkap",
        "Upaya penanganan dan pemulihan",
    ),
}


def made(kind: PaperKind, facts=INCIDENT) -> bytes:
    return render(form_of(kind), {**FRAME, **content(kind, facts)})


def words(data: bytes) -> str:
    return " ".join(" ".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(data)).split())


@pytest.mark.parametrize("kind", sorted(CONFIDENTIAL))
def test_each_part_that_the_law_asks_for_stands_in_it_with_what_was_written(kind):
    said = words(made(kind))
    for number, part in enumerate(PARTS[kind], start=1):
        assert f"{number}. {part}" in said
    wanted = ("description", "chronology", "impact") if kind is PaperKind.INCIDENT_REPORT else ("data", "how")
    for name in wanted:
        assert " ".join(INCIDENT.described[name].split()) in said


@pytest.mark.parametrize("kind", sorted(CONFIDENTIAL))
def test_it_is_one_archivable_pdf_and_typed_markup_is_only_text(kind):
    facts = replace(INCIDENT, agency=LONG, described=dict.fromkeys(INCIDENT.described, f"#panic() *{LONG}*"))
    data = made(kind, facts)
    assert data == made(kind, facts)
    with pikepdf.open(io.BytesIO(data)) as document:
        assert str(document.docinfo["/Title"]) == TITLES[kind]
        metadata = document.open_metadata()
        assert (metadata.get("pdfaid:part"), metadata.get("pdfaid:conformance")) == ("3", "A")
    assert "#panic()" in words(data).replace(" ", "")
    for page in pypdfium2.PdfDocument(data):
        text = page.get_textpage()
        assert max(text.get_rect(number)[2] for number in range(text.count_rects())) <= page.get_width() - 40
