"""What papers are made of: values only, given by the case. No secret has a field here, so none can be printed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Person:
    """Who signs or acts, with the title and the number (NIP) as printed; `note` says on whose behalf."""

    name: str
    role: str
    number: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """One proof of the node: `dns.answer`, whether it held, what was seen."""

    name: str
    ok: bool
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFacts:
    """A case as its papers tell it. Dates are local dates of the office; moments carry their zone."""

    number: str
    agency: str
    title: str
    label: str
    host: str
    kind: str
    database: str
    contact: str
    letter_source: str
    letter_number: str
    letter_date: date | None
    letter_subject: str
    submitted_at: datetime | None
    due_at: datetime | None
    completion: str
    fee: str
    agenda_number: str = ""
    received_at: datetime | None = None
    division: str = ""
    instruction: str = ""
    nature: str = ""
    disposition_due: date | None = None
    note: str = ""
    technician: str = ""
    checklist: tuple[tuple[str, bool, str], ...] = ()
    plan_words: tuple[str, ...] = ()
    plan_digest: str = ""
    evidence: tuple[Proof, ...] = ()
    evidence_digest: str = ""
    proved_at: datetime | None = None
    site: str = ""
    address: str = ""  # of the site, with its port where that is not the usual one
    sftp_host: str = ""
    sftp_port: int = 0
    sftp_fingerprint: str = ""
    database_name: str = ""
    allowance: str = ""  # what the site may use, in words
    admin: str = ""  # the admin teknis who is invited to take the access over
    access_page: str = ""
    access_code: str = ""  # worth nothing without the account that was invited
    restore_tested: date | None = None
    complaint_contacts: tuple[tuple[str, str], ...] = ()
    reasons: tuple[str, ...] = ()
    first_login: str = ""
    receiver: Person | None = None  # who took the site over for the OPD
    made_on: date | None = None
    case_page: str = ""
    tracking_page: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentFacts:
    """An incident as its papers tell it. `described` are the parts that the law asks for, each as it was written.

    `found_at` is when the dinas knew; `timeline` what was done when, in words.
    """

    number: str
    site: str
    agency: str
    risk: str
    found_at: datetime
    quarantined: str = ""  # since when visitors are kept out, in words
    described: Mapping[str, str]
    timeline: tuple[tuple[str, str], ...] = ()
    evidence: tuple[tuple[str, str], ...] = ()  # name and SHA-256 of each kept file
    contacts: tuple[tuple[str, str], ...] = ()  # of the dinas, for whoever has questions
    evidence_digest: str = ""
