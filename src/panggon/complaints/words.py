"""Complaints in the reader's language."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext, gettext_lazy

from panggon.core.complaints import vocabulary
from panggon.core.complaints.incoming_mail import Check, Outcome, Reason
from panggon.core.complaints.procedure import COMPLAINT_NEEDS
from panggon.core.complaints.vocabulary import ComplaintAction, ComplaintState, ComplaintStateLabel
from panggon.core.errors import Fault


def _(words: str) -> Any:
    """A promise of words, which stands wherever these are asked for."""
    return gettext_lazy(words)


STATE_LABELS: Mapping[ComplaintState, ComplaintStateLabel] = MappingProxyType(
    {
        state: replace(label, text=_(label.text), next_words=_(label.next_words))
        for state, label in vocabulary.COMPLAINT_STATES.items()
    }
)
ACTION_LABELS: Mapping[ComplaintAction, Any] = MappingProxyType(
    {action: _(words) for action, words in vocabulary.COMPLAINT_ACTIONS.items()}
)
SOURCES = [(source.value, _(words)) for source, words in vocabulary.SOURCE_LABELS.items()]
KINDS = [(kind.value, _(words)) for kind, words in vocabulary.KIND_LABELS.items()]
CONFIDENTIALITIES = [(value.value, _(words)) for value, words in vocabulary.CONFIDENTIALITY_LABELS.items()]
PARTS = {part: _(words) for part, words in vocabulary.PART_LABELS.items()}
# What an act asks for in words, as the form of it says.
WORDS_OF: Mapping[ComplaintAction, Any] = MappingProxyType(
    {
        ComplaintAction.ADD: _("Keterangan Anda"),
        ComplaintAction.REPLY: _("Jawaban kepada pelapor"),
        ComplaintAction.RESOLVE: _("Penyelesaian, sebagaimana disampaikan kepada pelapor"),
        ComplaintAction.CONFIRM: _("Kapan dan bagaimana pelapor menyatakan selesai"),
    }
)
# Why a mail is held, or why nothing follows from it.
MAIL_REASONS: Mapping[Reason, Any] = MappingProxyType(
    {
        Reason.AUTOMATIC: _("Ditulis mesin: balasan otomatis."),
        Reason.LIST: _("Dari milis, atau email massal."),
        Reason.NO_SENDER: _("Tanpa alamat pengirim."),
        Reason.BEYOND_ASCII: _(
            "Alamat pengirimnya memakai huruf yang tidak dapat dibalas portal. "
            "Jadikan pengaduan, lalu jawab dari program email Anda."
        ),
        Reason.CHECK_FAILED: _("Server email menyatakan pengirimnya palsu."),
        Reason.OTHER_SENDER: _("Menyebut pengaduan ini, tetapi bukan dari alamat pelapornya."),
        Reason.UNPROVEN: _("Menyebut pengaduan ini, tetapi bukan balasan atas email kita."),
        Reason.OVER: _("Balasan untuk pengaduan yang sudah selesai."),
        Reason.EMPTY: _("Tanpa isi."),
        Reason.FLOOD: _("Terlalu banyak email dalam waktu singkat."),
        Reason.UNREADABLE: _("Rusak: tidak dapat dibaca."),
        Reason.REFUSED: _("Belum dapat dicatat sebagai pengaduan."),
        Reason.OURS: _("Email kita sendiri."),
        Reason.TWICE: _("Sudah pernah masuk."),
        Reason.REPORT: _("Laporan server email."),
    }
)
MAIL_OUTCOMES: Mapping[Outcome, Any] = MappingProxyType(
    {
        Outcome.COMPLAINT: _("Dicatat sebagai pengaduan."),
        Outcome.ADDITION: _("Ditambahkan sebagai keterangan pelapor."),
        Outcome.BOUNCE: _("Email kita tidak sampai."),
    }
)
CHECKS: Mapping[Check, Any] = MappingProxyType(
    {
        Check.PASSED: _("Alamat pengirim dibenarkan server email."),
        Check.FAILED: _("Alamat pengirim palsu menurut server email."),
        Check.NONE: _("Alamat pengirim tidak diperiksa: siapa pun dapat menulisnya."),
    }
)
# What is wrong with the mailbox, and who can do something about it.
MAILBOX_PROBLEMS: Mapping[str, Any] = MappingProxyType(
    {
        "mailbox.away": _("Server email tidak menjawab. Dicoba lagi setiap menit."),
        "mailbox.tls": _("Sertifikat server email tidak dapat dipercaya. Periksa PANGGON_IMAP_CA dan nama servernya."),
        "mailbox.login": _(
            "Server email menolak nama pengguna atau kata sandi. Periksa PANGGON_IMAP_USER dan berkas kata sandinya."
        ),
        "mailbox.folder": _("Folder email tidak ada. Periksa PANGGON_IMAP_FOLDER."),
        "mailbox.refused": _("Server email menolak permintaan. Periksa hak akun itu di server email."),
    }
)
_FAULTS: Mapping[str, Any] = MappingProxyType(
    {
        "complaint.changed": _(
            "Pengaduan ini baru saja diubah orang lain. Periksa keadaannya, lalu ulangi bila perlu."
        ),
        "action.not_from_this_state": _("Langkah ini tidak dapat dilakukan dalam keadaan sekarang."),
        "action.not_your_role": _("Langkah ini bukan wewenang Anda."),
        "calendar.missing": _("Tahun {year} belum mempunyai kalender kerja; hubungi administrator."),
        "attachment.empty": _("Berkas ini kosong."),
        "attachment.too_large": _("Berkas lebih besar dari {limit_mebibytes} MiB."),
        "attachment.type": _("Lampiran hanya boleh PDF, JPEG, atau PNG."),
        "attachment.unsafe": _("Berkas ini rusak atau memuat sesuatu yang dapat bertindak sendiri."),
        "attachment.too_many": _("Paling banyak {most} lampiran."),
        "attachment.cut_off": _("Emailnya terlalu besar."),
        "mail.decided": _("Email ini sudah diputuskan orang lain."),
        "mail.unreadable": _("Email ini rusak dan tidak dapat dibaca."),
    }
)


def fault_words(fault: Fault) -> str:
    """One sentence for a fault."""
    if fault.code.startswith("need."):
        return str(_(COMPLAINT_NEEDS[fault.code.removeprefix("need.")]))  # type: ignore[index]
    return str(_FAULTS[fault.code]).format(**fault.facts)


def refused_files(files: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """The name of each file that was not taken, and why."""
    return [(file["name"], fault_words(Fault(file["code"], facts=file["facts"]))) for file in files]


def refused_words(files: Iterable[Mapping[str, Any]]) -> str:
    """To the complainant; empty when every file was taken."""
    named = " ".join(f"{name} – {why}" for name, why in refused_files(files))
    said = gettext("Lampiran ini tidak dapat kami terima: {files} Kirim dengan cara lain bila diperlukan.")
    return said.format(files=named) if named else ""
