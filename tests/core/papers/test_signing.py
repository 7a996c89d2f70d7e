"""What decides about signatures: the gateway's answers, whose certificate it is, what changed since a proof."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panggon.core.papers.signing import Change, Signatory, changes, error_fault, is_fresh, names_person, status_fault

NOON = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
PERSON = Signatory("Drs. Bambang Prasetyo, M.Si.", "Kepala Dinas", nip="196905141994031006", nik="3375011405690001")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"status_code": 1111, "status": "ISSUE"}, None),
        ({"data": [{"status": "issue"}]}, None),
        ({"status": "EXPIRED"}, "signing.certificate_expired"),
        ({"status": "RENEW"}, "signing.certificate_renewing"),
        ({"status": "WAITING_FOR_VERIFICATION"}, "signing.waiting_for_verification"),
        ({"status": "NEW"}, "signing.not_activated"),
        ({"status": "NO_CERTIFICATE"}, "signing.no_certificate"),
        ({"status": "NOT_REGISTERED"}, "signing.not_registered"),
        ({"status": "SUSPEND"}, "signing.suspended"),
        ({"status": "REVOKE"}, "signing.certificate_revoked"),
        ({"status_code": 2011, "message": "user tidak terdaftar"}, "signing.not_registered"),
        ({"error": "2031: passphrase anda salah"}, "signing.passphrase"),
        ({"status": "REISSUE"}, "signing.garbage"),
        ([], "signing.garbage"),
        ("ISSUED", "signing.garbage"),
    ],
)
def test_what_the_gateway_says_of_a_person(answer, code):
    assert status_fault(answer) == code


@given(JSON)
def test_any_answer_has_a_code(answer):
    assert error_fault(answer).startswith("signing.")
    assert (status_fault(answer) or "signing.").startswith("signing.")


@pytest.mark.parametrize(
    ("subject", "is_the_person"),
    [
        (["Bambang", "3375011405690001"], True),
        (["NIP 196905141994031006"], True),
        (["ID", "DRS BAMBANG PRASETYO M SI"], True),
        (["Drs. Bambang Prasetyo, M.Si.", "3375010101010101"], False),  # the name, and somebody else's number
        (["Bambang Prasetyo"], False),
        ([], False),
    ],
)
def test_whose_certificate_it_is(subject, is_the_person):
    assert names_person(subject, PERSON) is is_the_person


def test_a_person_without_numbers_is_no_match_for_any_number():
    assert not names_person(["3375011405690001"], Signatory("", ""))
    assert not names_person([""], Signatory("", ""))


def test_fresh_is_what_was_proven_in_the_last_fifteen_minutes():
    limit = timedelta(minutes=15)
    assert is_fresh(NOON, now=NOON + limit)
    assert not is_fresh(NOON, now=NOON + limit + timedelta(seconds=1))
    assert not is_fresh(None, now=NOON)


def proof(name: str, detail: str, *, ok: bool = True) -> dict:
    return {"name": name, "ok": ok, "detail": detail}


def test_what_changed_since_the_document():
    before = [
        proof("dns.answer", "A 1"),
        proof("dns.answer", "A 2"),
        proof("web.unknown_host", "x1"),
        proof("a.b", "y"),
    ]
    after = [
        proof("dns.answer", "A 1"),
        proof("dns.answer", "A 3"),
        proof("web.unknown_host", "x2"),
        proof("php.user", "33", ok=False),
    ]
    assert changes(before, before) == ()
    assert changes(before, after) == (
        Change("dns.answer", "A 2", "A 3"),
        Change("a.b", "y", ""),
        Change("php.user", "", "33"),
    )
    failed = [*before[:2], proof("web.unknown_host", "x1", ok=False), before[3]]
    assert changes(before, failed) == (Change("web.unknown_host", "x1", "x1"),)
