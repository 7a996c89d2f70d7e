"""The office's worker between two real mail servers: what comes in over IMAP, what goes out over SMTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage

import procrastinate.contrib.django
from procrastinate.contrib.django.models import ProcrastinateJob

from panggon.complaints import mail_jobs
from panggon.complaints.models import IncomingMail
from panggon.people.models import User
from tests.portal.dovecot import MailServer
from tests.portal.smtp import MailServer as Outgoing
from tests.portal.smtp import mail_server

PART = ("complaints.", "notify.write", "notify.send_message")


@dataclass
class Exchange:
    incoming: MailServer
    outgoing: Outgoing

    def bring(self, *mails: "EmailMessage | bytes", **envelope: str) -> None:
        """They are delivered and fetched, and all that follows from them is done."""
        self.incoming.deliver(*mails, **envelope)
        self.work()

    def work(self) -> None:
        mail_jobs.fetch_mail(0)
        self.finish()

    def finish(self) -> None:
        """All jobs of mails and complaints, and those that they make."""
        tasks = procrastinate.contrib.django.app.tasks
        while jobs := [job for job in ProcrastinateJob.objects.filter(status="todo").order_by("id") if _is_ours(job)]:
            ProcrastinateJob.objects.filter(pk__in=[job.pk for job in jobs]).update(status="succeeded")
            for job in jobs:
                tasks[job.task_name](**job.args)

    def sent(self) -> list[EmailMessage]:
        """What went out since this was last asked."""
        mails = list(self.outgoing.mails)
        self.outgoing.mails.clear()
        return mails


@contextmanager
def exchange(server: MailServer, settings) -> Iterator[Exchange]:
    server.empty()
    server.use(settings)
    with mail_server() as outgoing:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", outgoing.port
        yield Exchange(server, outgoing)


def outcomes() -> list[tuple[str, str]]:
    return list(IncomingMail.objects.order_by("pk").values_list("outcome", "reason"))


def held() -> list[str]:
    return list(IncomingMail.objects.filter(state="held").order_by("pk").values_list("reason", flat=True))


def told(person: User) -> list[str]:
    return list(person.notices.order_by("pk").values_list("subject", flat=True))


def _is_ours(job: ProcrastinateJob) -> bool:
    return job.task_name.startswith(PART)
