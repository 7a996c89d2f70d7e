"""What each paper says: one function a paper, from the facts of a case to what its template lays out."""

import io
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType

import segno

from panggon.core.node.words.evidence_words import part_name
from panggon.core.papers.signing import Change
from panggon.papers.contents import INSTRUCTIONS, NATURES, SIGNED_TOGETHER, TITLES, Content, PaperKind, Rows
from panggon.papers.dates import date_in_words, day_words, moment_words
from panggon.papers.facts import CaseFacts, IncidentFacts
from panggon.papers.incident_papers import incident_content
from panggon.papers.replies import (
    correction_notice,
    cover_letter,
    deactivation_notice,
    refusal_notice,
    suspension_notice,
)
from panggon.papers.replies import letter_words as _letter


def content(kind: PaperKind, facts: CaseFacts | IncidentFacts) -> Content:
    """The words of one paper; its template lays them out."""
    said = incident_content(kind, facts) if isinstance(facts, IncidentFacts) else COMPOSERS[kind](facts)
    return {"title": TITLES[kind], **said}


def stated(kind: PaperKind, facts: CaseFacts | IncidentFacts) -> list[list[str]]:
    """Every label and value on a paper, in its order: by them it can be told whether the paper is still right."""
    written = content(kind, facts)
    parts = [written, *written.get("sections", [])]
    return [[label, value] for part in parts for label, value in part.get("rows", [])]


def outdated(kind: PaperKind, printed: list[list[str]], facts: CaseFacts) -> tuple[Change, ...]:
    """What a paper with these labels and values would say otherwise now."""
    before, now = _by_label(printed), _by_label(stated(kind, facts))
    labels = dict.fromkeys([*before, *now])
    found = (Change(label, before.get(label, ""), now.get(label, "")) for label in labels)
    return tuple(change for change in found if change.before != change.after)


def qr(address: str, title: str, **more: object) -> Content:
    """A QR that leads to the address, as a template shows it (`kode-qr` in naskah.typ)."""
    return {"svg": _picture(address), "address": address, "title": title, **more}


# ------------------------------------------------------------------------------------------------------------------


@lru_cache(16)  # a paper is composed to be printed, and again to see what it states
def _picture(address: str) -> str:
    picture = io.BytesIO()
    segno.make(address, error="m", micro=False).save(picture, kind="svg", border=2, xmldecl=False)
    return picture.getvalue().decode()


def _by_label(rows: Iterable[list[str]]) -> dict[str, str]:
    return {row[0]: row[1] for row in rows}


def _request_rows(facts: CaseFacts) -> Rows:
    return [
        ("Nomor permohonan", facts.number),
        ("OPD pemohon", facts.agency),
        ("Dasar", _letter(facts)),
        ("Nama situs", facts.title),
        ("Alamat", facts.host),
        ("Narahubung", facts.contact),
    ]


def _site_rows(facts: CaseFacts) -> Rows:
    return [
        ("Pengenal situs", facts.site),
        ("Jenis situs", facts.kind),
        ("Basis data", facts.database),
        ("Paket dan batas", facts.allowance),
    ]


def _proof_section(facts: CaseFacts) -> Content:
    rows = [
        [part_name(proof.name), "Terbukti" if proof.ok else "TIDAK", proof.detail, proof.name]
        for proof in facts.evidence
    ]
    return {
        "title": "Bukti bahwa domain dan server bekerja",
        "table": {"head": ["Bagian", "Hasil", "Yang terlihat", "Kode bukti"], "rows": rows, "wide": 2},
        "notes": [f"Dibuktikan {moment_words(facts.proved_at)}. Sidik bukti (SHA-256): {facts.evidence_digest}"],
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
        ],
        "sections": [],
        "qr": qr(
            facts.tracking_page, "Lacak permohonan", words=["Pindai untuk melihat sampai di mana permohonan ini."]
        ),
        "closing": f"Waktu penyelesaian pelayanan: {facts.completion}.",
    }


def _disposition(facts: CaseFacts) -> Content:
    wished = [words for words in facts.instruction.split("; ") if words]
    return {
        "letter_rows": [
            ("Surat dari", facts.agency),
            ("Nomor surat", facts.letter_number),
            ("Tanggal surat", day_words(facts.letter_date)),
        ],
        "receipt_rows": [
            ("Diterima", moment_words(facts.received_at)),
            ("Nomor agenda", facts.agenda_number),
            ("Permohonan", facts.number),
        ],
        "subject": facts.letter_subject,
        "natures": list(dict.fromkeys([*NATURES, *filter(None, [facts.nature])])),
        "nature": facts.nature,
        "division": facts.division,
        "instructions": list(dict.fromkeys([*INSTRUCTIONS, *wished])),
        "wished": wished,
        "due": day_words(facts.disposition_due) or moment_words(facts.due_at),
        "note": facts.note,
    }


def _checklist(facts: CaseFacts) -> Content:
    rows = [[item, "Lengkap" if met else "Perlu dilengkapi", reason or "–"] for item, met, reason in facts.checklist]
    return {
        "opening": "Hasil verifikasi dan pengecekan kelengkapan dokumen permohonan hosting:",
        "rows": [*_request_rows(facts), ("Diperiksa oleh", facts.technician)],
        "sections": [
            {"title": "Kelengkapan", "table": {"head": ["Yang diperiksa", "Hasil", "Keterangan"], "rows": rows}}
        ],
        "closing": "",
    }


def _preparation_report(facts: CaseFacts) -> Content:
    return {
        "opening": "Domain telah dibuat dan server telah disiapkan untuk permohonan berikut:",
        "rows": [*_request_rows(facts), *_site_rows(facts), ("Sidik rencana", facts.plan_digest)],
        "sections": [{"title": "Yang dibuat", "list": list(facts.plan_words)}, _proof_section(facts)],
        "closing": "Situs belum dibuka untuk umum dan akses masih terkunci sampai Dokumen Hosting disahkan.",
    }


def _approval_request(facts: CaseFacts) -> Content:
    held = sum(proof.ok for proof in facts.evidence)
    attached = [TITLES[kind] for kind in (PaperKind.PREPARATION_REPORT, *SIGNED_TOGETHER)]
    return {
        "addressee": "Kepala Dinas",
        "nature": facts.nature or "Biasa",
        "attachment": f"4 (empat) berkas: {', '.join(attached)}",
        "subject": f"Permohonan pengesahan Dokumen Hosting {facts.host}",
        "opening": "Bersama ini dilaporkan hasil penyiapan hosting, dan mohon pengesahan Dokumen Hosting untuk:",
        "rows": [
            *_request_rows(facts),
            *_site_rows(facts),
            ("Bukti", f"{held} dari {len(facts.evidence)} terbukti, {moment_words(facts.proved_at)}"),
            ("Sidik bukti", facts.evidence_digest),
        ],
        "sections": [],
        "closing": "Demikian untuk menjadi periksa; atas pengesahan Bapak/Ibu disampaikan terima kasih.",
    }


def _hosting_document(facts: CaseFacts) -> Content:
    return {
        "opening": "Hosting berikut disahkan untuk digunakan oleh OPD pemohon:",
        "rows": [*_request_rows(facts), *_site_rows(facts), ("Sidik rencana", facts.plan_digest)],
        "sections": [_proof_section(facts)],
        "closing": "Dokumen ini mengikat data di atas dengan bukti yang dicantumkan.",
    }


def _access_document(facts: CaseFacts) -> Content:
    database = [("Basis data", facts.database)]
    if facts.database_name:
        database = [
            ("Basis data", f"{facts.database_name}, pengguna {facts.site}"),
            ("Kata sandi basis data", "ada di server, pada berkas /private/database.ini"),
        ]
    return {
        "opening": "Hak akses atas hosting berikut diserahkan kepada OPD pemohon:",
        "rows": [
            ("OPD pemohon", facts.agency),
            ("Dasar", _letter(facts)),
            ("Nomor permohonan", facts.number),
            ("Alamat situs", facts.address),
            ("Admin teknis", facts.admin),
        ],
        "sections": [
            {
                "title": "Masuk ke server",
                "rows": [
                    ("Server SFTP", f"{facts.sftp_host}, port {facts.sftp_port}"),
                    ("Sidik kunci server", facts.sftp_fingerprint),
                    ("Nama pengguna", facts.site),
                    ("Folder situs", "/public"),
                    *database,
                    ("Batas", facts.allowance),
                ],
            }
        ],
        "qr": qr(facts.access_page, "Halaman akses", code=facts.access_code),
        "restore": (
            f"Pemulihan dari cadangan terakhir diuji {day_words(facts.restore_tested)}."
            if facts.restore_tested
            else "Belum ada uji pemulihan yang tercatat."
        ),
        "contacts": list(facts.complaint_contacts),
        "closing": "Mohon konfirmasi penerimaan dan keberhasilan akses melalui halaman permohonan.",
    }


def _handover_record(facts: CaseFacts) -> Content:
    return {
        "day_in_words": date_in_words(facts.made_on) if facts.made_on else "",
        "receiver": {
            "name": facts.receiver.name if facts.receiver else "",
            "role": facts.receiver.role if facts.receiver else "",
            "number": facts.receiver.number if facts.receiver else "",
        },
        "opening": "PIHAK KESATU menyerahkan dan PIHAK KEDUA menerima hak akses atas hosting berikut:",
        "rows": [
            ("Nomor permohonan", facts.number),
            ("Dasar", _letter(facts)),
            ("Nama situs", facts.title),
            ("Alamat situs", facts.address),
            ("Pengenal situs", facts.site),
            ("Admin teknis", facts.admin),
            ("Login pertama", facts.first_login or "Belum tercatat di server"),
        ],
        "sections": [
            {
                "list": [
                    "Dokumen Hosting dan Dokumen Hak Akses telah diterima PIHAK KEDUA.",
                    "PIHAK KEDUA menyatakan bahwa situs dapat diakses.",
                    "Tanggung jawab para pihak adalah sebagaimana tercantum dalam Dokumen Hak Akses.",
                ]
            }
        ],
        "closing": "Demikian berita acara ini dibuat untuk dipergunakan sebagaimana mestinya.",
    }


COMPOSERS: Mapping[PaperKind, Callable[[CaseFacts], Content]] = MappingProxyType(
    {
        PaperKind.RECEIPT: _receipt,
        PaperKind.DISPOSITION: _disposition,
        PaperKind.CHECKLIST: _checklist,
        PaperKind.CORRECTION_NOTICE: correction_notice,
        PaperKind.PREPARATION_REPORT: _preparation_report,
        PaperKind.APPROVAL_REQUEST: _approval_request,
        PaperKind.HOSTING_DOCUMENT: _hosting_document,
        PaperKind.ACCESS_DOCUMENT: _access_document,
        PaperKind.COVER_LETTER: cover_letter,
        PaperKind.HANDOVER_RECORD: _handover_record,
        PaperKind.REFUSAL_NOTICE: refusal_notice,
        PaperKind.SUSPENSION_NOTICE: suspension_notice,
        PaperKind.DEACTIVATION_NOTICE: deactivation_notice,
    }
)
