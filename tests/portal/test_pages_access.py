"""The hand-over: keys, passwords, papers."""

import pytest

from panggon.cases import jobs, taking_over
from panggon.cases.content import paper_facts
from panggon.cases.models import Case
from panggon.core.cases.procedure import Action, State
from panggon.papers.contents import SIGNED_TOGETHER
from panggon.people.models import Agency
from panggon.people.templatetags.pages import breakable
from panggon.sites.models import Node, Site
from tests.portal.visitor import PEOPLE, at, faults, page, post, text, visitor

pytestmark = pytest.mark.usefixtures("office_time")

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPUQxiTf8MYnZN4VqQDnZ2p5Qvxk9u0Y3k3mU9b1pQZq sri@dinsos"
PASSWORD = "rahasia sekali 7"


def test_access_is_closed_until_it_was_delivered(office):
    case = office.bring_to(State.APPROVED)
    assert page(office, "applicant", case, "akses").status_code == 404


def test_access_is_for_the_agency_alone(office):
    case = office.bring_to(State.DELIVERED)
    found = {who: page(office, who, case, "akses").status_code for who in PEOPLE}
    assert found == {"applicant": 200, "registrar": 404, "head": 404, "division_head": 404, "technician": 404}


def invited(office):
    """A delivered case whose admin teknis (its applicant) was invited, as the worker does after the delivery."""
    case = office.bring_to(State.DELIVERED)
    jobs.invite_admin(case.events.last().pk)
    return case


def taking(case, **values):
    return {"code": taking_over.code(case), "password": PASSWORD, "password_again": PASSWORD, **values}


@pytest.mark.parametrize(("facts", "port"), [({}, ""), ({"https_port": 443}, ""), ({"https_port": 8443}, ":8443")])
def test_the_address_of_a_site_says_the_port_where_it_is_not_the_usual_one(office, facts, port):
    case = office.bring_to(State.DELIVERED)
    Node.objects.filter(pk=case.site.node_id).update(facts=facts)
    address = f"https://{case.site.host}{port}/"
    assert f'<a href="{address}">{breakable(address)}</a>' in page(office, "applicant", case, "akses").content.decode()
    assert paper_facts.facts_of(Case.objects.get(pk=case.pk)).address == address


def test_a_key_and_a_password_are_set_and_the_password_is_nowhere_to_be_read(office):
    case = invited(office)
    values = taking(case, ssh_keys=KEY)
    at(office, "applicant").post(f"/permohonan/{case.number}/akses/", values)
    case.site.refresh_from_db()
    assert case.site.ssh_keys == [" ".join(KEY.split()[:2])]
    assert case.site.password_hash.startswith("$6$")
    shown = page(office, "applicant", case, "akses")
    assert "sudah ditetapkan" in text(shown)
    assert "/private/database.ini" in text(shown)
    assert "/private/<wbr>database.ini" in shown.content.decode()  # on a phone no name is broken within
    assert PASSWORD not in shown.content.decode()
    assert case.site.password_hash not in shown.content.decode()


@pytest.mark.parametrize(
    ("outcome", "words"),
    [("applied", "Hak akses terpasang di server."), ("restored", "Perubahan terakhir belum terpasang di server.")],
)
def test_whether_the_server_has_it_comes_by_itself(office, outcome, words):
    """Asked every two seconds, beside the form: what is typed there meanwhile stays."""
    case = invited(office)
    asks = f'hx-get="/permohonan/{case.number}/akses/" hx-select="#pemasangan" hx-trigger="every 2s"'
    at(office, "applicant").post(f"/permohonan/{case.number}/akses/", taking(case))
    shown = page(office, "applicant", case, "akses")
    assert (asks in shown.content.decode(), "Server sedang menerapkan perubahan" in text(shown)) == (True, True)
    wish = case.site.wishes.latest("pk")
    wish.reported_at, wish.outcome = wish.made_at, outcome
    wish.save()
    shown = page(office, "applicant", case, "akses")
    assert (asks in shown.content.decode(), words in text(shown)) == (False, True)


def test_faults_of_keys_and_passwords_stand_at_their_fields(office):
    case = invited(office)
    values = taking(case, ssh_keys=f"{KEY}\nbukan kunci", password="pendek", password_again="lain")
    answer = at(office, "applicant").post(f"/permohonan/{case.number}/akses/", values)
    assert faults(answer) == {
        "ssh_keys": ["Kunci nomor 2 bukan kunci publik SSH yang dikenal (misalnya ssh-ed25519 …)."],
        "password": ["Kata sandi paling sedikit 12 karakter."],
        "password_again": ["Kedua kata sandi tidak sama."],
    }
    case.site.refresh_from_db()
    assert (case.site.ssh_keys, case.site.password_hash) == ([], "")


def test_the_holder_asks_for_a_new_password_of_the_database(office):
    case = invited(office)
    path = f"/permohonan/{case.number}/akses/"
    at(office, "applicant").post(path, taking(case, new_database_password="on"))
    case.site.refresh_from_db()
    assert case.site.database_key == 0  # who takes over has nothing to renew yet
    at(office, "applicant").post(path, {"password": "", "password_again": "", "new_database_password": "on"})
    case.site.refresh_from_db()
    wish = case.site.wishes.latest("id")
    assert (case.site.database_key, wish.purpose, wish.spec["database_key"]) == (1, "access", 1)
    assert wish.spec["generation"] == case.site.generation
    shown = text(page(office, "applicant", case, "akses"))
    assert "Buat kata sandi basis data yang baru" in shown
    history = text(page(office, "applicant", case, "akses/undangan"))
    assert "Kata sandi basis data dibuat baru" in history


def test_without_a_database_there_is_no_password_to_renew(office):
    case = invited(office)
    at(office, "applicant").post(f"/permohonan/{case.number}/akses/", taking(case))
    case.site.refresh_from_db()
    case.site.database = False
    case.site.save()
    at(office, "applicant").post(f"/permohonan/{case.number}/akses/", {"new_database_password": "on"})
    case.site.refresh_from_db()
    assert case.site.database_key == 0


def test_a_paper_that_was_handed_over_is_for_the_agency_that_asked(office):
    case = office.bring_to(State.DELIVERED)
    paper = page(office, "applicant", case).context["papers"][0]
    found = page(office, "applicant", case, f"naskah/{paper.pk}")
    assert (found.headers["Content-Type"], found.content[:5]) == ("application/pdf", b"%PDF-")
    other = office.person("wati", agency=Agency.objects.create(name="Dinas Kesehatan", short_name="Dinkes"))
    assert visitor(other).get(f"/permohonan/{case.number}/naskah/{paper.pk}/").status_code == 404
    second = office.draft(label="lain")
    assert page(office, "applicant", second, f"naskah/{paper.pk}").status_code == 404


def test_what_is_not_signed_yet_or_the_dinass_own_is_not_for_the_agency(office):
    case = office.bring_to(State.AWAITING_APPROVAL)
    office.papers(case)
    kinds = [paper.kind for paper in page(office, "head", case).context["papers"]]
    assert kinds == ["hosting_document", "access_document", "cover_letter", "approval_request"]
    assert list(page(office, "applicant", case).context["papers"]) == []
    for paper in page(office, "head", case).context["papers"]:
        assert page(office, "head", case, f"naskah/{paper.pk}").status_code == 200
        assert page(office, "applicant", case, f"naskah/{paper.pk}").status_code == 404
    for action, actor in ((Action.SEND_BACK, office.head), (Action.REQUEST_APPROVAL, office.division_head)):
        case = office.act(case, action, actor, reasons="Periksa lagi")
    case = office.deliver(office.approve(case))
    handed_over = page(office, "applicant", case).context["papers"]
    assert [paper.kind for paper in handed_over] == list(SIGNED_TOGETHER)  # without those that were sent back
    assert {paper.voided_at for paper in handed_over} == {None}


def test_while_the_site_lets_nobody_in_no_key_is_taken(office):
    case = office.handed_over()
    Site.objects.filter(pk=case.site.pk).update(state="quarantined")
    for answer in (page(office, "applicant", case, "akses"), post(office, "applicant", case, "akses", ssh_keys=KEY)):
        assert "tidak ada yang dapat masuk sampai dibuka lagi" in text(answer)
        assert "Simpan hak akses" not in text(answer)
    assert Site.objects.get(pk=case.site.pk).ssh_keys == []
