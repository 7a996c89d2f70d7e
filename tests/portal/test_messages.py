"""Mails that are no notices: made when they are sent, tried again, given up where a person sees it."""

from datetime import timedelta

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from demo.ports import free_port
from panggon.core.cases.procedure import Role
from panggon.core.errors import TemporaryError
from panggon.core.notify.messages import MESSAGES, MessageKind
from panggon.core.notify.notices import PAUSES
from panggon.notify import jobs, messages
from panggon.notify.composing import CONTENTS
from panggon.notify.models import Message
from panggon.notify.words import MESSAGE_WORDS
from panggon.office.values import Group
from panggon.people import services as people
from panggon.people.models import Invitation
from tests.portal.mailbox import send_messages, write_messages
from tests.portal.office import MONDAY, fill_in
from tests.portal.smtp import mail_server
from tests.portal.visitor import text, visitor

SMTP = "django.core.mail.backends.smtp.EmailBackend"


@pytest.fixture
def invitation(office) -> Invitation:
    invitation = people.invite_official("budi@example.go.id", actor=office.head, at=MONDAY)
    Invitation.objects.update(expires_at="2099-01-01T00:00Z")
    return invitation


def use(settings, port: int) -> None:
    settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = SMTP, "127.0.0.1", port


def test_every_kind_has_its_words():
    assert set(MESSAGE_WORDS) == set(CONTENTS) == set(MessageKind) - {MessageKind.INVITED_AGAIN}
    assert set(MESSAGES) == set(MessageKind)


def test_an_invitation_goes_as_text_and_html_in_the_departments_name_and_no_link_is_kept(invitation, settings):
    fill_in(Group.STANDARD, service="Layanan Situs")
    (waiting,) = write_messages()
    secret = people.token_of(Invitation.objects.get())
    kept = [str(waiting.facts), *(str(job.args) for job in ProcrastinateJob.objects.all())]
    assert not [facts for facts in kept if secret in facts]
    with mail_server() as server:
        use(settings, server.port)
        jobs.send_message(waiting.pk)
        jobs.send_message(waiting.pk)
    (mail,) = server.mails
    assert (mail["To"], mail["Subject"]) == ("budi@example.go.id", "Undangan ke Layanan Situs")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert (mail["In-Reply-To"], mail["References"]) == (None, None), "it answers nothing, itself least of all"
    bodies = {part.get_content_type(): part.get_content() for part in mail.walk() if not part.is_multipart()}
    assert set(bodies) == {"text/plain", "text/html"}
    for body in bodies.values():
        assert "Anda diundang memakai Layanan Situs untuk pegawai dinas." in body
        assert f"http://localhost:8080/undangan/terima/{secret}/" in body
        assert "Dinas Komunikasi dan Informatika" in body
    assert not Message.objects.exists(), "what was sent is not kept"


def test_what_a_server_never_takes_is_seen_by_the_administrator_and_by_who_invited(office, invitation, settings):
    (waiting,) = write_messages()
    with mail_server() as server:
        use(settings, server.port)
        server.answers = ["550 No such user"]
        jobs.send_message(waiting.pk)
        told = office.head.notices.get()
        assert (told.subject, told.path) == ("Undangan untuk budi@example.go.id tidak terkirim", "/pegawai/")
        assert "550" in told.text
        admin = visitor(office.person("admin", Role.ADMINISTRATOR))
        assert "(1 email)" in text(admin.get("/pengaturan/webhook/"))
        page = text(admin.get("/pengaturan/webhook/gagal/"))
        assert "Undangan" in page
        assert "budi@example.go.id" in page
        for _ in range(2):
            admin.post(f"/pengaturan/webhook/gagal/surat/{waiting.pk}/")
        server.answers = []
        jobs.send_message(waiting.pk)
    assert [mail["To"] for mail in server.mails] == ["budi@example.go.id"]
    assert "budi" not in text(admin.get("/pengaturan/webhook/gagal/"))


def test_a_server_that_is_away_is_asked_again_and_then_no_more(invitation, settings):
    (waiting,) = write_messages()
    use(settings, free_port())
    for _ in PAUSES:
        with pytest.raises(TemporaryError):
            jobs.send_message(waiting.pk)
    assert Message.objects.get().problem == ""
    jobs.send_message(waiting.pk)
    assert "refused" in Message.objects.get().problem
    kept = timedelta(days=90)
    messages.forget_old(now=waiting.made_at + kept)
    assert Message.objects.exists()
    messages.forget_old(now=waiting.made_at + kept + timedelta(seconds=1))
    assert not Message.objects.exists()


def test_what_is_of_no_use_any_more_is_not_sent(office, invitation):
    people.withdraw(invitation, actor=office.head, at=MONDAY)
    assert send_messages() == []
    assert not Message.objects.exists()
