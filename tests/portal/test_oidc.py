"""Signing in through a real OpenID Connect provider: who has an account comes in, and nobody else."""

import json
import re
import subprocess
import sys
from urllib.parse import parse_qs, urlsplit

import httpx
import pyotp
import pytest
from allauth.socialaccount.models import SocialAccount
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from panggon.core.procedure import Role
from panggon.people import services as people
from panggon.portal.settings import oidc
from panggon.signin.models import Visit
from tests.conftest import free_port
from tests.portal import oidc_provider
from tests.portal.visitor import SECRET, text
from tests.waiting import until

CALLBACK = "/masuk/lewat/kota/kembali/"


@pytest.fixture(scope="module")
def issuer():
    port = free_port()
    argv = [sys.executable, "-m", "tests.portal.oidc_provider", str(port), f"http://testserver{CALLBACK}"]
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://localhost:{port}"
    try:
        until(lambda: answers(f"{address}/.well-known/openid-configuration"), "no provider")
        yield address
    finally:
        process.terminate()
        process.wait()


def answers(address: str) -> bool:
    try:
        return httpx.get(address).status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture
def configure(issuer, settings, tmp_path):
    """The provider in the settings, from a file as an administrator writes it."""

    def configured(*, match: str = "email", secret: str = oidc_provider.SECRET) -> None:
        (tmp_path / "secret").write_text(f"{secret}\n")
        row = {
            "id": "kota",
            "name": "Akun Kota",
            "issuer": issuer,
            "client_id": oidc_provider.CLIENT,
            "client_secret_file": str(tmp_path / "secret"),
            "match": match,
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
            values = {"password": oidc_provider.PASSWORD} if 'name="password"' in page.text else {"login": login}
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
    for visitor, address in ((client, back), (thief, back)):
        visitor.post("/akun/keluar/")
        assert "Masuk tidak berhasil" in text(visitor.get(address))
        assert visitor.get("/beranda/").headers["Location"].startswith("/masuk/")
    configure(secret="salah")
    assert "Masuk tidak berhasil" in text(thief.get(at_the_provider(thief, "sri")))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"issuer": "http://provider.example"}, "has to be an https address"),
        ({"match": "name"}, "match is one of email, nip"),
        ({"secret": "x"}, "a provider has exactly"),
        ({"client_secret_file": "/nowhere"}, "No such file"),
    ],
)
def test_what_is_wrong_in_the_file_is_named(tmp_path, change, words):
    (tmp_path / "secret").write_text("x")
    row = {"id": "a", "name": "A", "issuer": "https://a.example", "client_id": "c", "match": "email"}
    row = {**row, "client_secret_file": str(tmp_path / "secret"), **change}
    (tmp_path / "oidc.json").write_text(json.dumps([row]))
    with pytest.raises(ImproperlyConfigured, match=words):
        oidc.providers(str(tmp_path / "oidc.json"))


def test_the_browser_may_be_sent_to_the_provider_and_nowhere_else(configure, settings):
    configure()
    apps = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"]
    assert oidc.origins([*apps, *apps]) == [apps[0]["settings"]["server_url"]]
