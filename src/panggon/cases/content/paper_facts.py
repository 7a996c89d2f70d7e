"""A case as its papers tell it, and who signs which."""

import hashlib
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.dateparse import parse_date
from django.utils.timezone import localdate
from django.utils.translation import override

from panggon.cases import taking_over
from panggon.cases.content.checklist import words_of
from panggon.cases.content.request import storage_words
from panggon.cases.models import Case, Event, LetterSource
from panggon.core.cases.procedure import ROLE_LABELS, Role
from panggon.core.errors import InvalidError
from panggon.core.node.planning.plan import Plan, load
from panggon.core.node.planning.resources import canonical
from panggon.core.node.words.plan_words import meanings, words
from panggon.core.people.acting import ActingKind, acting_title
from panggon.core.sites.spec import SiteKind
from panggon.core.standards.contacts import CHANNEL_LABELS, Contact
from panggon.office.selectors import office
from panggon.papers.contents import SIGNED_TOGETHER, PaperKind
from panggon.papers.dates import day_words
from panggon.papers.facts import CaseFacts, Person, Proof
from panggon.people import selectors as people
from panggon.people.models import User
from panggon.sites import selectors as sites
from panggon.sites.models import Site

# What is signed is frozen at step 6 for the Kepala Dinas; step 9 is the OPD's.
BY_THE_HEAD = frozenset({*SIGNED_TOGETHER, PaperKind.HANDOVER_RECORD})
KINDS = {
    "php": "Aplikasi PHP",
    "static": "Halaman statis (HTML)",
    "python": "Aplikasi Python",
    "redirect": "Pengalihan ke alamat lain",
    "proxy": "Diteruskan ke server lain",
}
ENGINES = {"mariadb": "MariaDB", "postgresql": "PostgreSQL"}


def facts_of(case: Case, *, event: Event | None = None) -> CaseFacts:
    """The facts of all papers of a case, as they are now; `event` is what caused the paper."""
    dinas = office()
    standard = dinas.standard
    name, email = taking_over.admin_of(case)
    return CaseFacts(
        number=case.number,
        agency=case.agency.name,
        title=case.title,
        label=case.label,
        host=case.host,
        kind=KINDS[case.kind],
        database=ENGINES[case.engine] if case.database else "Tidak ada",
        contact=", ".join(filter(None, (case.contact_name, case.contact_phone, case.contact_email))),
        letter_source=_source_of(case),
        letter_number=case.letter_number,
        letter_date=case.letter_date,
        letter_subject=case.letter_subject,
        submitted_at=case.submitted_at,
        due_at=case.due_at,
        completion=standard.completion,
        fee=standard.fee,
        agenda_number=case.agenda_number,
        received_at=case.received_at,
        division=case.division.name if case.division else "",
        instruction=case.instruction,
        nature=case.nature,
        disposition_due=case.disposition_due,
        note=case.disposition_note,
        technician=case.technician.full_name if case.technician else "",
        checklist=_checklist(case),
        admin=f"{name} ({email})" if email else name,
        case_page=f"{settings.PANGGON_BASE_URL}/permohonan/{case.number}/",
        access_page=f"{settings.PANGGON_BASE_URL}/permohonan/{case.number}/akses/",
        access_code=taking_over.code(case),
        restore_tested=parse_date(dinas.delivery.restore_tested),
        complaint_contacts=contact_rows(dinas.contacts.rows),
        reasons=tuple(filter(None, event.note.splitlines())) if event else (),
        receiver=_receiver(case, event) if event else None,
        made_on=localdate(event.at) if event else None,
        tracking_page=f"{settings.PANGGON_BASE_URL}/lacak/?nomor={case.number}&kode={case.token}",
        **(_site_facts(case.site) if case.site else {}),
    )


def signer_of(kind: PaperKind, event: Event) -> Person:
    """Who did the step signs its paper, but for those that are the Kepala Dinas's whoever did it."""
    if kind in BY_THE_HEAD or event.actor is None:
        return head_of_the_dinas(now=event.at)
    title = acting_title(ActingKind(event.acting) if event.acting else None, Role(event.role))
    note = _standing_in(event.represented, **event.data["order"]) if event.acting else ""
    return Person(event.actor.full_name, title, event.actor.nip, note)


def head_of_the_dinas(*, now: datetime) -> Person:
    """Who had the post of Kepala Dinas in hand at that moment; an unnamed line when nobody had."""
    hands = people.hands_of(Role.HEAD, now=now)
    if hands is None:
        return Person("", ROLE_LABELS[Role.HEAD])
    head, acting = hands.user, hands.acting
    if acting is None:
        return Person(head.full_name, ROLE_LABELS[Role.HEAD], head.nip)
    note = _standing_in(acting.represented, number=acting.order_number, date=acting.order_date.isoformat())
    return Person(head.full_name, acting_title(ActingKind(acting.kind), Role.HEAD), head.nip, note)


def contact_rows(contacts: Iterable[Contact]) -> tuple[tuple[str, str], ...]:
    """Label and words of each that works, or of what works where the printed one does not."""
    return tuple(
        (_capital(CHANNEL_LABELS[each.channel]), ", ".join(filter(None, (each.person, each.working or each.printed))))
        for each in contacts
        if each.working or not each.broken
    )


def _capital(label: str) -> str:
    return label[:1].upper() + label[1:]


def evidence_digest(evidence: object) -> str:
    """SHA-256 of the one JSON text of the proofs; binds a paper to what was proven."""
    return hashlib.sha256(canonical(evidence).encode()).hexdigest()


def plan_words(document: object) -> tuple[str, ...]:
    """A stored plan in exact sentences; none for a document that is no plan."""
    plan = _loaded(document)
    return words(plan) if plan else ()


def plan_meanings(document: object, *, translated: Callable[[str], str]) -> tuple[str, ...]:
    """A stored plan for people who do not look after servers; none for a document that is no plan."""
    plan = _loaded(document)
    return meanings(plan, translated=translated) if plan else ()


def allowance_words(site: Site) -> str:
    """What the site may use, in words."""
    parts = [storage_words(site.quota_mebibytes), f"memori {site.memory_mebibytes} MiB"]
    return ", ".join([*parts, f"PHP {site.php_version}"] if site.kind == SiteKind.PHP else parts)


# ------------------------------------------------------------------------------------------------------------------


def _source_of(case: Case) -> str:
    """Papers are Indonesian, whoever reads the page from which one is asked for."""
    with override("id"):
        return str(LetterSource(case.letter_source).label) if case.letter_source else ""


def _receiver(case: Case, event: Event) -> Person:
    """Who confirmed for the OPD; of a sheet that was brought to the desk, the one whom the request names."""
    if event.actor and event.actor.agency_id == case.agency_id:
        return Person(event.actor.full_name, case.agency.name, event.actor.nip)
    if case.responsible_name:
        return Person(case.responsible_name, case.responsible_position or case.agency.name, case.responsible_nip)
    return Person(taking_over.admin_of(case)[0], case.agency.name)


def _standing_in(represented: User | None, *, number: str, date: str) -> str:
    """For whom and by which order, as it is printed with the signature."""
    order = f"Surat Perintah nomor {number} tanggal {day_words(parse_date(date))}"
    return f"mewakili {represented.full_name} berdasarkan {order}" if represented else f"berdasarkan {order}"


def _loaded(document: object) -> Plan | None:
    try:
        return load(document)
    except InvalidError:
        return None


def _checklist(case: Case) -> tuple[tuple[str, bool, str], ...]:
    reasons = {asked.item: asked.reason for asked in case.corrections.filter(resolved_at=None)}
    found = [
        (words_of(result.item), result.met, "" if result.met else reasons.get(result.item, ""))
        for result in case.checklist.all()
    ]
    return (*found, (words_of(""), False, reasons[""])) if "" in reasons else tuple(found)


def _site_facts(site: Site) -> dict[str, Any]:
    plan, proof, node = sites.current_plan(site), sites.last_proof(site), site.node
    told = node.facts if node else {}
    return {
        "site": site.identifier,
        "database_name": site.identifier if site.database else "",
        "allowance": allowance_words(site),
        "first_login": taking_over.first_login(site),
        "plan_digest": plan.digest if plan else "",
        "plan_words": plan_words(plan.plan) if plan else (),
        "evidence": tuple(Proof(**check) for check in proof.evidence) if proof else (),
        "evidence_digest": evidence_digest(proof.evidence) if proof else "",
        "proved_at": proof.proved_at if proof else None,
        "address": site.url,
        "sftp_host": str(told.get("sftp_host") or site.host),
        "sftp_port": int(told.get("sftp_port") or 22),
        "sftp_fingerprint": str(told.get("sftp_fingerprint") or ""),
    }
