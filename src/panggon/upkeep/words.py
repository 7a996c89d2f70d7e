"""The life of sites in the reader's language."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext, gettext_lazy

from panggon.cases.words import fault_words as case_words
from panggon.core.errors import Fault
from panggon.core.sites.life import (
    APPROVALS,
    SITE_ACTION_LABELS,
    SITE_NEEDS,
    SITE_STATE_LABELS,
    SiteAction,
    SiteNeed,
)
from panggon.core.sites.spec import SiteState
from panggon.labels import ROLE_LABELS


def _(words: str) -> Any:
    """A promise of words, which stands wherever these are asked for."""
    return gettext_lazy(words)


STATES: Mapping[SiteState, Any] = MappingProxyType({state: _(words) for state, words in SITE_STATE_LABELS.items()})
ACTIONS: Mapping[SiteAction, Any] = MappingProxyType({action: _(text) for action, text in SITE_ACTION_LABELS.items()})
NEEDS: Mapping[SiteNeed, Any] = MappingProxyType({need: _(words) for need, words in SITE_NEEDS.items()})
# What a state means to visitors and owner: look, mark, sentence.
SHOWN: Mapping[SiteState, tuple[str, str, Any]] = MappingProxyType(
    {
        SiteState.PREPARED: ("", "clock", _("Pengunjung membaca bahwa situs sedang disiapkan.")),
        SiteState.OPEN: ("positive", "check", _("Situs dapat dikunjungi, dan OPD dapat masuk lewat SFTP.")),
        SiteState.SUSPENDED: (
            "warning",
            "player-pause",
            _("OPD tetap dapat masuk lewat SFTP untuk memperbaiki. Pengunjung membaca pemberitahuan:"),
        ),
        SiteState.QUARANTINED: (
            "negative",
            "lock",
            _("Situs ditutup bagi pengunjung dan OPD; semua isinya dibiarkan sebagai bukti."),
        ),
        SiteState.PARKED: (
            "",
            "player-pause",
            _("Tidak ada yang menjawab pada nama ini; isi dan basis data tersimpan."),
        ),
        SiteState.PURGED: ("", "circle-x", _("Isi, basis data, dan akunnya sudah dihapus.")),
    }
)
NOWHERE = _("Belum ada di server, jadi belum ada yang menjawab pada nama ini.")  # a site of which nothing is proven
# What an action does, before anybody presses it.
MEANINGS: Mapping[SiteAction, Any] = MappingProxyType(
    {
        SiteAction.SUSPEND: _("Pengunjung membaca pemberitahuan, program situs berhenti, OPD dapat masuk memperbaiki."),
        SiteAction.RESUME: _("Situs dapat dikunjungi lagi, seperti sebelum ditutup."),
        SiteAction.QUARANTINE: _(
            "Seketika: situs ditutup bagi pengunjung dan OPD, dan isinya dibiarkan sebagai bukti."
        ),
        SiteAction.RELEASE: _("Seketika: situs dibuka lagi seperti sebelum dikarantina."),
        SiteAction.RENAME: _("Situs mendapat alamat baru; alamat lama dapat diarahkan ke sana."),
        SiteAction.CHANGE_PLAN: _("Situs mendapat batas dari paket lain."),
        SiteAction.CHANGE_PHP: _("Situs dijalankan dengan versi PHP lain yang ada di servernya."),
        SiteAction.CHANGE_SETTINGS: _(
            "Jenis situs, batas unggahan, tugas terjadwal, variabel, sambungan keluar, HSTS, email."
        ),
        SiteAction.RESTORE: _("Yang diubah di server dengan tangan dikembalikan seperti yang pernah disetujui."),
        SiteAction.DEACTIVATE: _("Nama dan hak akses dicabut; isi dan basis data tetap tersimpan sampai dihapus."),
        SiteAction.PURGE: _("Isi, basis data, dan akun situs dihapus. Tidak dapat dikembalikan."),
    }
)
# How a change ended on its machine, told to who asked for it.
ENDINGS: Mapping[str, Any] = MappingProxyType(
    {
        "restored": _("Server gagal di tengah jalan dan sudah mengembalikan situs seperti semula."),
        "refused": _("Server menolak sebelum mengubah apa pun."),
        "stale": _(
            "Keadaan di server tidak seperti yang direncanakan, sehingga server berhenti. Periksa perbedaannya."
        ),
        "closing": _("Belum semuanya selesai atau terbukti. Server terus mencoba sendiri."),
        "unproven": _("Server sudah mengubah, tetapi ada bukti yang tidak terpenuhi."),
    }
)
# What only somebody at the machine can do about a refusal (`COMMANDS` of the page).
AT_THE_MACHINE: Mapping[str, Any] = MappingProxyType(
    {
        "node.bound": _(
            "Batas perubahan dalam 24 jam di mesin itu tercapai. Bila memang dimaksud, jalankan di mesin itu:"
        ),
        "user.password_unknown": _(
            "Kata sandi SFTP yang dipasang sesudah cadangan itu dibuat tidak tersimpan di mana pun. Kirim sekali lagi: "
            "situs menyusul tanpa kata sandi, lalu mintalah OPD menetapkan yang baru."
        ),
    }
)
_FAULTS: Mapping[str, Any] = MappingProxyType(
    {
        "action.not_from_this_state": _("Tindakan ini tidak dapat dilakukan dalam keadaan sekarang."),
        "action.not_your_role": _("Tindakan ini bukan wewenang Anda."),
        "change.over": _("Perubahan ini tidak menunggu lagi; orang lain lebih dahulu memutuskannya."),
        "change.moved": _("Keadaan situs sudah lain sejak ini diusulkan. Batalkan usulan ini, lalu buat yang baru."),
        "request.over": _("Situs ini sudah dinonaktifkan."),
        "request.answered": _("Permintaan ini sudah dijawab orang lain."),
    }
)


def approvers_of(action: SiteAction) -> str:
    """Whose approval a change waits for."""
    return gettext(" atau ").join(str(label) for role, label in ROLE_LABELS.items() if role in APPROVALS[action].roles)


def fault_words(fault: Fault) -> str:
    """One sentence for a fault, whoever found it."""
    need = fault.code.removeprefix("need.")
    if need in SITE_NEEDS and need != fault.code:
        return str(NEEDS[SiteNeed(need)])
    words = _FAULTS.get(fault.code)
    return str(words).format(**fault.facts) if words else case_words(fault)
