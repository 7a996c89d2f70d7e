"""Signing in: two factors for officials, no sign-up, accounts and posts."""

import json
import time
from datetime import UTC, datetime

import pyotp
import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.utils import timezone

from panggon.audit.selectors import history_of
from panggon.core.cases.procedure import Role
from panggon.core.errors import InvalidError
from panggon.people import selectors, services
from panggon.people.demonstration import seed_kept_in
from panggon.people.models import Agency, Division, User
from tests.portal.office import MONDAY
from tests.portal.visitor import SECRET, faults, text, visitor

PASSWORD = "kawung-dan-parang-7"
HALF_MINUTE = int(MONDAY.timestamp()) // 30 * 30  # the code of this half minute is what the tests give


@pytest.fixture
def registrar(db):
    user = services.create_account("tu", full_name="Endah Lestari", email="tu@example.go.id", password=PASSWORD)
    services.assign_role(user, Role.REGISTRAR)
    return user


def test_an_official_signs_in_with_password_and_code(registrar, client):
    services.enrol_totp(registrar, SECRET)
    first = client.post("/masuk/", {"login": "tu", "password": PASSWORD})
    assert first.headers["Location"] == "/akun/kode/"
    assert client.get("/beranda/").headers["Location"].startswith("/masuk/")
    second = client.post("/akun/kode/", {"code": pyotp.TOTP(SECRET).now()})
    assert second.headers["Location"] == "/beranda/"
    assert "Menunggu saya" in text(client.get("/beranda/"))


def test_a_wrong_code_does_not_sign_in(registrar, client):
    services.enrol_totp(registrar, SECRET)
    client.post("/masuk/", {"login": "tu", "password": PASSWORD})
    wrong = f"{(int(pyotp.TOTP(SECRET).now()) + 1) % 1_000_000:06d}"
    assert client.post("/akun/kode/", {"code": wrong}).status_code == 422
    assert client.get("/beranda/").headers["Location"].startswith("/masuk/")


def came_with(code: str, *, at: int, monkeypatch) -> bool:
    """Whether who knows the password comes in with this code at that second."""
    moment = datetime.fromtimestamp(at, tz=UTC)
    with monkeypatch.context() as clock:
        clock.setattr(time, "time", lambda: at)
        clock.setattr("django.core.cache.backends.db.tz_now", lambda: moment)
        clock.setattr(timezone, "now", lambda: moment)
        client = Client()
        client.post("/masuk/", {"login": "tu", "password": PASSWORD})
        return client.post("/akun/kode/", {"code": code}).status_code == 302


@pytest.mark.parametrize(
    ("late_seconds", "comes_in"),
    [(-31, False), (-30, True), (0, True), (29, True), (59, True), (60, False)],
)
def test_a_code_is_taken_half_a_minute_before_and_after_its_own(registrar, monkeypatch, late_seconds, comes_in):
    services.enrol_totp(registrar, SECRET)
    code = pyotp.TOTP(SECRET).at(HALF_MINUTE)
    assert came_with(code, at=HALF_MINUTE + late_seconds, monkeypatch=monkeypatch) == comes_in


def test_a_code_works_once_for_as_long_as_it_is_taken(registrar, monkeypatch):
    services.enrol_totp(registrar, SECRET)
    code = pyotp.TOTP(SECRET).at(HALF_MINUTE)
    assert came_with(code, at=HALF_MINUTE - 30, monkeypatch=monkeypatch)
    for later, written in ((0, code), (31, f"{code[:3]}-{code[3:]}"), (59, f" {code}")):
        assert not came_with(written, at=HALF_MINUTE + later, monkeypatch=monkeypatch)


def test_an_official_without_a_second_factor_sees_nothing_but_its_set_up(registrar, client):
    client.post("/masuk/", {"login": "tu", "password": PASSWORD})
    for path in ("/beranda/", "/permohonan/baru/", "/", "/lacak/", "/akun/kata-sandi/"):
        assert client.get(path).headers["Location"] == "/akun/keamanan/aktifkan/"
    page = client.get("/akun/keamanan/aktifkan/")
    secret = page.context["form"].secret
    client.post("/akun/keamanan/aktifkan/", {"code": pyotp.TOTP(secret).now()})
    assert client.get("/beranda/").status_code == 200


def test_an_official_cannot_give_the_second_factor_up(registrar):
    client = visitor(registrar)
    client.post("/akun/keamanan/nonaktifkan/")
    assert Authenticator.objects.filter(user=registrar, type="totp").exists()


def test_an_applicant_may_come_in_with_a_password(db, client):
    agency = Agency.objects.create(name="Dinas Sosial", short_name="Dinsos")
    user = services.create_account(
        "sri", full_name="Sri Wahyuni", email="sri@example.go.id", password=PASSWORD, agency=agency
    )
    assert (
        client.post("/masuk/", {"login": "sri@example.go.id", "password": PASSWORD}).headers["Location"] == "/beranda/"
    )
    assert selectors.roles_of(user, now=MONDAY) == {Role.APPLICANT}


def test_the_secret_is_not_readable_in_the_database(registrar):
    services.enrol_totp(registrar, SECRET)
    assert SECRET not in json.dumps(Authenticator.objects.get(user=registrar).data)


@pytest.mark.parametrize("path", ["/akun/signup/", "/signup/", "/akun/password/reset/", "/accounts/signup/"])
def test_there_is_no_sign_up(db, client, path):
    assert client.get(path).status_code == 404


def test_every_fault_of_a_new_account_is_named_at_once(registrar):
    with pytest.raises(InvalidError) as caught:
        services.create_account("TU", full_name="X", email="TU@example.go.id", password="pendek")
    assert [fault.code for fault in caught.value.faults] == ["username.taken", "email.taken", "password.weak"]


@pytest.mark.parametrize(
    ("role", "in_division", "code"),
    [
        (Role.TECHNICIAN, False, "role.division_does_not_fit"),
        (Role.HEAD, True, "role.division_does_not_fit"),
        (Role.SYSTEM, False, "role.not_assignable"),
        (Role.APPLICANT, False, "role.not_assignable"),
    ],
)
def test_a_post_is_held_as_it_can_be_or_not_at_all(registrar, role, in_division, code):
    division = Division.objects.create(name="Bidang INS") if in_division else None
    with pytest.raises(InvalidError) as caught:
        services.assign_role(registrar, role, division=division)
    assert [fault.code for fault in caught.value.faults] == [code]
    assert selectors.roles_of(registrar, now=MONDAY) == {Role.REGISTRAR}


def test_the_people_of_the_demonstration_are_the_same_when_they_are_made_again(db, tmp_path):
    file = tmp_path / "accounts.json"
    made = []
    for _ in range(2):
        seed_kept_in(file)
        made.append(file.read_text())
        accounts = json.loads(made[-1])
        assert all(User.objects.get(username=who["login"]).check_password(who["password"]) for who in accounts.values())
    assert made[0] == made[1]
    assert file.stat().st_mode & 0o077 == 0
    assert accounts.keys() == {
        "applicant",
        "registrar",
        "head",
        "division_head",
        "technician",
        "complaints_officer",
        "administrator",
    }
    for role, account in accounts.items():
        user = User.objects.get(username=account["login"])
        assert selectors.roles_of(user, now=MONDAY) == {Role(role)}
    assert User.objects.count() == 7


def test_people_mend_their_own_number_and_it_is_recorded(office):
    for user in (office.registrar, office.applicant):
        browser = visitor(user)
        assert 'href="/akun/nomor-hp/"' in browser.get("/akun/keamanan/").content.decode()
        assert browser.post("/akun/nomor-hp/", {"phone": "0812-3456-7890"}).headers["Location"] == "/akun/keamanan/"
        user.refresh_from_db()
        assert user.phone == "0812-3456-7890"
        change = history_of(services.user_subject(user)).get()
        assert (change.before, change.after, change.actor) == ({"phone": ""}, {"phone": "0812-3456-7890"}, user)
        assert "0812-3456-7890" in text(browser.get("/akun/nomor-hp/"))
        assert browser.post("/akun/nomor-hp/", {"phone": "0812-3456-7890"}).status_code == 302
        assert history_of(services.user_subject(user)).count() == 1, "the same again is no change"


def test_a_number_that_is_none_is_told_at_its_field_and_nothing_else_can_be_changed(office):
    browser = visitor(office.applicant)
    answer = browser.post("/akun/nomor-hp/", {"phone": "nol delapan", "email": "lain@example.go.id"})
    assert faults(answer) == {"phone": ["Nomor telepon terdiri atas angka, misalnya 0812-3456-7890."]}
    browser.post("/akun/nomor-hp/", {"phone": "", "email": "lain@example.go.id", "full_name": "Lain"})
    office.applicant.refresh_from_db()
    assert (office.applicant.email, office.applicant.full_name) == ("sri@example.go.id", "Sri")
