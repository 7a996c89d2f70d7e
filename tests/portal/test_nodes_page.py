"""The page of the machines: who is there, a code shown once, and no machine goes with its sites."""

import re

import pytest
from django.utils import timezone

from panggon.core.cases.procedure import Role, State
from panggon.core.errors import PermanentError
from panggon.sites import machines, selectors
from panggon.sites.models import Node
from tests.portal.visitor import faults, text, visitor


@pytest.fixture
def admin(office):
    return visitor(office.person("admin", Role.ADMINISTRATOR))


def test_a_code_is_shown_once_and_works_once(admin):
    answer = admin.post("/pengaturan/server/", {"name": "server-2"})
    assert "no-store" in answer.headers["Cache-Control"]
    code = re.search(r"<code>([0-9a-f]{32})</code>", answer.content.decode()).group(1)
    assert code not in admin.get("/pengaturan/server/").content.decode()
    node, token = machines.enrol(code, name="server-2", facts={}, at=timezone.now())
    assert selectors.node_of(token) == node
    with pytest.raises(PermanentError, match=r"enrol\.refused"):
        machines.enrol(code, name="server-2", facts={}, at=timezone.now())
    page = text(admin.get("/pengaturan/server/"))
    assert "Kode pendaftaran berlaku sampai" in page
    assert "Terdaftar" in page


@pytest.mark.parametrize("name", ["Server 2", "", "-a", "a" * 64, "server_2"])
def test_a_name_that_is_none(admin, name):
    response = admin.post("/pengaturan/server/", {"name": name})
    assert (response.status_code, list(faults(response))) == (422, ["name"])
    assert Node.objects.count() == 1


def test_what_is_known_of_a_machine(office, admin):
    now = timezone.now()
    Node.objects.update(enrolled_at=now, version="0.1.0", seen_at=now)
    office.bring_to(State.PREPARED)
    page = text(admin.get("/pengaturan/server/"))
    assert "node-1 terhubung" in page
    assert "Versi 0.1.0 Situs 1" in page


def test_a_machine_with_sites_stays(office, admin):
    office.bring_to(State.PREPARED)
    answer = admin.post(f"/pengaturan/server/{office.node.pk}/pensiun/", follow=True)
    assert "Server ini masih membawa 1 situs, sehingga belum dapat dipensiunkan." in text(answer)
    office.node.refresh_from_db()
    assert (office.node.retired_at, office.node.token_hash) == (None, "0" * 64)


def test_a_retired_machine_comes_in_no_more_but_may_come_back(office, admin):
    code = machines.issue_code("server-2", at=timezone.now())
    node, token = machines.enrol(code, name="server-2", facts={}, at=timezone.now())
    assert "sudah dipensiunkan" in text(admin.post(f"/pengaturan/server/{node.pk}/pensiun/", follow=True))
    assert selectors.node_of(token) is None
    assert "server-2 dipensiunkan" in text(admin.get("/pengaturan/server/"))
    admin.post("/pengaturan/server/", {"name": "server-2"})
    assert Node.objects.get(pk=node.pk).retired_at is None


def test_looking_does_not_retire(office, admin):
    assert admin.get(f"/pengaturan/server/{office.node.pk}/pensiun/").status_code == 405
    assert visitor(office.head).post(f"/pengaturan/server/{office.node.pk}/pensiun/").status_code == 403


def test_the_page_costs_the_same_for_many(office, admin, django_assert_max_num_queries):
    def queries() -> int:
        with django_assert_max_num_queries(60) as captured:
            admin.get("/pengaturan/server/")
        return len(captured)

    few = queries()
    for number in range(5):
        machines.issue_code(f"server-{number}", at=timezone.now())
    assert queries() == few
