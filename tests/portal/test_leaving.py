"""People of the dinas leave: the history keeps the name, and no case is left to nobody."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from panggon.audit.selectors import history_of
from panggon.cases import handover, selectors
from panggon.core.cases.procedure import Action, Role, State
from panggon.core.people.acting import ActingKind
from panggon.people import selectors as people
from panggon.people import services
from panggon.people.models import ActingOfficial, Invitation, RoleAssignment
from tests.portal.office import MONDAY
from tests.portal.test_act import refused
from tests.portal.visitor import faults, text, visitor

PASSWORD = "kawung-dan-parang-7"


@pytest.fixture
def administrator(office):
    return office.person("admin", Role.ADMINISTRATOR)


def close(user, administrator, **options):
    handover.close_account(
        user, **{"successors": {}, "actor": administrator, "at": MONDAY, "reason": "Pindah tugas", **options}
    )


def test_who_left_cannot_come_in_and_the_name_stays(office, administrator, client):
    colleague = office.person("tu2", Role.REGISTRAR)
    case = office.bring_to(State.SUBMITTED)
    case = office.act(case, Action.RECEIVE, colleague)
    colleague.set_password(PASSWORD)
    colleague.save()
    session = visitor(colleague)
    assert session.get("/beranda/").status_code == 200
    close(colleague, administrator)
    assert session.get("/beranda/").headers["Location"].startswith("/masuk/")
    client.post("/masuk/", {"login": "tu2", "password": PASSWORD})
    assert client.get("/beranda/").headers["Location"].startswith("/masuk/")
    colleague.refresh_from_db()
    assert (colleague.is_active, colleague.has_usable_password(), people.roles_of(colleague, now=MONDAY)) == (
        False,
        False,
        set(),
    )
    assert "Tu2, Tata Usaha" in text(visitor(office.registrar).get(f"/permohonan/{case.number}/"))
    change = history_of(f"people.user:{colleague.pk}").get()
    assert (change.actor, change.reason, change.before, change.after) == (
        administrator,
        "Pindah tugas",
        {"open": True, "posts": ["Tata Usaha"]},
        {"open": False, "posts": []},
    )


def test_opened_again_without_posts_old_sessions_stay_dead(office, administrator):
    colleague = office.person("tu2", Role.REGISTRAR)
    session = visitor(colleague)
    close(colleague, administrator)
    services.reopen_account(colleague, actor=administrator, at=MONDAY)
    assert session.get("/beranda/").headers["Location"].startswith("/masuk/")
    given = {"full_name": "Tu Dua", "nip": "", "phone": "", "password": PASSWORD}
    user = services.accept(Invitation.objects.get(), **given, at=MONDAY)
    assert (user.pk, user.is_active, user.check_password(PASSWORD)) == (colleague.pk, True, True)
    assert people.roles_of(user, now=MONDAY) == set()


def test_the_last_administrator_stays(office, administrator):
    second = office.person("admin2", Role.ADMINISTRATOR)
    close(administrator, second)
    assert refused(close, second, office.head) == [("account.last_administrator", "")]
    post = second.role_assignments.get()
    taken = {"successors": {}, "actor": office.head, "at": MONDAY}
    assert refused(handover.release_post, post, **taken) == [("account.last_administrator", "")]
    assert refused(close, second, second) == [("account.own", "")]


@pytest.mark.parametrize(
    ("who", "state"),
    [
        ("registrar", State.SUBMITTED),
        ("head", State.RECEIVED),
        ("division_head", State.DISPOSED),
        ("technician", State.VERIFYING),
        ("technician", State.REPORTED),
    ],
)
def test_who_alone_has_a_post_with_waiting_cases_needs_a_successor(office, administrator, who, state):
    case = office.bring_to(state)
    user = getattr(office, who)
    post = user.role_assignments.get()
    field = f"successor_{post.pk}"
    assert refused(close, user, administrator) == [("account.successor_needed", field)]
    user.refresh_from_db()
    assert user.is_active
    successor = office.person("pengganti")
    close(user, administrator, successors={field: successor})
    assert people.roles_of(successor, now=MONDAY) == {Role(post.role)}
    if who != "technician":
        assert selectors.waiting_for(successor, now=office.now) == [case]


@pytest.mark.parametrize("who", ["registrar", "head", "division_head", "technician"])
def test_who_leaves_nothing_behind_needs_none(office, administrator, who):
    office.bring_to(State.DELIVERED)
    close(getattr(office, who), administrator)


def test_a_second_holder_or_an_acting_official_is_enough(office, administrator):
    office.bring_to(State.RECEIVED)
    office.bring_to(State.SUBMITTED, label="lain")
    office.person("tu2", Role.REGISTRAR)
    close(office.registrar, administrator)
    deputy = office.person("sekretaris")
    day = date(2026, 11, 23)
    order = {"order_number": "800/12/2026", "order_date": day, "first_day": day, "last_day": day + timedelta(days=30)}
    services.name_acting_official(deputy, kind=ActingKind.PLH, role=Role.HEAD, **order, actor=administrator, at=MONDAY)
    close(office.head, administrator)
    assert set(people.holders_of(Role.HEAD, now=MONDAY)) == {deputy}


def test_a_plt_begins_when_the_incumbent_is_gone(office, administrator):
    """The post is taken in the same step, so that it is never without a person."""
    deputy = office.person("sekretaris")
    day = date(2026, 11, 23)
    order = {"order_number": "800/12/2026", "order_date": day, "first_day": day, "last_day": day + timedelta(days=30)}
    given = {"kind": ActingKind.PLT, "role": Role.HEAD, **order, "actor": administrator, "at": MONDAY}
    assert refused(services.name_acting_official, deputy, **given) == [("acting.plt_with_incumbent", "kind")]
    acting = services.name_acting_official(deputy, **given, vacates=True)
    assert (acting.represented, people.roles_of(office.head, now=MONDAY)) == (None, set())
    assert people.roles_of(deputy, now=MONDAY) == {Role.HEAD}


def test_what_a_technician_leaves_waits_for_the_kepala_bidang(office, administrator):
    colleague = office.person("rekan", Role.TECHNICIAN, division=office.division)
    case = office.bring_to(State.PREPARING)
    assert list(handover.assigned_to(office.technician)) == [case]
    close(office.technician, administrator)
    assert selectors.waiting_for(office.division_head, now=office.now) == [case]
    page = text(visitor(office.division_head).get(f"/permohonan/{case.number}/"))
    assert "Teknis bukan petugas teknis lagi. Kepala Bidang menunjuk petugas lain." in page
    case = office.act(case, Action.REASSIGN, office.division_head, technician=colleague, reasons="Pindah tugas")
    assert selectors.waiting_for(office.division_head, now=office.now) == []
    assert selectors.waiting_for(colleague, now=office.now) == [case]


def test_who_acts_and_leaves_acts_no_more(office, administrator):
    deputy = office.person("sekretaris")
    day = date(2026, 11, 23)
    order = {"order_number": "800/12/2026", "order_date": day, "first_day": day, "last_day": day + timedelta(days=30)}
    services.name_acting_official(deputy, kind=ActingKind.PLH, role=Role.HEAD, **order, actor=administrator, at=MONDAY)
    close(deputy, administrator, at=MONDAY + timedelta(hours=1))
    assert ActingOfficial.objects.get().ended_at == MONDAY + timedelta(hours=1)
    assert people.roles_of(office.head, now=MONDAY + timedelta(hours=1)) == {Role.HEAD}


def test_a_post_of_one_is_not_held_by_two(office, administrator):
    other = office.person("lain")
    assert refused(services.give_post, other, Role.HEAD, division=None, actor=administrator, at=MONDAY) == [
        ("post.held", "role")
    ]
    assert refused(
        services.give_post, office.applicant, Role.REGISTRAR, division=None, actor=administrator, at=MONDAY
    ) == [("post.of_an_agency", "role")]
    services.give_post(other, Role.REGISTRAR, division=None, actor=administrator, at=MONDAY)
    assert history_of(f"people.user:{other.pk}").get().after == {"posts": ["Tata Usaha"]}


# -- The administrator's pages


def test_the_page_asks_for_the_successor_and_hands_over(office, administrator):
    case = office.bring_to(State.RECEIVED)
    successor = office.person("pengganti")
    post = office.head.role_assignments.get()
    client = visitor(administrator)
    address = f"/orang/{office.head.pk}/tutup/"
    assert "Pengganti sebagai Kepala Dinas" in text(client.get(address))
    answer = client.post(address, {"reason": "Pensiun"})
    assert faults(answer) == {
        f"successor_{post.pk}": ["Kepala Dinas: ada 1 permohonan yang menunggu. Pilih penggantinya dahulu."]
    }
    assert client.post(address, {"reason": "Pensiun", f"successor_{post.pk}": successor.pk}).status_code == 302
    assert selectors.waiting_for(successor, now=timezone.now()) == [case]
    assert "akun ditutup" in text(client.get(f"/orang/{office.head.pk}/"))
    client.post(f"/orang/{office.head.pk}/buka/")
    office.head.refresh_from_db()
    assert office.head.is_active


def test_a_post_is_given_and_released_on_the_pages(office, administrator):
    client = visitor(administrator)
    person = office.person("baru")
    address = f"/orang/{person.pk}/jabatan/"
    assert faults(client.post(address, {"role": "technician"})) == {
        "division": ["Kepala Bidang dan Petugas Teknis memerlukan bidang; jabatan lain tidak."]
    }
    client.post(address, {"role": "technician", "division": office.division.pk})
    post = RoleAssignment.objects.get(user=person)
    assert "Petugas Teknis Bidang INS" in text(client.get(f"/orang/{person.pk}/"))
    client.post(f"/orang/{person.pk}/jabatan/{post.pk}/lepas/", {"reason": ""})
    assert not people.posts_kept().filter(user=person).exists()


def test_acting_officials_on_their_page(office, administrator):
    client = visitor(administrator)
    deputy = office.person("sekretaris")
    given = {
        "post": "head",
        "kind": "plh",
        "user": deputy.pk,
        "order_number": "800/12/2026",
        "order_date": "2020-01-01",
        "first_day": "2020-01-01",
        "last_day": "2099-12-31",
    }
    assert faults(client.post("/pegawai/pejabat-sementara/", {**given, "kind": "plt"})) == {
        "kind": [
            "Jabatan ini masih ada pejabatnya. Pilih Plh, atau nyatakan di bawah bahwa pejabatnya sudah tidak menjabat."
        ]
    }
    client.post("/pegawai/pejabat-sementara/", given)
    page = text(client.get("/pegawai/pejabat-sementara/"))
    assert "Sekretaris, Plh. Kepala Dinas sedang bertugas" in page
    assert "mewakili Kadis" in page
    assert "Plh. Kepala Dinas Sekretaris sampai 31 Desember 2099" in text(client.get("/pegawai/"))
    client.post(f"/pegawai/pejabat-sementara/{ActingOfficial.objects.get().pk}/akhiri/")
    assert "diakhiri" in text(client.get("/pegawai/pejabat-sementara/"))


def test_a_division_is_made_and_renamed(office, administrator):
    client = visitor(administrator)
    assert faults(client.post("/bidang/", {"name": "bidang ins"})) == {"name": ["Bidang dengan nama ini sudah ada."]}
    client.post("/bidang/", {"name": "Bidang Aptika"})
    client.post(f"/bidang/{office.division.pk}/", {"name": "Bidang Infrastruktur"})
    office.division.refresh_from_db()
    assert office.division.name == "Bidang Infrastruktur"
    assert history_of(f"people.division:{office.division.pk}").get().before == {"name": "Bidang INS"}


def test_people_are_found_by_name_nip_email_and_opd(office, administrator):
    client = visitor(administrator)
    office.technician.nip = "199205172019031007"
    office.technician.save()
    for words, found in (("tekn", "Teknis"), ("19920517", "Teknis"), ("kadis@", "Kadis"), ("Dinas Sos", "Sri")):
        rows = [person.full_name for person in client.get("/pegawai/", {"cari": words}).context["page"]]
        assert rows == [found], words
    assert client.get("/pegawai/", {"cari": "\0"}).status_code == 200


def test_only_the_administrator_looks_after_people(office):
    for person in (office.applicant, office.registrar, office.head, office.technician):
        client = visitor(person)
        pages = ["/pegawai/", f"/orang/{office.head.pk}/", f"/orang/{office.head.pk}/tutup/", "/bidang/", "/opd/baru/"]
        assert [client.get(page).status_code for page in pages] == [403] * 5
        assert client.post(f"/orang/{office.head.pk}/tutup/").status_code == 403
