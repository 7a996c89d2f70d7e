"""A request in every state."""

from typing import Any

from panggon.cases.models import Case
from panggon.core.cases.procedure import Action, Role, State
from panggon.people.models import Division, RoleAssignment
from panggon.sites import reports
from panggon.sites.models import Outcome, Wish
from tests.browser.scene_sites import give_plan, sites_after_cases
from tests.portal.office import DIGEST, LETTER, Office

LONG_TITLE = "SistemInformasiPelayananTerpadu" * 3
PROOFS = tuple(
    {"name": name, "ok": True, "detail": detail}
    for name, detail in (
        ("dns.answer", "A 127.0.0.1"),
        ("web.certificate", "CN=dinsos.panggon.test, berlaku sampai 24 Februari 2027"),
        ("web.body", "200 s900001 generasi 1"),
        ("sftp.login", "/public"),
        ("database.login", "satu basis data"),
    )
)
BROKEN = ({"name": "dns.answer", "ok": False, "detail": "no answer"}, *PROOFS[1:])
PROGRESS = (("observing", "records"), ("written", "directory"), ("writing", "database"), ("probing", "certificate"))


def requests_of(office: Office) -> dict[str, Case]:
    """A request in every state. The node does what it is asked for in turn, so what keeps it waiting comes last."""
    found: dict[str, Case] = {}

    def add(name: str, state: State, **request: Any) -> Case:
        request = {"title": f"Layanan {name}".title(), "label": f"layanan-{len(found)}", **request}
        found[name] = office.bring_to(state, **request)
        return found[name]

    def then(name: str, action: Action, who: Any, **data: Any) -> None:
        found[name] = office.act(found[name], action, who, **data)

    for state in (State.SUBMITTED, State.RECEIVED, State.DISPOSED, State.VERIFYING):
        add(state.value, state)
    add("draft", State.DRAFT)
    add(
        "long", State.VERIFYING, title=LONG_TITLE, label="a" * 63, letter_subject="Permohonan " * 18, notes="kata " * 99
    )
    add("withdrawn", State.RECEIVED)
    then("withdrawn", Action.WITHDRAW, office.applicant)
    add("refused", State.RECEIVED)
    then("refused", Action.REFUSE, office.head, reasons="Di luar kewenangan dinas.", refusal_letter=LETTER)
    add("incomplete", State.VERIFYING)
    missing = {"contact": "Nomor HP narahubung tidak dapat dihubungi.", "letter": "Surat belum ditandatangani."}
    then("incomplete", Action.RETURN_TO_APPLICANT, office.technician, missing=missing)
    for state in (State.PREPARED, State.REPORTED, State.DELIVERED, State.DONE):
        add(state.value, state)
    add("fixing", State.DELIVERED)
    then("fixing", Action.REPORT_NO_ACCESS, office.applicant, reasons="SFTP menolak kata sandi.")
    office.told(found["fixing"], office.node_reports(Outcome.VERIFIED))
    add("awaiting_approval", State.AWAITING_APPROVAL)
    office.papers(found["awaiting_approval"])
    office.sites = sites_after_cases(office)
    for name in ("planned", "failed", "unproven", "running"):
        add(name, State.PREPARING)
        outcome = Outcome.REFUSED if name == "failed" else Outcome.PLANNED
        wish = office.node_reports(outcome, problem="plan.foreign" if name == "failed" else "")
        give_plan(wish)
        office.told(found[name], wish)
        if name == "unproven":
            then(name, Action.PREPARE, office.technician, shown_digest=DIGEST)
            found[name] = office.told(found[name], office.node_reports(Outcome.UNPROVEN, proofs=BROKEN))
    add("unattended", State.DISPOSED)
    _leave_without_a_head(office, found["unattended"])
    add("approved", State.APPROVED)
    then("running", Action.PREPARE, office.technician, shown_digest=DIGEST)
    _is_under_way(office, found["running"])
    add("preparing", State.PREPARING)
    Wish.objects.exclude(evidence=[]).filter(outcome=Outcome.APPLIED).update(evidence=list(PROOFS))
    return found


def _leave_without_a_head(office: Office, case: Case) -> None:
    """It waits for the Kepala Bidang of another division, whose post is empty."""
    division = Division.objects.create(name="Bidang Statistik dan Persandian")
    former = office.person("mantan", Role.DIVISION_HEAD, division=division)
    Case.objects.filter(pk=case.pk).update(division=division)
    RoleAssignment.objects.filter(user=former).update(ended_at=office.now)


def _is_under_way(office: Office, case: Case) -> None:
    wish = Wish.objects.filter(site=case.site).latest("pk")
    Wish.objects.filter(pk=wish.pk).update(taken_at=office.now)
    entries = tuple(
        {"sequence": number, "phase": phase, "key": key, "step": number, "steps": 9}
        for number, (phase, key) in enumerate(PROGRESS, start=1)
    )
    reports.store_progress(wish, entries, at=office.now)
