"""Who holds the posts of Kepala Dinas and Kepala Bidang from when to when, and what a change means to a case."""

from datetime import date, timedelta

import pytest

from panggon.audit.selectors import history_of
from panggon.cases import jobs
from panggon.cases.content.paper_facts import signer_of
from panggon.core.cases.procedure import Action, Role, State
from panggon.core.people.posts import Tenure
from panggon.papers.contents import PaperKind
from panggon.people import selectors as people
from panggon.people import services
from panggon.people.models import RoleAssignment
from tests.portal.office import MONDAY
from tests.portal.test_act import refused
from tests.portal.visitor import faults, text, visitor

DAY = timedelta(days=1)
TODAY = date(2026, 11, 23)
SUCCESSOR = Tenure(TODAY + 2 * DAY, None, "821.2/7/2026")


@pytest.fixture
def administrator(office):
    return office.person("admin", Role.ADMINISTRATOR)


@pytest.fixture
def successor(office):
    return office.person("pengganti")


def give(office, user, tenure=SUCCESSOR, *, role=Role.HEAD, at=MONDAY, **options):
    division = office.division if role is Role.DIVISION_HEAD else None
    taken = {"division": division, "tenure": tenure, "actor": office.registrar, "at": at}
    return services.give_post(user, role, **taken, **options)


def heads(now):
    return [user.username for user in people.holders_of(Role.HEAD, now=now)]


def test_a_successor_takes_over_on_the_first_day(office, successor):
    give(office, successor, replaces=True)
    # The office's days begin at 17.00 UTC.
    evening = MONDAY.replace(day=24, hour=16, minute=59)
    assert (heads(MONDAY), heads(evening), heads(evening + timedelta(minutes=1))) == (
        ["kadis"],
        ["kadis"],
        ["pengganti"],
    )
    assert people.roles_of(successor, now=MONDAY) == set()
    former = history_of(f"people.user:{office.head.pk}").get()
    assert (former.before, former.after, former.reason) == (
        {"posts": ["Kepala Dinas"]},
        {"posts": ["Kepala Dinas, ../2026-11-24"]},
        "821.2/7/2026",
    )
    named = history_of(f"people.user:{successor.pk}").get()
    assert named.after == {"posts": ["Kepala Dinas, 2026-11-25/.., 821.2/7/2026"]}


def test_from_today_on_the_former_had_it_until_this_moment(office, successor):
    now = MONDAY + timedelta(hours=2)
    give(office, successor, Tenure(TODAY - DAY), replaces=True, at=now)
    assert (heads(now - timedelta(seconds=1)), heads(now)) == (["kadis"], ["pengganti"])


def test_a_post_with_a_last_day_is_nobodys_afterwards(office):
    post = office.head.role_assignments.get()
    services.change_tenure(post, Tenure(None, TODAY + DAY), actor=office.registrar, at=MONDAY)
    assert (heads(MONDAY + DAY), heads(MONDAY + 2 * DAY)) == (["kadis"], [])
    assert people.is_official(office.head, now=MONDAY + DAY)


def test_what_cannot_be(office, successor):
    assert refused(give, office, successor) == [("post.held", "role")]
    assert refused(give, office, office.registrar, role=Role.DIVISION_HEAD) == [("post.held", "role")]
    post = office.technician.role_assignments.get()
    changes = {"actor": office.registrar, "at": MONDAY}
    assert refused(services.change_tenure, post, SUCCESSOR, **changes) == [("post.no_tenure", "first_day")]
    give(office, successor, replaces=True)
    post = office.head.role_assignments.get()
    assert refused(services.change_tenure, post, Tenure(), **changes) == [("post.held", "role")]
    services.take_post(post, **changes)
    assert refused(services.change_tenure, post, Tenure(), **changes) == [("post.over", "")]


def test_taken_twice_is_taken_once_and_given_again_is_a_row_of_its_own(office):
    post = office.head.role_assignments.get()
    for hours in (1, 2):
        services.take_post(post, actor=office.registrar, at=MONDAY + timedelta(hours=hours))
    post.refresh_from_db()
    assert post.ended_at == MONDAY + timedelta(hours=1)
    assert history_of(f"people.user:{office.head.pk}").count() == 1
    give(office, office.head, Tenure(), at=MONDAY + timedelta(hours=3))
    assert [heads(MONDAY + timedelta(hours=hours)) for hours in (0, 2, 3)] == [["kadis"], [], ["kadis"]]
    assert RoleAssignment.objects.filter(user=office.head).count() == 2


# -- In a case


def test_a_document_that_names_the_former_kepala_dinas_is_not_signed(office, successor):
    case = office.bring_to(State.AWAITING_APPROVAL)
    frozen = case.events.last()
    give(office, successor, Tenure(), replaces=True, at=office.later())
    office.papers(case)
    assert signer_of(PaperKind.HOSTING_DOCUMENT, frozen).name == "Kadis"  # also when the paper is made later
    assert refused(office.act, case, Action.APPROVE, successor) == [("need.names_the_signer", "")]
    assert refused(office.act, case, Action.APPROVE, office.head) == [("action.not_your_role", "")]
    case = office.act(case, Action.SEND_BACK, successor, reasons="Pejabat berganti")
    case = office.act(case, Action.REQUEST_APPROVAL, office.division_head)
    office.papers(case)
    assert signer_of(PaperKind.HOSTING_DOCUMENT, case.events.last()).name == "Pengganti"
    assert office.act(case, Action.APPROVE, successor).state == State.APPROVED


def test_the_pages_say_so_and_send_it_back_with_the_reason_filled_in(office, successor, office_time):
    usual = office.bring_to(State.REPORTED, label="lain")
    case = office.bring_to(State.AWAITING_APPROVAL)
    office.papers(case)
    give(office, successor, Tenure(), replaces=True, at=office.later())
    client = visitor(successor)
    address = f"/permohonan/{case.number}/"
    words = (
        "Dokumen hosting menyebut penanda tangan lain, karena pejabatnya berganti sesudah nota dibuat. "
        "Kembalikan, agar Kepala Bidang membuat nota dan dokumen yang baru."
    )
    assert f"Belum dapat dilakukan: {words}" in text(client.get(f"{address}sahkan/", follow=True))
    form = client.get(f"{address}kembalikan/").context["form"]
    assert form["reasons"].value() == "Pejabat penanda tangan berganti; mohon nota dan dokumen hosting yang baru."
    usually = visitor(office.division_head).get(f"/permohonan/{usual.number}/kembalikan/").context["form"]
    assert usually["reasons"].value() is None


def test_nobody_signs_what_names_nobody(office, successor):
    case = office.bring_to(State.REPORTED)
    services.take_post(office.head.role_assignments.get(), actor=office.registrar, at=office.later())
    case = office.act(case, Action.REQUEST_APPROVAL, office.division_head)
    office.papers(case)
    give(office, successor, Tenure(), at=office.later())
    assert refused(office.act, case, Action.APPROVE, successor) == [("need.names_the_signer", "")]


def test_the_former_kepala_bidang_asked_and_the_new_one_goes_on(office, successor):
    """The nota names who asked at step 6; who holds the post afterwards has the cases."""
    case = office.bring_to(State.AWAITING_APPROVAL)
    asked = case.events.last()
    give(office, successor, Tenure(), role=Role.DIVISION_HEAD, replaces=True, at=office.later())
    office.papers(case)
    assert signer_of(PaperKind.APPROVAL_REQUEST, asked).name == "Kabid"
    case = office.act(case, Action.SEND_BACK, office.head, reasons="Perbaiki")
    assert refused(office.act, case, Action.REQUEST_APPROVAL, office.division_head) == [("action.not_your_role", "")]
    assert office.act(case, Action.REQUEST_APPROVAL, successor).state == State.AWAITING_APPROVAL
    jobs.make_paper(case.events.last().pk, "approval_request")


# -- The administrator's pages


def test_on_the_pages_a_successor_is_named_and_the_history_tells_both(office, administrator, successor, office_time):
    client = visitor(administrator)
    address = f"/orang/{successor.pk}/jabatan/"
    given = {"role": "head", "first_day": "2026-12-01", "order_number": "821.2/7/2026"}
    assert faults(client.post(address, given)) == {
        "role": ["Jabatan ini masih dipegang Kadis pada hari-hari itu. Nyatakan ia digantikan, atau lepaskan dahulu."]
    }
    assert faults(client.post(address, {**given, "last_day": "2026-11-30"})) == {
        "last_day": ["Hari terakhir mendahului hari pertama."]
    }
    registrar = {**given, "role": "registrar"}
    assert faults(client.post(address, registrar)) == {
        "first_day": ["Masa jabatan dan SK hanya dicatat untuk Kepala Dinas dan Kepala Bidang."]
    }
    page = client.post(address, {**given, "replaces": "on"}, follow=True)
    assert "Kepala Dinas sejak 1 Desember 2026 · SK 821.2/7/2026 Masa jabatan Lepas" in text(page)
    assert "sampai 30 November 2026" in text(client.get(f"/orang/{office.head.pk}/"))
    assert "Pengganti sejak 1 Desember 2026" in text(client.get("/pegawai/"))
    told = text(client.get("/pegawai/jabatan/kepala-dinas/"))
    assert (
        "Pengganti akan datang sejak 1 Desember 2026 · SK 821.2/7/2026 Kadis menjabat sampai 30 November 2026" in told
    )


def test_days_are_written_down_later_and_who_left_stays_in_the_history(office, administrator, office_time):
    client = visitor(administrator)
    post = office.division_head.role_assignments.get()
    address = f"/orang/{office.division_head.pk}/jabatan/{post.pk}/masa/"
    page = client.post(address, {"first_day": "2024-02-01", "order_number": "821/3/2024"}, follow=True)
    assert "sejak 1 Februari 2024 · SK 821/3/2024" in text(page)
    assert client.get(address).context["form"]["first_day"].value() == date(2024, 2, 1)
    client.post(f"/orang/{office.division_head.pk}/jabatan/{post.pk}/lepas/", {"reason": "Pensiun"})
    person = text(client.get(f"/orang/{office.division_head.pk}/"))
    assert "Pernah menjabat Kepala Bidang INS 1 Februari 2024 sampai 23 November 2026 · SK 821/3/2024" in person
    told = text(client.get(f"/pegawai/jabatan/kepala-bidang/{office.division.pk}/"))
    assert "Kabid selesai 1 Februari 2024 sampai 23 November 2026 · SK 821/3/2024" in told
    assert client.get(address).status_code == 404
    assert visitor(office.head).get("/pegawai/jabatan/kepala-dinas/").status_code == 403
