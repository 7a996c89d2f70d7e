"""The words of handling a security incident: states, actions, what the law makes a duty, what closing it asks.

Sources: Perban BSSN 1/2024 article 15 (the report and its four parts), UU 27/2022 article 46 (the notice of a failure
to protect personal data and its three contents). Neither names the levels of risk: those here are the three in which
BSSN publishes its findings.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from panggon.core.cases.vocabulary import Role


class IncidentState(StrEnum):
    NEW = "new"
    REPORTED = "reported"
    HANDLED = "handled"
    CONTAINED = "contained"
    RECOVERED = "recovered"
    CLOSED = "closed"
    DISMISSED = "dismissed"


class IncidentAction(StrEnum):
    REPORT = "report"
    QUARANTINE = "quarantine"
    RELEASE = "release"
    REPEAT = "repeat"
    RECORD_WORK = "record_work"
    TAKE = "take"
    CONFIRM = "confirm"
    DISMISS = "dismiss"
    REGRADE = "regrade"
    NOTE = "note"
    ASSESS_DATA = "assess_data"
    WRITE_REPORT = "write_report"
    WRITE_NOTICE = "write_notice"
    RECORD_TOLD = "record_told"
    CONTAIN = "contain"
    RECOVER = "recover"
    REOPEN = "reopen"
    CLOSE = "close"


class IncidentEffect(StrEnum):
    """What an action sets going, in the same transaction; each is safe to run twice."""

    QUARANTINE_SITE = "quarantine_site"  # its OPD is told at once, as of every quarantine (`upkeep`)
    RELEASE_SITE = "release_site"  # the same
    REPEAT_WORK = "repeat_work"
    TELL_DINAS = "tell_dinas"  # technicians, Kepala Bidang and Kepala Dinas, but who did it
    TELL_AGENCY = "tell_agency"  # the site's OPD, in plain words
    REPORT_PAPER = "report_paper"
    NOTICE_PAPER = "notice_paper"


class Origin(StrEnum):
    """Where an incident was begun from."""

    COMPLAINT = "complaint"
    SITE = "site"
    MACHINE = "machine"  # what a hosting machine found changed by hand
    PERSON = "person"


class Risk(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class PersonalData(StrEnum):
    """Whether personal data were disclosed."""

    UNKNOWN = "unknown"
    YES = "yes"
    NO = "no"


class Duty(StrEnum):
    """Whom the law wants told."""

    SECTOR_REPORT = "sector_report"
    SUBJECTS_NOTICE = "subjects_notice"
    AUTHORITY_NOTICE = "authority_notice"


class NoteKind(StrEnum):
    FINDING = "finding"
    MEASURE = "measure"
    LESSON = "lesson"


@dataclass(frozen=True, slots=True)
class IncidentStateLabel:
    """`owner_words` is what the OPD of the site reads, who sees nothing else of the handling."""

    text: str
    waits_for: Role | None
    next_words: str
    owner_words: str


INCIDENT_STATES: Mapping[IncidentState, IncidentStateLabel] = MappingProxyType(
    {
        IncidentState.NEW: IncidentStateLabel("Baru", Role.TECHNICIAN, "Seseorang melaporkan temuan.", ""),
        IncidentState.REPORTED: IncidentStateLabel(
            "Dilaporkan",
            Role.DIVISION_HEAD,
            "Petugas teknis memeriksa; Kepala Bidang atau Kepala Dinas memutuskan apakah ini insiden.",
            "Dinas sedang memeriksa laporan tentang situs ini.",
        ),
        IncidentState.HANDLED: IncidentStateLabel(
            "Ditangani",
            Role.TECHNICIAN,
            "Petugas teknis membatasi dampak: mengarantina situs bila perlu, mencari jalan masuk, menyimpan bukti.",
            "Dinas sedang menangani insiden keamanan pada situs ini.",
        ),
        IncidentState.CONTAINED: IncidentStateLabel(
            "Terkendali",
            Role.TECHNICIAN,
            "Petugas teknis membersihkan, menutup celah, dan memulihkan situs.",
            "Insiden sudah terkendali; situs sedang dibersihkan dan dipulihkan.",
        ),
        IncidentState.RECOVERED: IncidentStateLabel(
            "Dipulihkan",
            Role.DIVISION_HEAD,
            "Kepala Bidang atau Kepala Dinas memeriksa daftar penutupan, lalu menutup insiden.",
            "Situs sudah dipulihkan; dinas sedang memeriksa untuk terakhir kali.",
        ),
        IncidentState.CLOSED: IncidentStateLabel(
            "Ditutup", None, "Insiden selesai ditangani.", "Penanganan insiden selesai."
        ),
        IncidentState.DISMISSED: IncidentStateLabel(
            "Bukan Insiden", None, "Diperiksa dan bukan insiden.", "Sudah diperiksa: bukan insiden keamanan."
        ),
    }
)
INCIDENT_ACTIONS: Mapping[IncidentAction, str] = MappingProxyType(
    {
        IncidentAction.REPORT: "Laporkan Insiden",
        IncidentAction.QUARANTINE: "Karantina Situs Sekarang",
        IncidentAction.RELEASE: "Lepaskan dari Karantina",
        IncidentAction.REPEAT: "Minta Server Mengulangi",
        IncidentAction.RECORD_WORK: "Catat Hasil Server",
        IncidentAction.TAKE: "Tangani Insiden",
        IncidentAction.CONFIRM: "Nyatakan Insiden",
        IncidentAction.DISMISS: "Nyatakan Bukan Insiden",
        IncidentAction.REGRADE: "Ubah Tingkat Risiko",
        IncidentAction.NOTE: "Tambah Catatan atau Bukti",
        IncidentAction.ASSESS_DATA: "Jawab Soal Data Pribadi",
        IncidentAction.WRITE_REPORT: "Buat Laporan Insiden",
        IncidentAction.WRITE_NOTICE: "Buat Pemberitahuan Data Pribadi",
        IncidentAction.RECORD_TOLD: "Catat Sudah Disampaikan",
        IncidentAction.CONTAIN: "Nyatakan Terkendali",
        IncidentAction.RECOVER: "Nyatakan Pulih",
        IncidentAction.REOPEN: "Tangani Kembali",
        IncidentAction.CLOSE: "Tutup Insiden",
    }
)
ORIGIN_LABELS: Mapping[Origin, str] = MappingProxyType(
    {
        Origin.COMPLAINT: "Pengaduan",
        Origin.SITE: "Halaman situs",
        Origin.MACHINE: "Temuan server",
        Origin.PERSON: "Temuan petugas",
    }
)
RISK_LABELS: Mapping[Risk, str] = MappingProxyType({Risk.LOW: "Rendah", Risk.MEDIUM: "Sedang", Risk.HIGH: "Tinggi"})
PERSONAL_DATA_LABELS: Mapping[PersonalData, str] = MappingProxyType(
    {PersonalData.UNKNOWN: "Belum diketahui", PersonalData.YES: "Ya, terkena", PersonalData.NO: "Tidak terkena"}
)
DUTY_LABELS: Mapping[Duty, str] = MappingProxyType(
    {
        Duty.SECTOR_REPORT: "Laporan kepada TTIS sektoral, tembusan nasional",
        Duty.SUBJECTS_NOTICE: "Pemberitahuan kepada subjek data pribadi",
        Duty.AUTHORITY_NOTICE: "Pemberitahuan kepada lembaga pelindungan data pribadi",
    }
)
DUTY_SOURCES: Mapping[Duty, str] = MappingProxyType(
    {
        Duty.SECTOR_REPORT: "Perban BSSN 1/2024 Pasal 15",
        Duty.SUBJECTS_NOTICE: "UU 27/2022 Pasal 46",
        Duty.AUTHORITY_NOTICE: "UU 27/2022 Pasal 46",
    }
)
NOTE_LABELS: Mapping[NoteKind, str] = MappingProxyType(
    {NoteKind.FINDING: "Temuan", NoteKind.MEASURE: "Tindakan", NoteKind.LESSON: "Pelajaran"}
)
# What was looked at before an incident is closed; each is done, or does not apply for a reason.
CHECKLIST: Mapping[str, str] = MappingProxyType(
    {
        "cause": "Jalan masuk dan penyebabnya sudah dicari, dan hasilnya dicatat",
        "removed": "Isi, berkas, akun, dan tugas terjadwal yang bukan milik situs sudah dihapus",
        "mended": "Celahnya sudah ditutup: pembaruan aplikasi, hak berkas, konfigurasi",
        "secrets": "Kata sandi, kunci SSH, dan kata sandi basis data sudah diganti",
        "restored": "Isi situs dan basis data sudah diperiksa, atau dipulihkan dari cadangan yang bersih",
        "evidence": "Bukti sudah disimpan dan tercatat sidiknya",
        "search": "Halaman sisipan sudah dimintakan penghapusan dari mesin pencari",
        "owner": "OPD pemilik situs sudah diberi tahu hasil dan tugasnya",
        "complainant": "Pelapor sudah dijawab",
    }
)
