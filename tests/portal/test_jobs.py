"""The office worker as a process: what it does, and that a kill loses nothing."""

import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from asgiref.sync import async_to_sync
from django.db import connection, transaction
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.manager import JobManager

from panggon.cases.models import Case
from panggon.core.cases.procedure import Action, State
from panggon.notify.models import Notice
from panggon.notify.services import tell
from panggon.outbox import defer
from panggon.papers.selectors import papers_of
from panggon.portal.jobs import retry_stalled
from panggon.sites.models import Outcome
from tests.portal.office import DIGEST
from tests.waiting import until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("empty_queue")]
SECONDS = 60


class Worker:
    """`panggon worker`, writing mail as files unless told otherwise."""

    def __init__(self, database_url: str, files: Path, **environment: str) -> None:
        self.mail = files / "mail"
        self.mail.mkdir(exist_ok=True)
        settings = {
            "DJANGO_SETTINGS_MODULE": "panggon.portal.settings.base",
            "DATABASE_URL": database_url,
            "PANGGON_SECRET_KEY": "only for tests " * 4,
            "PANGGON_INSECURE_LOOPBACK": "1",
            "PANGGON_FILES": str(files / "files"),
            "PANGGON_SEALS": str(files / "seals"),
            "PANGGON_EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "PANGGON_EMAIL_FILES": str(self.mail),
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
            **environment,
        }
        argv = [sys.executable, "-m", "panggon.portal.cli", "worker"]
        with (files / "worker.log").open("ab") as log:
            self.process = subprocess.Popen(argv, env=settings, stderr=log)

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *_exception: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(SECONDS)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def empty_queue(db) -> None:
    """Django empties its own tables between such tests, but not the library's: their jobs speak of rows long gone."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs CASCADE")


@pytest.fixture
def silent_mail_server():
    """Takes connections and never says a word, so that whoever sends mail hangs."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        connections = []
        thread = threading.Thread(target=lambda: connections.append(server.accept()), daemon=True)
        thread.start()
        yield server.getsockname()[1], connections
        for accepted, _ in connections:
            accepted.close()


def test_the_worker_makes_papers_tells_people_and_hears_of_the_node(office, database_url, tmp_path):
    case = office.bring_to(State.PREPARING)
    office.node_reports(Outcome.PLANNED)
    office.act(case, Action.PREPARE, office.technician, shown_digest=DIGEST)
    office.node_reports(Outcome.APPLIED)
    with Worker(database_url, tmp_path) as worker:
        until(lambda: Case.objects.get(pk=case.pk).state == State.PREPARED, "the report was not heard")
        until(lambda: not ProcrastinateJob.objects.filter(status="todo").exists(), "jobs are left over")
        until(lambda: not Notice.objects.filter(mailed_at=None).exists(), "mail is left over")
        mails = "".join(path.read_text() for path in worker.mail.iterdir())
    assert [paper.kind for paper in papers_of(case.number)] == ["receipt", "disposition", "checklist"]
    assert "To: kadis@example.go.id" in mails
    assert f"http://localhost:8080/permohonan/{case.number}/" in mails
    assert not ProcrastinateJob.objects.filter(status="failed").exists()


def test_a_job_of_a_killed_worker_comes_back(office, database_url, tmp_path, silent_mail_server):
    port, connections = silent_mail_server
    notice = tell(office.head, reference="x", subject="Hal", text="Isi", path="/", at=office.now)
    smtp = {
        "PANGGON_EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "PANGGON_EMAIL_HOST": "127.0.0.1",
        "PANGGON_EMAIL_PORT": str(port),
    }
    with Worker(database_url, tmp_path, **smtp) as first:
        until(lambda: connections, "the worker did not begin")
        first.kill()
    job = ProcrastinateJob.objects.get(task_name="notify.send_mail")
    assert (job.status, job.attempts) == ("doing", 0)
    with Worker(database_url, tmp_path):
        until(lambda: Notice.objects.get(pk=notice.pk).mailed_at, "the job did not come back")
    assert len(list((tmp_path / "mail").iterdir())) == 1


def test_a_job_of_a_killed_worker_makes_room_for_one_like_it_that_waits(office):
    """It holds the lock that the other one waits for, and cannot wait itself as long as that one does."""
    same = {"lock": "complaints.watch", "once": "complaints.watch", "timestamp": 0}
    defer("complaints.watch", **same)
    ProcrastinateJob.objects.filter(status="todo").update(status="doing")
    defer("complaints.watch", **same)
    defer("notify.send_mail", queue="mail", notice=1)
    ProcrastinateJob.objects.filter(task_name="notify.send_mail").update(status="doing")
    context = SimpleNamespace(app=SimpleNamespace(job_manager=JobManager(DjangoConnector())))
    async_to_sync(retry_stalled.func)(context, 0)
    left = ProcrastinateJob.objects.order_by("id").values_list("task_name", "status")
    assert list(left) == [("complaints.watch", "todo"), ("notify.send_mail", "todo")]


def test_a_failing_mail_undoes_no_decision(office, database_url, tmp_path):
    case = office.bring_to(State.SUBMITTED)
    nobody = {
        "PANGGON_EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "PANGGON_EMAIL_HOST": "127.0.0.1",
        "PANGGON_EMAIL_PORT": "1",
    }
    with Worker(database_url, tmp_path, **nobody):
        mails = ProcrastinateJob.objects.filter(task_name="notify.send_mail", attempts__gt=0)
        until(mails.exists, "no mail was tried")
    assert Case.objects.get(pk=case.pk).state == State.SUBMITTED
    assert office.registrar.notices.get(subject__endswith=": Diajukan").mailed_at is None


def test_a_job_is_there_only_if_its_transaction_is(office):
    before = ProcrastinateJob.objects.count()

    def defer_and_fail() -> None:
        with transaction.atomic():
            defer("notify.send_mail", notice=1)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        defer_and_fail()
    assert ProcrastinateJob.objects.count() == before


def test_a_job_that_waits_already_does_not_break_the_transaction(office):
    with transaction.atomic():
        defer("notify.send_mail", once="x", notice=1)
        defer("notify.send_mail", once="x", notice=1)
        office.registrar.save()
    assert ProcrastinateJob.objects.filter(queueing_lock="x").count() == 1


def test_servers_of_others_that_never_answer_hold_up_no_paper(office, database_url, tmp_path, silent_mail_server):
    port, connections = silent_mail_server
    for number in range(12):  # more than all crews together
        tell(office.head, reference=str(number), subject="Hal", text="Isi", path="/", at=office.now)
    case = office.bring_to(State.RECEIVED)
    smtp = {
        "PANGGON_EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "PANGGON_EMAIL_HOST": "127.0.0.1",
        "PANGGON_EMAIL_PORT": str(port),
    }
    with Worker(database_url, tmp_path, **smtp) as worker:
        until(lambda: connections, "no mail was tried")
        until(lambda: papers_of(case.number).exists(), "mail holds up the paper", seconds=15)
        assert not office.head.notices.exclude(mailed_at=None).exists()
        worker.kill()
