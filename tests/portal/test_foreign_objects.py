"""Ids of another agency's things outside of cases, and fields that no form has: as if there were nothing."""

import re
import uuid

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession

from panggon.cases.models import Case, Reading
from panggon.core.cases.procedure import Action, State
from panggon.notify import services as notify
from panggon.people import services as people
from panggon.people.models import Agency, Invitation, User
from panggon.tokens import services as tokens
from panggon.tokens.models import Scope
from tests.portal.visitor import SITE_PART, begin, fill_in, visitor

pytestmark = pytest.mark.usefixtures("office_time")
MISSING, NO_UUID = 987654, uuid.UUID(int=9)


@pytest.fixture
def wati(office):
    """Somebody of another agency, with a colleague so that an account may be closed at all."""
    agency = Agency.objects.create(name="Dinas Kesehatan", short_name="Dinkes")
    office.person("adi", agency=agency)
    return office.person("wati", agency=agency)


def things_of(office):
    """What belongs to the applicant of the office: the address of each, with a place for its id, and the id."""
    sri = office.applicant
    office.person("budi", agency=office.agency)
    invitation = people.invite_to_agency("baru@example.go.id", office.agency, actor=sri, at=office.now)
    notice = notify.tell(sri, reference="x", subject="rahasia", text="rahasia", path="/", at=office.now)
    token, _ = tokens.make(sri, name="rahasia", scopes=[Scope.CASES_READ], days=30, at=office.now)
    passkey = Authenticator.objects.create(
        user=sri, type=Authenticator.Type.WEBAUTHN, data={"name": "rahasia", "credential": {}}
    )
    reading = Reading.objects.create(sha256="0" * 64, added_by=sri, added_at=office.now)
    return [
        ("/rekan/{}/tutup/", sri.pk),
        ("/undangan/{}/kirim-ulang/", invitation.pk),
        ("/undangan/{}/batal/", invitation.pk),
        ("/pemberitahuan/{}/dibaca/", notice.pk),
        ("/akun/token/{}/cabut/", token.pk),
        ("/akun/keamanan/kunci-sandi/{}/nama/", passkey.pk),
        ("/akun/keamanan/kunci-sandi/{}/hapus/", passkey.pk),
        ("/permohonan/bacaan/{}/", reading.pk),
    ]


def plain(response, key):
    """The answer without what differs at each look at the same page: its own address, and tokens against forgery."""
    words = response.content.decode().replace(f"/{key}/", "/…/")
    return (response.status_code, re.sub(r'csrfmiddlewaretoken" value="\w+"', "", words))


def test_what_is_anothers_is_answered_as_what_is_not_there(office, wati):
    stranger = visitor(wati)
    rows = things_of(office)
    before = [list(model.objects.values()) for model in (User, Invitation, Authenticator, Reading)]
    for address, key in rows:
        missing = NO_UUID if isinstance(key, uuid.UUID) else MISSING
        for ask in (stranger.get, stranger.post):
            theirs, none = (plain(ask(address.format(each)), each) for each in (key, missing))
            assert theirs == none, address
            assert theirs[0] in (302, 404, 405), address  # 302: the password is asked for first
    assert before == [list(model.objects.values()) for model in (User, Invitation, Authenticator, Reading)]


def test_a_case_of_another_agency_is_answered_as_one_that_is_not_there(office, wati):
    case = office.bring_to(State.DELIVERED)
    stranger, none = visitor(wati), "HST-2026-9999"
    token = tokens.make(wati, name="x", scopes=list(Scope), days=30, at=office.now)[1]
    program = {"authorization": f"Bearer {token}"}
    pages = ["", "kemajuan/", "surat/", "isi/surat/", "contoh-surat/", "akses/", "konfirmasi/", f"naskah/{NO_UUID}/"]
    rows = [(stranger.get, f"/permohonan/{{}}/{page}", {}) for page in pages]
    rows += [(stranger.post, f"/permohonan/{{}}/{page}", {}) for page in [*pages, "arsip/"]]
    rows += [(stranger.get, f"/api/v1/cases/{{}}{page}", program) for page in ("", "/events", "/letter")]
    rows += [(stranger.post, f"/api/v1/cases/{{}}/actions/{Action.CONFIRM}", program)]
    for ask, address, headers in rows:
        theirs, missing = (plain(ask(address.format(each), headers=headers), each) for each in (case.number, none))
        assert theirs == missing, address
        assert theirs[0] in (404, 405), address


def test_ids_of_another_agency_in_form_fields_do_nothing(office, wati):
    stranger, theirs = visitor(wati), office.draft()
    ours = UserSession.objects.create(
        user=office.applicant, ip="127.0.0.1", user_agent="x", session_key="k" * 32, last_seen_at=office.now
    )
    stranger.post("/akun/sesi/", {"session": ours.pk, "others": "1"})
    assert UserSession.objects.filter(pk=ours.pk).exists()
    lists = [stranger.get("/permohonan/", {"sesudah": number}).context["found"] for number in (theirs.number, "HST-1")]
    assert lists == [[], []]
    begin(stranger, agency=office.agency.pk, case=theirs.number, number=theirs.number)
    assert {case.agency for case in Case.objects.exclude(pk=theirs.pk)} == {wati.agency}
    stranger.post("/rekan/", {"email": "x@example.go.id", "agency": office.agency.pk, "role": "head"})
    invitation = Invitation.objects.get(email="x@example.go.id")
    assert (invitation.agency, invitation.role) == (wati.agency, "")


def test_fields_that_no_form_has_are_not_taken(office, wati):
    more = {
        "state": "done", "agenda_number": "1", "technician": office.technician.pk, "agency": office.agency.pk,
        "received_at": "2026-01-01", "due_at": "2030-01-01", "number": "HST-2026-0777", "plan": "1",
        "applicant": office.applicant.pk, "machine_read": "x", "division": office.division.pk,
    }  # fmt: skip
    browser = visitor(wati)
    begin(browser, **more)
    case = Case.objects.get(agency=wati.agency)
    before = Case.objects.values().get(pk=case.pk)
    fill_in(browser, case, "situs", **SITE_PART, **more)
    after = Case.objects.values().get(pk=case.pk)
    changed = {name for name in before if before[name] != after[name]}
    assert changed <= {"label", "title", "kind", "profile", "version", "head", "search_words"}
    assert (before["state"], before["received_at"], before["technician_id"]) == (State.DRAFT, None, None)


def test_who_accepts_an_invitation_gets_what_it_says_and_no_more(office, client):
    invitation = people.invite_to_agency("baru@example.go.id", office.agency, actor=office.applicant, at=office.now)
    word = "kata sandi yang sangat panjang"
    client.post(
        f"/undangan/terima/{people.token_of(invitation)}/",
        {
            "full_name": "Baru", "nip": "198001012005011001", "phone": "08120000001", "password": word,
            "password_again": word, "email": "lain@example.go.id", "username": "kadis", "role": "administrator",
            "agency": "", "is_superuser": "1", "is_staff": "1", "division": office.division.pk,
        },
    )  # fmt: skip
    made = User.objects.get(email="baru@example.go.id")
    assert (made.agency, made.is_superuser, made.division, made.role_assignments.count()) == (
        office.agency,
        False,
        None,
        0,
    )
    assert made.username == "baru@example.go.id"
