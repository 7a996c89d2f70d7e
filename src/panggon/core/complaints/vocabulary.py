"""The words of handling a complaint: who, by which channel, which states and actions.

Source: SK 060/040/III Tahun 2022, "Pengaduan Layanan": the channels of part a, the four steps of part b.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Part(StrEnum):
    """Who has a part in a complaint. An official is the Kepala Dinas or a Kepala Bidang."""

    COMPLAINANT = "complainant"
    OFFICER = "officer"
    OFFICIAL = "official"
    SYSTEM = "system"


class ComplaintState(StrEnum):
    NEW = "new"
    RECEIVED = "received"
    HANDLED = "handled"
    PASSED_ON = "passed_on"
    ANSWERED = "answered"
    SETTLED = "settled"
    CLOSED = "closed"
    DISMISSED = "dismissed"


class ComplaintAction(StrEnum):
    FILE = "file"
    ADD = "add"
    TAKE = "take"
    REPLY = "reply"
    CLASSIFY = "classify"
    PASS_ON = "pass_on"  # noqa: S105 (a name)
    TAKE_OVER = "take_over"
    RESOLVE = "resolve"
    CONFIRM = "confirm"
    REOPEN = "reopen"
    DISMISS = "dismiss"


class ComplaintEffect(StrEnum):
    """What an action sets going, as jobs in the same transaction; each is safe to run twice."""

    CONFIRM_RECEIPT = "confirm_receipt"  # to the complainant, with number and code
    SEND_REPLY = "send_reply"  # to the complainant, by the channel of the complaint
    TELL_COMPLAINANT = "tell_complainant"  # that it is at another place
    TELL_OFFICERS = "tell_officers"
    TELL_HOLDER = "tell_holder"
    INVITE_SURVEY = "invite_survey"


class Source(StrEnum):
    """By which way a complaint came: the SK's channels, and those from which others hand complaints on."""

    IN_PERSON = "in_person"
    PHONE = "phone"
    EMAIL = "email"
    WEBSITE = "website"
    TWITTER = "twitter"
    INSTAGRAM = "instagram"
    OFFICER = "officer"
    LAPOR = "lapor"
    WADUL = "wadul"


class Confidentiality(StrEnum):
    """`CONFIDENTIAL`: only who handles it sees who complains. `ANONYMOUS`: nobody knows."""

    OPEN = "open"
    CONFIDENTIAL = "confidential"
    ANONYMOUS = "anonymous"


class Kind(StrEnum):
    """What a complaint is; it decides how long its answer may take (PermenPAN-RB 62/2018)."""

    INFORMATION = "information"
    GRIEVANCE = "grievance"
    VIOLATION = "violation"
    INVESTIGATION = "investigation"


@dataclass(frozen=True, slots=True)
class ComplaintStateLabel:
    """`step`: the SK's step for a visit in person that is being done; None when it is over. `next_words`: what next."""

    text: str
    step: int | None
    waits_for: Part | None
    next_words: str


PART_LABELS: Mapping[Part, str] = MappingProxyType(
    {
        Part.COMPLAINANT: "Pelapor",
        Part.OFFICER: "Petugas pengaduan",
        Part.OFFICIAL: "Pejabat dinas",
        Part.SYSTEM: "Sistem",
    }
)
COMPLAINT_STATES: Mapping[ComplaintState, ComplaintStateLabel] = MappingProxyType(
    {
        ComplaintState.NEW: ComplaintStateLabel("Baru", 1, Part.COMPLAINANT, "Pelapor menyampaikan pengaduan."),
        ComplaintState.RECEIVED: ComplaintStateLabel(
            "Diterima", 2, Part.OFFICER, "Petugas membaca pengaduan dan mulai menanganinya."
        ),
        ComplaintState.HANDLED: ComplaintStateLabel(
            "Ditangani Petugas", 2, Part.OFFICER, "Petugas merespons sampai mendapatkan solusi."
        ),
        ComplaintState.PASSED_ON: ComplaintStateLabel(
            "Diteruskan ke Pejabat", 4, Part.OFFICIAL, "Pejabat dinas menyelesaikan permasalahan sampai tuntas."
        ),
        ComplaintState.ANSWERED: ComplaintStateLabel(
            "Dijawab Petugas", 2, Part.COMPLAINANT, "Pelapor mengonfirmasi, atau menyatakan belum selesai."
        ),
        ComplaintState.SETTLED: ComplaintStateLabel(
            "Diselesaikan Pejabat", 4, Part.COMPLAINANT, "Pelapor mengonfirmasi, atau menyatakan belum selesai."
        ),
        ComplaintState.CLOSED: ComplaintStateLabel("Selesai", None, None, "Pengaduan selesai."),
        ComplaintState.DISMISSED: ComplaintStateLabel(
            "Bukan Pengaduan", None, None, "Ditutup karena bukan pengaduan tentang pelayanan ini."
        ),
    }
)
COMPLAINT_ACTIONS: Mapping[ComplaintAction, str] = MappingProxyType(
    {
        ComplaintAction.FILE: "Sampaikan Pengaduan",
        ComplaintAction.ADD: "Tambah Keterangan",
        ComplaintAction.TAKE: "Tangani",
        ComplaintAction.REPLY: "Kirim Jawaban",
        ComplaintAction.CLASSIFY: "Ubah Klasifikasi",
        ComplaintAction.PASS_ON: "Teruskan ke Pejabat",
        ComplaintAction.TAKE_OVER: "Ambil Alih",
        ComplaintAction.RESOLVE: "Sampaikan Penyelesaian",
        ComplaintAction.CONFIRM: "Konfirmasi Selesai",
        ComplaintAction.REOPEN: "Belum Selesai",
        ComplaintAction.DISMISS: "Bukan Pengaduan",
    }
)
SOURCE_LABELS: Mapping[Source, str] = MappingProxyType(
    {
        Source.IN_PERSON: "Datang langsung",
        Source.PHONE: "Telepon",
        Source.EMAIL: "Email",
        Source.WEBSITE: "Website",
        Source.TWITTER: "Twitter/X",
        Source.INSTAGRAM: "Instagram",
        Source.OFFICER: "HP Pejabat Pengaduan",
        Source.LAPOR: "LAPOR!",
        Source.WADUL: "Wadul Aladin",
    }
)
CONFIDENTIALITY_LABELS: Mapping[Confidentiality, str] = MappingProxyType(
    {
        Confidentiality.OPEN: "Nama saya boleh dilihat petugas dinas",
        Confidentiality.CONFIDENTIAL: "Rahasia: hanya yang menangani melihat nama saya",
        Confidentiality.ANONYMOUS: "Tanpa nama",
    }
)
KIND_LABELS: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.INFORMATION: "Permintaan informasi",
        Kind.GRIEVANCE: "Keluhan",
        Kind.VIOLATION: "Pelanggaran, tanpa pemeriksaan lapangan",
        Kind.INVESTIGATION: "Pelanggaran, dengan pemeriksaan lapangan",
    }
)
# What the complainant reads of the way: what was said between both, not what the dinas wrote to itself.
SAID_BETWEEN_BOTH = frozenset(
    {
        ComplaintAction.FILE,
        ComplaintAction.ADD,
        ComplaintAction.REPLY,
        ComplaintAction.RESOLVE,
        ComplaintAction.CONFIRM,
        ComplaintAction.REOPEN,
        ComplaintAction.DISMISS,
    }
)
# By these the portal itself reaches the complainant; by the others a person does, and says so.
SENT_BY_THE_PORTAL = frozenset({Source.EMAIL, Source.WEBSITE})
