"""What an action of the procedure may need, and the facts that tell whether it is met."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from panggon.core.cases.vocabulary import Action
from panggon.core.errors import Fault
from panggon.core.papers.signing import Change
from panggon.core.state_machine import Condition


@dataclass(frozen=True, slots=True)
class Evidence:
    """The last proofs that a node has made of the site: did all hold, of which wish, made when, of an open site?"""

    ok: bool
    generation: int
    open: bool
    proved_at: datetime


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the rules look at. What is not known counts as not met.

    `people` are the ones behind this act: who acts, and on whose behalf (Plh/Plt). `done_by` says the same of the
    acts of this case so far. `technician` is the assigned one; for `assign`, the one chosen. Inputs of the form
    (`reasons`, `division`, `shown_digest`, …) are filled from it; for `offers` they may stay empty.
    """

    people: frozenset[str] = frozenset()
    of_agency: bool = False  # the actor belongs to the OPD that asks
    of_division: bool = False  # the actor heads the division that the disposition names
    done_by: Mapping[Action, frozenset[str]] = field(default_factory=dict)

    letter: bool = False  # an official letter or another notification, as the SK says
    agency: bool = False  # who asks
    name_faults: tuple[Fault, ...] | None = None  # of the name wished, from `core.naming`; None: no name given
    contact: bool = False
    signed_sheet: bool = False  # scanned; only for what the registrar enters for an OPD

    agenda_number: str = ""
    letter_facts: bool = False  # sender, kind and date of the letter are recorded
    division: str = ""
    technician: str = ""
    checklist_complete: bool = False  # every item of the check is met
    reasons: str = ""
    refusal_letter: bool = False  # signed by the head, scanned

    plan_digest: str = ""  # of the newest plan that the node has made for the present wish
    shown_digest: str = ""  # of the plan that the technician has seen and accepts
    wish_running: bool = False  # a wish was handed over and no report has come yet
    generation: int = 0  # of the present wish
    evidence: Evidence | None = None
    # All that is signed in step 7 is frozen, with the digest of the evidence, and what asks for it can be read.
    documents: bool = False
    site_changes: tuple[Change, ...] | None = None  # since they were frozen; None: they cannot be compared
    signed: bool = False  # the one signed version of each is kept
    names_the_signer: bool = False  # they were frozen for whoever acts now: officials come and go between steps 6 and 7
    access_document: bool = False  # signed, with its covering letter
    approved_at: datetime | None = None

    delivers_by_itself: bool = False  # a setting of the department
    login_recorded: bool = False  # the OPD's administrator has come in
    correction_unanswered: bool = False  # reminders went out and the time for an answer is over


class Need(StrEnum):
    OWN_AGENCY = "own_agency"
    OWN_DIVISION = "own_division"
    ASSIGNED_TECHNICIAN = "assigned_technician"
    NOT_IN_STEP_5 = "not_in_step_5"
    NOT_IN_STEP_6 = "not_in_step_6"
    NOT_IN_STEP_7 = "not_in_step_7"
    LETTER = "letter"
    AGENCY = "agency"
    NAME = "name"
    CONTACT = "contact"
    SIGNED_SHEET = "signed_sheet"
    AGENDA_NUMBER = "agenda_number"
    LETTER_FACTS = "letter_facts"
    DIVISION = "division"
    TECHNICIAN = "technician"
    CHECKLIST = "checklist"
    REASONS = "reasons"
    REFUSAL_LETTER = "refusal_letter"
    PLAN = "plan"
    PLAN_SHOWN = "plan_shown"
    NO_WISH_RUNNING = "no_wish_running"
    EVIDENCE = "evidence"
    EVIDENCE_LOCKED = "evidence_locked"
    EVIDENCE_OPEN = "evidence_open"
    DOCUMENTS = "documents"
    AS_DOCUMENTED = "as_documented"
    SIGNATURE = "signature"
    NAMES_THE_SIGNER = "names_the_signer"
    ACCESS_DOCUMENT = "access_document"
    AS_HANDED_OVER = "as_handed_over"
    NEVER_APPROVED = "never_approved"
    DELIVERS_BY_ITSELF = "delivers_by_itself"
    LOGIN_RECORDED = "login_recorded"
    CORRECTION_UNANSWERED = "correction_unanswered"


NEED_WORDS: Mapping[Need, str] = MappingProxyType(
    {
        Need.OWN_AGENCY: "Hanya untuk OPD pemohon.",
        Need.OWN_DIVISION: "Hanya untuk Kepala Bidang yang didisposisi.",
        Need.ASSIGNED_TECHNICIAN: "Hanya untuk petugas teknis yang ditugaskan.",
        Need.NOT_IN_STEP_5: "Anda sudah menyiapkan atau melaporkan; langkah ini harus oleh orang lain.",
        Need.NOT_IN_STEP_6: "Anda sudah memohon pengesahan; langkah ini harus oleh orang lain.",
        Need.NOT_IN_STEP_7: "Anda sudah mengesahkan; langkah ini harus oleh orang lain.",
        Need.LETTER: "Surat atau informasi pemberitahuan permohonan belum ada.",
        Need.AGENCY: "OPD pemohon belum diisi.",
        Need.NAME: "Nama situs belum diisi atau tidak dapat dipakai.",
        Need.CONTACT: "Narahubung belum diisi.",
        Need.SIGNED_SHEET: "Pindaian lembar yang ditandatangani OPD belum ada.",
        Need.AGENDA_NUMBER: "Nomor agenda belum diisi.",
        Need.LETTER_FACTS: "Data surat belum lengkap.",
        Need.DIVISION: "Bidang tujuan disposisi belum dipilih.",
        Need.TECHNICIAN: "Petugas teknis belum dipilih.",
        Need.CHECKLIST: "Masih ada butir verifikasi yang belum terpenuhi.",
        Need.REASONS: "Alasan belum diisi.",
        Need.REFUSAL_LETTER: "Surat penolakan yang ditandatangani belum ada.",
        Need.PLAN: "Rencana penyiapan dari mesin belum ada.",
        Need.PLAN_SHOWN: "Rencana sudah berubah; periksa rencana yang terbaru.",
        Need.NO_WISH_RUNNING: "Mesin masih bekerja; tunggu sampai selesai.",
        Need.EVIDENCE: "Belum ada bukti terbaru bahwa semuanya bekerja.",
        Need.EVIDENCE_LOCKED: "Bukti harus dibuat selagi situs masih terkunci.",
        Need.EVIDENCE_OPEN: "Belum ada bukti situs terbuka yang lebih baru daripada pengesahan.",
        Need.DOCUMENTS: "Naskah untuk pengesahan belum selesai dibuat.",
        Need.AS_DOCUMENTED: "Situs sudah berubah sejak naskahnya dibuat.",
        Need.SIGNATURE: "Naskah belum ditandatangani semua; hanya dapat lewat halaman pengesahan.",
        Need.NAMES_THE_SIGNER: (
            "Dokumen hosting menyebut penanda tangan lain, karena pejabatnya berganti sesudah nota dibuat. "
            "Kembalikan, agar Kepala Bidang membuat nota dan dokumen yang baru."
        ),
        Need.ACCESS_DOCUMENT: "Dokumen hak akses dan surat pengantarnya belum ditandatangani.",
        Need.AS_HANDED_OVER: "Yang tertulis dalam dokumen hak akses tidak sesuai lagi.",
        Need.NEVER_APPROVED: "Situs sudah pernah disahkan; ajukan penonaktifan.",
        Need.DELIVERS_BY_ITSELF: "Pengiriman otomatis tidak diaktifkan.",
        Need.LOGIN_RECORDED: "Belum ada catatan bahwa OPD berhasil masuk.",
        Need.CORRECTION_UNANSWERED: "Batas waktu melengkapi belum lewat.",
    }
)

_PEOPLE_OF_STEP = {5: (Action.PREPARE, Action.REPORT), 6: (Action.REQUEST_APPROVAL,), 7: (Action.APPROVE,)}


def _not_in_step(step: int) -> Condition[Facts]:
    """Nobody behind this act stood behind that step: steps 5, 6 and 7 need three persons, delegation included."""
    actions = _PEOPLE_OF_STEP[step]
    return Condition(
        lambda facts: facts.people.isdisjoint(
            person for action in actions for person in facts.done_by.get(action, frozenset())
        )
    )


def _proven(facts: Facts) -> bool:
    return facts.evidence is not None and facts.evidence.ok and facts.evidence.generation == facts.generation


def _proven_open(facts: Facts) -> bool:
    if facts.evidence is None or facts.approved_at is None:
        return False
    return facts.evidence.open and facts.evidence.proved_at > facts.approved_at


def _proven_locked(facts: Facts) -> bool:
    """A site that was approved before stays open while a changed spec goes through the steps again."""
    return facts.evidence is not None and (not facts.evidence.open or facts.approved_at is not None)


CONDITIONS: Mapping[Need, Condition[Facts]] = MappingProxyType(
    {
        Need.OWN_AGENCY: Condition(lambda facts: facts.of_agency),
        Need.OWN_DIVISION: Condition(lambda facts: facts.of_division),
        Need.ASSIGNED_TECHNICIAN: Condition(lambda facts: facts.technician in facts.people),
        Need.NOT_IN_STEP_5: _not_in_step(5),
        Need.NOT_IN_STEP_6: _not_in_step(6),
        Need.NOT_IN_STEP_7: _not_in_step(7),
        Need.LETTER: Condition(lambda facts: facts.letter, "letter"),
        Need.AGENCY: Condition(lambda facts: facts.agency, "agency"),
        Need.NAME: Condition(lambda facts: facts.name_faults == (), "label"),
        Need.CONTACT: Condition(lambda facts: facts.contact, "contact"),
        Need.SIGNED_SHEET: Condition(lambda facts: facts.signed_sheet, "signed_sheet"),
        Need.AGENDA_NUMBER: Condition(lambda facts: bool(facts.agenda_number.strip()), "agenda_number"),
        Need.LETTER_FACTS: Condition(lambda facts: facts.letter_facts, "letter_facts"),
        Need.DIVISION: Condition(lambda facts: bool(facts.division), "division"),
        Need.TECHNICIAN: Condition(lambda facts: bool(facts.technician), "technician"),
        Need.CHECKLIST: Condition(lambda facts: facts.checklist_complete, "checklist"),
        Need.REASONS: Condition(lambda facts: bool(facts.reasons.strip()), "reasons"),
        Need.REFUSAL_LETTER: Condition(lambda facts: facts.refusal_letter, "refusal_letter"),
        Need.PLAN: Condition(lambda facts: bool(facts.plan_digest)),
        Need.PLAN_SHOWN: Condition(lambda facts: facts.shown_digest == facts.plan_digest, "shown_digest"),
        Need.NO_WISH_RUNNING: Condition(lambda facts: not facts.wish_running),
        Need.EVIDENCE: Condition(_proven),
        Need.EVIDENCE_LOCKED: Condition(_proven_locked),
        Need.EVIDENCE_OPEN: Condition(_proven_open),
        Need.DOCUMENTS: Condition(lambda facts: facts.documents),
        Need.AS_DOCUMENTED: Condition(lambda facts: not facts.documents or facts.site_changes == ()),
        Need.SIGNATURE: Condition(lambda facts: facts.signed, "signature"),
        Need.NAMES_THE_SIGNER: Condition(lambda facts: facts.names_the_signer),
        Need.ACCESS_DOCUMENT: Condition(lambda facts: facts.access_document),
        Need.AS_HANDED_OVER: Condition(lambda facts: not facts.access_document or facts.site_changes == ()),
        Need.NEVER_APPROVED: Condition(lambda facts: facts.approved_at is None),
        Need.DELIVERS_BY_ITSELF: Condition(lambda facts: facts.delivers_by_itself),
        Need.LOGIN_RECORDED: Condition(lambda facts: facts.login_recorded),
        Need.CORRECTION_UNANSWERED: Condition(lambda facts: facts.correction_unanswered),
    }
)
