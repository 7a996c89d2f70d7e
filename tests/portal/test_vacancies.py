"""A post that nobody has: its cases are seen by whoever can help, and go on as soon as somebody has it."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from panggon.cases import clock_jobs
from panggon.cases.models import Case
from panggon.core.cases.procedure import Action, Role, State
from panggon.core.people.acting import ActingKind
from panggon.core.people.posts import Tenure
from panggon.notify.models import Notice
from panggon.people import selectors as people
from panggon.people import services
from panggon.people.models import RoleAssignment
from tests.portal.office import MONDAY
from tests.portal.visitor import at, text, visitor

DAY = timedelta(days=1)
TODAY = date(2026, 11, 23)
TUESDAY = MONDAY + DAY


@pytest.fixture
def administrator(office):
    return office.person("admin", Role.ADMINISTRATOR)


@pytest.fixture
def check(office, monkeypatch):
    """The worker looks at this time; what was told by it, recipient and subject."""

    def look(now) -> list[tuple[str, str]]:
        office.now = now
        monkeypatch.setattr(timezone, "now", lambda: office.now)
        before = set(Notice.objects.values_list("pk", flat=True))
        clock_jobs.check_posts(0)
        told = Notice.objects.exclude(pk__in=before).select_related("recipient").order_by("recipient__username")
        return [(notice.recipient.username, notice.subject) for notice in told]

    return look


def end(office, user, last_day=TODAY) -> None:
    services.change_tenure(
        RoleAssignment.objects.get(user=user), Tenure(None, last_day), actor=office.registrar, at=MONDAY
    )


def act_for(office, user, role=Role.DIVISION_HEAD, kind=ActingKind.PLT) -> None:
    services.name_acting_official(
        user,
        kind=kind,
        role=role,
        division=office.division if role is Role.DIVISION_HEAD else None,
        order_number="800/1",
        order_date=TODAY,
        first_day=TODAY + DAY,
        last_day=TODAY + 9 * DAY,
        actor=office.registrar,
        at=MONDAY,
    )


def empty(now) -> list[tuple[str, date | None]]:
    return [(vacancy.title, vacancy.since) for vacancy in people.vacancies(now=now)]


def test_a_post_is_empty_from_the_day_after_its_last(office):
    end(office, office.head)
    assert (empty(MONDAY), empty(TUESDAY)) == ([], [("Kepala Dinas", TODAY + DAY)])
    assert [vacancy.since for vacancy in people.vacancies_soon(now=MONDAY)] == [TODAY + DAY]
    assert people.vacancies_soon(now=TUESDAY) == []


def test_who_acts_has_it_in_hand_and_it_is_empty_since_the_acting_ended(office, successor):
    end(office, office.head)
    act_for(office, successor, Role.HEAD)
    assert (empty(TUESDAY), empty(MONDAY + 10 * DAY)) == ([], [("Kepala Dinas", TODAY + 10 * DAY)])


@pytest.fixture
def successor(office):
    return office.person("pengganti")


def test_a_closed_account_leaves_its_post_empty(office, administrator):
    services.close_account(office.registrar, actor=administrator, at=MONDAY)
    assert empty(MONDAY) == [("Tata Usaha", TODAY)]


def test_an_empty_post_with_waiting_cases_is_told_upwards_once_a_week(office, administrator, check):
    office.bring_to(State.DISPOSED)
    end(office, office.division_head)
    assert check(MONDAY + timedelta(hours=1)) == [(who, "Kepala Bidang INS akan kosong") for who in ("admin", "kadis")]
    told = [(who, "Kepala Bidang INS kosong, permohonan menunggu") for who in ("admin", "kadis")]
    assert check(TUESDAY) == told
    assert check(TUESDAY + timedelta(hours=1)) == []
    assert check(TUESDAY + 7 * DAY) == told


def test_nothing_is_told_at_night_nor_of_a_post_that_nothing_waits_for(office, administrator, check):
    office.bring_to(State.RECEIVED)
    end(office, office.division_head)
    assert check(TUESDAY) == []
    end(office, office.head)
    assert check(TUESDAY + timedelta(hours=12)) == []
    assert check(TUESDAY + DAY) == [("admin", "Kepala Dinas kosong, permohonan menunggu")]


def test_the_pages_say_who_can_act_and_the_successor_sees_it_at_once(office, administrator, successor, office_time):
    case = office.bring_to(State.DISPOSED)
    end(office, office.division_head)
    office.now = TUESDAY
    words = (
        "Kepala Bidang INS kosong sejak 24 November 2026. Administrator (Admin) mencatat penggantinya, Plh, atau Plt"
    )
    assert words in text(at(office, "head").get(f"/permohonan/{case.number}/"))
    told = text(at(office, "applicant").get(f"/permohonan/{case.number}/"))
    assert "Jabatan Kepala Bidang INS sedang kosong." in told
    assert "Admin" not in told
    for client, offered in ((visitor(administrator), True), (at(office, "head"), False)):
        home = client.get("/beranda/")
        assert "kosong sejak 24 November 2026 1 permohonan menunggu." in text(home)
        assert ('href="/pegawai/">Catat penggantinya' in home.content.decode()) is offered
        (row,) = home.context["empty_posts"]
        assert case.number in text(client.get(row.address))
    assert at(office, "technician").get("/beranda/").context["empty_posts"] == []
    assert "kosong sejak 24 November 2026" in text(visitor(administrator).get("/pegawai/"))

    act_for(office, successor)
    assert people.vacancies(now=TUESDAY) == []
    assert "1 permohonan menunggu tindakan Anda" in text(visitor(successor).get("/beranda/"))
    assert "kosong" not in text(at(office, "head").get(f"/permohonan/{case.number}/"))


def test_who_comes_next_is_said(office, administrator, successor, office_time):
    office.bring_to(State.RECEIVED)
    end(office, office.head)
    tenure = Tenure(TODAY + 3 * DAY, None, "821.2/7/2026")
    services.give_post(successor, Role.HEAD, division=None, tenure=tenure, actor=administrator, at=MONDAY)
    office.now = TUESDAY
    assert "Mulai 26 November 2026 dijabat Pengganti." in text(visitor(administrator).get("/beranda/"))


def test_the_kepala_bidang_is_asked_for_another_technician(office, administrator, check, office_time):
    case = office.bring_to(State.VERIFYING)
    office.person("lain", Role.TECHNICIAN, division=office.division)
    post = RoleAssignment.objects.get(user=office.technician)
    services.take_post(post, actor=administrator, at=MONDAY)
    assert check(TUESDAY) == [("kabid", f"{case.number}: perlu petugas teknis lain")]
    assert check(TUESDAY + DAY) == []
    notice = Notice.objects.get(recipient=office.division_head, subject__endswith="lain")
    assert notice.path == f"/permohonan/{case.number}/ganti-petugas-teknis/"
    assert "1 permohonan menunggu tindakan Anda" in text(at(office, "division_head").get("/beranda/"))
    office.act(case, Action.REASSIGN, office.division_head, technician=people.technicians().get(), reasons="Pindah")
    assert Case.objects.get().technician.username == "lain"


def test_a_technicians_case_goes_up_where_there_is_no_kepala_bidang_either(office, administrator, check, office_time):
    case = office.bring_to(State.VERIFYING)
    services.take_post(RoleAssignment.objects.get(user=office.technician), actor=administrator, at=MONDAY)
    end(office, office.division_head)
    assert [who for who, _subject in check(TUESDAY)] == ["admin", "kadis"]
    assert "Kepala Bidang INS kosong sejak 24 November 2026." in text(
        at(office, "head").get(f"/permohonan/{case.number}/")
    )
