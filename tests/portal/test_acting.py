"""Acting officials (Plh, Plt): whose a post is at which moment, what is written down, three persons in three steps."""

from datetime import date, timedelta

import pytest

from panggon.audit.selectors import history_of
from panggon.cases import jobs, selectors
from panggon.cases.archive import log
from panggon.cases.content.paper_facts import signer_of
from panggon.cases.models import Event
from panggon.core.cases.procedure import Action, Role, State
from panggon.core.errors import InvalidError
from panggon.core.people.acting import ActingKind
from panggon.papers.contents import PaperKind
from panggon.papers.facts import Person
from panggon.people import selectors as people
from panggon.people import services
from panggon.people.models import ActingOfficial, RoleAssignment
from tests.portal.office import MONDAY
from tests.portal.test_act import refused
from tests.portal.test_audit import tamper
from tests.portal.visitor import buttons, text, visitor

DAY = timedelta(days=1)
TODAY = date(2026, 11, 23)


@pytest.fixture
def deputy(office):
    """Of the dinas, without a post of one's own."""
    return office.person("sekretaris")


def name(office, user, role=Role.HEAD, kind=ActingKind.PLH, *, first=TODAY, last=TODAY + 2 * DAY, **changes):
    return services.name_acting_official(
        user,
        kind=kind,
        role=role,
        division=office.division if role is Role.DIVISION_HEAD else None,
        order_number="800/12/2026",
        order_date=TODAY - 3 * DAY,
        first_day=first,
        last_day=last,
        actor=None,
        **{"at": MONDAY, **changes},
    )


def vacant(role):
    RoleAssignment.objects.filter(role=role).delete()


# -- Whose the post is


# The office's days begin and end at 17.00 UTC.
@pytest.mark.parametrize(
    ("now", "in_hand"),
    [
        (MONDAY.replace(day=22, hour=16, minute=59), False),
        (MONDAY.replace(day=22, hour=17), True),
        (MONDAY, True),
        (MONDAY.replace(day=25, hour=16, minute=59), True),
        (MONDAY.replace(day=25, hour=17), False),
    ],
    ids=["the evening before", "from midnight", "in between", "to midnight", "after the last day"],
)
@pytest.mark.parametrize("role", [Role.HEAD, Role.DIVISION_HEAD])
@pytest.mark.parametrize("kind", ActingKind)
def test_whose_a_post_is_at_which_moment(office, deputy, role, kind, now, in_hand):
    incumbent = office.head if role is Role.HEAD else office.division_head
    if kind is ActingKind.PLT:
        vacant(role)
    name(office, deputy, role, kind, at=MONDAY - 2 * DAY)
    keeps = kind is ActingKind.PLH and not in_hand
    assert people.roles_of(deputy, now=now) == ({role} if in_hand else set())
    assert people.is_official(deputy, now=now) == in_hand
    assert people.roles_of(incumbent, now=now) == ({role} if keeps else set())
    assert people.is_official(incumbent, now=now) == (kind is ActingKind.PLH)
    assert set(people.holders_of(role, now=now)) == ({deputy} if in_hand else {incumbent} if keeps else set())
    headed = {office.division} if role is Role.DIVISION_HEAD else set()
    assert set(people.divisions_of(deputy, role, now=now)) == (headed if in_hand else set())
    assert set(people.divisions_of(incumbent, role, now=now)) == (headed if keeps else set())
    substitutes = [acting.user for acting in people.substitutes_of(incumbent, now=now)]
    assert substitutes == ([deputy] if in_hand and kind is ActingKind.PLH else [])


def test_an_order_that_is_entered_late_says_nothing_of_before(office, deputy):
    name(office, deputy, at=MONDAY + DAY)
    assert people.roles_of(office.head, now=MONDAY) == {Role.HEAD}
    assert people.roles_of(office.head, now=MONDAY + DAY) == set()


def test_a_post_of_another_division_stays_as_it_is(office, deputy):
    other = office.division.__class__.objects.create(name="Bidang Lain")
    colleague = office.person("kabid2", Role.DIVISION_HEAD, division=other)
    name(office, deputy, Role.DIVISION_HEAD)
    assert people.roles_of(colleague, now=MONDAY) == {Role.DIVISION_HEAD}
    assert set(people.holders_of(Role.DIVISION_HEAD, now=MONDAY)) == {colleague, deputy}
    assert set(people.holders_of(Role.DIVISION_HEAD, now=MONDAY, division=office.division)) == {deputy}
    assert people.roles_of(office.head, now=MONDAY) == {Role.HEAD}


def test_ended_early_the_post_goes_back_at_once(office, deputy):
    acting = name(office, deputy)
    services.end_acting(acting, actor=office.head, at=MONDAY + DAY, reason="Kembali dari perjalanan dinas")
    assert people.roles_of(deputy, now=MONDAY + DAY - timedelta(seconds=1)) == {Role.HEAD}
    assert people.roles_of(deputy, now=MONDAY + DAY) == set()
    assert people.roles_of(office.head, now=MONDAY + DAY) == {Role.HEAD}
    again = name(office, deputy, at=MONDAY + DAY, first=TODAY + DAY)  # what was ended stands in nobody's way
    subjects = [f"people.acting:{acting.pk}", f"people.acting:{again.pk}"]
    ended, named = history_of(subjects[0])
    assert (ended.actor, ended.reason, ended.after["ended_at"]) == (
        office.head,
        "Kembali dari perjalanan dinas",
        "2026-11-24T02:00:00+00:00",
    )
    assert (named.before, named.after["user"], named.after["represented"]) == (None, "Sekretaris", "Kadis")
    assert history_of(subjects[1]).count() == 1


@pytest.mark.parametrize(
    ("options", "codes"),
    [
        ({"user": "head"}, ["acting.of_oneself"]),
        ({"user": "applicant"}, ["acting.not_of_the_dinas"]),
        ({"role": Role.REGISTRAR, "user": "technician"}, ["acting.no_such_post"]),
        ({"kind": ActingKind.PLT}, ["acting.plt_with_incumbent"]),
        ({"first": TODAY + 9 * DAY}, ["acting.ends_before_it_begins"]),
    ],
    ids=["oneself", "of an agency", "no such post", "plt beside an incumbent", "days"],
)
def test_who_cannot_be_named(office, deputy, options, codes):
    user = getattr(office, options.pop("user", ""), deputy)
    with pytest.raises(InvalidError) as raised:
        name(office, user, **options)
    assert [fault.code for fault in raised.value.faults] == codes
    assert not ActingOfficial.objects.exists()


def test_one_at_a_time_in_a_post(office, deputy):
    name(office, deputy)
    with pytest.raises(InvalidError) as raised:
        name(office, office.registrar, first=TODAY + 2 * DAY, last=TODAY + 9 * DAY)
    assert [(fault.code, fault.field) for fault in raised.value.faults] == [("acting.overlaps", "first_day")]
    name(office, office.registrar, first=TODAY + 3 * DAY, last=TODAY + 9 * DAY)
    name(office, office.registrar, Role.DIVISION_HEAD)


# -- What they do in a case


def test_the_acting_official_decides_and_the_log_names_both(office, deputy):
    case = office.bring_to(State.RECEIVED)
    name(office, deputy)
    assert selectors.waiting_for(deputy, now=office.now) == [case]
    assert selectors.waiting_for(office.head, now=office.now) == []
    case = office.act(case, Action.DISPOSE, deputy, division=office.division, instruction="Selesaikan")
    event = case.events.last()
    assert (event.actor, event.role, event.acting, event.represented) == (deputy, "head", "plh", office.head)
    assert event.data["order"] == {"number": "800/12/2026", "date": "2026-11-20"}
    assert log.broken_links(case) == ()


@pytest.mark.parametrize("change", ["represented_id = NULL", "acting = 'plt'"])
def test_who_was_represented_is_in_the_chain(office, deputy, change):
    case = office.bring_to(State.RECEIVED)
    name(office, deputy)
    case = office.act(case, Action.DISPOSE, deputy, division=office.division, instruction="Selesaikan")
    tamper(f"UPDATE cases_event SET {change} WHERE action = 'dispose'")
    assert [fault.code for fault in log.broken_links(case)] == ["chain.changed"]


def test_under_plh_the_incumbent_cannot_decide_and_is_told_why(office, deputy):
    case = office.bring_to(State.RECEIVED)
    name(office, deputy)
    with pytest.raises(InvalidError) as raised:
        office.act(case, Action.DISPOSE, office.head, division=office.division, instruction="Selesaikan")
    (fault,) = raised.value.faults
    assert (fault.code, fault.facts) == (
        "action.represented",
        {"acting": "Sekretaris", "last_day": TODAY + 2 * DAY},
    )
    assert selectors.offers(case, office.head, now=office.now) == ()
    assert selectors.case_for(office.head, case.number, now=office.now) == case
    assert refused(office.act, case, Action.RECEIVE, office.head) == [("action.not_from_this_state", "")]


def test_under_plt_nobody_is_represented(office, deputy):
    case = office.bring_to(State.RECEIVED)
    vacant(Role.HEAD)
    name(office, deputy, kind=ActingKind.PLT)
    case = office.act(case, Action.DISPOSE, deputy, division=office.division, instruction="Selesaikan")
    event = case.events.last()
    assert (event.acting, event.represented) == ("plt", None)
    assert signer_of(PaperKind.DISPOSITION, event) == Person(
        "Sekretaris", "Plt. Kepala Dinas", "", "berdasarkan Surat Perintah nomor 800/12/2026 tanggal 20 November 2026"
    )


def test_papers_name_both(office, deputy):
    case = office.bring_to(State.REPORTED)
    name(office, deputy)
    case = office.act(case, Action.REQUEST_APPROVAL, office.division_head)
    behalf = "mewakili Kadis berdasarkan Surat Perintah nomor 800/12/2026 tanggal 20 November 2026"
    frozen = signer_of(PaperKind.HOSTING_DOCUMENT, case.events.last())
    assert frozen == Person("Sekretaris", "Plh. Kepala Dinas", "", behalf)
    office.papers(case)
    case = office.act(case, Action.APPROVE, deputy)
    assert signer_of(PaperKind.ACCESS_DOCUMENT, case.events.last()) == frozen
    office.papers(case)  # and the sheet takes the note


def test_a_document_frozen_for_another_is_asked_for_again(office, deputy):
    """Plh begins between steps 6 and 7: what the paper would say of the signer is not so any more."""
    case = office.bring_to(State.AWAITING_APPROVAL)
    office.papers(case)
    acting = name(office, deputy, at=office.later())
    assert refused(office.act, case, Action.APPROVE, deputy) == [("need.names_the_signer", "")]
    case = office.act(case, Action.SEND_BACK, deputy, reasons="Pejabat berganti")
    case = office.act(case, Action.REQUEST_APPROVAL, office.division_head)
    office.papers(case)
    services.end_acting(acting, actor=None, at=office.later())
    assert refused(office.act, case, Action.APPROVE, office.head) == [("need.names_the_signer", "")]
    case = office.act(case, Action.SEND_BACK, office.head, reasons="Pejabat kembali")
    case = office.act(case, Action.REQUEST_APPROVAL, office.division_head)
    office.papers(case)
    assert office.act(case, Action.APPROVE, office.head).state == State.APPROVED


def test_notices_go_to_who_has_the_post_in_hand(office, deputy, monkeypatch):
    case = office.bring_to(State.SUBMITTED)
    name(office, deputy)
    case = office.act(case, Action.RECEIVE, office.registrar)
    monkeypatch.setattr(jobs.timezone, "now", lambda: office.now)
    jobs.notify(case.events.last().pk, "notify_next")
    assert (deputy.notices.count(), office.head.notices.count()) == (1, 0)


# Who does steps 5, 6 and 7, for whom, and at which step it stops. t: the technician, k: Kepala Bidang, h: Kepala Dinas.
@pytest.mark.parametrize(
    ("for_division_head", "for_head", "stops_at", "code"),
    [
        (None, None, None, ""),
        ("deputy", None, None, ""),
        (None, "deputy", None, ""),
        ("technician", None, Action.REQUEST_APPROVAL, "need.not_in_step_5"),
        ("head", None, Action.APPROVE, "need.not_in_step_6"),
        (None, "technician", Action.APPROVE, "need.not_in_step_5"),
        (None, "division_head", Action.APPROVE, "need.not_in_step_6"),
        ("deputy", "deputy", Action.APPROVE, "need.not_in_step_6"),
        ("deputy", "division_head", Action.APPROVE, "need.not_in_step_6"),
        ("deputy", "registrar", None, ""),
    ],
)
def test_steps_5_6_and_7_are_three_persons_delegation_included(
    office, deputy, for_division_head, for_head, stops_at, code
):
    office.deputy = deputy
    case = office.bring_to(State.REPORTED)
    actors = {Action.REQUEST_APPROVAL: office.division_head, Action.APPROVE: office.head}
    if for_division_head:
        actors[Action.REQUEST_APPROVAL] = getattr(office, for_division_head)
        name(office, actors[Action.REQUEST_APPROVAL], Role.DIVISION_HEAD)
    if for_head:
        actors[Action.APPROVE] = getattr(office, for_head)
        name(office, actors[Action.APPROVE])
    for action, actor in actors.items():
        if action == stops_at:
            assert refused(office.act, case, action, actor) == [(code, "")]
            return
        case = office.act(case, action, actor)
        office.papers(case)
    assert case.state == State.APPROVED


def test_standing_in_for_a_person_does_not_give_that_persons_other_tasks(office):
    """The Kepala Bidang who is a technician too is stood in for as Kepala Bidang only."""
    RoleAssignment.objects.create(user=office.division_head, role=Role.TECHNICIAN, division=office.division)
    office.technician, stand_in = office.division_head, office.technician
    case = office.bring_to(State.VERIFYING)
    name(office, stand_in, Role.DIVISION_HEAD)
    assert refused(office.act, case, Action.RETURN_TO_APPLICANT, stand_in, reasons="x") == [
        ("need.assigned_technician", "")
    ]
    offered = [offer.action for offer in selectors.offers(case, stand_in, now=office.now)]
    assert offered == [Action.REASSIGN]


def test_one_person_acts_in_the_own_standing_where_that_is_enough(office):
    """A Kepala Bidang who is also Plh of another division is there on behalf, and at home not."""
    other = office.division.__class__.objects.create(name="Bidang Lain")
    neighbour = office.person("kabid2", Role.DIVISION_HEAD, division=other)
    name(office, neighbour, Role.DIVISION_HEAD)
    case = office.bring_to(State.DISPOSED)
    case = office.act(case, Action.ASSIGN, neighbour, technician=office.technician)
    assert case.events.last().represented == office.division_head
    office.person("teknis2", Role.TECHNICIAN, division=other)
    own = office.bring_to(State.RECEIVED, label="lain")
    own = office.act(own, Action.DISPOSE, office.head, division=other, instruction="Pantau")
    own = office.act(own, Action.ASSIGN, neighbour, technician=people.technicians_of(other).get())
    assert (own.events.last().represented, own.events.last().acting) == (None, "")


# -- Its pages


def test_the_case_page_says_who_stood_in_for_whom(office, deputy):
    case = office.bring_to(State.RECEIVED)
    name(office, deputy)
    case = office.act(case, Action.DISPOSE, deputy, division=office.division, instruction="Selesaikan")
    page = text(visitor(office.registrar).get(f"/permohonan/{case.number}/"))
    assert "Sekretaris, Plh. Kepala Dinas, mewakili Kadis" in page


def test_the_incumbents_page_offers_nothing_and_says_why(office, deputy):
    case = office.bring_to(State.RECEIVED)
    name(office, deputy, first=date(2020, 1, 1), last=date(2099, 12, 31))
    client = visitor(office.head)
    assert buttons(client.get(f"/permohonan/{case.number}/"), case) == ["surat"]
    words = "Jabatan Anda dijalankan Sekretaris sampai 31 Desember 2099; selama itu langkah ini ada padanya."
    assert words in text(client.get(f"/permohonan/{case.number}/terbitkan-disposisi/", follow=True))
    assert "dijalankan oleh Plh. Kepala Dinas, Sekretaris, sampai 31 Desember 2099" in text(client.get("/beranda/"))
    assert buttons(visitor(deputy).get(f"/permohonan/{case.number}/"), case) == [
        "terbitkan-disposisi",
        "tolak",
        "surat",
    ]


# -- Another technician


@pytest.fixture
def colleague(office):
    return office.person("rekan", Role.TECHNICIAN, division=office.division)


@pytest.mark.parametrize("state", [State.VERIFYING, State.PREPARING, State.PREPARED, State.REPORTED, State.APPROVED])
def test_another_technician_goes_on_where_the_former_was(office, colleague, state):
    case = office.bring_to(state)
    office.papers(case)
    case = office.act(case, Action.REASSIGN, office.division_head, technician=colleague, reasons="Cuti melahirkan")
    event = case.events.last()
    assert (case.state, case.technician, event.note) == (state, colleague, "Cuti melahirkan")
    assert event.data["technician"] == colleague.pk
    assert event.data["former_technician"] == office.technician.pk
    for whom in ("notify_successor", "notify_former"):
        jobs.notify(event.pk, whom)
    assert (
        colleague.notices.count(),
        office.technician.notices.filter(reference__endswith=f":{event.sequence}").count(),
    ) == (1, 1)
    if state is State.VERIFYING:
        assert selectors.waiting_for(colleague, now=office.now) == [case]
        assert selectors.waiting_for(office.technician, now=office.now) == []


def test_who_may_not_take_a_case_over(office, colleague):
    case = office.bring_to(State.VERIFYING)
    stranger = office.person("luar", Role.TECHNICIAN, division=office.division.__class__.objects.create(name="Lain"))
    reassign = {"reasons": "x"}
    assert refused(office.act, case, Action.REASSIGN, office.division_head, technician=stranger, **reassign) == [
        ("technician.of_another_division", "technician")
    ]
    assert refused(
        office.act, case, Action.REASSIGN, office.division_head, technician=office.technician, **reassign
    ) == [("technician.same", "technician")]
    assert refused(office.act, case, Action.REASSIGN, office.head, technician=colleague, **reassign) == [
        ("action.not_your_role", "")
    ]
    assert not Event.objects.filter(action="reassign").exists()


def test_the_form_shows_each_technicians_load(office, colleague):
    case = office.bring_to(State.VERIFYING)
    office.bring_to(State.PREPARING, label="lain")
    client = visitor(office.division_head)
    address = f"/permohonan/{case.number}/ganti-petugas-teknis/"
    page = client.get(address)
    assert "Rekan Usulan Tidak ada permohonan berjalan" in text(page)
    assert f"{office.technician.full_name} · 2" not in text(page)
    answer = client.post(address, {"version": case.version, "technician": colleague.pk, "reasons": "Cuti"})
    case.refresh_from_db()
    assert (answer.status_code, case.technician) == (302, colleague)
