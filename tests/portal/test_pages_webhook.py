"""The administrator's pages of webhooks."""

import pytest

from panggon.audit.models import Change
from panggon.core.cases.vocabulary import Role
from panggon.core.notify.notices import Occasion
from panggon.notify import endpoints, jobs, services
from panggon.notify.models import Delivery, Endpoint
from panggon.notify.services import tell
from tests.portal.receiver import receiver
from tests.portal.visitor import faults, text, visitor

FORM = {"name": "Gerbang", "url": "https://gerbang.example.go.id/", "events": ["public_step"], "active": "on"}


@pytest.fixture
def administrator(office):
    return visitor(office.person("admin", Role.ADMINISTRATOR))


@pytest.fixture
def endpoint(office) -> Endpoint:
    values = {**FORM, "active": True}
    return endpoints.add(**values, actor=office.registrar, at=office.now)[0]


def test_the_secret_is_shown_once(administrator):
    page = administrator.post("/pengaturan/webhook/baru/", FORM)
    made = Endpoint.objects.get()
    secret = page.context["secret"]
    assert secret in text(page)
    assert "no-store" in page.headers["Cache-Control"]
    for path in ("/pengaturan/webhook/", f"/pengaturan/webhook/{made.pk}/"):
        assert secret not in administrator.get(path).content.decode()
    assert (made.name, made.events, made.active) == ("Gerbang", ["public_step"], True)
    assert secret not in str(Change.objects.get().after)


def test_faults_are_told_at_their_fields_all_at_once(administrator, endpoint):
    wrong = {"name": "gerbang", "url": "http://example.go.id/"}
    page = administrator.post("/pengaturan/webhook/baru/", wrong)
    assert page.status_code == 422
    assert {name: len(words) for name, words in faults(page).items()} == {"name": 1, "url": 1, "events": 1}
    assert Endpoint.objects.count() == 1


def test_a_change_is_kept_and_shown_as_history(administrator, endpoint):
    page = administrator.post(f"/pengaturan/webhook/{endpoint.pk}/", {**FORM, "name": "Baru"}, follow=True)
    assert "Perubahan disimpan." in text(page)
    last = Change.objects.first()
    assert (last.subject, last.before["name"], last.after["name"]) == (
        f"notify.endpoint:{endpoint.pk}",
        "Gerbang",
        "Baru",
    )
    assert "Admin" in text(page)


def test_the_test_button_shows_what_came_back(administrator, endpoint, settings):
    settings.PANGGON_WEBHOOK_NETWORKS = ("127.0.0.0/8",)
    with receiver() as gateway:
        gateway.statuses, gateway.answer = [418], b"<b>teko</b>"
        Endpoint.objects.update(url=f"http://127.0.0.1:{gateway.port}/", active=False)
        administrator.post(f"/pengaturan/webhook/{endpoint.pk}/percobaan/")
        page = administrator.get(f"/pengaturan/webhook/{endpoint.pk}/")
        assert "menunggu giliran" in text(page)
        assert 'hx-trigger="every 2s"' in page.content.decode()
        gateway.secret = administrator.post(f"/pengaturan/webhook/{endpoint.pk}/rahasia/").context["secret"]
        with pytest.raises(Exception, match="418"):
            jobs.deliver(str(Delivery.objects.get().pk))
    page = administrator.get(f"/pengaturan/webhook/{endpoint.pk}/")
    assert "HTTP 418" in text(page)
    assert "&lt;b&gt;teko&lt;/b&gt;" in page.content.decode()
    assert "every 2s" not in page.content.decode()


def test_what_was_given_up_can_be_sent_again(administrator, office, endpoint):
    delivery = endpoints.send_test(endpoint, at=office.now)
    Delivery.objects.update(state="dead")
    notice = tell(office.head, reference="x", subject="Hal", text="Isi", path="/", at=office.now)
    services.give_up_mail(notice, problem="550 No such user")
    page = administrator.get("/pengaturan/webhook/gagal/")
    assert str(delivery.pk) in text(page)
    assert "550 No such user" in text(page)
    for _ in range(2):  # a second press does nothing more
        administrator.post(f"/pengaturan/webhook/gagal/{delivery.pk}/")
        administrator.post(f"/pengaturan/webhook/gagal/email/{notice.pk}/")
    delivery.refresh_from_db()
    notice.refresh_from_db()
    assert (delivery.state, notice.mail_problem) == ("waiting", "")
    assert text(administrator.get("/pengaturan/webhook/gagal/")).count("Tidak ada.") == 2


def test_removing_takes_its_deliveries_along(administrator, office, endpoint):
    endpoints.send_test(endpoint, at=office.now)
    page = administrator.post(f"/pengaturan/webhook/{endpoint.pk}/hapus/", follow=True)
    assert "Webhook dihapus." in text(page)
    assert (Endpoint.objects.count(), Delivery.objects.count()) == (0, 0)
    assert Change.objects.first().after is None
    assert administrator.get(f"/pengaturan/webhook/{endpoint.pk}/").status_code == 404


def test_pages_need_as_many_queries_for_many_as_for_one(administrator, office, endpoint, django_assert_max_num_queries):
    for number in range(30):
        endpoints.announce(
            Occasion.PUBLIC_STEP, reference=str(number), data={"subject": "s", "url": "u"}, at=office.later()
        )
    Delivery.objects.update(state="dead")
    for path in ("", f"{endpoint.pk}/", "gagal/"):
        administrator.get(f"/pengaturan/webhook/{path}")
        with django_assert_max_num_queries(14):
            administrator.get(f"/pengaturan/webhook/{path}")


@pytest.mark.parametrize("path", ["", "baru/", "gagal/", "1/"])
def test_only_the_administrator(office, path):
    for person in (office.head, office.registrar, office.applicant):
        assert visitor(person).get(f"/pengaturan/webhook/{path}").status_code == 403
