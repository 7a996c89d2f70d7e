"""At the door: brakes that keep guessers out and nobody else, sessions, forgotten passwords, what is written down."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from panggon.audit.models import Change
from panggon.core.cases.procedure import Role
from panggon.core.people.brakes import NETWORK
from panggon.office.values import Group
from panggon.people import services as people
from panggon.signin import door, jobs
from panggon.signin.models import Braked, Happening, Visit
from tests.portal.door import PASSWORD, came_in, happenings, sign_in
from tests.portal.mailbox import send_messages
from tests.portal.office import fill_in
from tests.portal.visitor import SECRET, text, visitor

OWNER, ATTACKER = {"REMOTE_ADDR": "10.1.2.3"}, {"REMOTE_ADDR": "203.0.113.9"}
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


@pytest.fixture
def clock(monkeypatch):
    """The portal's time, which a test may move."""
    moment = [NOW]
    monkeypatch.setattr(timezone, "now", lambda: moment[0])
    return moment


@pytest.fixture
def sri(db):
    return people.create_account("sri", full_name="Sri Wahyuni", email="sri@example.go.id", password=PASSWORD)


@pytest.fixture
def registrar(db):
    user = people.create_account("tu", full_name="Endah Lestari", email="tu@example.go.id", password=PASSWORD)
    people.assign_role(user, Role.REGISTRAR)
    people.enrol_totp(user, SECRET)
    return user


def test_what_is_refused_is_answered_as_such_and_what_was_typed_stays(registrar):
    client = Client()
    wrong = sign_in(client, "salah", login="tu")
    assert (wrong.status_code, 'value="tu"' in wrong.content.decode()) == (422, True)
    assert client.get("/masuk/").status_code == 200
    sign_in(client, login="tu")
    assert client.post("/akun/kode/", {"code": "000000"}).status_code == 422


# -- Brakes


def test_a_guesser_is_told_when_to_try_again(sri, clock):
    guesser = Client(**ATTACKER)
    answers = [text(sign_in(guesser, f"salah-{number}")) for number in range(6)]
    assert ["Terlalu banyak" in answer for answer in answers] == [False] * 5 + [True]
    assert "coba lagi setelah pukul 09.00.05" in answers[-1]
    assert not came_in(sign_in(guesser)), "not even the right password is looked at"
    clock[0] += timedelta(seconds=5)
    assert came_in(sign_in(guesser))


def test_a_guesser_elsewhere_does_not_keep_the_owner_out(sri):
    guesser = Client(**ATTACKER)
    for number in range(10):
        sign_in(guesser, f"salah-{number}")
    assert not came_in(sign_in(guesser))
    assert came_in(sign_in(Client(**OWNER)))


def test_a_guesser_in_the_same_network_does_not_keep_the_owners_device_out(sri):
    device = Client(**OWNER)
    assert came_in(sign_in(device))
    device.post("/akun/keluar/")
    colleague = Client(**OWNER)
    for number in range(10):
        sign_in(colleague, f"salah-{number}")
    assert not came_in(sign_in(colleague))
    assert came_in(sign_in(device))


def test_the_cookie_of_a_known_device_serves_no_other_account_and_dies_with_the_password(sri, db):
    other = people.create_account("adi", full_name="Adi", email="adi@example.go.id", password=PASSWORD)
    device = Client(**OWNER)
    sign_in(device)
    cookie = next(name for name in device.cookies if name.startswith("perangkat-"))
    from panggon.signin import clients  # noqa: PLC0415

    request = type("Request", (), {"COOKIES": {cookie: device.cookies[cookie].value}})()
    assert clients.known_device(request, sri)
    assert not clients.known_device(request, other)
    sri.set_password("sebuah-kata-sandi-lain")
    assert not clients.known_device(request, sri)


def test_guessing_at_many_accounts_is_braked_by_network_and_a_success_takes_back_one_try_of_them(
    sri, clock, monkeypatch
):
    monkeypatch.setattr(door, "NETWORK", replace(NETWORK, free=8))
    guesser = Client(**ATTACKER)
    for number in range(7):
        sign_in(guesser, "salah", login=f"orang-{number}")
    assert came_in(sign_in(guesser))
    guesser.post("/akun/keluar/")
    guesser.cookies.clear()
    assert "Terlalu banyak" not in text(sign_in(guesser, "salah", login="orang-8"))
    assert "Terlalu banyak" in text(sign_in(guesser, "salah", login="orang-9"))
    assert came_in(sign_in(Client(**OWNER)))


def test_codes_of_the_second_factor_are_braked_for_all_strangers_together_and_not_for_a_known_device(registrar, clock):
    device = Client(**OWNER)
    sign_in(device, login="tu")
    assert came_in(device.post("/akun/kode/", {"code": pyotp.TOTP(SECRET).now()}))
    device.post("/akun/keluar/")
    for number in range(6):  # who knows the password and changes the address each time
        thief = Client(REMOTE_ADDR=f"203.0.113.{number}")
        sign_in(thief, login="tu")
        answer = thief.post("/akun/kode/", {"code": "000000"})
        assert ("Terlalu banyak" in text(answer)) == (number == 5)
    Authenticator.objects.filter(user=registrar).delete()
    people.enrol_totp(registrar, SECRET[::-1])
    sign_in(device, login="tu")
    assert came_in(device.post("/akun/kode/", {"code": pyotp.TOTP(SECRET[::-1]).now()}))


def test_behind_proxies_the_address_is_what_our_own_outermost_proxy_saw(sri, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    for number in range(6):
        client = Client(REMOTE_ADDR="127.0.0.1", HTTP_X_FORWARDED_FOR=f"198.51.100.{number}, 203.0.113.9")
        answer = sign_in(client, "salah")
    assert "Terlalu banyak" in text(answer), "what a client writes in front is not believed"
    assert set(Visit.objects.values_list("address", flat=True)) == {"203.0.113.9"}


def test_without_a_proxy_the_header_is_not_believed(sri):
    for number in range(6):
        answer = sign_in(Client(HTTP_X_FORWARDED_FOR=f"198.51.100.{number}", **ATTACKER), "salah")
    assert "Terlalu banyak" in text(answer)


def test_guessing_the_code_of_a_case_is_braked_and_a_right_one_is_not(office):
    case = office.bring_to("submitted")
    guesser = Client(**ATTACKER)
    for number in range(20):
        assert guesser.get("/lacak/", {"nomor": case.number, "kode": f"x{number}"}).status_code == 200
    assert guesser.get("/lacak/", {"nomor": case.number, "kode": case.token}).status_code == 429
    for _ in range(21):
        assert Client(**OWNER).get("/lacak/", {"nomor": case.number, "kode": case.token}).status_code == 200


# -- Sessions


def test_a_person_sees_and_ends_the_own_sessions(sri):
    here, there = Client(HTTP_USER_AGENT="Di sini"), Client(HTTP_USER_AGENT="Di sana")
    for client in (here, there):
        sign_in(client)
        client.get("/beranda/")
    page = here.get("/akun/sesi/")
    assert [session.user_agent for session in page.context["sessions"]] == ["Di sana", "Di sini"]
    other = next(session for session in page.context["sessions"] if session.user_agent == "Di sana")
    assert "1 sesi diakhiri." in text(here.post("/akun/sesi/", {"session": other.pk}, follow=True))
    assert there.get("/beranda/").headers["Location"].startswith("/masuk/")
    assert here.get("/beranda/").status_code == 200
    assert happenings(sri)[-1] == Happening.SESSION_ENDED


def test_when_a_session_was_last_used_is_kept_now_and_then(sri, clock, settings):
    settings.PANGGON_SESSION_SEEN_EVERY = timedelta(minutes=10)
    client = Client()
    sign_in(client)
    seen = []
    for minutes in (9, 2, 1):
        clock[0] += timedelta(minutes=minutes)
        client.get("/beranda/")
        seen.append(client.get("/akun/sesi/").context["sessions"][0].last_seen_at - NOW)
    assert seen[1:] == [timedelta(minutes=11), timedelta(minutes=11)]
    assert seen[0] != seen[1]


def test_nobody_ends_the_session_of_somebody_else(sri, registrar):
    mine = Client()
    sign_in(mine)
    mine.get("/beranda/")
    session = mine.get("/akun/sesi/").context["sessions"][0]
    answer = visitor(registrar).post("/akun/sesi/", {"session": session.pk, "others": "1"}, follow=True)
    assert "0 sesi diakhiri." in text(answer)
    assert mine.get("/beranda/").status_code == 200


def test_a_new_password_ends_the_other_sessions(sri):
    here, there = Client(), Client()
    for client in (here, there):
        sign_in(client)
    fresh = "sebuah-kata-sandi-lain"
    done = here.post("/akun/kata-sandi/", {"oldpassword": PASSWORD, "password1": fresh, "password2": fresh})
    assert came_in(done)
    assert there.get("/beranda/").headers["Location"].startswith("/masuk/")
    assert here.get("/beranda/").status_code == 200


# -- Forgotten passwords


def test_a_forgotten_password_is_set_anew_by_a_link_that_works_once(registrar):
    client = Client()
    asked = client.post("/lupa-kata-sandi/", {"email": "tu@example.go.id"}, follow=True)
    assert "Periksa email Anda" in text(asked)
    (message,) = send_messages()
    path = re.search(r"http://localhost:8080(/lupa-kata-sandi/\S+)", message.body)[1]
    form = client.get(path, follow=True)
    fresh = "sebuah-kata-sandi-lain"
    done = client.post(form.redirect_chain[-1][0], {"password1": fresh, "password2": fresh}, follow=True)
    assert "Kata sandi sudah diganti" in text(done)
    assert "sudah dipakai" in text(Client().get(path, follow=True))
    answer = sign_in(client, fresh, login="tu")
    assert answer.headers["Location"] == "/akun/kode/", "the second factor is asked for all the same"
    assert happenings(registrar) == [Happening.PASSWORD_RESET]


def test_nobody_learns_whether_there_is_an_account(sri):
    answers = [
        text(Client().post("/lupa-kata-sandi/", {"email": email}, follow=True))
        for email in ("sri@example.go.id", "tidak-ada@example.go.id")
    ]
    assert answers[0] == answers[1]
    assert len(send_messages()) == 1
    wrong = [text(sign_in(Client(), "salah", login=login)) for login in ("sri", "tidak-ada")]
    assert wrong[0].replace("sri", "") == wrong[1].replace("tidak-ada", "")


def test_nobody_can_fill_a_mail_box(sri):
    for number in range(9):
        Client(REMOTE_ADDR=f"203.0.113.{number}").post("/lupa-kata-sandi/", {"email": "sri@example.go.id"})
    assert ProcrastinateJob.objects.filter(task_name="notify.write").count() == 5


# -- What is written down


def test_what_happens_at_the_door_is_written_down_for_the_owner(registrar):
    client = Client(HTTP_USER_AGENT="Peramban", **OWNER)
    sign_in(client, "salah", login="tu")
    sign_in(client, login="tu")
    client.post("/akun/kode/", {"code": "000000"})
    client.post("/akun/kode/", {"code": pyotp.TOTP(SECRET).now()})
    assert happenings(registrar) == ["wrong_password", "wrong_code", "signed_in"]
    last = Visit.objects.latest("id")
    assert (last.address, last.device, last.way) == ("10.1.2.3", "Peramban", "password, totp")
    page = text(client.get("/akun/keamanan/"))
    assert "Kata sandi salah" in page
    assert "Kode keamanan salah" in page


def test_what_changes_an_account_is_in_the_log_and_the_owner_is_told(registrar):
    client = visitor(registrar)
    fresh = "sebuah-kata-sandi-lain"
    client.post("/akun/kata-sandi/", {"oldpassword": PASSWORD, "password1": fresh, "password2": fresh})
    change = Change.objects.get()
    assert (change.subject, change.actor, change.after) == (
        f"people.user:{registrar.pk}",
        registrar,
        {"door": "password_changed", "way": ""},
    )
    (message,) = send_messages()
    assert (message.to, message.subject) == (
        ["tu@example.go.id"],
        "Akun Pelayanan Hosting: Kata sandi diganti",
    )


def test_only_the_administrator_reads_it_of_others(office):
    administrator = office.person("admin", Role.ADMINISTRATOR)
    path = f"/orang/{office.applicant.pk}/riwayat-masuk/"
    assert visitor(office.head).get(path).status_code == 403
    assert "Masuk dan pengaman: Sri" in text(visitor(administrator).get(path))


def test_old_visits_and_brakes_are_tidied_away(sri, clock):
    fill_in(Group.RETENTION, visits_days=30)
    sign_in(Client(**ATTACKER), "salah")
    clock[0] += timedelta(days=31)
    sign_in(Client(**OWNER))
    jobs.tidy(0)
    assert happenings(sri) == ["signed_in"]
    assert not Braked.objects.exists()
