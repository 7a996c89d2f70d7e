"""Second factors: one at least for officials, another phone, a lost one, and what the account's page says of all."""

import pyotp
import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from click.testing import CliRunner
from django.conf import settings
from django.test import Client

from panggon.audit.models import Change
from panggon.core.cases.procedure import Role
from panggon.people import services as people
from panggon.portal.cli import main
from panggon.signin.models import Happening
from tests.portal.door import PASSWORD, happenings, sign_in
from tests.portal.mailbox import send_messages
from tests.portal.visitor import SECRET, faults, text, visitor

ACCOUNT = "/akun/keamanan/"


@pytest.fixture
def sri(db):
    return people.create_account("sri", full_name="Sri Wahyuni", email="sri@example.go.id", password=PASSWORD)


@pytest.fixture
def registrar(db):
    user = people.create_account("tu", full_name="Endah Lestari", email="tu@example.go.id", password=PASSWORD)
    people.assign_role(user, Role.REGISTRAR)
    people.enrol_totp(user, SECRET)
    return user


@pytest.fixture
def admin(db):
    user = people.create_account("admin", full_name="Dwi Nugroho", email="admin@example.go.id", password=PASSWORD)
    people.assign_role(user, Role.ADMINISTRATOR)
    people.enrol_totp(user, SECRET)
    return user


def came_with_code(login: str) -> Client:
    client = Client()
    sign_in(client, login=login)
    client.post("/akun/kode/", {"code": pyotp.TOTP(SECRET).now()})
    return client


def passkey(user):
    return Authenticator.objects.create(user=user, type="webauthn", data={"name": "Kunci", "credential": {}})


def test_an_official_keeps_at_least_one_second_factor(registrar):
    client = Client()
    sign_in(client, login="tu")
    client.post("/akun/kode/", {"code": pyotp.TOTP(SECRET).now()})
    totp = Authenticator.objects.filter(user=registrar, type="totp")
    client.post("/akun/keamanan/nonaktifkan/")
    assert totp.exists(), "it is the only one"
    key = passkey(registrar)
    client.post("/akun/keamanan/nonaktifkan/")
    assert not totp.exists(), "the passkey is left"
    answer = client.post(f"/akun/keamanan/kunci-sandi/{key.pk}/hapus/")
    assert "paling sedikit satu pengaman" in text(answer)
    assert Authenticator.objects.filter(pk=key.pk).exists()
    assert happenings(registrar)[-1] == Happening.FACTOR_REMOVED


def test_a_passkey_of_somebody_else_does_not_exist(registrar, sri):
    key, client = passkey(registrar), Client()
    sign_in(client)
    for page in ("nama", "hapus"):
        assert client.post(f"/akun/keamanan/kunci-sandi/{key.pk}/{page}/").status_code == 404
    assert Authenticator.objects.filter(pk=key.pk).exists()


# -- The account's page


def test_the_account_page_leads_to_all_that_is_ones_own(registrar):
    client = came_with_code("tu")
    page = client.get(ACCOUNT)
    security = ("ponsel-baru/", "kunci-sandi/", "cadangan/baru/")
    own = ("kata-sandi/", "sesi/", "token/", *(f"keamanan/{link}" for link in security))
    for path in (*(f"/akun/{link}" for link in own), "/pemberitahuan/pilihan/"):
        assert f'href="{path}"' in page.content.decode()
        assert client.get(path).status_code == 200
    assert "Jabatan Tata Usaha" in text(page)
    assert "Masuk (kata sandi, kode keamanan)" in text(page)
    assert "tidak dinonaktifkan" in text(page)
    assert "/akun/keamanan/nonaktifkan/" not in page.content.decode()


def test_who_is_of_no_post_may_switch_the_code_off(sri):
    people.enrol_totp(sri, SECRET)
    page = came_with_code("sri").get(ACCOUNT)
    assert "/akun/keamanan/nonaktifkan/" in page.content.decode()
    assert "tidak dinonaktifkan" not in text(page)


def test_devices_are_called_by_their_names(sri):
    client = Client(HTTP_USER_AGENT="Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 Safari/537.36")
    sign_in(client)
    client.get("/beranda/")
    assert "Chrome di Android" in text(client.get(ACCOUNT))
    assert "Chrome di Android" in text(client.get("/akun/sesi/"))


# -- Another phone, a lost phone


def test_the_code_moves_to_another_phone_in_one_step(registrar, django_capture_on_commit_callbacks):
    client = came_with_code("tu")
    page = client.get("/akun/keamanan/ponsel-baru/")
    secret = page.context["form"].secret
    wrong = client.post("/akun/keamanan/ponsel-baru/", {"code": "000000"})
    assert "Kode tidak cocok" in text(wrong)
    assert secret in text(wrong), "the picture that was scanned stays"
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/akun/keamanan/ponsel-baru/", {"code": pyotp.TOTP(secret).now()})
    assert Authenticator.objects.filter(user=registrar, type="totp").count() == 1
    assert client.get("/beranda/").status_code == 200
    again = Client()
    sign_in(again, login="tu")
    assert "Kode tidak cocok" in text(again.post("/akun/kode/", {"code": pyotp.TOTP(SECRET).now()}))
    again.post("/akun/kode/", {"code": pyotp.TOTP(secret).now()})
    assert again.get("/beranda/").status_code == 200
    assert Happening.FACTOR_ADDED in happenings(registrar)


def test_a_recovery_code_stands_in_for_the_phone_once(registrar):
    codes = RecoveryCodes.activate(registrar)
    code = codes.get_unused_codes()[0]
    for comes_in in (True, False):
        client = Client()
        sign_in(client, login="tu")
        assert "Ponsel hilang" in text(client.get("/akun/kode/"))
        client.post("/akun/kode/", {"code": code})
        assert (client.get("/beranda/").status_code == 200) == comes_in
    assert "Sisa 9 kode" in text(came_with_code("tu").get(ACCOUNT))


def test_who_never_had_recovery_codes_is_led_to_make_some(registrar):
    client = came_with_code("tu")
    assert client.get("/akun/keamanan/cadangan/").headers["Location"] == "/akun/keamanan/cadangan/baru/"
    shown = client.post("/akun/keamanan/cadangan/baru/", follow=True)
    assert "Sisa 10 dari 10 kode." in text(shown)


def test_without_phone_and_codes_the_administrator_lets_one_begin_anew(registrar, admin):
    lost = came_with_code("tu")
    RecoveryCodes.activate(registrar)
    client, path = visitor(admin), f"/orang/{registrar.pk}/riwayat-masuk/"
    assert faults(client.post(path, {"reason": ""})) == {"reason": ["Wajib diisi."]}
    assert "kode cadangan sejak" in text(client.get(path))
    client.post(path, {"reason": "bertatap muka di kantor"})
    assert not Authenticator.objects.filter(user=registrar).exists()
    assert lost.get("/beranda/").headers["Location"].startswith("/masuk/"), "a thief's session ends too"
    change = Change.objects.latest("sequence")
    assert (change.subject, change.actor, change.reason) == (
        f"people.user:{registrar.pk}",
        admin,
        "bertatap muka di kantor",
    )
    assert happenings(registrar)[-1] == Happening.FACTORS_RELEASED
    (message,) = [sent for sent in send_messages() if "administrator" in sent.subject]
    assert message.to == ["tu@example.go.id"]
    again = Client()
    sign_in(again, login="tu")
    assert again.get("/beranda/").headers["Location"] == "/akun/keamanan/aktifkan/"
    assert client.post(path, {"reason": "lagi"}).status_code == 422, "there is nothing left"


def test_nobody_releases_the_own_factors_or_without_being_administrator(registrar, admin):
    own = visitor(admin).post(f"/orang/{admin.pk}/riwayat-masuk/", {"reason": "x"})
    assert "oleh administrator lain" in text(own)
    assert visitor(registrar).post(f"/orang/{admin.pk}/riwayat-masuk/", {"reason": "x"}).status_code == 403
    assert Authenticator.objects.count() == 2


def test_the_only_administrator_is_helped_on_the_command_line(admin):
    assert CliRunner().invoke(main, ["release-factors", "admin"]).exit_code == 0
    assert not Authenticator.objects.exists()
    refused = CliRunner().invoke(main, ["release-factors", "admin"])
    assert (refused.exit_code, "tidak mempunyai pengaman" in refused.output) == (1, True)
    assert CliRunner().invoke(main, ["release-factors", "siapa"]).exit_code == 1


def test_after_a_while_one_is_asked_again_and_by_the_way_that_one_has_at_hand(registrar):
    client = came_with_code("tu")
    session = client.session
    for method in session["account_authentication_methods"]:
        method["at"] = 0
    session.save()
    asked = client.get("/akun/keamanan/ponsel-baru/", follow=True)
    assert "Pastikan ini Anda" in text(asked)
    assert 'href="/akun/keamanan/konfirmasi/?next=' in asked.content.decode()
    wrong = client.post(asked.redirect_chain[-1][0], {"password": "salah"})
    assert "Kata sandi : Kata sandi tidak cocok." in text(wrong)
    right = client.post(asked.redirect_chain[-1][0], {"password": PASSWORD})
    assert right.headers["Location"] == "/akun/keamanan/ponsel-baru/"


# -- A session that is over


def test_an_account_closed_meanwhile_is_led_to_signing_in_and_told_why(sri, admin):
    client = Client()
    sign_in(client)
    people.close_account(sri, actor=admin, at=admin.date_joined)
    answer = client.get("/beranda/", follow=True)
    assert answer.redirect_chain == [("/masuk/?next=/beranda/", 302)]
    assert "Sesi Anda sudah berakhir atau diakhiri." in text(answer)
    assert "Sesi Anda" not in text(client.get("/masuk/"))


def test_a_page_left_open_is_read_anew_as_a_whole_when_its_session_is_over(sri):
    client = Client()
    sign_in(client)
    client.cookies[settings.SESSION_COOKIE_NAME] = "lama"
    part = client.get("/beranda/menunggu/", headers={"HX-Request": "true"})
    assert (part.status_code, part.headers["HX-Refresh"], part.content) == (200, "true", b"")
    assert "Sesi Anda sudah berakhir" in text(client.get("/beranda/", follow=True))


def test_a_stranger_is_not_told_of_sessions(db):
    assert "Sesi Anda" not in text(Client().get("/beranda/", follow=True))
