"""How the portal reads its mailbox, on a real IMAP server: killed, away, numbered anew, or set up wrongly."""

from datetime import timedelta

import pytest

from panggon.complaints import fetching, incoming, mail_jobs, services
from panggon.complaints.mailbox import account, opened
from panggon.complaints.models import Complaint, IncomingMail, Mailbox
from panggon.core.cases.vocabulary import Role
from panggon.core.complaints.incoming_mail import Outcome, Reason
from panggon.core.errors import PermanentError, TemporaryError
from tests.portal import certificates
from tests.portal.exchange import held, outcomes, told
from tests.portal.mails import mail

pytestmark = pytest.mark.real
MINUTE = timedelta(minutes=1)


class KilledError(BaseException):
    """As after kill -9: nothing of what follows happens, and what was not committed is gone."""


MOMENTS = {
    "before it is kept": (incoming.store, "put"),
    "before it is read": (incoming, "defer"),
    "before it is marked": (fetching.Inbox, "mark"),
    "before that it is marked is written down": (incoming, "mark"),
    "before it is known how far the mailbox is read": (incoming, "note_read"),
    "while it is read": (incoming, "open_mail"),
    "before it is a complaint": (services, "carry_out"),
    "before the mail is done": (incoming, "_finish"),
}


def fetch_and_read() -> None:
    mail_jobs.fetch_mail(0)
    mail_jobs.read_mails()


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_at_any_moment_no_mail_is_lost_and_none_counts_twice(office, post, monkeypatch, moment):
    post.incoming.deliver(mail("Satu"), mail("Dua"))

    def killed(*_arguments, **_options):
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(*MOMENTS[moment], killed)
        with pytest.raises(KilledError):
            fetch_and_read()
    post.work()
    mail_jobs.read_mails()
    assert sorted(Complaint.objects.values_list("description", flat=True)) == ["Dua", "Satu"]
    assert set(IncomingMail.objects.values_list("state", flat=True)) == {"done"}
    with post.incoming.session() as session:
        assert session.search("UNSEEN") == []
        assert len(session.search("SEEN")) == 2


def test_a_mail_that_ends_the_worker_each_time_is_left_to_a_person(office, post, monkeypatch):
    post.incoming.deliver(mail())
    mail_jobs.fetch_mail(0)

    def killed(*_arguments, **_options):
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(incoming, "open_mail", killed)
        for _try in range(incoming.TRIES_MOST):
            with pytest.raises(KilledError):
                mail_jobs.read_mails()
    mail_jobs.read_mails()
    assert held() == [Reason.UNREADABLE]


def test_a_mailbox_that_is_numbered_anew_or_was_there_before(office, post):
    """What a person has seen there before the portal came is not the portal's; what came in before counts once."""
    post.incoming.deliver(mail("Lama"))
    with post.incoming.session() as session:
        session.add_flags(session.search(), [b"\\Seen"])
    first = mail("Baru")
    post.bring(first)
    assert [row.description for row in Complaint.objects.all()] == ["Baru"]
    post.incoming.empty()
    post.bring(first)
    assert Complaint.objects.count() == 1
    assert outcomes() == [(Outcome.COMPLAINT, ""), (Outcome.NOTHING, Reason.TWICE)]


def test_a_server_that_is_away_is_told_when_it_lasts_and_nothing_is_lost(office, post):
    post.work()
    administrator = office.person("admin", Role.ADMINISTRATOR)
    post.incoming.deliver(mail())
    post.incoming.stop()
    try:
        mail_jobs.fetch_mail(0)
        box = Mailbox.objects.get()
        assert (box.problem, box.told_at) == ("mailbox.away", None)
        office.now += 61 * MINUTE
        for _again in range(2):
            post.work()
    finally:
        post.incoming.start()
    assert told(administrator) == ["Email pengaduan tidak dapat diambil"]
    post.work()
    box.refresh_from_db()
    assert (box.problem, box.failing_since) == ("", None)
    assert box.fetched_at > office.now - MINUTE
    assert Complaint.objects.count() == 1


def problem(settings, **changes) -> str:
    for name, value in changes.items():
        setattr(settings, f"PANGGON_IMAP_{name}", value)
    with pytest.raises((TemporaryError, PermanentError)) as failed, opened(account()):
        pass
    assert settings.PANGGON_IMAP_PASSWORD not in str(failed.value)
    return failed.value.code


def test_what_is_wrong_with_a_mailbox_is_said_in_one_word(office, imap, settings, tmp_path):
    imap.use(settings)
    assert problem(settings, PASSWORD="salah") == "mailbox.login"
    imap.use(settings)
    assert problem(settings, FOLDER="Tidak Ada") == "mailbox.folder"
    imap.use(settings)
    certificates.make(tmp_path / "other.pem")
    assert problem(settings, CA=str(tmp_path / "other.pem")) == "mailbox.tls"
    imap.use(settings, security="starttls")
    assert problem(settings, CA=str(tmp_path / "other.pem")) == "mailbox.tls"
    imap.use(settings)
    assert problem(settings, PORT=1) == "mailbox.away"


def test_starttls_is_as_good(office, imap, settings):
    imap.empty()
    imap.use(settings, security="starttls")
    imap.deliver(mail())
    with opened(account()) as inbox:
        (uid,) = inbox.uids(after=None)
        assert b"Situs lambat" in inbox.fetch(uid).data
        assert inbox.fetch(uid + 1) is None


def test_without_a_mailbox_nothing_is_tried(office, settings):
    settings.PANGGON_IMAP_HOST = ""
    mail_jobs.fetch_mail(0)
    assert Mailbox.objects.count() == 0
