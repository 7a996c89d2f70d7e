"""Accounts begin with an invitation: on a letter's strength for an OPD, by a link that works once."""

import re
from datetime import date, timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from panggon.audit.selectors import history_of
from panggon.core.cases.procedure import Role, State
from panggon.core.errors import InvalidError
from panggon.forms import UNSEEN
from panggon.people import selectors, services
from panggon.people.models import Agency, Invitation, User
from tests.portal.mailbox import send_messages
from tests.portal.office import MONDAY
from tests.portal.test_act import refused
from tests.portal.visitor import faults, text, visitor

PASSWORD = "kawung-dan-parang-7"
GIVEN = {
    "full_name": "Budi Santoso, S.Kom.",
    "nip": "199003122015032004",
    "phone": "0812-3456-7890",
    "password": PASSWORD,
}
LETTER = services.Letter("500.12/117/2026", date(2026, 11, 20), "HST-2026-0001")
DAY = timedelta(days=1)


@pytest.fixture
def invitation(office):
    return services.invite_to_agency(
        "budi@example.go.id", office.agency, letter=LETTER, actor=office.registrar, at=MONDAY
    )


def link_in(message) -> str:
    return re.search(r"http://localhost:8080(/undangan/terima/\w+/)", message.body)[1]


def renewed_from_now(invitation) -> str:
    """A link that is good by the wall clock, as pages go by it; the address that the mail leads to."""
    Invitation.objects.filter(pk=invitation.pk).update(expires_at="2099-01-01T00:00Z")
    (message,) = send_messages()
    return link_in(message)


def test_an_invited_person_makes_the_account_and_comes_in(office, invitation, client):
    address = renewed_from_now(invitation)
    assert mail.outbox[-1].to == ["budi@example.go.id"]
    assert office.agency.name in text(client.get(address))
    answer = client.post(address, GIVEN)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/masuk/")
    budi = User.objects.get(email="budi@example.go.id")
    assert (budi.agency, budi.full_name, budi.nip, budi.phone) == (
        office.agency,
        "Budi Santoso, S.Kom.",
        "199003122015032004",
        "0812-3456-7890",
    )
    assert client.post("/masuk/", {"login": budi.email, "password": PASSWORD}).headers["Location"] == "/beranda/"
    assert client.post(address, GIVEN).status_code == 410
    assert User.objects.filter(email="budi@example.go.id").count() == 1


def test_only_a_digest_of_the_link_is_kept(office, invitation):
    token = renewed_from_now(invitation).split("/")[-2]
    kept = " ".join(map(str, Invitation.objects.values().get(pk=invitation.pk).values()))
    assert token not in kept
    assert services.hash_of(token) in kept


def test_the_letter_is_recorded(office, invitation):
    change = history_of(f"people.agency:{office.agency.pk}").get()
    assert (change.actor, change.after) == (
        office.registrar,
        {
            "invitation": "budi@example.go.id",
            "letter": "500.12/117/2026, 2026-11-20",
            "case": "HST-2026-0001",
            "state": "sent",
        },
    )


@pytest.mark.parametrize(
    ("happens", "at", "code"),
    [
        (lambda row: services.withdraw(row, actor=row.invited_by, at=MONDAY), MONDAY, "invitation.over"),
        (lambda row: services.accept(row, **GIVEN, at=MONDAY), MONDAY, "invitation.over"),
        (lambda row: None, MONDAY + 7 * DAY, "invitation.over"),
        (
            lambda row: services.create_account("b", full_name="B", email="BUDI@example.go.id", password=PASSWORD),
            MONDAY,
            "email.taken",
        ),
    ],
    ids=["withdrawn", "used", "expired", "an account came to be meanwhile"],
)
def test_when_a_link_works_no_more(invitation, happens, at, code):
    happens(invitation)
    count = User.objects.count()
    with pytest.raises(InvalidError) as raised:
        services.accept(invitation, **GIVEN, at=at)
    assert [fault.code for fault in raised.value.faults] == [code]
    assert User.objects.count() == count


def test_sent_again_the_old_link_is_dead_and_the_new_one_lives_longer(office, invitation, client):
    old = renewed_from_now(invitation)
    services.send_again(invitation, actor=office.registrar, at=MONDAY + DAY)
    assert Invitation.objects.get().expires_at == MONDAY + 8 * DAY
    new = renewed_from_now(invitation)
    assert (client.get(old).status_code, client.get(new).status_code) == (410, 200)


def test_the_same_address_is_not_invited_twice(office, invitation):
    again = {"letter": LETTER, "actor": office.registrar}
    assert refused(services.invite_to_agency, "Budi@example.go.id", office.agency, **again, at=MONDAY) == [
        ("invitation.pending", "email")
    ]
    services.invite_to_agency("budi@example.go.id", office.agency, **again, at=MONDAY + 7 * DAY)


def test_an_address_with_an_account_is_told_so_and_nobody_else(office):
    """The inviting side sees the same in both cases; the mail makes no second account."""
    client = visitor(office.applicant)
    answers = [
        text(client.post("/rekan/", {"email": email}, follow=True)).replace(email, "ALAMAT")
        for email in (office.head.email, "belum@example.go.id")
    ]
    for email, address in ((office.head.email, None), ("belum@example.go.id", "/undangan/terima/")):
        (message,) = [sent for sent in send_messages() if sent.to == [email]]
        assert ("sudah mempunyai akun" in message.body) == (address is None)
        assert ("/undangan/terima/" in message.body) == (address is not None)
    shown = [re.findall(r"ALAMAT berlaku sampai", answer) for answer in answers]
    assert len(shown[0]) == len(shown[1]) == 1
    assert "Kadis" not in answers[0]


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("nip", "1990031220150320", "NIP terdiri atas 18 angka."),
        ("phone", "nol delapan satu dua", "Nomor telepon terdiri atas angka, misalnya 0812-3456-7890."),
        ("full_name", "Budi \u202e Santoso", UNSEEN.format(characters="U+202E RIGHT-TO-LEFT OVERRIDE")),
        ("full_name", "\u0412udi", "Ada huruf yang tidak dapat dipakai."),
        ("full_name", "<b>Budi</b>", "Ada huruf yang tidak dapat dipakai."),
        (
            "full_name",
            "B" * 10_000,
            "Pastikan nilai ini mengandung paling banyak 150 karakter (sekarang 10000 karakter).",
        ),
        ("full_name", "", "Wajib diisi."),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_the_link_stays(invitation, client, field, value, sentence):
    address = renewed_from_now(invitation)
    answer = client.post(address, {**GIVEN, field: value})
    assert (answer.status_code, faults(answer)) == (422, {field: [sentence]})
    assert client.get(address).status_code == 200


def test_a_weak_password_is_said_at_its_field(invitation, client):
    answer = client.post(renewed_from_now(invitation), {**GIVEN, "password": "pendek"})
    assert list(faults(answer)) == ["password"]


# -- An OPD and its own people


def test_people_of_an_opd_see_their_colleagues_and_nobody_elses(office):
    other = Agency.objects.create(name="Dinas Kesehatan", short_name="Dinkes")
    office.person("budi", agency=office.agency)
    office.person("orang-lain", agency=other)
    client = visitor(office.applicant)
    page = text(client.get("/rekan/"))
    assert "Budi" in page
    assert "Orang-Lain" not in page
    assert client.get(f"/orang/{office.head.pk}/").status_code == 403
    assert visitor(office.registrar).get("/rekan/").status_code == 403


def test_a_colleagues_account_is_closed_but_not_the_own_not_the_last_not_anothers(office):
    other = Agency.objects.create(name="Dinas Kesehatan", short_name="Dinkes")
    stranger = office.person("orang-lain", agency=other)
    budi = office.person("budi", agency=office.agency)
    session = visitor(budi)
    client = visitor(office.applicant)
    assert client.post(f"/rekan/{stranger.pk}/tutup/").status_code == 404
    assert "Akun sendiri tidak dapat ditutup" in text(client.post(f"/rekan/{office.applicant.pk}/tutup/", follow=True))
    assert client.get(f"/rekan/{budi.pk}/tutup/").status_code == 405
    client.post(f"/rekan/{budi.pk}/tutup/")
    budi.refresh_from_db()
    assert (budi.is_active, User.objects.filter(agency=office.agency, is_active=True).get()) == (
        False,
        office.applicant,
    )
    assert session.get("/beranda/").headers["Location"].startswith("/masuk/")
    assert refused(services.close_colleague, office.applicant, actor=budi, at=MONDAY) == [
        ("account.last_of_agency", "")
    ]


def test_an_opd_invites_only_for_itself(office):
    other = Agency.objects.create(name="Dinas Kesehatan", short_name="Dinkes")
    assert refused(services.invite_to_agency, "x@example.go.id", other, actor=office.applicant, at=MONDAY) == [
        ("invitation.letter", "letter_number")
    ]


@pytest.mark.parametrize("deed", ["kirim-ulang", "batal"])
def test_whose_invitation_it_is(office, invitation, deed):
    other = Agency.objects.create(name="Dinas Kesehatan", short_name="Dinkes")
    of_the_dinas = services.invite_official("baru@example.go.id", actor=office.head, at=MONDAY)
    stranger = office.person("orang-lain", agency=other)
    administrator = office.person("admin", Role.ADMINISTRATOR)
    statuses = {
        name: [visitor(person).post(f"/undangan/{row.pk}/{deed}/").status_code for row in (invitation, of_the_dinas)]
        for name, person in {
            "stranger": stranger,
            "head": office.head,
            "own": office.applicant,
            "registrar": office.registrar,
            "administrator": administrator,
        }.items()
    }
    assert statuses == {
        "stranger": [404, 404],
        "head": [404, 404],
        "own": [302, 404],
        "registrar": [302, 404],
        "administrator": [302, 302],
    }


# -- Tata Usaha and the administrator


def test_tata_usaha_comes_from_the_case_and_the_letter_is_filled_in(office):
    case = office.bring_to(State.RECEIVED, contact_email="budi@example.go.id")
    client = visitor(office.registrar)
    page = client.get(f"/permohonan/{case.number}/").content.decode()
    address = re.search(r'href="(/opd/\d+/undang/[^"]+)"', page)[1].replace("&amp;", "&")
    form = client.get(address).context["form"]
    assert form.initial == {
        "letter_number": "500.12/117/2026",
        "letter_date": date(2026, 11, 20),
        "case_number": case.number,
        "email": "budi@example.go.id",
    }
    client.post(address, {**form.initial, "letter_date": "2026-11-20"})
    assert Invitation.objects.get().case_number == case.number
    assert "/undang/" not in visitor(office.technician).get(f"/permohonan/{case.number}/").content.decode()


def test_an_account_of_an_opd_wants_a_letter(office):
    answer = visitor(office.registrar).post(f"/opd/{office.agency.pk}/undang/", {"email": "b@example.go.id"})
    assert faults(answer) == {"letter_number": ["Wajib diisi."], "letter_date": ["Wajib diisi."]}
    assert not Invitation.objects.exists()


def test_an_official_takes_up_the_post_with_the_account(office):
    invitation = services.invite_official(
        "baru@example.go.id", role=Role.TECHNICIAN, division=office.division, actor=office.head, at=MONDAY
    )
    user = services.accept(invitation, **GIVEN, at=MONDAY)
    assert selectors.roles_of(user, now=MONDAY) == {Role.TECHNICIAN}
    assert user in selectors.technicians_of(office.division)


def test_an_opd_with_its_own_subdomains(office):
    administrator = visitor(office.person("admin", Role.ADMINISTRATOR))
    Agency.objects.create(name="Dinas Kesehatan", short_name="Dinkes", labels=["dinkes"])
    address = f"/opd/{office.agency.pk}/ubah/"
    given = {"name": "Dinas Sosial", "short_name": "Dinsos", "labels": "Dinsos, dinkes; www -salah"}
    assert faults(administrator.post(address, given)) == {
        "labels": [
            "“www” tidak dapat menjadi subdomain.",
            "“-salah” tidak dapat menjadi subdomain.",
            "“dinkes” sudah milik Dinkes.",
        ]
    }
    assert administrator.post(address, {**given, "labels": "Dinsos, ppid-dinsos"}).status_code == 302
    office.agency.refresh_from_db()
    assert (office.agency.labels, office.agency.is_network_user) == (["dinsos", "ppid-dinsos"], False)
    assert history_of(f"people.agency:{office.agency.pk}").get().before["labels"] == []
    assert faults(administrator.post("/opd/baru/", {**given, "name": "DINAS SOSIAL", "labels": ""})) == {
        "name": ["Nama resmi ini sudah ada."],
        "short_name": ["Nama singkat ini sudah ada."],
    }


def test_a_foreign_subdomain_is_remarked_on_to_officials_and_never_refused(office):
    office.agency.labels, office.agency.is_network_user = ["ppid-dinsos"], False
    office.agency.save()
    case = office.bring_to(State.VERIFYING)
    words = ("Subdomain “dinsos” bukan milik Dinsos (ppid-dinsos).", "OPD ini tercatat bukan pengguna jaringan kota.")
    for page in (f"/permohonan/{case.number}/", f"/permohonan/{case.number}/nyatakan-lengkap/"):
        shown = text(visitor(office.technician).get(page))
        assert [sentence in shown for sentence in words] == [True, True]
    seen_by_opd = text(visitor(office.applicant).get(f"/permohonan/{case.number}/"))
    assert [sentence in seen_by_opd for sentence in words] == [False, False]


@pytest.mark.parametrize("address", ["/opd/", "/opd/{agency}/", "/pegawai/", "/pegawai/pejabat-sementara/", "/bidang/"])
def test_pages_ask_the_same_number_of_questions_for_any_number_of_people(office, invitation, address):
    client = visitor(office.person("admin", Role.ADMINISTRATOR))
    address = address.format(agency=office.agency.pk)
    counts = []
    for more in (0, 6):
        for number in range(more):
            office.person(f"orang{number}", agency=office.agency)
            office.person(f"teknis{number}", Role.TECHNICIAN, division=office.division)
            services.invite_to_agency(
                f"u{number}@example.go.id", office.agency, letter=LETTER, actor=office.registrar, at=MONDAY
            )
            Agency.objects.create(name=f"OPD {number}", short_name=f"O{number}")
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 20
