"""The words of an SOP's columns: what an act needs to begin with, and what comes of it.

Source: PermenPAN-RB 35/2012, mutu baku. Empty: a condition, and nothing that somebody brings along; an effect that
leaves nothing behind to be held in hand.
"""

from collections.abc import Mapping
from types import MappingProxyType

from panggon.core.cases.needs import Need
from panggon.core.cases.vocabulary import Effect
from panggon.core.complaints.procedure import ComplaintNeed
from panggon.core.complaints.vocabulary import ComplaintEffect
from panggon.core.schedule.clock import ClockEffect

REQUISITES: Mapping[Need, str] = MappingProxyType(
    {
        **dict.fromkeys(Need, ""),
        Need.LETTER: "Surat atau informasi pemberitahuan permohonan",
        Need.AGENCY: "Nama OPD",
        Need.NAME: "Nama situs yang diminta",
        Need.CONTACT: "Narahubung",
        Need.SIGNED_SHEET: "Lembar bertanda tangan, bila di atas kertas",
        Need.AGENDA_NUMBER: "Nomor agenda",
        Need.LETTER_FACTS: "Data surat",
        Need.DIVISION: "Bidang yang dituju",
        Need.TECHNICIAN: "Petugas teknis yang ditunjuk",
        Need.CHECKLIST: "Daftar periksa kelengkapan",
        Need.REASONS: "Alasan tertulis",
        Need.REFUSAL_LETTER: "Surat penolakan bertanda tangan",
        Need.PLAN: "Rencana penyiapan",
        Need.EVIDENCE: "Bukti bahwa situs bekerja",
        Need.DOCUMENTS: "Dokumen hosting, dokumen hak akses, surat pengantar",
        Need.SIGNATURE: "Tanda tangan elektronik",
        Need.ACCESS_DOCUMENT: "Dokumen hak akses",
    }
)
OUTPUTS: Mapping[Effect, str] = MappingProxyType(
    {
        **dict.fromkeys(Effect, ""),
        Effect.RECEIPT_PAPER: "Tanda terima",
        Effect.DISPOSITION_PAPER: "Lembar disposisi",
        Effect.CHECKLIST_PAPER: "Checklist verifikasi",
        Effect.REPORT_PAPER: "Laporan penyiapan",
        Effect.APPROVAL_REQUEST_PAPER: "Nota permohonan pengesahan",
        Effect.HOSTING_DOCUMENT: "Dokumen hosting",
        Effect.ACCESS_DOCUMENT: "Dokumen hak akses",
        Effect.COVER_LETTER: "Surat pengantar",
        Effect.CORRECTION_NOTICE: "Surat permintaan kelengkapan",
        Effect.REFUSAL_NOTICE: "Pemberitahuan penolakan",
        Effect.HANDOVER_RECORD: "Berita acara serah terima",
        Effect.WISH_PLAN: "Rencana penyiapan",
        Effect.WISH_APPLY: "Domain dan server, dengan bukti",
        Effect.WISH_OPEN: "Situs terbuka, dengan bukti",
        Effect.WISH_LOOK: "Pemeriksaan akses",
        Effect.INVITE_SURVEY: "Undangan survei kepuasan",
    }
)
COMPLAINT_REQUISITES: Mapping[ComplaintNeed, str] = MappingProxyType(
    {
        **dict.fromkeys(ComplaintNeed, ""),
        ComplaintNeed.WORDS: "Uraian tertulis",
        ComplaintNeed.REASONS: "Alasan tertulis",
        ComplaintNeed.KIND: "Klasifikasi pengaduan",
        ComplaintNeed.OFFICIAL: "Pejabat yang dituju",
        ComplaintNeed.TOLD_BY_ITS_CHANNEL: "Penyampaian lewat saluran pelapor",
    }
)
COMPLAINT_OUTPUTS: Mapping[ComplaintEffect, str] = MappingProxyType(
    {
        **dict.fromkeys(ComplaintEffect, ""),
        ComplaintEffect.CONFIRM_RECEIPT: "Tanda terima dengan nomor dan kode",
        ComplaintEffect.SEND_REPLY: "Jawaban kepada pelapor",
        ComplaintEffect.INVITE_SURVEY: "Undangan survei kepuasan",
    }
)
CLOCK_NOTES: Mapping[ClockEffect, str] = MappingProxyType(
    {
        ClockEffect.NONE: "",
        ClockEffect.START: "Waktu mulai dihitung.",
        ClockEffect.PAUSE: "Waktu berhenti sementara.",
        ClockEffect.RESUME: "Waktu dihitung lagi.",
        ClockEffect.STOP: "Waktu berhenti dihitung.",
    }
)
