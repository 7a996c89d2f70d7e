"""How an action looks on a page and what is said about it. Which ones there are is decided by the table's offers."""

from collections.abc import Iterable
from dataclasses import dataclass

from panggon.cases.words import fault_words
from panggon.core.machine import Offer
from panggon.core.procedure import ACTION_LABELS, Action, Role

CAREFUL = frozenset({Action.WITHDRAW, Action.REFUSE})
ASIDE = frozenset(
    {Action.RETURN_TO_APPLICANT, Action.SEND_BACK, Action.REPORT_NO_ACCESS, Action.CHANGE_SPEC, Action.REASSIGN}
)
# Saved with a button of the same page on which it is sent, so it needs no page of its own.
WITHIN_ANOTHER = frozenset({Action.SAVE_DRAFT})

EXPLANATIONS = {
    Action.SUBMIT: "Setelah dikirim, waktu pelayanan 2 hari kerja mulai dihitung.",
    Action.RECEIVE: "Catat surat dalam agenda. OPD menerima tanda terima.",
    Action.DISPOSE: "Teruskan surat kepada bidang yang menindaklanjuti.",
    Action.ASSIGN: "Pilih petugas teknis yang menangani permohonan ini.",
    Action.REASSIGN: "Permohonan pindah ke petugas lain pada langkah yang sama. Petugas lama dan baru diberi tahu.",
    Action.COMPLETE: "Periksa kelengkapan dokumen. Keterangan teknis yang kosong bukan alasan untuk mengembalikan.",
    Action.RETURN_TO_APPLICANT: "OPD menerima daftar yang perlu dilengkapi. Waktu pelayanan berhenti sementara.",
    Action.PREPARE: "Bacalah rencana. Server hanya melakukan apa yang tertulis di sini, lalu membuktikan hasilnya.",
    Action.RETRY: "Server menyusun rencana baru dari keadaan sekarang.",
    Action.REPORT: "Kepala Bidang menerima laporan beserta bukti bahwa semuanya bekerja.",
    Action.REQUEST_APPROVAL: "Dokumen hosting dibekukan bersama buktinya dan diajukan kepada Kepala Dinas.",
    Action.SEND_BACK: "Tuliskan alasan agar dapat segera diperbaiki.",
    Action.APPROVE: "Dengan pengesahan, situs dibuka dan dokumen hak akses disiapkan.",
    Action.DELIVER: "Dokumen hak akses dikirim kepada OPD. Waktu pelayanan berhenti dihitung.",
    Action.CONFIRM: "Nyatakan bahwa dokumen hak akses sudah diterima dan situs dapat diakses.",
    Action.REPORT_NO_ACCESS: "Ceritakan apa yang terjadi. Petugas teknis segera memperbaiki; situs tetap terbuka.",
    Action.REPORT_FIXED: "OPD diminta mencoba lagi.",
    Action.CHANGE_SPEC: "Perubahan spesifikasi mengulang langkah 5 sampai 8.",
    Action.WITHDRAW: "Permohonan dihentikan. Nama yang belum pernah tayang dapat dipakai lagi.",
    Action.REFUSE: "Penolakan hanya oleh Kepala Dinas, dengan surat yang ditandatangani dan alasan yang jelas.",
}


@dataclass(frozen=True, slots=True)
class Button:
    action: Action
    text: str
    look: str
    blockers: tuple[str, ...] = ()


def buttons(offers: Iterable[Offer], *, holder: Role | None) -> list[Button]:
    """One button for each offer. Prominent is the first that leads onward, for whom the case waits for."""
    shown = [offer for offer in offers if offer.action not in WITHIN_ANOTHER]
    onward = next(
        (o.action for o in shown if o.possible and o.role == holder and o.action not in CAREFUL | ASIDE), None
    )
    return [
        Button(
            offer.action,
            ACTION_LABELS[offer.action].text,
            "btn-primary" if offer.action == onward else look(offer.action),
            tuple(fault_words(fault) for fault in offer.blockers),
        )
        for offer in shown
    ]


def look(action: Action) -> str:
    return "btn-careful" if action in CAREFUL else "btn-calm"
