"""Nothing that people wrote or that names them stands on a page or in a file that anybody may have."""

import re
from http import HTTPStatus

import pytest
from django.test import Client, override_settings
from django.urls import path

from demo.paper import words_on
from panggon.core.cases.procedure import State
from panggon.core.surveys.survey import Element
from panggon.papers.models import Paper
from panggon.people.models import User
from panggon.people.permissions import Permission, permission_of
from panggon.portal.urls import urlpatterns as pages
from panggon.public import snapshots
from panggon.public.tables import TABLES
from panggon.signin import keys
from panggon.surveys import services as surveys
from panggon.surveys.models import Service
from tests.portal.complaining import answered, file
from tests.portal.planting import WORD, Planted
from tests.portal.test_urls import ARGUMENTS, PAGES, address
from tests.portal.visitor import OWN_PAGE

# What is meant for everybody, and where it stands.
MEANT = {
    "signin.ClientKey.kid": "under which name others find the portal's public key",
    "people.User.full_name": "the Kepala Dinas stands for the pledge and the SOP",
    "people.Agency.name": "the page behind a paper's QR says for whom it is",
    "cases.Case.title": "and for which site",
    "sites.Site.host": "and where that is",
    "papers.Paper.title": "and what it is called",
    "papers.Paper.number": "and which number it bears",
    "papers.Signature.name": "and who signed it, in the name of the dinas",
    "papers.Signature.role": "and as what",
    "papers.Signature.note": "and in whose place",
    "papers.Signature.certificate": "and what the certificate of the signature says",
    "papers.Signature.issuer": "and who stands for it",
    "papers.Signature.serial": "and which one it is",
    "surveys.Answer.words": "of the survey's results, what an officer published",
    "surveys.Improvement.said": "and what was done about it",
    "surveys.Improvement.done": "and what was done about it",
}


def broken(request):
    raise RuntimeError


urlpatterns = [*pages, path("rusak/", broken)]


@pytest.fixture
def planted(office, office_time):
    """A case that is done, complaints, a survey; then every column of text of the whole database is planted."""
    case = office.bring_to(State.DONE)
    file(office)
    answered(office)
    for number in range(6):
        invitation = surveys.offer(Service.CASE, f"X-{number}", people=[], email="", at=office.now)
        kept = surveys.answer(invitation, {**{part.value: 4 for part in Element}, "words": "Cepat"}, at=office.now)
        if number < 2:
            surveys.read(kept, publish=number == 0, actor=office.complaints_officer, at=office.now)
    surveys.add_improvement(said="Lama", done="Cepat", day=office.now.date(), actor=office.head, at=office.now)
    keys.renew(at=office.now)
    made = Planted()
    made.plant()
    case.refresh_from_db()
    snapshots.take(now=office.now)
    return made, case


def answers(case):
    """Every public page and file by its name, and every refusal, as a stranger gets it; in both languages."""
    known = {**ARGUMENTS, "paper": Paper.objects.filter(case_number=case.number, signature__isnull=False)[0].pk}
    public = [name for name in PAGES if permission_of(PAGES[name].callback) is Permission.PUBLIC]
    asked = [(name, address(name, known)) for name in public if "table" not in name]
    asked += [(f"{table}.{kind}", f"/data-terbuka/{table}.{kind}") for table in TABLES for kind in ("csv", "json")]
    asked += [("tracked", f"/lacak/?nomor={case.number}&kode={case.token}"), ("404", "/tidak/ada/"), ("500", "/rusak/")]
    asked += [("a quarter", "/kinerja/?tahun=2026&triwulan=4"), ("refused", f"/lacak/?nomor={case.number}&kode=salah")]
    for language in ("id", "en"):
        browser = Client(raise_request_exception=False)
        browser.post("/bahasa/", {"language": language, "page": "/"}, headers=OWN_PAGE)
        for name, where in asked:
            yield f"{name} ({language})", browser.get(where)
        yield f"403 ({language})", Client(enforce_csrf_checks=True).post("/masuk/")
        yield f"422 ({language})", browser.post("/masuk/", {"login": "x", "password": "x"})
        yield f"422 complaint ({language})", browser.post("/pengaduan/", {})
        yield f"400 ({language})", browser.post("/pengaduan/", {"subject": "x" * 1_100_000})


def said(answer):
    """All that is in an answer: its words, where it leads, its cookies."""
    body = answer.getvalue() if answer.streaming else answer.content
    words = words_on(body) if body.startswith(b"%PDF") else body.decode()
    return " ".join([words, *answer.headers.values(), str(answer.cookies)])


def test_no_public_answer_says_anything_of_anybody(office, planted):
    made, case = planted
    found, statuses, broken_pages = {}, set(), set()
    with override_settings(ROOT_URLCONF=__name__):
        for name, answer in answers(case):
            statuses.add(answer.status_code)
            broken_pages |= {name} if answer.status_code == HTTPStatus.INTERNAL_SERVER_ERROR else set()
            for column in made.found_in(said(answer)):
                found.setdefault(column, []).append(name)
    assert broken_pages == {"500 (id)", "500 (en)"}, "a page that breaks says nothing of anybody, but proves nothing"
    assert {200, 302, 400, 403, 404, 405, 410, 500} <= statuses
    assert len(made.columns) > 150
    assert {column: names for column, names in found.items() if column not in MEANT} == {}
    assert found.keys() == MEANT.keys(), "what is meant for everybody is really there"
    words = f"{WORD}{made.columns.index('surveys.Answer.words'):04}-"
    results = Client().get("/survei/").content.decode()
    assert re.findall(rf"{words}(\d)", results) == ["0"], "only what was published"
    name = f"{WORD}{made.columns.index('people.User.full_name'):04}-"
    place = list(User.objects.order_by("pk").values_list("pk", flat=True)).index(office.head.pk)
    for page in ("maklumat/", "sop/hosting/", "sop/pengaduan/"):
        pledged = Client().get(f"/standar-pelayanan/{page}").content.decode()
        assert set(re.findall(rf"{name}(\d+)", pledged)) == {str(place)}, "nobody else's name"


def test_what_was_planted_is_found_however_it_is_written():
    made = Planted()
    made.columns = ["cases.Case.responsible_nip", "complaints.Complaint.phone", "complaints.Complaint.email"]
    assert made.found_in("NIP 19 909090 0000 0000") == {"cases.Case.responsible_nip"}
    assert made.found_in("0890-9090-0001") == {"complaints.Complaint.phone"}
    assert made.found_in("<a href=mailto:RAHASIA0002.0@example.org>") == {"complaints.Complaint.email"}
    assert made.found_in("RAHASIA perusahaan 9090") == set()
