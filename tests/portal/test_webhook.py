"""The webhook over real HTTP: what it carries, and what is done when nobody takes it."""

import json
import socket
from datetime import timedelta
from pathlib import Path

import jsonschema
import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from demo.ports import free_port
from panggon.cases import jobs as case_jobs
from panggon.core.cases.procedure import Action, State
from panggon.core.errors import InvalidError, TemporaryError
from panggon.core.notify.notices import PAUSES, Mailing, Occasion, events
from panggon.core.notify.webhook import TEST
from panggon.notify import endpoints, jobs, posting, services
from panggon.notify.models import Attempt, Delivery, Endpoint
from panggon.notify.services import tell
from panggon.notify.words import EVENT_WORDS
from panggon.office.values import Group
from tests.portal import certificates
from tests.portal.office import fill_in
from tests.portal.receiver import Receiver, receiver

SCHEMA = json.loads((Path(__file__).parents[2] / "schema" / "webhook.v1.json").read_text())
LOOPBACK = ("127.0.0.0/8", "::1/128")


@pytest.fixture
def gateway(office, settings) -> Receiver:
    settings.PANGGON_WEBHOOK_NETWORKS = LOOPBACK
    with receiver() as running:
        running.endpoint = an_endpoint(office, running)
        yield running


def an_endpoint(office, running: Receiver, **changes) -> Endpoint:
    values = {
        "name": "Gerbang",
        "url": f"http://127.0.0.1:{running.port}/panggon",
        "events": [event.value for event in events()],
        "active": True,
        **changes,
    }
    endpoint, running.secret = endpoints.add(**values, actor=office.registrar, at=office.now)
    return endpoint


def told(office, reference: str = "x", occasion: Occasion = Occasion.YOUR_TURN) -> None:
    words = {"subject": "HST-2026-0001: Diterima", "text": "Rahasia Wahyu", "path": "/permohonan/HST-2026-0001/"}
    tell(office.head, reference=reference, occasion=occasion, at=office.later(), **words)


def agree(office) -> None:
    office.head.phone = "0812 3456 7890"
    office.head.save()
    services.choose(office.head, mailing=Mailing.NONE, phone=True, language="id", at=office.now)


def work_off() -> None:
    """What the crew does, until nothing waits that may be tried now."""
    for delivery in Delivery.objects.filter(state="waiting"):
        try:
            jobs.deliver(str(delivery.pk))
        except TemporaryError:
            continue


def test_schema_and_words_know_every_event():
    assert set(SCHEMA["properties"]["type"]["enum"]) == {*events(), TEST} == set(EVENT_WORDS)


def test_a_message_for_a_person_carries_the_number_and_nothing_else(office, gateway):
    agree(office)
    told(office)
    work_off()
    (message,) = gateway.messages
    assert message == {
        "type": "your_turn",
        "timestamp": office.now.isoformat(),
        "data": {
            "subject": "HST-2026-0001: Diterima",
            "url": "http://localhost:8080/permohonan/HST-2026-0001/",
            "phone": "0812 3456 7890",
        },
    }
    jsonschema.validate(message, SCHEMA)
    assert (gateway.forged, gateway.hosts) == (0, [f"127.0.0.1:{gateway.port}"])


def test_who_did_not_agree_is_not_named_outside(office, gateway):
    office.head.phone = "0812"
    office.head.save()
    told(office)
    assert not Delivery.objects.exists()


def test_every_public_step_is_told_once_and_without_people(office, gateway):
    case = office.bring_to(State.RECEIVED)
    for job in ProcrastinateJob.objects.filter(task_name="cases.publish"):
        case_jobs.publish(**job.args)
        case_jobs.publish(**job.args)
    work_off()
    assert sorted(message["data"]["state"] for message in gateway.messages) == ["received", "submitted"]
    for message in gateway.messages:
        jsonschema.validate(message, SCHEMA)
        assert set(message["data"]) == {"subject", "url", "number", "state"}
    words = json.dumps(gateway.messages)
    assert case.number in words
    assert not [name for name in ("Sri", "Dinas", case.token, case.label, "0812") if name in words]


def test_only_events_that_were_chosen_and_only_while_active(office, gateway):
    values = {"name": "Gerbang", "url": gateway.endpoint.url, "actor": office.registrar, "at": office.now}
    agree(office)
    endpoints.change(gateway.endpoint, **values, events=["progress"], active=True)
    told(office)
    told(office, "y", Occasion.PROGRESS)
    assert [delivery.event for delivery in Delivery.objects.all()] == ["progress"]
    endpoints.change(gateway.endpoint, **values, events=["progress"], active=False)
    told(office, "z", Occasion.PROGRESS)
    work_off()
    assert [delivery.state for delivery in Delivery.objects.all()] == ["dead"]
    assert gateway.messages == []


def test_data_that_the_table_does_not_name_is_left_out(office, gateway):
    endpoints.announce(Occasion.PUBLIC_STEP, reference="x", data={"subject": "s", "phone": "0812"}, at=office.now)
    assert Delivery.objects.get().body["data"] == {"subject": "s"}


def test_down_slow_and_wrong_are_tried_again_with_the_same_id_until_given_up(office, gateway, monkeypatch):
    delivery = endpoints.send_test(gateway.endpoint, at=office.now)
    gateway.statuses, gateway.answer = [500, 302], b"belum siap" + b"x" * 5000
    work_off()
    work_off()
    gateway.free.clear()
    with monkeypatch.context() as impatient:
        impatient.setattr(posting, "SECONDS", 1)
        work_off()
    gateway.free.set()
    Endpoint.objects.update(url=f"http://127.0.0.1:{free_port()}/")
    for _ in range(len(PAUSES)):
        work_off()
    delivery.refresh_from_db()
    attempts = list(Attempt.objects.values_list("status", "problem"))
    assert attempts == [(500, ""), (302, ""), (None, "timeout"), *[(None, "connection")] * (len(PAUSES) - 2)]
    assert delivery.state == "dead"
    assert set(gateway.ids) == {str(delivery.pk)}
    first = Attempt.objects.first()
    assert (first.answer[:10], len(first.answer)) == ("belum siap", 500)
    assert Attempt.objects.get(problem="timeout").milliseconds >= 1000

    Endpoint.objects.update(url=gateway.endpoint.url)
    jobs_before = ProcrastinateJob.objects.count()
    endpoints.send_again(delivery)
    endpoints.send_again(delivery)  # a double click
    assert ProcrastinateJob.objects.count() == jobs_before + 1
    work_off()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.tries) == ("delivered", 1)
    assert [message["type"] for message in gateway.messages[-1:]] == [TEST]
    jsonschema.validate(gateway.messages[-1], SCHEMA)


def test_a_redirect_is_not_followed(office, gateway):
    gateway.statuses = [302]
    endpoints.send_test(gateway.endpoint, at=office.now)
    work_off()
    assert len(gateway.ids) == 1


def test_who_wants_no_more_is_asked_no_more(office, gateway):
    agree(office)
    told(office)
    told(office, "y")
    gateway.statuses = [410]
    work_off()
    gateway.endpoint.refresh_from_db()
    assert not gateway.endpoint.active
    assert len(gateway.ids) == 1
    assert {delivery.state for delivery in Delivery.objects.all()} == {"dead"}


def test_an_address_inside_is_not_called_unless_it_is_allowed(office, gateway, settings):
    settings.PANGGON_WEBHOOK_NETWORKS = ()
    for url in (gateway.endpoint.url, f"http://localhost:{gateway.port}/", "https://169.254.169.254/"):
        Endpoint.objects.update(url=url)
        endpoints.send_test(gateway.endpoint, at=office.now)
        work_off()
    assert set(Attempt.objects.values_list("problem", flat=True)) == {"address.private"}
    assert gateway.ids == []


def test_a_name_that_there_is_not(office, gateway):
    Endpoint.objects.update(url="https://tidak-ada.invalid/")
    endpoints.send_test(gateway.endpoint, at=office.now)
    work_off()
    assert Attempt.objects.get().problem == "address.unknown"


def test_a_certificate_is_checked(office, settings, tmp_path, monkeypatch):
    settings.PANGGON_WEBHOOK_NETWORKS = LOOPBACK
    with receiver(tls=certificates.make(tmp_path / "pem")) as running:
        endpoint = an_endpoint(office, running, url=f"https://localhost:{running.port}/")
        delivery = endpoints.send_test(endpoint, at=office.now)
        work_off()
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "pem"))
        work_off()
    assert list(Attempt.objects.values_list("status", "problem")) == [(None, "tls"), (204, "")]
    delivery.refresh_from_db()
    assert delivery.state == "delivered"
    assert running.hosts == [f"localhost:{running.port}"]


def test_a_former_secret_signs_no_more(office, gateway):
    former, gateway.secret = gateway.secret, endpoints.renew_secret(gateway.endpoint, actor=office.head, at=office.now)
    endpoints.send_test(gateway.endpoint, at=office.now)
    work_off()
    assert (gateway.forged, len(gateway.messages)) == (0, 1)
    gateway.secret = former
    endpoints.send_test(gateway.endpoint, at=office.now)
    work_off()
    assert (gateway.forged, len(gateway.messages)) == (1, 1)
    assert former not in Endpoint.objects.get().secret


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://gerbang.example.go.id/", "url.not_https"),
        ("http://10.0.0.1/", "url.not_https"),
        ("ftp://gerbang.example.go.id/", "url.broken"),
        ("https://", "url.broken"),
        ("https://[::1/", "url.broken"),
        ("https://gerbang:99999/", "url.broken"),
        ("https://a:b@gerbang.example.go.id/", "url.too_much"),
        ("https://gerbang.example.go.id/#x", "url.too_much"),
    ],
)
def test_an_address_that_will_not_do(office, url, code):
    with pytest.raises(InvalidError) as refused:
        endpoints.add(name="x", url=url, events=["progress"], active=True, actor=office.head, at=office.now)
    assert [fault.code for fault in refused.value.faults] == [code]


def test_a_full_queue_of_failures_and_a_broken_mail_server_hold_up_no_decision(office, gateway, settings, monkeypatch):
    """All three at once, and the case goes to its end all the same: it calls nobody."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    agree(office)
    Endpoint.objects.update(url=f"http://127.0.0.1:{free_port()}/")
    for number in range(200):
        endpoints.announce(
            Occasion.PUBLIC_STEP, reference=str(number), data={"subject": "s", "url": "u"}, at=office.now
        )
    Delivery.objects.update(state="dead")
    case = office.bring_to(State.AWAITING_APPROVAL)
    for job in ProcrastinateJob.objects.filter(task_name__in=["cases.notify", "cases.publish"]):
        getattr(case_jobs, job.task_name.split(".")[1])(**job.args)
    notice = office.head.notices.last()
    with pytest.raises(TemporaryError):
        jobs.send_mail(notice.pk)
    work_off()
    office.papers(case)
    called = []
    with monkeypatch.context() as patch:
        patch.setattr(socket.socket, "connect", lambda _socket, address: called.append(address))
        case = office.act(case, Action.APPROVE, office.head)
    assert (called, case.state) == ([], State.APPROVED)
    assert office.head.notices.filter(mailed_at=None).count() == office.head.notices.count() > 0
    assert Delivery.objects.filter(state="delivered").count() == 0


def test_old_deliveries_are_removed_with_their_attempts(office, gateway):
    fill_in(Group.RETENTION, deliveries_days=9)
    endpoints.send_test(gateway.endpoint, at=office.now)
    work_off()
    endpoints.forget_old(now=office.now + timedelta(days=9))
    assert Delivery.objects.count() == 1
    endpoints.forget_old(now=office.now + timedelta(days=9, seconds=1))
    assert (Delivery.objects.count(), Attempt.objects.count()) == (0, 0)
