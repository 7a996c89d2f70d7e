"""Papers: the same facts give the same bytes, every paper is one readable PDF, and no field can hold a secret."""

import dataclasses
import io
from datetime import UTC, date, datetime

import pikepdf
import pypdfium2
import pytest

from panggon.core.errors import PermanentError
from panggon.papers.composing import COMPOSERS, content
from panggon.papers.contents import TITLES, PaperKind, form_of
from panggon.papers.dates import day_words, moment_words
from panggon.papers.facts import CaseFacts, Proof
from panggon.papers.rendering import render
from panggon.papers.samples import FACTS as SAMPLE_FACTS
from panggon.papers.samples import SAMPLES
from panggon.papers.sheets import DOTS, STATEMENTS, LetterFacts, SheetFacts, SheetKind, letter_content, sheet_content

FRAME = {
    "office": {"government": "Pemerintah Kota", "name": "Dinas", "address": "Jalan", "place": "Pekalongan"},
    "place": "Pekalongan",
    "made": {"year": 2026, "month": 11, "day": 24, "words": "24 November 2026"},
    "simulation": True,
    "footer": "Dinas",
    "number": "500.12/001/2026",
    "signer": {"role": "Kepala Dinas", "name": "Nama", "number": ""},
}
FACTS = CaseFacts(
    number="HST-2026-0001",
    agency="Dinas Sosial",
    title="Layanan #Sosial *_<script>$ @ [x] \\",
    label="dinsos",
    host="dinsos.panggon.test",
    address="https://dinsos.panggon.test:8443/",
    kind="PHP",
    database="MariaDB",
    contact="Sri",
    letter_source="Surat permohonan",
    letter_number="500.12/117/2026",
    letter_date=date(2026, 11, 20),
    letter_subject="Permohonan Hosting",
    submitted_at=datetime(2026, 11, 24, 2, 0, tzinfo=UTC),
    due_at=datetime(2026, 11, 26, 9, 30, tzinfo=UTC),
    completion="2 Hari kerja",
    fee="Tidak dipungut biaya",
    checklist=(("Surat", True, ""), ("Nama", False, "Nama belum ditulis")),
    plan_words=("Membuat pengguna Unix s800001",),
    evidence=(Proof("dns.answer", True, "127.0.0.1"),),
    evidence_digest="ab" * 32,
    tracking_page="https://hosting.panggon.test/lacak/?nomor=HST-2026-0001",
    access_page="https://hosting.panggon.test/permohonan/HST-2026-0001/akses/",
    access_code="7KQ2M-9TZ4B",
)


@pytest.mark.parametrize("kind", list(COMPOSERS))
def test_each_paper_is_one_pdf_with_its_title_and_language(kind):
    made = render(form_of(kind), {**FRAME, **content(kind, FACTS)})
    with pikepdf.open(io.BytesIO(made)) as document:
        assert str(document.docinfo["/Title"]) == TITLES[kind]
        assert str(document.Root.Lang) == "id"
        assert 1 <= len(document.pages) <= 2


@pytest.mark.parametrize("kind", list(COMPOSERS))
def test_the_same_facts_give_the_same_archivable_bytes(kind):
    facts = {**FRAME, **content(kind, FACTS)}
    made = render(form_of(kind), facts)
    assert made == render(form_of(kind), facts)
    with pikepdf.open(io.BytesIO(made)) as document:
        metadata = document.open_metadata()
        assert (metadata.get("pdfaid:part"), metadata.get("pdfaid:conformance")) == ("3", "A")
        assert bool(document.Root.MarkInfo.Marked)
        fonts = [
            font
            for page in document.pages
            for font in page.resources.get("/Font", {}).values()
            if "/FontFile3" not in font.DescendantFonts[0].FontDescriptor
            and "/FontFile2" not in font.DescendantFonts[0].FontDescriptor
        ]
        assert fonts == []


LONG = "Layanan" + "Informasi" * 33  # 304 letters without a place to break


@pytest.mark.parametrize("kind", list(COMPOSERS))
def test_a_name_of_three_hundred_letters_stays_on_the_page(kind):
    facts = dataclasses.replace(FACTS, title=LONG, agency=LONG, admin=LONG)
    made = render(form_of(kind), {**FRAME, **content(kind, facts), "signer": {**FRAME["signer"], "name": LONG}})
    for page in pypdfium2.PdfDocument(made):
        text = page.get_textpage()
        rights = [text.get_rect(number)[2] for number in range(text.count_rects())]
        assert max(rights) <= page.get_width() - 40


def test_the_hosting_document_carries_the_digest_of_the_evidence():
    words = content(PaperKind.HOSTING_DOCUMENT, FACTS)
    assert FACTS.evidence_digest in words["sections"][0]["notes"][0]


def test_the_access_document_names_all_that_is_handed_over():
    sample = SAMPLES["access-document"]
    words = words_of(render(sample.template, sample.facts))
    for said in (
        "https://contoh.panggon.test/",
        "sftp.panggon.test, port 22",
        "SHA256:contoh",
        "Nama pengguna",
        "s000001, pengguna s000001",
        "/private/database.ini",
        "1 GiB penyimpanan",
        "Pencadangan",
        "diuji 1 November 2026",
        "Pembaruan",
        "Insiden",
        "(0285) 000000",
        "Nama Pejabat, 0812-0000-0000",
        "Nama Admin Teknis (admin@contoh.go.id)",
        "https://hosting.panggon.test/permohonan/HST-2026-0001/akses/",
        "Kode: 7KQ2M-9TZ4B",
        "Halaman 1 dari 2",
        "Halaman 2 dari 2",
    ):
        assert said in words, said
    untested = render(sample.template, {**sample.facts, **access_words(restore_tested=None)})
    assert "Belum ada uji pemulihan yang tercatat." in words_of(untested)


def access_words(**changes):
    return content(PaperKind.ACCESS_DOCUMENT, dataclasses.replace(SAMPLE_FACTS, **changes))


LAW = "UU ITE No 11 Tahun 2008 Pasal 5 Ayat 1"


@pytest.mark.parametrize("key", SAMPLES)
def test_the_words_of_the_law_stand_on_what_is_truly_signed_and_nowhere_else(key):
    sample = SAMPLES[key]
    words = words_of(render(sample.template, {**sample.facts, "signature": {"page": "https://x/"}}))
    assert (LAW in words) == (key == "stamp")
    if key == "stamp":
        simulated = words_of(render(sample.template, {**sample.facts, "simulation": True}))
        assert (LAW in simulated, "SIMULASI – TIDAK SAH" in simulated) == (False, True)


def test_a_broken_template_is_an_error_in_words():
    with pytest.raises(PermanentError) as refused:
        render("lembar.typ", {})
    assert refused.value.code == "paper.template"


def test_no_fact_is_a_secret():
    names = {field.name for field in dataclasses.fields(CaseFacts)}
    assert not {name for name in names if "password" in name or "secret" in name or "token" in name}


def test_dates_are_written_in_indonesian_and_in_the_offices_time():
    assert day_words(date(2026, 8, 17)) == "17 Agustus 2026"
    assert moment_words(datetime(2026, 11, 24, 18, 30, tzinfo=UTC)) == "25 November 2026 pukul 01.30 WIB"


def words_of(made: bytes) -> str:
    document = pypdfium2.PdfDocument(made)
    return " ".join(" ".join(page.get_textpage().get_text_bounded() for page in document).split())


def test_the_sample_letter_is_the_opds_own_letter():
    facts = LetterFacts(
        agency="Dinas Sosial",
        number="500.12/117/2026",
        day=date(2026, 11, 20),
        nature="Segera",
        rows=(("Subdomain yang diminta", "dinsos.panggon.test"), ("Nama admin teknis", "")),
    )
    content = letter_content(facts, office="Dinas Komunikasi")
    made = words_of(
        render("surat_permohonan.typ", {**FRAME, **content, "office": {**FRAME["office"], "name": "Dinas Sosial"}})
    )
    for words in (
        "DINAS SOSIAL",
        "500.12/117/2026",
        "Pekalongan, 20 November 2026",
        "Segera",
        "Yth. Kepala Dinas Komunikasi",
        "dinsos.panggon.test",
        DOTS,
        "Kepala Dinas Sosial",
    ):
        assert words in made
    blank = words_of(render("surat_permohonan.typ", {**FRAME, **letter_content(LetterFacts(), office="Dinas")}))
    assert DOTS in blank
    assert "Kepala OPD" in blank


@pytest.mark.parametrize("kind", list(SheetKind))
def test_each_sheet_for_the_opd_is_one_page_with_room_for_the_stamp(kind):
    facts = SheetFacts(
        agency="Dinas Sosial", rows=(("Nomor permohonan", "HST-2026-0001"),), asked=("Surat #belum [x]",)
    )
    made = render("lembar_opd.typ", {**FRAME, **sheet_content(kind, facts)})
    assert len(pypdfium2.PdfDocument(made)) == 1
    for words in ("HST-2026-0001", "#belum [x]", "Kepala Dinas Sosial", "Stempel meja", STATEMENTS[kind]):
        assert words in words_of(made)
