"""What every answer says to the browser: the exact headers, of every address and of every kind of answer."""

import runpy

import pytest
from django.templatetags.static import static
from django.test import Client, override_settings
from django.urls import path

from panggon.cases.selectors import papers_for
from panggon.core.cases.procedure import Role, State
from panggon.portal.settings import base
from panggon.portal.urls import urlpatterns as pages
from panggon.public import snapshots
from tests.portal.test_urls import ARGUMENTS, PAGES, address
from tests.portal.visitor import OWN_PAGE, post, visitor

PAGE_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; "
    "form-action 'self'"
)
FILE_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"
PROTECTION = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": PAGE_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), hid=(), local-fonts=(), microphone=(), "
    "midi=(), payment=(), serial=(), usb=(), xr-spatial-tracking=()",
    "Referrer-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
OF_THE_CONTENT = {"Allow", "Content-Disposition", "Content-Language", "Content-Length", "Content-Type", "ETag"}
OF_THE_CONTENT |= {
    "Access-Control-Allow-Origin",
    "Expires",
    "HX-Refresh",
    "Location",
    "Retry-After",
    "Vary",
    "WWW-Authenticate",
}
NEVER_CACHED = "max-age=0, no-cache, no-store, must-revalidate, private"  # Django's own words for it


@pytest.fixture(autouse=True)
def https(settings):
    """As behind a proxy that speaks plain HTTP with the portal, at a public https address."""
    settings.PANGGON_SCHEME = "https"
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True


# What is public and the same for everybody may be kept for a while; a page only as a stranger sees it.
KEPT = {
    **dict.fromkeys(
        ("client_keys", "public:catalogue", "public:table_csv", "public:table_json"), "public, max-age=300"
    ),
    **dict.fromkeys(("public:figures", "public:open_data"), "public, max-age=60"),
}
OPEN_DATA = {"public:catalogue", "public:table_csv", "public:table_json"}  # for the pages of others too


def protection(response):
    """All headers but those of the content."""
    found = {name: value for name, value in response.headers.items() if name not in OF_THE_CONTENT}
    if found.get("Cache-Control") == NEVER_CACHED:
        found["Cache-Control"] = "no-store"
    return found


def quiet(client):
    client.raise_request_exception = False
    return client


def is_file(response):
    return response.headers.get("Content-Type") == "application/pdf"


def test_every_address_answers_everybody_with_the_same_protection(office, office_time):
    case = office.bring_to(State.DELIVERED)
    everybody = office.person("semua", Role.REGISTRAR, Role.HEAD, Role.ADMINISTRATOR)
    known = {**ARGUMENTS, "number": case.number, "paper": papers_for(case, everybody, now=office.now)[0].pk}
    statuses = set()
    snapshots.take(now=office.now)
    official, stranger = quiet(visitor(everybody)), quiet(Client())
    for name in PAGES:
        for ask in (official.get, stranger.get):
            response = ask(address(name, known))
            wished = {**PROTECTION, "Content-Security-Policy": FILE_POLICY} if is_file(response) else PROTECTION
            kept = name in KEPT and (ask == stranger.get or name in OPEN_DATA or name == "client_keys")
            if kept and response.status_code == 200:
                wished = {**wished, "Cache-Control": KEPT[name]}
            if name in OPEN_DATA:
                wished = {**wished, "Cross-Origin-Resource-Policy": "cross-origin"}
            assert (response.headers.get("Access-Control-Allow-Origin") == "*") is (name in OPEN_DATA)
            assert protection(response) == wished, (name, response.status_code)
            statuses.add(response.status_code)
    assert {200, 302, 401, 403, 404, 405, 410} <= statuses
    assert 500 not in statuses


def broken(request):
    raise RuntimeError


urlpatterns = [*pages, path("rusak/", broken)]


def test_a_refusal_is_protected_as_a_page_is(office, office_time):
    browser, strict = quiet(visitor(office.applicant)), quiet(Client(enforce_csrf_checks=True))
    case = office.bring_to(State.SUBMITTED)
    with override_settings(ROOT_URLCONF=__name__):
        answers = {
            400: browser.post("/permohonan/baru/", {"title": "x" * 1_100_000}),
            403: strict.post("/masuk/"),
            404: browser.get("/tidak/ada/"),
            405: browser.get("/lacak/ikuti/"),
            422: post(office, "registrar", case, "terima-surat", letter_date="kemarin"),
            500: browser.get("/rusak/"),
        }
    answers[421] = browser.get("/masuk/", headers={"host": "evil.example"})
    for _ in range(21):
        answers[429] = browser.get("/lacak/?nomor=HST-2026-0001&kode=salah")
    assert {kind: answer.status_code for kind, answer in answers.items()} == {kind: kind for kind in answers} | {
        421: 400
    }
    for kind, answer in answers.items():
        assert protection(answer) == PROTECTION, kind


def test_a_static_file_may_be_kept(db, client, settings):
    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = True
    answer = client.get(static("panggon/panggon.css"))
    kept = protection(answer)
    answer.close()
    assert kept.pop("Cache-Control") == "max-age=315360000, public, immutable"
    of_the_file = {"Last-Modified", "ETag", "Access-Control-Allow-Origin"}
    assert {name: value for name, value in kept.items() if name not in of_the_file} | {
        "Cache-Control": "no-store"
    } == PROTECTION


def test_cookies_are_bound_to_this_host_alone(monkeypatch):
    monkeypatch.setenv("PANGGON_BASE_URL", "https://hosting.example.go.id")
    monkeypatch.setenv("PANGGON_INSECURE_LOOPBACK", "0")
    made = runpy.run_path(base.__file__)
    names = [made[f"{kind}_COOKIE_NAME"] for kind in ("SESSION", "CSRF", "LANGUAGE")]
    assert names == ["__Host-sesi", "__Host-csrf", "__Host-bahasa"]
    assert (made["SESSION_COOKIE_SECURE"], made["CSRF_COOKIE_SECURE"], made["SECURE_HSTS_SECONDS"]) == (
        True,
        True,
        31_536_000,
    )


def test_every_cookie_is_for_the_portal_only(office, office_time, client):
    word = "kata sandi yang panjang"
    office.applicant.set_password(word)
    office.applicant.save()
    client.post("/bahasa/", {"language": "id"}, headers=OWN_PAGE)
    client.post("/masuk/", {"login": "sri", "password": word})
    client.get("/masuk/")
    assert {name.partition("-")[0] for name in client.cookies} >= {"bahasa", "sesi", "perangkat"}
    for cookie in client.cookies.values():
        assert (cookie["secure"], cookie["httponly"], cookie["samesite"], cookie["path"], cookie["domain"]) == (
            True,
            True,
            "Lax",
            "/",
            "",
        )
