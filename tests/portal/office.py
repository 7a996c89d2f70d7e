"""The people of the tests and the ways on which they bring a case to where a test begins."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from panggon.cases import jobs, services
from panggon.cases.content.facts import documents
from panggon.cases.models import Case
from panggon.core.cases.procedure import Action, Role, State
from panggon.core.errors import InvalidError
from panggon.office import services as settings
from panggon.office.selectors import office
from panggon.office.values import Group
from panggon.papers import store
from panggon.papers.contents import SIGNED_TOGETHER
from panggon.papers.models import Signature
from panggon.people.models import Agency, Division, RoleAssignment, User
from panggon.sites import reports
from panggon.sites.models import Node, Outcome, Wish

LETTER = (Path(__file__).parents[2] / "examples" / "surat-permohonan.pdf").read_bytes()
MONDAY = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # 09.00 in Pekalongan
MINUTE = timedelta(minutes=1)
DIGEST = "d" * 64
PROOFS = (
    {"name": "dns.answer", "ok": True, "detail": "A 127.0.0.1"},
    {"name": "web.body", "ok": True, "detail": "200"},
)

ALL_MET = ["letter", "agency", "name", "contact"]
REQUEST = {
    "letter_source": "letter",
    "letter_number": "500.12/117/2026",
    "letter_date": date(2026, 11, 20),
    "letter_subject": "Permohonan Hosting",
    "letter": LETTER,
    "title": "Layanan Dinas Sosial",
    "label": "dinsos",
    "contact_name": "Sri Wahyuni",
    "contact_phone": "0812-0000-0001",
}


class Office:
    """One agency and the dinas; `now` is the office's clock, a minute further with each act."""

    def __init__(self, agency: Agency, division: Division) -> None:
        self.agency, self.division, self.now = agency, division, MONDAY
        self.applicant = self.person("sri", agency=agency)
        self.registrar = self.person("tu", Role.REGISTRAR)
        self.head = self.person("kadis", Role.HEAD)
        self.division_head = self.person("kabid", Role.DIVISION_HEAD, division=division)
        self.technician = self.person("teknis", Role.TECHNICIAN, division=division)
        self.complaints_officer = self.person("pengaduan", Role.COMPLAINTS_OFFICER)
        self.node = Node.objects.create(name="node-1", token_hash="0" * 64)

    def person(self, name: str, *roles: Role, agency: Agency | None = None, division: Division | None = None) -> User:
        user = User.objects.create(username=name, full_name=name.title(), email=f"{name}@example.go.id", agency=agency)
        for role in roles:
            RoleAssignment.objects.create(user=user, role=role, division=division)
        return user

    def later(self) -> datetime:
        self.now += MINUTE
        return self.now

    def draft(self, *, applicant: User | None = None, **changes) -> Case:
        person = applicant or self.applicant
        return services.create_draft(self.agency, person, {**REQUEST, **changes}, at=self.later())

    def act(self, case: Case, action: Action, actor: User | None, **data) -> Case:
        if action is Action.APPROVE:
            self.sign(case, actor)
        return services.act(case.pk, action=action, actor=actor, data=data, at=self.later())

    def bring_to(self, state: State, **request) -> Case:
        """A new case, taken along the straight way until it is in this state, its jobs run."""
        case = self.draft(**request)
        for step in self.straight_way():
            if case.state == state:
                return case
            case = step(case)
        assert case.state == state
        return case

    def straight_way(self):
        acts = self.act
        return (
            lambda case: acts(case, Action.SUBMIT, self.applicant),
            lambda case: acts(case, Action.RECEIVE, self.registrar),
            lambda case: acts(case, Action.DISPOSE, self.head, division=self.division, instruction="Selesaikan"),
            lambda case: acts(case, Action.ASSIGN, self.division_head, technician=self.technician),
            lambda case: acts(case, Action.COMPLETE, self.technician, checklist=ALL_MET),
            self.prepare,
            lambda case: acts(case, Action.REPORT, self.technician),
            lambda case: acts(case, Action.REQUEST_APPROVAL, self.division_head),
            self.approve,
            self.deliver,
            lambda case: acts(case, Action.CONFIRM, self.applicant),
        )

    def prepare(self, case: Case) -> Case:
        self.node_reports(Outcome.PLANNED)
        case = self.act(case, Action.PREPARE, self.technician, shown_digest=DIGEST)
        return self.told(case, self.node_reports(Outcome.APPLIED))

    def approve(self, case: Case) -> Case:
        self.papers(case)
        return self.act(case, Action.APPROVE, self.head)

    def sign(self, case: Case, actor: User) -> None:
        """What the page of step 7 would keep beforehand: that the documents were signed. No one looks at it."""
        for paper in documents(case).values():
            if paper.signed:
                continue
            data = store.get(paper.sha256) + b"signed"
            Signature.objects.create(
                paper=paper,
                sha256=store.put(data),
                size_bytes=len(data),
                signer=actor,
                name=actor.full_name,
                role="Kepala Dinas",
                method="local",
                level="B-B",
                certificate=actor.full_name,
                issuer="Uji",
                serial="1",
                signed_at=self.now,
                stored_at=self.now,
            )

    def deliver(self, case: Case) -> Case:
        self.papers(case)
        case = self.told(case, self.node_reports(Outcome.APPLIED))
        return self.act(case, Action.DELIVER, self.registrar)

    def handed_over(self, **request) -> Case:
        """A delivered case whose access the applicant holds."""
        case = self.bring_to(State.DELIVERED, **request)
        used = {"used_by": self.applicant, "used_at": self.now}
        case.access_invitations.create(email=self.applicant.email, made_at=self.now, expires_at=self.now, **used)
        return case

    def papers(self, case: Case) -> None:
        """What the worker would do with the papers that the last event asks for."""
        event = case.events.last()
        kinds = {
            Action.REQUEST_APPROVAL: (*SIGNED_TOGETHER, "approval_request"),
        }
        for kind in kinds.get(Action(event.action), ()):
            jobs.make_paper(event.pk, kind)

    def node_reports(self, outcome: Outcome, *, problem: str = "", proofs=PROOFS, wish: Wish | None = None) -> Wish:
        """The node takes its wish, or was at this one all the time, and tells how it ended."""
        wish = wish or reports.take_wish(self.node, at=self.later())
        assert wish is not None
        proven = outcome in (Outcome.APPLIED, Outcome.VERIFIED, Outcome.UNPROVEN)
        report = reports.Report(
            outcome=outcome,
            plan={"changes": []},
            digest=DIGEST,
            evidence=tuple(proofs) if proven else (),
            proved_at=self.now if proven else None,
            problem_code=problem,
            problem=problem and f"{problem} happened",
            reduced=(),
        )
        assert reports.store_report(wish.pk, self.node, report, at=self.later())
        wish.refresh_from_db()
        return wish

    def told(self, case: Case, wish: Wish) -> Case:
        jobs.site_reported(wish.pk)
        return Case.objects.get(pk=case.pk)


def fill_in(group: Group, **values) -> None:
    """What the department's page of these settings would write down; the rest of the group stays as it is."""
    settings.change(group, replace(office().of(group), **values), actor=None, at=MONDAY)


def refused(act, *arguments, **data) -> list[tuple[str, str]]:
    with pytest.raises(InvalidError) as raised:
        act(*arguments, **data)
    return [(fault.code, fault.field) for fault in raised.value.faults]
