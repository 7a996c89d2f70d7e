"""What a letter seems to say: rules over text, for every layout that offices use, and for any text at all."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panggon.core.cases.letters import read
from panggon.core.naming import label_faults
from panggon.core.writing import phone_faults
from panggon.papers.dates import day_words

AGENCIES = {
    "1": "Dinas Sosial, Pengendalian Penduduk dan Keluarga Berencana",
    "2": "Dinas Kesehatan",
    "3": "Dinas Sosial",
    "4": "Dinas Komunikasi dan Informatika",
}
LETTER = """
PEMERINTAH KOTA PEKALONGAN
DINAS KESEHATAN
Jalan Contoh 1, Telepon (0285) 421972
Nomor : 500.12/9/XI/2026          Pekalongan, 20 November 2026
Sifat : Segera
Lampiran : -
Hal : Permohonan Hosting
Yth. Kepala Dinas Komunikasi dan Informatika
Subdomain : dinkes
Subdomain pengganti : dinas-kesehatan
Penanggung jawab : dr. Ani, M.Kes (NIP 197901012005012001)
HP : 0812 3456 7890, ani@dinkes.example
"""


def values(text, **options):
    found = read(text, zone="kota.example", agencies=AGENCIES, **options)
    return {proposal.field: proposal.value for proposal in found}


def test_an_official_letter():
    assert values(LETTER) == {
        "letter_number": "500.12/9/XI/2026",
        "letter_nature": "Segera",
        "letter_subject": "Permohonan Hosting",
        "letter_date": "2026-11-20",
        "agency": "2",
        "label": "dinkes",
        "alternative_label": "dinas-kesehatan",
        "responsible_name": "dr. Ani, M.Kes",
        "contact_name": "dr. Ani, M.Kes",
        "contact_phone": "0812 3456 7890",
        "contact_email": "ani@dinkes.example",
    }


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ("Tanggal 5 Mei 2026", "letter_date", "2026-05-05"),
        ("Pekalongan, 05-12-2026", "letter_date", "2026-12-05"),
        ("Perihal: Permohonan Subdomain", "letter_subject", "Permohonan Subdomain"),
        ("No. Surat : B/1/2026", "letter_number", "B/1/2026"),
        ("dengan alamat https://PERPUS.kota.example/ untuk", "label", "perpus"),
        ("Nama Domain yang diminta : perpus", "label", "perpus"),
        ("hubungi +62 812-3456-789 segera", "contact_phone", "+62 812-3456-789"),
        ("DINAS KESEHATAN KOTA PEKALONGAN", "agency", "2"),
        ("Nomor : .500.12/117/2026", "letter_number", "500.12/117/2026"),
        ("Hal. » Permohonan Hosting", "letter_subject", "Permohonan Hosting"),
        ("D1NAS KESEHATAN", "agency", "2"),  # as a scan may read it
        ("Dinas Sosial, Pengendalian Penduduk dan Keluarga Berencana", "agency", "1"),
    ],
)
def test_one_line_tells_one_field(line, field, value):
    assert values(line)[field] == value


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("Tanggal 31 Februari 2026", "letter_date"),
        ("Nomor : -", "letter_number"),
        ("Sifat : Sangat biasa sekali", "letter_nature"),
        ("Subdomain : www", "label"),
        ("Subdomain : -dinkes", "label"),
        ("NIP 197901012005012001", "contact_phone"),
        ("Yth. Kepala Dinas Komunikasi dan Informatika", "agency"),  # who is written to, not who writes
        ("Penanggung jawab : 123", "responsible_name"),
    ],
)
def test_what_cannot_be_is_not_proposed(line, field):
    assert field not in values(line)


def test_what_was_seen_in_a_picture_is_less_sure():
    sure, seen = (
        {proposal.field: proposal.confidence for proposal in read(LETTER, zone="x", agencies={}, certainty=certainty)}
        for certainty in (1.0, 0.5)
    )
    assert seen == {field: confidence / 2 for field, confidence in sure.items()}


LINES = st.lists(st.one_of(st.text(max_size=60), st.sampled_from(LETTER.splitlines())), max_size=30).map("\n".join)


@given(LINES)
def test_any_text_gives_only_what_its_fields_can_hold(text):
    found = read(text, zone="kota.example", agencies=AGENCIES)
    assert len({proposal.field for proposal in found}) == len(found)
    for proposal in found:
        assert 0 < proposal.confidence <= 1
        assert proposal.value
        assert proposal.value.isprintable()
        if proposal.field in ("label", "alternative_label"):
            assert label_faults(proposal.value) == ()
        if proposal.field == "letter_date":
            assert date.fromisoformat(proposal.value)
        if proposal.field == "contact_phone":
            assert phone_faults(proposal.value, field="") == ()
        if proposal.field == "agency":
            assert proposal.value in AGENCIES


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_every_day_in_words_is_read(day):
    assert values(f"Pekalongan, {day_words(day)}")["letter_date"] == day.isoformat()
