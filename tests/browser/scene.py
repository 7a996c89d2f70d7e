"""An office in the middle of its work: its people and machines, and one of everything that has a page of its own."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData

from panggon.cases.archive import keeping
from panggon.cases.models import Case
from panggon.complaints import incoming
from panggon.complaints import services as complaints
from panggon.complaints.mailbox import Fetched
from panggon.complaints.models import Complaint, IncomingMail
from panggon.complaints.services import Upload
from panggon.core.cases.procedure import Role
from panggon.core.complaints.vocabulary import ComplaintAction, Confidentiality, Kind
from panggon.core.incidents.procedure import TABLE as INCIDENTS
from panggon.core.incidents.vocabulary import (
    IncidentAction,
    IncidentEffect,
    IncidentState,
    NoteKind,
    PersonalData,
    Risk,
)
from panggon.core.notify.notices import Occasion
from panggon.core.people.acting import ActingKind
from panggon.core.sites.life import SiteAction
from panggon.core.surveys.survey import Element
from panggon.incidents import jobs as incident_jobs
from panggon.incidents import services as incident_services
from panggon.incidents.models import Evidence, Incident
from panggon.notify import endpoints
from panggon.notify import services as notify
from panggon.office import services as offices
from panggon.office.shipped import SHIPPED
from panggon.office.values import Group
from panggon.papers.models import Paper, TemplateVersion
from panggon.people.models import Agency
from panggon.people.services.acting import name_acting_official
from panggon.people.services.invitations import invite_to_agency, token_of
from panggon.public import snapshots
from panggon.public.models import Follower
from panggon.public.services import links_of
from panggon.schedule.models import Closing, OfficeHours
from panggon.sites.models import Plan
from panggon.surveys import selectors
from panggon.surveys import services as surveys
from panggon.surveys.models import Answer, Improvement, Invitation, Service
from panggon.tokens import services as tokens
from panggon.tokens.models import Scope
from tests.browser.scene_sites import arguments_of_sites
from tests.portal import incidents
from tests.portal.complaining import TOLD, act, answered, file, handled
from tests.portal.office import Office
from tests.portal.test_failed_jobs import failed

NAMES = {
    "applicant": "Sri Wahyuni, S.Kom.",
    "registrar": "Endah Lestari, A.Md.",
    "head": "Drs. Bambang Prasetyo, M.Si.",
    "division_head": "Ratna Kusumawati, S.T., M.T.",
    "technician": "Agus Setiawan, S.Kom.",
    "complaints_officer": "Hendra Wijaya, A.Md.",
    "administrator": "Dwi Nugroho, S.T.",
}
LONG_AGENCY = "Dinas Pemberdayaan Perempuan, Perlindungan Anak, Pengendalian Penduduk dan Keluarga Berencana"


def settle(office: Office) -> None:
    """The people by their full names, and an administrator."""
    office.administrator = office.person("admin", Role.ADMINISTRATOR)
    for role, name in NAMES.items():
        person = getattr(office, role)
        person.full_name, person.nip, person.phone = name, "199003122015032004", "0812-0000-0001"
        person.save()


def everything_else(office: Office) -> dict[str, Any]:
    """One of each thing that has a page of its own, as the arguments of the addresses; by its view's name what is its
    own.
    """
    agency = Agency.objects.create(name=LONG_AGENCY, short_name="DP3AP2KB", labels=["dp3ap2kb", "gender"])
    invitation = invite_to_agency("rekan@example.go.id", office.agency, actor=office.applicant, at=office.now)
    acting = name_acting_official(
        office.administrator,
        kind=ActingKind.PLH,
        role=Role.HEAD,
        order_number="800/12/2026",
        order_date=date(2026, 11, 20),
        first_day=date(2026, 12, 7),
        last_day=date(2026, 12, 11),
        actor=office.administrator,
        at=office.now,
    )
    endpoint, _ = endpoints.add(
        name="Gerbang WhatsApp",
        url="https://gerbang.example.go.id/panggon",
        events=["progress", "public_step"],
        active=True,
        actor=office.administrator,
        at=office.now,
    )
    for person in (office.applicant, office.head, office.administrator):
        notify.tell(
            person,
            reference="contoh",
            subject="HST-2026-0001: Diterima",
            text="Surat diterima Tata Usaha dan diberi nomor agenda.",
            path="/permohonan/HST-2026-0001/",
            at=office.now,
            occasion=Occasion.PROGRESS,
        )
        RecoveryCodes.activate(person)
    token, _ = tokens.make(office.administrator, name="SIPD", scopes=list(Scope)[:2], days=90, at=office.now)
    data = {"name": "Ponsel Dwi", "credential": _passkey(), "passwordless": True}
    key = Authenticator.objects.create(user=office.administrator, type="webauthn", data=data)
    follower = Follower.objects.create(number="HST-2026-0001", email="warga@example.org", asked_at=office.now)
    links = {name: urlsplit(url).path for name, url in links_of(follower).items()}
    closing = Closing.objects.create(
        start=office.now + timedelta(days=9), end=office.now + timedelta(days=9, hours=4), reason="Banjir"
    )
    version = TemplateVersion.objects.create(name="naskah.typ", made_at=office.now, made_by=office.administrator)
    case = Case.objects.get(number="HST-2026-0001")
    held = keeping.hold(case.number, reason="Pemeriksaan Inspektorat", actor=office.administrator, at=office.now)
    complaint, survey, incident = _complaints(office), _survey(office), _incidents(office)
    _documents(office)
    snapshots.take(now=office.now)
    return {
        "hold": held.pk,
        "job": failed("cases.make_paper", case=case.pk, kind="receipt").pk,
        "edition": 1,
        "procedure": "hosting",
        "papers:void": {"paper": Paper.objects.filter(kind="approval_request", voided_at=None)[0].pk},
        "public:verify_paper": {"paper": Paper.objects.filter(signature__isnull=False)[0].pk},
        "number": case.number,
        "version": version.pk,
        "code": case.token,
        "confirm": links["confirm_url"],
        "unfollow": links["unfollow_url"],
        "invited": token_of(invitation),
        "agency": agency.pk,
        "invitation": invitation.pk,
        "acting": acting.pk,
        "endpoint": endpoint.pk,
        "token": token.pk,
        "pk": key.pk,
        "plan": Plan.objects.create(name="Besar").pk,
        "user": office.technician.pk,
        "person": office.technician.pk,
        "post": office.technician.role_assignments.get().pk,
        "division": office.division.pk,
        "node": office.node.pk,
        "schedule:hours": {"pk": OfficeHours.objects.all()[0].pk},
        "schedule:closing": {"pk": closing.pk},
        "ticket": complaint.number,
        "site": office.sites["bebas"].site.identifier,
        "site_action": SiteAction.SUSPEND,
        "change": office.sites["bebas"].pk,
        **arguments_of_sites(office),
        "attachment": complaint.attachments.get().pk,
        "mail": _mail(office, complaint).pk,
        "decision": "buang",
        "complaints:step": {"action": ComplaintAction.PASS_ON},
        "complaints:say": {"action": ComplaintAction.ADD},
        "incident": incident.number,
        "evidence": Evidence.objects.get().pk,
        "incidents:paper": {"paper": Paper.objects.get(kind="incident_report").pk},
        "incidents:step": {"action": IncidentAction.NOTE},
        "answer": survey.pk,
        "improvement": Improvement.objects.get().pk,
        "surveys:answer": {"token": selectors.path_of(Invitation.objects.filter(used=False)[0]).split("/")[-2]},
        "complaint_code": complaint.token,
        "people:close_colleague": {"user": office.person("wati", agency=office.agency).pk},
    }


def _complaints(office: Office) -> Complaint:
    """One in each hand: told, handled, passed on, answered; given is one that is handled."""
    file(office, subject="Kata sandi", confidentiality=Confidentiality.CONFIDENTIAL)
    answered(office, subject="Sudah dijawab")
    passed = handled(office, subject="Perlu pejabat")
    reasons = {"reasons": "Perlu server baru.", "official": office.head}
    act(office, passed, ComplaintAction.PASS_ON, office.complaints_officer, **reasons)
    pictures = [Upload("layar.png", b"\x89PNG\r\n\x1a\n" + bytes(20))]
    told = {**TOLD, "subject": "Situs lambat " * 9, "about": LONG_AGENCY, "words": "kata " * 200}
    complaint = complaints.file(told, actor=None, at=office.later(), files=pictures)
    return act(office, complaint, ComplaintAction.TAKE, office.complaints_officer, kind=Kind.VIOLATION)


def _incidents(office: Office) -> Incident:
    """One in each state; given is the one that has everything: a site that its machine is closing, duties, papers."""
    found = incidents.quarantined(office, office.sites["bebas"].site, subject="Halaman judi " * 9, about=LONG_AGENCY)
    answers = {**incidents.CONFIRMED, "vital": True, "personal_data": PersonalData.YES}
    found = incidents.act(office, found, IncidentAction.CONFIRM, office.head, **answers)
    files = [incident_services.Upload("shell.php", b"<?php // jahat")]
    note = {"words": "kata " * 100, "kind": NoteKind.FINDING}
    steps = {"actor": office.technician, "files": files}
    incident_services.act(found.pk, action=IncidentAction.NOTE, data=note, at=office.later(), **steps)
    parts = dict.fromkeys(("contact", "description", "chronology", "impact"), "Seperti tertulis.")
    found = incidents.act(office, found, IncidentAction.WRITE_REPORT, office.technician, **parts)
    incident_jobs.carry_out(found.events.last().pk, IncidentEffect.REPORT_PAPER)
    incidents.report(office, actor=office.complaints_officer)
    incidents.recovered(office, risk=Risk.LOW)
    return found


def addresses_of_incidents() -> Iterator[tuple[str, str, str]]:
    """View, address and kind: an incident in each state, and every step that leads on from there."""
    for row in Incident.objects.all():
        yield "incidents:incident", f"/insiden/{row.number}/", row.state
        for action in IncidentAction:
            if INCIDENTS.row(IncidentState(row.state), action):
                yield "incidents:step", f"/insiden/{row.number}/{action}/", action


def _mail(office: Office, complaint: Complaint) -> IncomingMail:
    """One that is held for itself, and one in the thread of the complaint; given is the first."""
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "Toko Serba Ada <toko@example.org>", "Obral besar " * 9
    mail["Precedence"] = "bulk"
    mail.set_content("kata " * 200)
    answer = EmailMessage()
    answer["From"], answer["Subject"] = "Budi <budi@example.org>", f"Re: [{complaint.number}] Jawaban"
    answer.set_content("Bagaimana kabarnya?")
    box = incoming.mailbox("pengaduan@kota.example imap.kota.example INBOX")
    for uid, each in enumerate((mail, answer), start=1):
        raw = each.as_bytes()
        incoming.keep(box, Fetched(uid, raw, len(raw)), uid_validity=1, at=office.now)
    for row in box.mails.order_by("pk"):
        incoming.read(row.pk, at=office.now)
    return box.mails.get(uid=1)


def _survey(office: Office) -> Answer:
    best = {element.value: 4 for element in Element}
    for number, words in enumerate(("Cepat.", "Mohon formulirnya diperpendek. " * 9, "", "", "")):
        invitation = surveys.offer(Service.CASE, f"X-{number}", people=[], email="", at=office.now)
        kept = surveys.answer(invitation, {**best, "time": 3, "words": words}, at=office.now)
        if not number:
            surveys.read(kept, publish=True, actor=office.complaints_officer, at=office.now)
    surveys.offer(Service.CASE, "X-5", people=[], email="", at=office.now)
    surveys.add_improvement(
        said="Formulir panjang", done="Dibagi tiga", day=office.now.date(), actor=office.head, at=office.now
    )
    return kept


def _documents(office: Office) -> None:
    """A second edition of what is published; the number of the SOP is long."""
    components = replace(SHIPPED.components, competence=("D3 Komputer", "Memahami DNS " * 12))
    changes = {
        Group.COMPONENTS: components,
        Group.PLEDGE: replace(SHIPPED.pledge, day="2026-11-02"),
        Group.SOP: replace(SHIPPED.sop, number="065/" * 20, effective_on="2026-11-02"),
    }
    for group, value in changes.items():
        offices.change(group, value, actor=office.administrator, at=office.now)


def _passkey() -> dict[str, Any]:
    """What a browser hands over when a passkey is made (WebAuthn, 5.1)."""
    public = ES256.from_cryptography_key(ec.derive_private_key(1, ec.SECP256R1()).public_key())
    credential = AttestedCredentialData.create(bytes(16), b"key", public)
    flags = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.AT
    attested = AttestationObject.create("none", AuthenticatorData.create(bytes(32), flags, 0, credential), {})
    client = {"type": "webauthn.create", "challenge": "AA", "origin": "http://portal.test"}
    answer = {"clientDataJSON": json.dumps(client).encode(), "attestationObject": bytes(attested)}
    coded = {name: _base64(data) for name, data in answer.items()}
    return {"id": _base64(b"key"), "rawId": _base64(b"key"), "type": "public-key", "response": coded}


def _base64(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")
