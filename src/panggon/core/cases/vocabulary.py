"""The words of the procedure: who, which states, which actions, with the SK's step and the Indonesian label of each.

Source: SK 060/040/III Tahun 2022, "Sistem, Mekanisme dan Prosedur", steps 1 to 9.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Role(StrEnum):
    APPLICANT = "applicant"
    REGISTRAR = "registrar"
    HEAD = "head"
    DIVISION_HEAD = "division_head"
    TECHNICIAN = "technician"
    COMPLAINTS_OFFICER = "complaints_officer"  # Pejabat Pengaduan; decides nothing in a case
    ADMINISTRATOR = "administrator"  # looks after accounts and settings; decides nothing in a case
    SYSTEM = "system"


class State(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    RECEIVED = "received"
    DISPOSED = "disposed"
    VERIFYING = "verifying"
    INCOMPLETE = "incomplete"
    PREPARING = "preparing"
    PREPARED = "prepared"
    REPORTED = "reported"
    AWAITING_APPROVAL = "awaiting_approval"
    APPROVED = "approved"
    DELIVERED = "delivered"
    FIXING = "fixing"
    DONE = "done"
    WITHDRAWN = "withdrawn"
    REFUSED = "refused"


class Action(StrEnum):
    SAVE_DRAFT = "save_draft"
    SUBMIT = "submit"
    RECEIVE = "receive"
    DISPOSE = "dispose"
    ASSIGN = "assign"
    REASSIGN = "reassign"
    COMPLETE = "complete"
    RETURN_TO_APPLICANT = "return_to_applicant"
    RESUBMIT = "resubmit"
    PREPARE = "prepare"
    RETRY = "retry"
    RECORD_PREPARATION = "record_preparation"
    RECORD_FAILURE = "record_failure"
    REPORT = "report"
    REQUEST_APPROVAL = "request_approval"
    SEND_BACK = "send_back"
    APPROVE = "approve"
    RECORD_OPENING = "record_opening"
    DELIVER = "deliver"
    RECORD_LOGIN = "record_login"
    CONFIRM = "confirm"
    REPORT_NO_ACCESS = "report_no_access"
    REPORT_FIXED = "report_fixed"
    CHANGE_SPEC = "change_spec"
    WITHDRAW = "withdraw"
    REFUSE = "refuse"
    RECALCULATE = "recalculate"


class Effect(StrEnum):
    """What an action sets going, as jobs in the same transaction; each is safe to run twice."""

    RECEIPT_PAPER = "receipt_paper"
    DISPOSITION_PAPER = "disposition_paper"
    CHECKLIST_PAPER = "checklist_paper"
    REPORT_PAPER = "report_paper"
    APPROVAL_REQUEST_PAPER = "approval_request_paper"
    HOSTING_DOCUMENT = "hosting_document"
    ACCESS_DOCUMENT = "access_document"
    COVER_LETTER = "cover_letter"
    CORRECTION_NOTICE = "correction_notice"
    REFUSAL_NOTICE = "refusal_notice"
    HANDOVER_RECORD = "handover_record"
    WISH_PLAN = "wish_plan"
    WISH_APPLY = "wish_apply"
    WISH_OPEN = "wish_open"
    CANCEL_WISH = "cancel_wish"
    WISH_LOOK = "wish_look"
    INVITE_ADMIN = "invite_admin"  # the admin teknis who takes the site over
    VOID_DOCUMENTS = "void_documents"  # what was frozen for an approval that does not come
    WISH_PARK = "wish_park"  # does nothing when nothing was made yet
    NOTIFY_APPLICANT = "notify_applicant"
    NOTIFY_TECHNICIAN = "notify_technician"
    NOTIFY_SUCCESSOR = "notify_successor"  # the technician who takes a case over
    NOTIFY_FORMER = "notify_former"  # and the one who had it
    NOTIFY_INVOLVED = "notify_involved"  # the officials who had a case that has ended
    INVITE_SURVEY = "invite_survey"  # of satisfaction, once at the end of a case
    NOTIFY_NEXT = "notify_next"  # whoever has the case now: `procedure.waits_for` of the new state


@dataclass(frozen=True, slots=True)
class StateLabel:
    """`step`: the SK step by which the state is reached; `under_way`: the one that is being done in it, by `waits_for`.

    None: outside of the SK, or nothing is being done any more. `next_words` tells people what happens next.
    """

    text: str
    step: int | None
    under_way: int | None
    waits_for: Role | None
    next_words: str


@dataclass(frozen=True, slots=True)
class ActionLabel:
    """The button's text, and the SK steps in which the action has a place."""

    text: str
    steps: tuple[int, ...]


ROLE_LABELS: Mapping[Role, str] = MappingProxyType(
    {
        Role.APPLICANT: "OPD Pemohon",
        Role.REGISTRAR: "Tata Usaha",
        Role.HEAD: "Kepala Dinas",
        Role.DIVISION_HEAD: "Kepala Bidang",
        Role.TECHNICIAN: "Petugas Teknis",
        Role.COMPLAINTS_OFFICER: "Pejabat Pengaduan",
        Role.ADMINISTRATOR: "Administrator",
        Role.SYSTEM: "Sistem",
    }
)

STATE_LABELS: Mapping[State, StateLabel] = MappingProxyType(
    {
        State.DRAFT: StateLabel("Draf", None, 1, Role.APPLICANT, "OPD melengkapi dan mengirim permohonan."),
        State.SUBMITTED: StateLabel(
            "Diajukan", 1, 2, Role.REGISTRAR, "Tata Usaha menerima surat dan memberi nomor agenda."
        ),
        State.RECEIVED: StateLabel("Diterima", 2, 2, Role.HEAD, "Kepala Dinas menerbitkan disposisi."),
        State.DISPOSED: StateLabel(
            "Didisposisikan", 2, 3, Role.DIVISION_HEAD, "Kepala Bidang meneruskan ke petugas teknis."
        ),
        State.VERIFYING: StateLabel(
            "Verifikasi Kelengkapan", 3, 4, Role.TECHNICIAN, "Petugas teknis memeriksa kelengkapan permohonan."
        ),
        State.INCOMPLETE: StateLabel(
            "Perlu Dilengkapi", 4, 4, Role.APPLICANT, "OPD melengkapi permohonan dan mengirim ulang."
        ),
        State.PREPARING: StateLabel(
            "Penyiapan Domain dan Server", 4, 5, Role.TECHNICIAN, "Petugas teknis menyiapkan domain dan server."
        ),
        State.PREPARED: StateLabel(
            "Siap Dilaporkan", 5, 5, Role.TECHNICIAN, "Petugas teknis melaporkan hasil ke Kepala Bidang."
        ),
        State.REPORTED: StateLabel(
            "Dilaporkan ke Kepala Bidang", 5, 6, Role.DIVISION_HEAD, "Kepala Bidang memohon pengesahan Kepala Dinas."
        ),
        State.AWAITING_APPROVAL: StateLabel(
            "Menunggu Pengesahan", 6, 7, Role.HEAD, "Kepala Dinas mengesahkan dokumen hosting."
        ),
        State.APPROVED: StateLabel("Disahkan", 7, 8, Role.REGISTRAR, "Situs dibuka, lalu dokumen hak akses dikirim."),
        State.DELIVERED: StateLabel(
            "Dokumen Hak Akses Dikirim", 8, 9, Role.APPLICANT, "OPD mengonfirmasi bahwa situs dapat diakses."
        ),
        State.FIXING: StateLabel(
            "Perbaikan Akses", 9, 9, Role.TECHNICIAN, "Petugas teknis memperbaiki akses; situs tetap terbuka."
        ),
        State.DONE: StateLabel("Selesai", 9, None, None, "Permohonan selesai."),
        State.WITHDRAWN: StateLabel("Dibatalkan", None, None, None, "Permohonan dibatalkan."),
        State.REFUSED: StateLabel("Ditolak", None, None, None, "Permohonan ditolak dengan surat Kepala Dinas."),
    }
)

ACTION_LABELS: Mapping[Action, ActionLabel] = MappingProxyType(
    {
        Action.SAVE_DRAFT: ActionLabel("Simpan Draf", ()),
        Action.SUBMIT: ActionLabel("Kirim Permohonan", (1,)),
        Action.RECEIVE: ActionLabel("Terima Surat", (2,)),
        Action.DISPOSE: ActionLabel("Terbitkan Disposisi", (2,)),
        Action.ASSIGN: ActionLabel("Teruskan ke Petugas Teknis", (3,)),
        Action.REASSIGN: ActionLabel("Ganti Petugas Teknis", (3,)),
        Action.COMPLETE: ActionLabel("Nyatakan Lengkap", (4,)),
        Action.RETURN_TO_APPLICANT: ActionLabel("Kembalikan untuk Dilengkapi", (4, 5)),
        Action.RESUBMIT: ActionLabel("Kirim Ulang", (4,)),
        Action.PREPARE: ActionLabel("Siapkan", (5,)),
        Action.RETRY: ActionLabel("Coba Lagi", (5, 8)),
        Action.RECORD_PREPARATION: ActionLabel("Catat Hasil Penyiapan", (5,)),
        Action.RECORD_FAILURE: ActionLabel("Catat Kegagalan", (5, 8)),
        Action.REPORT: ActionLabel("Laporkan ke Kepala Bidang", (5,)),
        Action.REQUEST_APPROVAL: ActionLabel("Mohon Pengesahan", (6,)),
        Action.SEND_BACK: ActionLabel("Kembalikan", (6, 7)),
        Action.APPROVE: ActionLabel("Sahkan", (7,)),
        Action.RECORD_OPENING: ActionLabel("Catat Situs Terbuka", (8,)),
        Action.DELIVER: ActionLabel("Kirim Dokumen Hak Akses", (8,)),
        Action.RECORD_LOGIN: ActionLabel("Catat Login Pertama", (9,)),
        Action.CONFIRM: ActionLabel("Konfirmasi Terima dan Dapat Diakses", (9,)),
        Action.REPORT_NO_ACCESS: ActionLabel("Belum Bisa Diakses", (9,)),
        Action.REPORT_FIXED: ActionLabel("Akses Sudah Diperbaiki", (9,)),
        Action.CHANGE_SPEC: ActionLabel("Ubah Spesifikasi", (8, 9)),
        Action.WITHDRAW: ActionLabel("Batalkan", (1, 2, 3, 4, 5, 6, 7)),
        Action.REFUSE: ActionLabel("Tolak", (2, 3, 4, 5, 6, 7)),
        Action.RECALCULATE: ActionLabel("Hitung Ulang Batas Waktu", ()),
    }
)
