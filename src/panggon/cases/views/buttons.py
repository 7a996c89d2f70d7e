"""How an action looks on a page and what is said about it. Which ones there are is decided by the table's offers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.utils.translation import gettext_lazy as _

from panggon.cases.words import fault_words
from panggon.core.cases.procedure import TABLE, Action, Role, State, waits_for
from panggon.core.state_machine import Offer
from panggon.labels import ACTION_LABELS

CAREFUL = frozenset({Action.WITHDRAW, Action.REFUSE})
ASIDE = frozenset(
    {Action.RETURN_TO_APPLICANT, Action.SEND_BACK, Action.REPORT_NO_ACCESS, Action.CHANGE_SPEC, Action.REASSIGN}
)
ORDER = ("btn-primary", "btn-calm", "btn-careful")
# Saved with a button of the same page on which it is sent, so it needs no page of its own.
WITHIN_ANOTHER = frozenset({Action.SAVE_DRAFT})
# The check has one page with both of its endings.
TOGETHER = {Action.RETURN_TO_APPLICANT: Action.COMPLETE}
LINKS = {Action.COMPLETE: _("Periksa Kelengkapan")}

# What the page of a step is called where that is not the button's own text.
HEADINGS = {
    Action.RECEIVE: _("Penerimaan surat"),
    Action.DISPOSE: _("Lembar disposisi"),
    Action.ASSIGN: _("Penugasan petugas teknis"),
    Action.COMPLETE: _("Verifikasi kelengkapan"),
    Action.RETURN_TO_APPLICANT: _("Verifikasi kelengkapan"),
    Action.PREPARE: _("Penyiapan domain dan server"),
    Action.REPORT: _("Laporan ke Kepala Bidang"),
    Action.REQUEST_APPROVAL: _("Permohonan pengesahan"),
    Action.APPROVE: _("Pengesahan dokumen hosting"),
    Action.DELIVER: _("Pengiriman dokumen hak akses"),
    Action.WITHDRAW: _("Batalkan permohonan"),
    Action.REFUSE: _("Tolak permohonan"),
}
# What cannot be undone afterwards, said before the button.
CONSEQUENCES: Mapping[Action, tuple[Any, ...]] = {
    Action.WITHDRAW: (
        _("Permohonan ini tidak dapat dilanjutkan lagi; bila perlu, ajukan permohonan baru."),
        _("Waktu pelayanan berhenti dihitung."),
        _("Yang sudah disiapkan di server ditutup, dan nama yang belum pernah tayang langsung bebas lagi."),
    ),
    Action.REFUSE: (
        _("Permohonan berakhir; OPD menerima alasan dan dapat mengajukan permohonan baru."),
        _("Waktu pelayanan berhenti dihitung."),
        _("Yang sudah disiapkan di server ditutup, dan nama yang belum pernah tayang langsung bebas lagi."),
    ),
    Action.CHANGE_SPEC: (
        _("Langkah 5 sampai 8 diulang: rencana, bukti, pengesahan, dan pengiriman."),
        _("Situs tetap terbuka selama perubahan disiapkan."),
    ),
}

# What comes next where the state stays the same, so that its own words would say what was just done.
FOLLOWING: Mapping[Action, Any] = {
    Action.PREPARE: _("Server bekerja dan membuktikan hasilnya; kemajuannya terlihat pada halaman permohonan."),
}
EXPLANATIONS = {
    Action.SUBMIT: _("Setelah dikirim, waktu pelayanan 2 hari kerja mulai dihitung."),
    Action.RECEIVE: _("Cocokkan data surat, lalu catat dalam agenda. OPD menerima tanda terima."),
    Action.DISPOSE: _("Isian sudah disiapkan untuk yang biasa. Periksa, lalu terbitkan."),
    Action.ASSIGN: _("Pilih petugas teknis yang menangani permohonan ini."),
    Action.REASSIGN: _("Permohonan pindah ke petugas lain pada langkah yang sama. Petugas lama dan baru diberi tahu."),
    Action.COMPLETE: _("Periksa tiap butir. Keterangan teknis yang kosong bukan alasan untuk mengembalikan."),
    Action.RETURN_TO_APPLICANT: _("OPD membaca alasan tiap butir pada isiannya. Waktu pelayanan berhenti sementara."),
    Action.PREPARE: _("Bacalah rencana. Server hanya melakukan apa yang tertulis di sini, lalu membuktikan hasilnya."),
    Action.RETRY: _("Server menyusun rencana baru dari keadaan sekarang."),
    Action.REPORT: _("Kepala Bidang menerima laporan beserta bukti bahwa semuanya bekerja."),
    Action.REQUEST_APPROVAL: _("Dokumen hosting, dokumen hak akses, dan surat pengantar dibekukan bersama buktinya."),
    Action.SEND_BACK: _("Tuliskan alasan agar dapat segera diperbaiki."),
    Action.APPROVE: _("Dengan satu kali tanda tangan, semua naskah di bawah ini sah dan situs dibuka."),
    Action.DELIVER: _("Dokumen hak akses dikirim kepada OPD. Waktu pelayanan berhenti dihitung."),
    Action.CONFIRM: _("Nyatakan bahwa dokumen hak akses sudah diterima dan situs dapat diakses."),
    Action.REPORT_NO_ACCESS: _("Ceritakan apa yang terjadi. Petugas teknis segera memperbaiki; situs tetap terbuka."),
    Action.REPORT_FIXED: _("OPD diminta mencoba lagi."),
    Action.CHANGE_SPEC: _("Perubahan spesifikasi mengulang langkah 5 sampai 8."),
    Action.WITHDRAW: _("Permohonan dihentikan. Nama yang belum pernah tayang dapat dipakai lagi."),
    Action.REFUSE: _("Penolakan hanya oleh Kepala Dinas, dengan surat yang ditandatangani dan alasan yang jelas."),
}


@dataclass(frozen=True, slots=True)
class Button:
    action: Action
    text: str
    look: str
    blockers: tuple[str, ...] = ()


def buttons(offers: Iterable[Offer], *, holder: Role | None) -> list[Button]:
    """One button for each offer, the prominent one first.

    Prominent is the first that leads onward, for whom the case waits for.
    """
    offered = list(offers)
    actions = {offer.action for offer in offered}
    shown = [o for o in offered if o.action not in WITHIN_ANOTHER and TOGETHER.get(o.action) not in actions]
    onward = next(
        (o.action for o in shown if o.possible and o.role == holder and o.action not in CAREFUL | ASIDE), None
    )
    made = [
        Button(
            offer.action,
            text_of(offer.action),
            "btn-primary" if offer.action == onward else look(offer.action),
            tuple(fault_words(fault) for fault in offer.blockers),
        )
        for offer in shown
    ]
    return sorted(made, key=lambda button: ORDER.index(button.look))


@cache
def next_action(state: State) -> Action | None:
    """The act by which whoever has the case now leads it on; None when it is over."""
    role = waits_for(state)
    rows = (row.action for row in TABLE.rows if state in row.sources and role in row.roles)
    return next((action for action in rows if action not in CAREFUL | ASIDE | WITHIN_ANOTHER), None)


def text_of(action: Action) -> str:
    """What stands on the way to the page of an action."""
    return str(LINKS.get(action, ACTION_LABELS[action].text))


def look(action: Action) -> str:
    return "btn-careful" if action in CAREFUL else "btn-calm"
