"""The page of one's own tokens: made only with the second factor, shown once, kept as a hash, withdrawn at once."""

import re
import time

import pytest
from django.test import Client

from panggon.audit.models import Change
from panggon.office.values import Group
from panggon.tokens import selectors
from panggon.tokens.models import Scope, Token
from tests.portal.office import fill_in
from tests.portal.programs import make_token
from tests.portal.visitor import faults, text, visitor

FORM = {"name": "Laporan harian", "scopes": ["cases:read", "sites:read"], "days": "30"}
PAGE = "/akun/token/"


def with_code(user) -> Client:
    """A session that was opened with the second factor, as the sign-in leaves it."""
    client = visitor(user)
    session = client.session
    session["account_authentication_methods"] = [
        {"method": "password", "at": time.time()},
        {"method": "mfa", "type": "totp", "at": time.time()},
    ]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()
    return client


def secret_in(response) -> str:
    return re.search(r"pgn_[\w-]{43}", response.content.decode()).group()


def test_a_token_is_shown_once_and_kept_as_a_hash(office):
    browser = with_code(office.applicant)
    made = browser.post(PAGE, FORM)
    secret = secret_in(made)
    token = Token.objects.get()
    assert (token.owner, token.name, token.scopes) == (office.applicant, "Laporan harian", ["cases:read", "sites:read"])
    assert (token.expires_at - token.made_at).days == 30
    assert (token.sha256, secret in str(vars(token))) == (selectors.sha256(secret), False)
    again = browser.get(PAGE)
    assert secret not in again.content.decode()
    assert "Laporan harian Membaca permohonan dan naskahnya · Membaca daftar situs" in text(again)
    assert "belum pernah dipakai" in text(again)
    assert made.headers["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
    assert Client().get("/api/v1/cases", headers={"Authorization": f"Bearer {secret}"}).status_code == 200


def test_making_and_withdrawing_are_recorded_without_the_secret(office):
    browser = with_code(office.applicant)
    secret = secret_in(browser.post(PAGE, FORM))
    token = Token.objects.get()
    browser.post(f"{PAGE}{token.pk}/cabut/")
    made, withdrawn = Change.objects.order_by("sequence")
    assert {made.subject, withdrawn.subject} == {f"tokens.token:{token.pk}"}
    assert (
        made.after
        == withdrawn.before
        == {
            "name": "Laporan harian",
            "scopes": ["cases:read", "sites:read"],
            "expires_at": token.expires_at.isoformat(),
        }
    )
    assert (made.actor, withdrawn.after) == (office.applicant, None)
    assert secret not in str(vars(made))
    assert Client().get("/api/v1/cases", headers={"Authorization": f"Bearer {secret}"}).status_code == 401
    assert "Laporan harian" not in text(browser.get(PAGE))


def test_without_the_second_factor_no_token_is_made(office):
    browser = visitor(office.applicant)
    assert "Token hanya dapat dibuat bila Anda masuk dengan kode keamanan." in text(browser.get(PAGE))
    assert browser.post(PAGE, FORM).status_code == 403
    assert not Token.objects.exists()


def test_what_is_missing_is_said_at_its_field(office):
    answer = with_code(office.applicant).post(PAGE, {"name": "", "days": "9999"})
    assert answer.status_code == 422
    assert faults(answer) == {
        "name": ["Wajib diisi."],
        "scopes": ["Wajib diisi."],
        "days": ["Masukkan pilihan yang valid. 9999 bukan salah satu dari pilihan yang tersedia."],
    }


def test_another_ones_token_is_not_there(office):
    token, _ = make_token(office.registrar)
    browser = with_code(office.applicant)
    assert browser.post(f"{PAGE}{token.pk}/cabut/").status_code == 404
    assert browser.get(f"{PAGE}{token.pk}/cabut/").status_code == 405
    assert "uji" not in text(browser.get(PAGE)).split()
    assert Token.objects.get().withdrawn_at is None


@pytest.mark.parametrize("allowed", [True, False])
def test_deciding_is_offered_only_where_the_installation_allows_it(office, allowed):
    fill_in(Group.PROGRAMS, decide=allowed)
    browser = with_code(office.head)
    assert ("Menolak permohonan" in text(browser.get(PAGE))) is allowed
    browser.post(PAGE, {**FORM, "scopes": [Scope.CASES_DECIDE]})
    assert Token.objects.exists() is allowed
