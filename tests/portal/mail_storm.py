"""500 mails at once, and a worker that is killed again and again while it takes them (`script/test-more`)."""

import random
import time

import pytest
from django.conf import settings as configured

from panggon.complaints.models import Complaint, IncomingMail
from panggon.core.complaints.incoming_mail import Reason
from panggon.core.people.brakes import MAIL_OF_ALL, MAIL_OF_ONE
from panggon.outbox import defer
from tests.portal import dovecot
from tests.portal.dovecot import ADDRESS, PASSWORD, MailServer
from tests.portal.mails import PNG, mail
from tests.portal.test_jobs import Worker, empty_queue  # noqa: F401 (a fixture)
from tests.waiting import until

pytestmark = [pytest.mark.real, pytest.mark.django_db(transaction=True)]
FLOOD, KILLS = 500, 6


@pytest.fixture
def server() -> MailServer:
    with dovecot.running() as server:
        yield server


def worker(server: MailServer, database_url: str) -> Worker:
    return Worker(
        database_url,
        configured.PANGGON_FILES.parent,
        PANGGON_IMAP_HOST="localhost",
        PANGGON_IMAP_PORT=str(server.tls),
        PANGGON_IMAP_CA=str(server.ca),
        PANGGON_IMAP_USER=ADDRESS,
        PANGGON_IMAP_PASSWORD=PASSWORD,
    )


def fetch_now() -> None:
    defer(
        "complaints.fetch_mail", queue="mail", once="complaints.fetch_mail", lock="complaints.fetch_mail", timestamp=0
    )


def all_read(count: int) -> bool:
    rows = IncomingMail.objects
    return rows.count() == count and not rows.filter(state="waiting").exists()


@pytest.mark.usefixtures("empty_queue", "office")
def test_a_worker_that_is_killed_loses_and_doubles_nothing(server, database_url):
    chance, subjects = random.Random(7), [f"Keluhan {number}" for number in range(FLOOD)]
    for subject in subjects[: FLOOD // 2]:
        server.deliver(mail(subject=subject, sender=f"{subject.replace(' ', '')}@example.org", files={"a.png": PNG}))
    server.deliver(*(mail(subject=subject, sender="toko@example.org") for subject in subjects[FLOOD // 2 :]))
    for _kill in range(KILLS):
        with worker(server, database_url) as running:
            fetch_now()
            time.sleep(2 + 3 * chance.random())
            running.kill()
    with worker(server, database_url):
        fetch_now()
        until(lambda: all_read(FLOOD) or fetch_now() or time.sleep(1), "not all mails were read", seconds=300)
        until(lambda: not IncomingMail.objects.filter(marked_at=None).exists(), "not all are marked", seconds=90)
    assert sorted(IncomingMail.objects.values_list("subject", flat=True)) == sorted(subjects)
    taken = list(Complaint.objects.values_list("subject", flat=True))
    assert len(taken) == len(set(taken)) >= MAIL_OF_ALL.free
    assert Complaint.objects.filter(email="toko@example.org").count() <= MAIL_OF_ONE.free
    reasons = set(IncomingMail.objects.filter(state="held").values_list("reason", flat=True))
    assert (reasons, IncomingMail.objects.filter(state="held").count()) == ({Reason.FLOOD}, FLOOD - len(taken))
    with server.session() as session:
        assert len(session.search("SEEN")) == FLOOD
