"""What is secret at step 7 stands nowhere afterwards, and is kept no longer than it is needed."""

import pytest
from django.db import connection, transaction

from panggon.cases.models import Case
from panggon.core.cases.procedure import State
from panggon.core.papers.signing import GATEWAYS, Method
from panggon.office.values import Group
from panggon.papers import signatories
from panggon.people.models import User
from tests.papers.pki import NIK, PASSPHRASE
from tests.portal.office import MINUTE, fill_in
from tests.portal.signers import ready, sign_by_gateway
from tests.portal.visitor import at, faults, post

pytestmark = pytest.mark.usefixtures("office_time", "looked_at_here")


@pytest.mark.parametrize("method", GATEWAYS)
def test_passphrase_and_nik_are_nowhere(office, settings, pki, bsre, caplog, monkeypatch, method):
    sign_by_gateway(settings, pki, bsre, method)
    case = ready(office)
    wrong = "Sandi Yang Keliru 5517"
    with caplog.at_level("DEBUG"):
        answer = post(office, "head", case, "sahkan", passphrase=wrong, nik=NIK, note="Setuju")
        assert faults(answer) == {"passphrase": ["Frasa sandi salah. Silakan ketik lagi."]}
        assert wrong not in answer.content.decode()
        assert "Setuju" in answer.content.decode()
        breaks_over(office, case, monkeypatch)
        post(office, "head", case, "sahkan", passphrase=PASSPHRASE, nik=NIK)
    assert "Traceback" in caplog.text
    assert Case.objects.get(pk=case.pk).state == State.APPROVED
    assert signatories.nik_of(office.head.pk) == NIK
    for secret in (wrong, PASSPHRASE, NIK):
        assert secret not in caplog.text
        assert not found_in_database(secret)
        assert secret == NIK or all(  # which stands in the certificate of whoever signs
            secret.encode() not in file.read_bytes() for file in settings.PANGGON_FILES.rglob("*") if file.is_file()
        )


def breaks_over(office, case, monkeypatch):
    """An error of the program while the passphrase is in its hands: what is reported of it is in the log."""
    browser, values = at(office, "head"), {"version": case.version, "passphrase": PASSPHRASE, "nik": NIK}
    browser.raise_request_exception = False
    with monkeypatch.context() as broken:
        broken.setattr("panggon.papers.signers.bsre.base64", None)
        broken.setattr("panggon.papers.signers.bsre.call", None)
        assert browser.post(f"/permohonan/{case.number}/sahkan/", values).status_code == 500
    office.now += 4 * MINUTE  # as it is after a kill, the attempt is under way until then


def test_a_nik_is_kept_as_long_as_its_owner_signs(office, settings, pki, bsre):
    sign_by_gateway(settings, pki, bsre, Method.BSRE_V2)
    for change in (sign_otherwise, close_account, leave_post):
        signatories.remember(office.head, NIK)
        assert (signatories.forget(now=office.now), signatories.nik_of(office.head.pk)) == (0, NIK)
        with transaction.atomic():
            change(office)
            assert (signatories.forget(now=office.now), signatories.nik_of(office.head.pk)) == (1, "")
            transaction.set_rollback(True)
    settings.SECRET_KEY = "another key of the installation, as long as it has to be 123"
    assert signatories.nik_of(office.head.pk) == ""


def sign_otherwise(_office):
    fill_in(Group.SIGNING, method=Method.UPLOAD)


def close_account(office):
    User.objects.filter(pk=office.head.pk).update(is_active=False)


def leave_post(office):
    office.head.role_assignments.update(ended_at=office.now)


def found_in_database(words: str) -> list[str]:
    """The tables in which this stands, in any column of any row."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT count(*) FROM "{table}" AS row WHERE row::text LIKE %s', [f"%{words}%"])
            found += [table] if cursor.fetchone()[0] else []
    return found
