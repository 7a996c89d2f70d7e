"""Papers with made-up contents: what the department sees while it changes a template."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any

from panggon.papers.composing import content
from panggon.papers.contents import CONFIDENTIAL, TITLES, PaperKind, form_of
from panggon.papers.document_samples import DOCUMENTS
from panggon.papers.facts import CaseFacts, IncidentFacts, Person, Proof
from panggon.papers.sheets import TITLES as SHEET_TITLES
from panggon.papers.sheets import LetterFacts, SheetFacts, SheetKind, letter_content, sheet_content

MADE = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Sample:
    """One paper: its title, the template that makes it, and everything that stands on it but the letterhead."""

    title: str
    template: str
    facts: Mapping[str, Any]


FACTS = CaseFacts(
    number="HST-2026-0001",
    agency="Dinas Contoh",
    title="Layanan Contoh",
    label="contoh",
    host="contoh.panggon.test",
    kind="Aplikasi PHP",
    database="MariaDB",
    contact="Nama Narahubung, 0812-0000-0000",
    letter_source="Surat permohonan",
    letter_number="500.12/117/2026",
    letter_date=date(2026, 11, 20),
    letter_subject="Permohonan Hosting",
    submitted_at=MADE,
    due_at=datetime(2026, 11, 26, 9, 30, tzinfo=UTC),
    completion="2 Hari kerja",
    fee="Tidak dipungut biaya",
    agenda_number="0001/2026",
    received_at=MADE,
    division="Bidang Contoh",
    instruction="Selesaikan/tindak lanjuti",
    nature="Segera",
    note="Mohon diselesaikan sebelum batas waktu.",
    technician="Nama Petugas",
    checklist=(
        ("Ada surat atau informasi pemberitahuan permohonan hosting", True, ""),
        ("Ada narahubung yang dapat dihubungi", False, "Nomor HP belum ditulis"),
    ),
    plan_words=("Membuat nama domain contoh.panggon.test", "Membuat basis data s000001"),
    plan_digest="0" * 64,
    evidence=(
        Proof("dns.answer", ok=True, detail="A 203.0.113.1"),
        Proof("web.body", ok=True, detail="200"),
    ),
    evidence_digest="0" * 64,
    proved_at=MADE,
    site="s000001",
    address="https://contoh.panggon.test/",
    sftp_host="sftp.panggon.test",
    sftp_port=22,
    sftp_fingerprint="SHA256:contoh",
    database_name="s000001",
    allowance="1 GiB penyimpanan, 256 MiB memori, PHP 8.2",
    admin="Nama Admin Teknis (admin@contoh.go.id)",
    access_code="7KQ2M-9TZ4B",
    restore_tested=date(2026, 11, 1),
    complaint_contacts=(("Telepon", "(0285) 000000"), ("Pejabat Pengaduan", "Nama Pejabat, 0812-0000-0000")),
    reasons=("Situs menampilkan isi yang bukan milik OPD.",),
    first_login="24 November 2026 pukul 10.00 WIB, dengan kata sandi",
    receiver=Person("Nama Penerima", "Admin Teknis Dinas Contoh", "198001012005011001"),
    made_on=date(2026, 11, 24),
    case_page="https://hosting.panggon.test/permohonan/HST-2026-0001/",
    access_page="https://hosting.panggon.test/permohonan/HST-2026-0001/akses/",
    tracking_page="https://hosting.panggon.test/lacak/?nomor=HST-2026-0001",
)
INCIDENT = IncidentFacts(
    number="INS-2026-0001",
    site="https://contoh.panggon.test/",
    agency=FACTS.agency,
    risk="Tinggi",
    found_at=MADE,
    quarantined="Sejak 24 November 2026 pukul 09.05 WIB",
    described={
        "contact": "Nama Petugas, Petugas Teknis, 0812-0000-0000",
        "description": "Halaman judi daring disisipkan ke dalam situs.",
        "chronology": "Pukul 08.40 warga melapor.\nPukul 09.05 situs dikarantina.",
        "impact": "Situs tidak dapat dikunjungi selama diperiksa.",
        "data": "Nama dan nomor telepon 120 pendaftar.",
        "how": "23 November 2026, lewat berkas cadangan yang dapat diunduh siapa pun.",
        "handling": "Situs dikarantina, berkas dihapus, kata sandi diganti.",
    },
    timeline=(("24 November 2026 pukul 09.05 WIB", "Karantina Situs Sekarang: isi judi daring"),),
    evidence=(("layar.png", "0" * 64),),
    contacts=(("Telepon", "(0285) 000000"),),
)
_FRAME: dict[str, Any] = {
    "office": {
        "government": "Pemerintah Kota Contoh",
        "name": "Dinas Contoh",
        "address": "Jalan Contoh Nomor 1",
        "phone": "(0285) 000000",
        "place": "Kota Contoh",
    },
    "place": "Kota Contoh",
    "made": {"year": 2026, "month": 11, "day": 24, "words": "24 November 2026"},
    "simulation": True,
    "footer": "Dinas Contoh",
    "number": "000/001/2026",
    "signer": {"role": "Kepala Dinas", "name": "Nama Pejabat", "number": "196905141994031006"},
}

_QR = '<svg xmlns="http://www.w3.org/2000/svg" width="29" height="29"><path d="M4 4h7v7h-7zm14 0h7v7h-7z"/></svg>'
_LETTER = LetterFacts(
    agency=FACTS.agency,
    number=FACTS.letter_number,
    day=FACTS.letter_date,
    rows=(("Subdomain yang diminta", FACTS.host), ("Nama narahubung", "")),
)
_SHEET = SheetFacts(agency=FACTS.agency, rows=(("Nomor permohonan", FACTS.number),), asked=("Nomor HP belum ditulis",))

SAMPLES: Mapping[str, Sample] = MappingProxyType(
    {
        **{
            kind.value.replace("_", "-"): Sample(
                TITLES[kind], form_of(kind), {**_FRAME, **content(kind, INCIDENT if kind in CONFIDENTIAL else FACTS)}
            )
            for kind in PaperKind
        },
        **{key: Sample(title, template, {**_FRAME, **facts}) for key, (title, template, facts) in DOCUMENTS.items()},
        "request-letter": Sample(
            "Surat Permohonan Hosting",
            "surat_permohonan.typ",
            {**_FRAME, **letter_content(_LETTER, office=_FRAME["footer"])},
        ),
        **{
            f"sheet-{kind.value.replace('_', '-')}": Sample(
                SHEET_TITLES[kind], "lembar_opd.typ", {**_FRAME, **sheet_content(kind, _SHEET)}
            )
            for kind in SheetKind
        },
        "stamp": Sample(
            "Stempel tanda tangan elektronik",
            "stempel.typ",
            {**_FRAME, "simulation": False, "issuer": "BSrE", "qr": _QR},
        ),
    }
)
