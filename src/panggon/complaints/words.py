"""Complaints in the reader's language."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext_lazy

from panggon.core import complaint_vocabulary as vocabulary
from panggon.core.complaint import COMPLAINT_NEEDS
from panggon.core.complaint_vocabulary import ComplaintAction, ComplaintState, ComplaintStateLabel
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
    }
)


def fault_words(fault: Fault) -> str:
    """One sentence for a fault."""
    if fault.code.startswith("need."):
        return str(_(COMPLAINT_NEEDS[fault.code.removeprefix("need.")]))  # type: ignore[index]
    return str(_FAULTS[fault.code]).format(**fault.facts)
