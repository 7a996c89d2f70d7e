"""What each paper says: one function a paper, from the facts of a case to title, rows, sections and closing words."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from panggon.papers.dates import day_words, moment_words
from panggon.papers.facts import CaseFacts


class PaperKind(StrEnum):
    """The papers of the procedure, with the step of the SK that they belong to."""

    RECEIPT = "receipt"  # SK 2
    DISPOSITION = "disposition"  # SK 2
    CHECKLIST = "checklist"  # SK 4
    PREPARATION_REPORT = "preparation_report"  # SK 5
    APPROVAL_REQUEST = "approval_request"  # SK 6
    HOSTING_DOCUMENT = "hosting_document"  # SK 7
    ACCESS_DOCUMENT = "access_document"  # SK 8
    COVER_LETTER = "cover_letter"  # SK 8


TITLES = {
    PaperKind.RECEIPT: "Tanda Terima Permohonan",
    PaperKind.DISPOSITION: "Lembar Disposisi",
    PaperKind.CHECKLIST: "Checklist Verifikasi Kelengkapan",
    PaperKind.PREPARATION_REPORT: "Laporan Penyiapan Hosting",
    PaperKind.APPROVAL_REQUEST: "Nota Permohonan Pengesahan",
    PaperKind.HOSTING_DOCUMENT: "Dokumen Hosting",
    PaperKind.ACCESS_DOCUMENT: "Dokumen Hak Akses Hosting",
    PaperKind.COVER_LETTER: "Surat Pengantar",
}

# What is written for the OPD; the rest is the dinas's own correspondence.
FOR_APPLICANT = frozenset({PaperKind.RECEIPT, PaperKind.CHECKLIST})
FOR_OWNER = FOR_APPLICANT | {PaperKind.HOSTING_DOCUMENT, PaperKind.ACCESS_DOCUMENT, PaperKind.COVER_LETTER}

Rows = list[tuple[str, str]]
Content = dict[str, Any]


def content(kind: PaperKind, facts: CaseFacts) -> Content:
    """The words of one paper; the sheet template lays them out."""
    return {"title": TITLES[kind], **COMPOSERS[kind](facts)}


# ------------------------------------------------------------------------------------------------------------------


def _request_rows(facts: CaseFacts) -> Rows:
    return [
        ("Nomor permohonan", facts.number),
        ("OPD pemohon", facts.agency),
        ("Dasar", _letter(facts)),
        ("Nama situs", facts.title),
        ("Alamat", facts.host),
        ("Narahubung", facts.contact),
    ]


def _letter(facts: CaseFacts) -> str:
    words = facts.letter_source or "Surat permohonan"
    if facts.letter_number:
        words += f" nomor {facts.letter_number}"
    if facts.letter_date:
        words += f" tanggal {day_words(facts.letter_date)}"
    return words


def _site_rows(facts: CaseFacts) -> Rows:
    return [
        ("Jenis situs", facts.kind),
        ("Basis data", facts.database),
        ("Pengenal situs", facts.site),
    ]


def _proof_section(facts: CaseFacts) -> Content:
    rows = [[proof.name, "Terbukti" if proof.ok else "TIDAK", proof.detail] for proof in facts.evidence]
    return {
        "title": "Bukti bahwa domain dan server bekerja",
        "table": {"head": ["Bukti", "Hasil", "Yang terlihat"], "rows": rows},
        "paragraphs": [f"Dibuktikan {moment_words(facts.proved_at)}. Sidik bukti (SHA-256): {facts.evidence_digest}"],
    }


def _receipt(facts: CaseFacts) -> Content:
    return {
        "opening": "Telah diterima permohonan hosting dengan data sebagai berikut:",
        "rows": [
            *_request_rows(facts),
            ("Diajukan", moment_words(facts.submitted_at)),
            ("Diterima", moment_words(facts.received_at)),
            ("Nomor agenda", facts.agenda_number),
            ("Batas penyelesaian", moment_words(facts.due_at)),
            ("Biaya", facts.fee),
            ("Lacak permohonan", facts.tracking_page),
        ],
        "sections": [],
        "closing": f"Waktu penyelesaian pelayanan: {facts.completion}.",
    }


def _disposition(facts: CaseFacts) -> Content:
    return {
        "opening": "",
        "rows": [
            ("Surat dari", facts.agency),
            ("Nomor surat", facts.letter_number),
            ("Tanggal surat", day_words(facts.letter_date)),
            ("Diterima tanggal", moment_words(facts.received_at)),
            ("Nomor agenda", facts.agenda_number),
            ("Sifat", facts.nature),
            ("Hal", facts.letter_subject),
            ("Diteruskan kepada", facts.division),
            ("Dengan hormat harap", facts.instruction),
            ("Catatan", facts.note),
            ("Batas penyelesaian", day_words(facts.disposition_due) or moment_words(facts.due_at)),
        ],
        "sections": [],
        "closing": "",
    }


def _checklist(facts: CaseFacts) -> Content:
    rows = [[item, "Lengkap" if met else "Perlu dilengkapi", reason or "–"] for item, met, reason in facts.checklist]
    return {
        "opening": "Hasil verifikasi dan pengecekan kelengkapan dokumen permohonan hosting:",
        "rows": _request_rows(facts),
        "sections": [
            {"title": "Kelengkapan", "table": {"head": ["Yang diperiksa", "Hasil", "Keterangan"], "rows": rows}}
        ],
        "closing": "",
    }


def _preparation_report(facts: CaseFacts) -> Content:
    return {
        "opening": "Domain telah dibuat dan server telah disiapkan untuk permohonan berikut:",
        "rows": [*_request_rows(facts), *_site_rows(facts), ("Sidik rencana", facts.plan_digest)],
        "sections": [
            {"title": "Yang dibuat", "paragraphs": [f"– {line}" for line in facts.plan_words]},
            _proof_section(facts),
        ],
        "closing": "Situs belum dibuka untuk umum dan akses masih terkunci sampai Dokumen Hosting disahkan.",
    }


def _approval_request(facts: CaseFacts) -> Content:
    return {
        "opening": "Bersama ini kami laporkan hasil penyiapan hosting dan mohon pengesahan Dokumen Hosting untuk:",
        "rows": [*_request_rows(facts), *_site_rows(facts), ("Sidik bukti", facts.evidence_digest)],
        "sections": [],
        "closing": "Laporan penyiapan dan Dokumen Hosting terlampir.",
    }


def _hosting_document(facts: CaseFacts) -> Content:
    return {
        "opening": "Hosting berikut disahkan untuk digunakan oleh OPD pemohon:",
        "rows": [*_request_rows(facts), *_site_rows(facts), ("Sidik rencana", facts.plan_digest)],
        "sections": [_proof_section(facts)],
        "closing": "Dokumen ini mengikat data di atas dengan bukti yang dicantumkan.",
    }


def _access_document(facts: CaseFacts) -> Content:
    return {
        "opening": "Hak akses atas hosting diserahkan kepada OPD pemohon sebagai berikut:",
        "rows": [
            *_request_rows(facts),
            ("Alamat situs", f"https://{facts.host}/"),
            ("SFTP", f"{facts.sftp_host} port {facts.sftp_port}"),
            ("Sidik kunci server", facts.sftp_fingerprint),
            ("Nama pengguna", facts.site),
            ("Basis data", f"{facts.site} (kata sandi berada di server, pada berkas private/database.ini)"),
            ("Halaman akses", facts.access_page),
        ],
        "sections": [
            {
                "title": "Cara masuk",
                "paragraphs": [
                    (
                        "Dokumen ini tidak memuat kata sandi. Admin teknis OPD masuk ke halaman akses di atas, "
                        "lalu memasang kunci SSH atau menetapkan kata sandi SFTP sendiri."
                    )
                ],
            },
            {
                "title": "Tanggung jawab",
                "paragraphs": [
                    (
                        "Dinas menjaga server, jaringan, dan nama domain. OPD menjaga isi, aplikasi, dan pembaruannya, "
                        "serta segera melapor bila ada insiden."
                    )
                ],
            },
        ],
        "closing": "Mohon konfirmasi penerimaan dan keberhasilan akses melalui halaman permohonan.",
    }


def _cover_letter(facts: CaseFacts) -> Content:
    return {
        "opening": f"Menindaklanjuti {_letter(facts)} dari {facts.agency}, bersama ini kami kirimkan:",
        "rows": [
            ("1", "Dokumen Hosting yang telah disahkan"),
            ("2", "Dokumen Hak Akses Hosting"),
            ("Untuk", f"https://{facts.host}/"),
        ],
        "sections": [],
        "closing": f"Biaya pelayanan: {facts.fee}. Atas perhatian Saudara, kami ucapkan terima kasih.",
    }


COMPOSERS: dict[PaperKind, Callable[[CaseFacts], Content]] = {
    PaperKind.RECEIPT: _receipt,
    PaperKind.DISPOSITION: _disposition,
    PaperKind.CHECKLIST: _checklist,
    PaperKind.PREPARATION_REPORT: _preparation_report,
    PaperKind.APPROVAL_REQUEST: _approval_request,
    PaperKind.HOSTING_DOCUMENT: _hosting_document,
    PaperKind.ACCESS_DOCUMENT: _access_document,
    PaperKind.COVER_LETTER: _cover_letter,
}
