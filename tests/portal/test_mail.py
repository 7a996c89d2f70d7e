"""E-mail over a real SMTP server: what it says, and what is done when the server does not take it."""

import gc

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from demo.ports import free_port
from panggon.cases import jobs as case_jobs
from panggon.core.cases.procedure import Effect, State
from panggon.core.errors import TemporaryError
from panggon.core.notify.notices import PAUSES, Mailing, Occasion
from panggon.notify import jobs, services
from panggon.notify.models import Notice
from panggon.notify.services import tell
from tests.portal import certificates
from tests.portal.smtp import MailServer, mail_server

SMTP = "django.core.mail.backends.smtp.EmailBackend"
NAMES = ("Wahyu", "Sri", "Dinas Sosial", "0812")


@pytest.fixture
def server(settings) -> MailServer:
    with mail_server() as server:
        use(settings, server.port)
        yield server


@pytest.fixture
def notice(office) -> Notice:
    return a_notice(office)


def use(settings, port: int, **more) -> None:
    settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = SMTP, "127.0.0.1", port
    for name, value in more.items():
        setattr(settings, name, value)


def a_notice(office, reference: str = "x") -> Notice:
    words = {"subject": "HST-2026-0001: Diajukan", "text": "Surat dari Dinas Sosial", "path": "/permohonan/HST/"}
    return tell(office.head, reference=reference, occasion=Occasion.YOUR_TURN, at=office.later(), **words)


def test_a_mail_says_what_it_is_about_and_no_more(office, server):
    case = office.bring_to(State.RECEIVED)
    received = case.events.last()
    case_jobs.notify(received.pk, Effect.NOTIFY_NEXT)
    jobs.send_mail(office.head.notices.get().pk)
    (mail,) = server.mails
    assert mail["To"] == "kadis@example.go.id"
    assert mail["Subject"] == f"{case.number}: Diterima"
    bodies = {part.get_content_type(): part.get_content() for part in mail.walk() if not part.is_multipart()}
    assert set(bodies) == {"text/plain", "text/html"}
    for body in bodies.values():
        assert f"http://localhost:8080/permohonan/{case.number}/" in body
        assert "http://localhost:8080/pemberitahuan/pilihan/" in body
        assert not [name for name in (*NAMES, case.title, case.label) if name in body]
    assert bodies["text/html"].count("http") == 2  # the two links and nothing that would be fetched


def test_mails_of_one_case_stand_together_and_no_machine_answers_them(office, server):
    for notice in (a_notice(office), a_notice(office, "y")):
        jobs.send_mail(notice.pk)
    first, second = server.mails
    assert first["Message-ID"] != second["Message-ID"]
    assert first["References"] == second["References"] == first["In-Reply-To"] == "<permohonan-hst@localhost>"
    assert first["Auto-Submitted"] == "auto-generated"
    assert first["List-Id"] == "Pelayanan Hosting <permohonan.localhost>"


def test_sent_once_only(notice, server):
    jobs.send_mail(notice.pk)
    jobs.send_mail(notice.pk)
    notice.refresh_from_db()
    assert len(server.mails) == 1
    assert notice.mailed_at is not None


def test_killed_before_it_was_marked_it_is_the_same_mail_twice(notice, server):
    jobs.send_mail(notice.pk)
    Notice.objects.update(mailed_at=None)
    jobs.send_mail(notice.pk)
    first, second = server.mails
    assert first["Message-ID"] == second["Message-ID"]


def test_a_server_that_is_busy_is_asked_again(notice, server):
    server.answers = ["451 Later"]
    with pytest.raises(TemporaryError, match="451 Later"):
        jobs.send_mail(notice.pk)
    jobs.send_mail(notice.pk)
    notice.refresh_from_db()
    assert (server.tries, len(server.mails), notice.mail_problem) == (2, 1, "")


def test_a_mail_that_will_never_be_taken_is_given_up_at_once(notice, server):
    server.answers = ["550 No such user"]
    jobs.send_mail(notice.pk)
    jobs.send_mail(notice.pk)
    notice.refresh_from_db()
    assert (server.tries, notice.mail_problem, notice.mailed_at) == (1, "550 No such user", None)
    services.mail_again(notice)
    jobs.send_mail(notice.pk)
    notice.refresh_from_db()
    assert (len(server.mails), notice.mail_problem) == (1, "")


def test_a_server_that_is_down_is_given_up_in_the_end_and_the_notice_stays(office, settings, notice):
    use(settings, free_port())
    for _ in PAUSES:
        with pytest.raises(TemporaryError):
            jobs.send_mail(notice.pk)
    jobs.send_mail(notice.pk)
    notice.refresh_from_db()
    assert "refused" in notice.mail_problem
    assert office.head.notices.get().read_at is None


def test_a_server_that_never_answers_is_left_after_a_time(settings, notice, server):
    settings.EMAIL_TIMEOUT, server.slow_seconds = 0.3, 600
    with pytest.raises(TemporaryError):
        jobs.send_mail(notice.pk)


def test_login_and_starttls(settings, notice, tmp_path, monkeypatch):
    context = certificates.make(tmp_path / "pem")
    with mail_server(starttls=context) as server:
        use(settings, server.port, EMAIL_USE_TLS=True, EMAIL_HOST_USER="panggon", EMAIL_HOST_PASSWORD="rahasia")
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "pem"))
        settings.EMAIL_HOST_PASSWORD = "salah"
        with pytest.raises(TemporaryError, match="535"):
            jobs.send_mail(notice.pk)
        settings.EMAIL_HOST_PASSWORD = "rahasia"
        jobs.send_mail(notice.pk)
    assert (len(server.mails), server.encrypted) == (1, {True})


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_server_for_which_nobody_vouches_gets_nothing(settings, notice, tmp_path):
    with mail_server(starttls=certificates.make(tmp_path / "pem")) as server:
        use(settings, server.port, EMAIL_USE_TLS=True, EMAIL_TIMEOUT=0.5)
        with pytest.raises(TemporaryError):
            jobs.send_mail(notice.pk)
    gc.collect()  # the library leaves its socket open
    assert server.tries == 0


def test_tls_from_the_first_byte(settings, notice, tmp_path, monkeypatch):
    context = certificates.make(tmp_path / "pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "pem"))
    with mail_server(tls=context) as server:
        use(settings, server.port, EMAIL_USE_SSL=True)
        jobs.send_mail(notice.pk)
    assert len(server.mails) == 1


def test_a_digest_holds_all_that_was_told_before_the_morning(office, server):
    services.choose(office.head, mailing=Mailing.DIGEST, phone=False, language="id", at=office.now)
    told = [a_notice(office, reference) for reference in ("a", "b")]
    assert not ProcrastinateJob.objects.filter(task_name="notify.send_mail").exists()
    jobs.send_digest(office.head.pk, before=told[1].made_at.isoformat())
    jobs.send_digest(office.head.pk, before=told[1].made_at.isoformat())
    (mail,) = server.mails
    assert mail["Subject"] == "1 pemberitahuan"
    assert mail.get_body(("plain",)).get_content().count("HST-2026-0001: Diajukan") == 1
    assert [Notice.objects.get(pk=notice.pk).mailed_at is None for notice in told] == [False, True]


def test_a_digest_that_failed_is_asked_for_again(office, server, settings):
    services.choose(office.head, mailing=Mailing.DIGEST, phone=False, language="id", at=office.now)
    notice = a_notice(office)
    server.answers = ["451 Later"]
    for _ in range(2):
        jobs.send_digests(0)
        job = ProcrastinateJob.objects.get(task_name="notify.send_digest")
        jobs.send_digest(**job.args)
    notice.refresh_from_db()
    assert (len(server.mails), notice.mail_problem) == (1, "")
    assert notice.mailed_at is not None
