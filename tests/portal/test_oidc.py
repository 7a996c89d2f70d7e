"""Signing in through a real OpenID Connect provider: who has an account comes in, and nobody else."""

import base64
import json
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pyotp
import pytest
from allauth.socialaccount.models import SocialAccount
from cryptography.hazmat.primitives.asymmetric import ec
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.utils import timezone

from demo.ports import free_port
from panggon.core.cases.procedure import Role
from panggon.people import services as people
from panggon.portal.settings import oidc
from panggon.signin import keys
from panggon.signin.models import ClientKey, Visit
from tests.portal import oidc_provider
from tests.portal.visitor import SECRET, text, visitor
from tests.waiting import until

PRIVATE = ec.generate_private_key(ec.SECP256R1())
NOW, HOUR = datetime(2026, 11, 23, 2, 0, tzinfo=UTC), timedelta(hours=1)
CALLBACK = "/masuk/lewat/kota/kembali/"


ANSWERS = {
    "password": lambda: oidc_provider.PASSWORD,
    "otp": lambda: pyotp.TOTP(base64.b32encode(oidc_provider.OTP_SECRET.encode()).decode()).now(),
}


@pytest.fixture(scope="module")
def issuer():
    port = free_port()
    jwks = json.dumps({"keys": [keys._public(client_key())]})
    argv = [sys.executable, "-m", "tests.portal.oidc_provider", str(port), f"http://testserver{CALLBACK}", jwks]
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://localhost:{port}"
    try:
        until(lambda: answers(f"{address}/.well-known/openid-configuration"), "no provider")
        yield address
    finally:
        process.terminate()
        process.wait()


def client_key(**values) -> ClientKey:
    """The key that the provider knows of us, not kept yet."""
    return ClientKey(kid="kunci-1", private=keys._encrypted(PRIVATE), **values)


def answers(address: str) -> bool:
    try:
        return httpx.get(address).status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture
def configure(issuer, settings, tmp_path):
    """The provider in the settings, from a file as an administrator writes it."""

    def configured(*, match: str = "email", secret: str = oidc_provider.SECRET, **more) -> None:
        (tmp_path / "secret").write_text(f"{secret}\n")
        proof = {} if "client_authentication" in more else {"client_secret_file": str(tmp_path / "secret")}
        row = {
            "id": "kota",
            "name": "Akun Kota",
            "issuer": issuer,
            "client_id": oidc_provider.CLIENT,
            "match": match,
            **proof,
            **more,
        }
        (tmp_path / "oidc.json").write_text(json.dumps([row]))
        apps = oidc.providers(str(tmp_path / "oidc.json"))
        settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": apps}}

    return configured


@pytest.fixture
def sri(db):
    return people.create_account(
        "sri", full_name="Sri", email="sri@example.go.id", password="kawung-dan-parang-7", nip="199003122015032004"
    )


@pytest.fixture
def registrar(db):
    user = people.create_account("tu", full_name="Endah", email="tu@example.go.id", password="kawung-dan-parang-7")
    people.assign_role(user, Role.REGISTRAR)
    people.enrol_totp(user, SECRET)
    return user


@pytest.fixture
def head(db):
    user = people.create_account(
        "kadis", full_name="Bambang", email="kadis@example.go.id", password="kawung-dan-parang-7"
    )
    people.assign_role(user, Role.HEAD)
    return user


def at_the_provider(client: Client, login: str) -> str:
    """From our button through the provider's pages; the address to which it sends the browser back."""
    away = client.post("/masuk/lewat/kota/").headers["Location"]
    assert parse_qs(urlsplit(away).query)["code_challenge_method"] == ["S256"]
    with httpx.Client(follow_redirects=False) as browser:
        page = browser.get(away)
        values = {"login": login}
        for _ in range(12):
            if page.is_redirect:
                target = page.headers["Location"]
                if target.startswith("http://testserver/"):
                    return target.removeprefix("http://testserver")
                page = browser.get(str(page.url.join(target)))
                continue
            token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)[1]
            asked = re.search(r'name="(password|otp)"', page.text)
            values = {asked[1]: ANSWERS[asked[1]]()} if asked else {"login": login}
            page = browser.post(str(page.url), data={"csrf_token": token, "answer": "accept", **values})
    raise AssertionError(page.text)


def test_who_has_an_account_comes_in_and_the_button_names_the_provider(configure, sri, client):
    configure()
    assert "Masuk dengan Akun Kota" in text(client.get("/masuk/"))
    back = client.get(at_the_provider(client, "sri"))
    assert back.headers["Location"] == "/beranda/"
    assert client.get("/beranda/").wsgi_request.user == sri
    assert Visit.objects.get().way == "kota"
    again = Client()
    assert again.get(at_the_provider(again, "sri")).headers["Location"] == "/beranda/"
    assert SocialAccount.objects.count() == 1


def test_a_provider_does_not_replace_our_second_factor(configure, registrar, client):
    configure()
    back = client.get(at_the_provider(client, "tu"))
    assert back.headers["Location"] == "/akun/kode/"
    assert client.get("/beranda/").headers["Location"].startswith("/masuk/")
    client.post("/akun/kode/", {"code": pyotp.TOTP(SECRET).now()})
    assert client.get("/beranda/").status_code == 200


@pytest.mark.parametrize(
    ("trusted", "lands"),
    [
        ({"second_factor_amr": ["mfa"]}, "/beranda/"),
        ({"second_factor_amr": ["hwk"]}, "/akun/kode/"),
        ({"second_factor_acr": ["mfa"]}, "/akun/kode/"),
    ],
)
def test_a_second_factor_at_the_provider_counts_where_the_administrator_trusts_its_word(
    configure, head, client, trusted, lands
):
    """The provider really asks for the code of an authenticator app, and says `amr: pwd, otp, mfa`."""
    configure(**trusted)
    people.enrol_totp(head, SECRET)
    assert client.get(at_the_provider(client, "kadis")).headers["Location"] == lands
    if lands == "/beranda/":
        assert client.get("/beranda/").status_code == 200
        assert Visit.objects.get().way == "kota, mfa"


def test_who_has_none_of_ours_needs_it_only_for_what_the_provider_does_not_say(configure, head, client):
    configure(second_factor_amr=["mfa"])
    client.get(at_the_provider(client, "kadis"))
    assert client.get("/beranda/").status_code == 200
    assert "Buat token" in text(client.get("/akun/token/"))
    by_password = Client()
    by_password.post("/masuk/", {"login": "kadis", "password": "kawung-dan-parang-7"})
    assert by_password.get("/beranda/").headers["Location"] == "/akun/keamanan/aktifkan/"


def test_a_class_that_is_trusted_is_asked_for(configure, db, client):
    configure(second_factor_acr=["tinggi", "sangat-tinggi"])
    away = client.post("/masuk/lewat/kota/").headers["Location"]
    assert parse_qs(urlsplit(away).query)["acr_values"] == ["tinggi sangat-tinggi"]


def test_a_provider_that_asks_for_a_password_only_is_no_second_factor(configure, registrar, client):
    configure(second_factor_amr=["mfa", "otp"])
    assert client.get(at_the_provider(client, "tu")).headers["Location"] == "/akun/kode/"


BY_KEY = {"client_id": oidc_provider.KEY_CLIENT, "client_authentication": "private_key_jwt"}


def test_the_portal_proves_who_it_is_by_a_signature_and_publishes_the_key(configure, sri, client):
    configure(**BY_KEY)
    client_key(made_at=timezone.now(), signs_from=timezone.now()).save()
    assert client.get("/masuk/jwks.json").json() == {"keys": [keys._public(client_key())]}
    assert client.get(at_the_provider(client, "sri")).headers["Location"] == "/beranda/"
    assert client.get("/beranda/").wsgi_request.user == sri


def test_the_administrator_reads_what_is_to_be_registered_at_a_provider(configure, sri, registrar, client):
    configure(second_factor_amr=["mfa"], **BY_KEY)
    people.assign_role(registrar, Role.ADMINISTRATOR)
    administrator = visitor(registrar)
    page = text(administrator.get("/pengaturan/penyedia-masuk/"))
    assert f"http://localhost:8080{CALLBACK}" in page
    assert "dianggap cukup bila penyedia menyebut mfa" in page
    assert "kunci belum dibuat" in page
    key = keys.renew(at=timezone.now())
    page = text(administrator.get("/pengaturan/penyedia-masuk/"))
    assert (key.kid in page, "kunci belum dibuat" in page) == (True, False)
    assert visitor(sri).get("/pengaturan/penyedia-masuk/").status_code == 403


def test_another_key_or_none_lets_nobody_in(configure, sri, client, caplog):
    configure(**BY_KEY)
    assert "Masuk tidak berhasil" in text(client.get(at_the_provider(client, "sri")))
    assert "panggon oidc-key" in caplog.text
    keys.renew(at=timezone.now())
    assert "Masuk tidak berhasil" in text(client.get(at_the_provider(client, "sri")))
    assert client.get("/beranda/").headers["Location"].startswith("/masuk/")


def test_a_new_key_is_published_a_day_before_it_signs_and_the_former_goes(db):
    first, later = keys.renew(at=NOW), NOW + timedelta(days=30)
    second = keys.renew(at=later)
    shown = {moment: [key["kid"] for key in keys.published(now=later + moment)["keys"]] for moment in (HOUR, 24 * HOUR)}
    assert shown == {HOUR: [first.kid, second.kid], 24 * HOUR: [second.kid]}
    signed = [keys.assertion("panggon", audience="https://sso", now=later + moment) for moment in shown]
    assert [jwt.get_unverified_header(token)["kid"] for token in signed] == [first.kid, second.kid]
    assert "PRIVATE" not in first.private
    assert "d" not in keys._public(first)
    keys.forget_former(now=later + HOUR)
    assert ClientKey.objects.count() == 2
    keys.forget_former(now=later + 24 * HOUR)
    assert ClientKey.objects.get() == second


@pytest.mark.parametrize("login", ["asing", "palsu"])
def test_a_stranger_and_an_unverified_address_get_no_account_and_a_clear_page(configure, sri, client, login):
    configure()
    back = client.get(at_the_provider(client, login))
    assert back.status_code == 403
    assert "belum ada akun Pelayanan Hosting" in text(back)
    assert client.get("/beranda/").headers["Location"].startswith("/masuk/")
    assert not SocialAccount.objects.exists()


def test_a_person_is_found_by_nip_when_the_setting_says_so(configure, sri, client):
    configure(match="nip")
    sri.email = "lain@example.go.id"
    sri.save(update_fields=["email"])
    assert client.get(at_the_provider(client, "sri")).headers["Location"] == "/beranda/"
    other = Client()
    assert other.get(at_the_provider(other, "palsu")).status_code == 403, "an empty NIP is nobody's"


def test_a_closed_account_stays_closed(configure, sri, client):
    configure()
    client.get(at_the_provider(client, "sri"))
    sri.is_active = False
    sri.save(update_fields=["is_active"])
    again = Client()
    assert again.get(at_the_provider(again, "sri")).headers["Location"] == "/akun/nonaktif/"
    for browser in (client, again):
        assert browser.get("/beranda/").headers["Location"].startswith("/masuk/")


def test_a_wrong_secret_and_a_replayed_answer_say_so_and_let_nobody_in(configure, sri, client):
    configure()
    back = at_the_provider(client, "sri")
    client.get(back)
    thief = Client()
    for browser, address in ((client, back), (thief, back)):
        browser.post("/akun/keluar/")
        assert "Masuk tidak berhasil" in text(browser.get(address))
        assert browser.get("/beranda/").headers["Location"].startswith("/masuk/")
    configure(secret="salah")
    assert "Masuk tidak berhasil" in text(thief.get(at_the_provider(thief, "sri")))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"issuer": "http://provider.example"}, "harus alamat https"),
        ({"match": "name"}, "match harus salah satu dari email, nip"),
        ({"secret": "x"}, "sebuah penyedia mempunyai"),
        ({"client_authentication": "private_key_jwt"}, "sebuah penyedia mempunyai"),
        ({"second_factor_amr": ["mfa", "pwd"]}, "pwd bukan faktor kedua"),
        ({"second_factor_acr": "tinggi"}, "harus daftar kata"),
        ({"client_secret_file": "/nowhere"}, r"/nowhere tidak ada\.$"),
        ({"issuer": 5}, "harus teks"),
    ],
)
def test_what_is_wrong_in_the_file_is_named(tmp_path, change, words):
    (tmp_path / "secret").write_text("x")
    row = {"id": "a", "name": "A", "issuer": "https://a.example", "client_id": "c", "match": "email"}
    row = {**row, "client_secret_file": str(tmp_path / "secret"), **change}
    (tmp_path / "oidc.json").write_text(json.dumps([row]))
    with pytest.raises(ImproperlyConfigured, match=words):
        oidc.providers(str(tmp_path / "oidc.json"))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "tidak ada"),
        (b"{", "bukan JSON yang benar: lihat baris 1, kolom 2"),
        (b"\xff", "bukan berkas teks"),
        (b"{}", "harus daftar JSON"),
        (b"[1]", "harus daftar JSON"),
    ],
)
def test_a_file_that_is_none_is_named(tmp_path, content, words):
    path = tmp_path / "oidc.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ImproperlyConfigured, match=rf"^PANGGON_OIDC_FILE {path}: .*{words}"):
        oidc.providers(str(path))


def test_the_browser_may_be_sent_to_the_provider_and_nowhere_else(configure, settings):
    configure()
    apps = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"]
    assert oidc.origins([*apps, *apps]) == [apps[0]["settings"]["server_url"]]
