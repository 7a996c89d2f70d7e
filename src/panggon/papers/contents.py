"""Which papers there are, what each is called, by which template it is made and who may read it."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any


class PaperKind(StrEnum):
    """The papers of the procedure, with the step of the SK that they belong to."""

    RECEIPT = "receipt"  # SK 2
    DISPOSITION = "disposition"  # SK 2
    CHECKLIST = "checklist"  # SK 4
    CORRECTION_NOTICE = "correction_notice"  # SK 4
    PREPARATION_REPORT = "preparation_report"  # SK 5
    APPROVAL_REQUEST = "approval_request"  # SK 6
    HOSTING_DOCUMENT = "hosting_document"  # SK 7
    ACCESS_DOCUMENT = "access_document"  # SK 8
    COVER_LETTER = "cover_letter"  # SK 8
    HANDOVER_RECORD = "handover_record"  # SK 9
    REFUSAL_NOTICE = "refusal_notice"
    SUSPENSION_NOTICE = "suspension_notice"
    DEACTIVATION_NOTICE = "deactivation_notice"
    INCIDENT_REPORT = "incident_report"  # Perban BSSN 1/2024 article 15
    BREACH_NOTICE = "breach_notice"  # UU 27/2022 article 46


TITLES: Mapping[PaperKind, str] = MappingProxyType(
    {
        PaperKind.RECEIPT: "Tanda Terima Permohonan",
        PaperKind.DISPOSITION: "Lembar Disposisi",
        PaperKind.CHECKLIST: "Checklist Verifikasi Kelengkapan",
        PaperKind.CORRECTION_NOTICE: "Pemberitahuan Perlu Dilengkapi",
        PaperKind.PREPARATION_REPORT: "Laporan Penyiapan Hosting",
        PaperKind.APPROVAL_REQUEST: "Nota Permohonan Pengesahan",
        PaperKind.HOSTING_DOCUMENT: "Dokumen Hosting",
        PaperKind.ACCESS_DOCUMENT: "Dokumen Hak Akses Hosting",
        PaperKind.COVER_LETTER: "Surat Pengantar",
        PaperKind.HANDOVER_RECORD: "Berita Acara Serah Terima",
        PaperKind.REFUSAL_NOTICE: "Pemberitahuan Penolakan",
        PaperKind.SUSPENSION_NOTICE: "Pemberitahuan Penangguhan",
        PaperKind.DEACTIVATION_NOTICE: "Pemberitahuan Penonaktifan",
        PaperKind.INCIDENT_REPORT: "Laporan Insiden Siber",
        PaperKind.BREACH_NOTICE: "Pemberitahuan Kegagalan Pelindungan Data Pribadi",
    }
)
SHEET = "lembar.typ"
FORMS: Mapping[PaperKind, str] = MappingProxyType(
    {
        PaperKind.DISPOSITION: "disposisi.typ",
        PaperKind.APPROVAL_REQUEST: "nota.typ",
        PaperKind.ACCESS_DOCUMENT: "hak_akses.typ",
        PaperKind.HANDOVER_RECORD: "berita_acara.typ",
        PaperKind.COVER_LETTER: "surat.typ",
        PaperKind.CORRECTION_NOTICE: "surat.typ",
        PaperKind.REFUSAL_NOTICE: "surat.typ",
        PaperKind.SUSPENSION_NOTICE: "surat.typ",
        PaperKind.DEACTIVATION_NOTICE: "surat.typ",
        PaperKind.INCIDENT_REPORT: "laporan_insiden.typ",
        PaperKind.BREACH_NOTICE: "data_pribadi.typ",
    }
)
# Of these an export names the number, and gives no file.
CONFIDENTIAL = frozenset({PaperKind.INCIDENT_REPORT, PaperKind.BREACH_NOTICE})

# Whose job makes another one in the place of a paper whose number is void; of all others the cases'.
REPLACING: Mapping[PaperKind, str] = MappingProxyType(
    {
        PaperKind.SUSPENSION_NOTICE: "upkeep.replace_paper",
        PaperKind.DEACTIVATION_NOTICE: "upkeep.replace_paper",
        PaperKind.INCIDENT_REPORT: "incidents.replace_paper",
        PaperKind.BREACH_NOTICE: "incidents.replace_paper",
    }
)

# What the Kepala Dinas signs in one sitting, in this order: frozen in step 6, signed in step 7, sent in step 8.
SIGNED_TOGETHER = (PaperKind.HOSTING_DOCUMENT, PaperKind.ACCESS_DOCUMENT, PaperKind.COVER_LETTER)

# What is written for the OPD; the rest is the dinas's own correspondence.
FOR_APPLICANT = frozenset(
    {PaperKind.RECEIPT, PaperKind.CHECKLIST, PaperKind.CORRECTION_NOTICE, PaperKind.REFUSAL_NOTICE}
)
FOR_OWNER = FOR_APPLICANT | {
    PaperKind.HOSTING_DOCUMENT,
    PaperKind.ACCESS_DOCUMENT,
    PaperKind.COVER_LETTER,
    PaperKind.HANDOVER_RECORD,
    PaperKind.SUSPENSION_NOTICE,
    PaperKind.DEACTIVATION_NOTICE,
}

# What a lembar disposisi has boxes for.
NATURES = ("Biasa", "Segera", "Sangat Segera", "Rahasia")
INSTRUCTIONS = (
    "Selesaikan/tindak lanjuti",
    "Pelajari/kaji",
    "Koordinasikan",
    "Saran/pendapat",
    "Pantau",
    "Perhatian",
)

Rows = list[tuple[str, str]]
Content = dict[str, Any]


def form_of(kind: PaperKind) -> str:
    """The file name of the template that lays the paper out."""
    return FORMS.get(kind, SHEET)
