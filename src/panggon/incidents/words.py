"""Incidents in the reader's language."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext_lazy

from panggon.complaints.words import fault_words as complaint_fault_words
from panggon.core.errors import Fault
from panggon.core.incidents import vocabulary
from panggon.core.incidents.procedure import INCIDENT_NEEDS
from panggon.core.incidents.vocabulary import Duty, IncidentAction, IncidentState, IncidentStateLabel, PersonalData


def _(words: str) -> Any:
    """A promise of words, which stands wherever these are asked for."""
    return gettext_lazy(words)


STATE_LABELS: Mapping[IncidentState, IncidentStateLabel] = MappingProxyType(
    {
        state: replace(
            label, text=_(label.text), next_words=_(label.next_words), owner_words=_(label.owner_words or label.text)
        )
        for state, label in vocabulary.INCIDENT_STATES.items()
    }
)
ACTION_LABELS: Mapping[IncidentAction, Any] = MappingProxyType(
    {action: _(words) for action, words in vocabulary.INCIDENT_ACTIONS.items()}
)
RISKS = [(risk.value, _(words)) for risk, words in vocabulary.RISK_LABELS.items()]
ANSWERS = [(answer.value, _(words)) for answer, words in vocabulary.PERSONAL_DATA_LABELS.items()]
DUTIES = [(duty.value, _(words)) for duty, words in vocabulary.DUTY_LABELS.items()]
KINDS = [(kind.value, _(words)) for kind, words in vocabulary.NOTE_LABELS.items()]
CHECKLIST = {item: _(words) for item, words in vocabulary.CHECKLIST.items()}
DUTY_WORDS: Mapping[Duty, Any] = MappingProxyType({duty: _(words) for duty, words in vocabulary.DUTY_LABELS.items()})
ANSWER_WORDS: Mapping[PersonalData, Any] = MappingProxyType(
    {answer: _(words) for answer, words in vocabulary.PERSONAL_DATA_LABELS.items()}
)
KIND_WORDS = dict(KINDS)
# What an act asks for in words, as its form says.
WORDS_OF: Mapping[IncidentAction, Any] = MappingProxyType(
    {
        IncidentAction.NOTE: _("Isi catatan"),
        IncidentAction.RECORD_TOLD: _("Kepada siapa dan dengan cara apa disampaikan"),
        IncidentAction.CONTAIN: _("Apa yang dilakukan sehingga dampaknya tidak bertambah"),
        IncidentAction.RECOVER: _("Apa yang dibersihkan, ditutup, dan dipulihkan"),
    }
)
REASONS_OF: Mapping[IncidentAction, Any] = MappingProxyType(
    {
        IncidentAction.QUARANTINE: _("Alasan karantina"),
        IncidentAction.RELEASE: _("Mengapa situs aman dibuka kembali"),
        IncidentAction.CONFIRM: _("Mengapa ini insiden"),
        IncidentAction.DISMISS: _("Mengapa ini bukan insiden"),
        IncidentAction.ASSESS_DATA: _("Dari mana diketahui"),
    }
)
# What follows from an act, where it is more than the next state.
FOLLOWS: Mapping[IncidentAction, tuple[Any, ...]] = MappingProxyType(
    {
        IncidentAction.QUARANTINE: (
            _("Pengunjung langsung mendapat halaman “ditutup sementara” (503), juga mesin pencari."),
            _("Pemilik tidak dapat masuk lewat SFTP, dan tidak ada program situs yang berjalan."),
            _("Berkas, basis data, dan catatan server tetap seperti sekarang sebagai bukti."),
            _("Kepala Bidang, Kepala Dinas, dan OPD pemilik diberi tahu sekarang juga; OPD membaca alasannya."),
            _("Melepaskannya perlu keputusan Kepala Bidang atau Kepala Dinas lain, bukan Anda."),
        ),
        IncidentAction.RELEASE: (
            _("Situs terbuka lagi bagi pengunjung, dan pemilik dapat masuk lewat SFTP."),
            _("OPD pemilik diberi tahu dan membaca alasannya."),
        ),
        IncidentAction.WRITE_REPORT: (_("Laporan bernomor dibuat beserta tindakan dan bukti yang tercatat."),),
        IncidentAction.WRITE_NOTICE: (_("Surat bernomor dibuat. Menyampaikannya dicatat tersendiri."),),
        IncidentAction.CLOSE: (_("OPD pemilik diberi tahu bahwa penanganan selesai."),),
    }
)
_FAULTS: Mapping[str, Any] = MappingProxyType(
    {
        "incident.changed": _("Insiden ini baru saja diubah orang lain. Periksa keadaannya, lalu ulangi bila perlu."),
        "incident.future": _("Waktu ini belum lewat."),
        "evidence.size": _("Setiap berkas paling besar {limit_mebibytes} MiB dan tidak kosong."),
        "evidence.too_many": _("Paling banyak {most} berkas sekaligus."),
    }
)


def fault_words(fault: Fault) -> str:
    """One sentence for a fault."""
    need = fault.code.removeprefix("need.")
    if need in INCIDENT_NEEDS:
        return str(_(INCIDENT_NEEDS[need]))  # type: ignore[index]
    if fault.code in _FAULTS:
        return str(_FAULTS[fault.code]).format(**fault.facts)
    return complaint_fault_words(fault)
