"""What the documents are called and say around their data, in the reader's language."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext, gettext_lazy, ngettext
from django.utils.translation import gettext_lazy as _

from panggon.core.complaints.deadlines import DayUnit
from panggon.core.complaints.vocabulary import COMPLAINT_ACTIONS, COMPLAINT_STATES, PART_LABELS
from panggon.core.errors import Fault
from panggon.core.standards.contacts import Channel, ContactFault
from panggon.labels import ACTION_LABELS, CHANNEL_LABELS, ROLE_LABELS, STATE_LABELS
from panggon.office.forms import FORMS
from panggon.office.values import Group
from panggon.office.words import CONTACT_FAULTS

# The first six as the SK prints their names, and in its order; the eight after PermenPAN-RB 15/2014.
PRINTED: Mapping[str, Any] = MappingProxyType(
    {
        "requirements": _("Persyaratan"),
        "steps": _("Sistem, Mekanisme dan Prosedur"),
        "completion": _("Waktu Penyelesaian"),
        "fee": _("Biaya / Tarif"),
        "products": _("Produk Pelayanan"),
        "complaints": _("Pengaduan Layanan"),
    }
)
COMPONENTS: Mapping[str, Any] = MappingProxyType(
    {
        "legal_basis": _("Dasar hukum"),
        "facilities": _("Sarana, prasarana, dan/atau fasilitas"),
        "competence": _("Kompetensi pelaksana"),
        "supervision": _("Pengawasan internal"),
        "staff": _("Jumlah pelaksana"),
        "guarantee": _("Jaminan pelayanan"),
        "safety": _("Jaminan keamanan dan keselamatan pelayanan"),
        "evaluation": _("Evaluasi kinerja pelaksana"),
    }
)
FIRST_OF_THE_EIGHT = len(PRINTED) + 1
HEAD_OF_SOP: Mapping[str, Any] = MappingProxyType(
    {
        "legal_basis": _("Dasar hukum"),
        "qualifications": _("Kualifikasi pelaksana"),
        "related": _("Keterkaitan"),
        "equipment": _("Peralatan / perlengkapan"),
        "warnings": _("Peringatan"),
        "records": _("Pencatatan dan pendataan"),
    }
)


class Procedure(StrEnum):
    """Which SOP, by its place in the address."""

    SERVICE = "hosting"
    COMPLAINTS = "pengaduan"

    @property
    def group(self) -> Group:
        return Group.SOP if self is Procedure.SERVICE else Group.COMPLAINT_SOP


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one procedure. `states` have their label, and what happens next."""

    actions: Mapping[Any, Any]
    people: Mapping[Any, Any]
    states: Mapping[Any, tuple[Any, Any]]


WORDS: Mapping[Procedure, Words] = MappingProxyType(
    {
        Procedure.SERVICE: Words(
            {action: label.text for action, label in ACTION_LABELS.items()},
            ROLE_LABELS,
            {state: (label.text, label.next_words) for state, label in STATE_LABELS.items()},
        ),
        Procedure.COMPLAINTS: Words(
            {action: gettext_lazy(words) for action, words in COMPLAINT_ACTIONS.items()},
            {part: gettext_lazy(words) for part, words in PART_LABELS.items()},
            {
                state: (gettext_lazy(label.text), gettext_lazy(label.next_words))
                for state, label in COMPLAINT_STATES.items()
            },
        ),
    }
)
FAULTS: Mapping[str, Any] = MappingProxyType(
    {
        "standard.time": _(
            "Standar menyebut “{said}”, sedangkan sistem menghitung {counted} hari kerja. Samakan keduanya."
        ),
        "standard.time_unit": _(
            "Standar menyebut “{said}”, tetapi sistem menghitung dalam hari kerja ({counted} hari kerja)."
        ),
        "standard.time_without_number": _(
            "Waktu penyelesaian “{said}” tidak menyebut jumlah hari; sistem menghitung {counted} hari kerja."
        ),
        "standard.shares": _(
            "Jatah waktu semua langkah berjumlah {total} persen, bukan 100; waktu pada SOP mengikuti jatah itu."
        ),
        "standard.fee": _("Biaya/tarif “{said}” tampak menyebut pungutan; sistem ini tidak memungut apa pun."),
        "contacts.none": _("Kontak layanan belum diisi; halaman umum belum menyebut saluran apa pun."),
        "standard.no_decree": _("Nomor SK standar pelayanan belum diisi."),
        "contact.broken": _("{channel}: “{printed}” tidak dapat dihubungi, dan belum ada penggantinya. {reason}"),
        "contact.replaced": _(
            "{channel}: “{printed}” tidak dapat dihubungi; penggantinya ditunjukkan di sebelahnya. {reason}"
        ),
        "officer.none": _("Tidak ada yang memegang jabatan Pejabat Pengaduan di sistem."),
        "officer.other": _(
            "SK menyebut {printed} sebagai Pejabat Pengaduan; di sistem, {now} yang memegang jabatan itu."
        ),
        "pledge.undated": _("Maklumat pelayanan belum bertanggal."),
        "pledge.nobody": _("Pada tanggal maklumat ({day}) tidak ada Kepala Dinas yang tercatat."),
        "pledge.former": _(
            "Maklumat dibuat {by}; Kepala Dinas sekarang {now}. Perbarui tanggalnya bila maklumat dibuat lagi."
        ),
        "component.unset": _("Komponen “{component}” belum ditetapkan."),
        "standard.untranslated": _("Belum ada bahasa Inggrisnya: {fields}."),
    }
)
NOT_SET = _("Belum ditetapkan")


def fault_words(fault: Fault) -> str:
    """One sentence for what is to be looked at."""
    facts = dict(fault.facts)
    if "channel" in facts:
        channel = Channel(str(facts["channel"]))
        facts |= {"channel": CHANNEL_LABELS[channel], "reason": CONTACT_FAULTS[ContactFault(str(facts["reason"]))]}
    if fault.code == "component.unset":
        facts["component"] = COMPONENTS[str(facts["name"])]
    if fault.code == "standard.untranslated":
        labels = FORMS[Group.STANDARD].base_fields
        facts["fields"] = ", ".join(str(labels[name].label) for name in facts["names"])
    return str(FAULTS[fault.code]).format(**facts)


def minutes_words(minutes: int) -> str:
    return ngettext("%(minutes)s menit", "%(minutes)s menit", minutes) % {"minutes": minutes}


def days_words(days: int, *, unit: DayUnit) -> str:
    if unit is DayUnit.WORKING:
        return ngettext("%(days)s hari kerja", "%(days)s hari kerja", days) % {"days": days}
    return ngettext("%(days)s hari kalender", "%(days)s hari kalender", days) % {"days": days}


def between_words(least: int, most: int, *, unit: DayUnit) -> str:
    """Between two numbers of days."""
    if least == most:
        return days_words(most, unit=unit)
    return gettext("%(least)s sampai %(most)s") % {"least": least, "most": days_words(most, unit=unit)}
