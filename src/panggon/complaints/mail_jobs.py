"""Complaints that come in by e-mail. Each job can be killed anywhere and run again."""

import logging

from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from panggon.complaints import fetching, incoming, selectors
from panggon.complaints.telling import HELD_FOR, RETURNED, holders, tell_of
from panggon.complaints.words import MAILBOX_PROBLEMS
from panggon.core.cases.vocabulary import Role
from panggon.core.complaints.incoming_mail import Outcome
from panggon.core.notify.notices import Occasion
from panggon.notify.retries import MAIL
from panggon.notify.services import tell
from panggon.people import selectors as people

PATIENCE = RetryStrategy(max_attempts=8, exponential_wait=3)

logger = logging.getLogger(__name__)


@app.periodic(cron="* * * * *")
@app.task(name="complaints.fetch_mail", queue=MAIL, lock="complaints.fetch_mail", queueing_lock="complaints.fetch_mail")
def fetch_mail(timestamp: int) -> None:  # noqa: ARG001 (the moment for which it was due)
    fetching.fetch()


@app.task(name="complaints.read_mails", retry=PATIENCE)
def read_mails() -> None:
    """One after the other, in the order in which they came."""
    for mail in selectors.waiting_mails():
        incoming.read(mail, at=timezone.now())


@app.task(name="complaints.tell_of_mail", retry=PATIENCE)
def tell_of_mail(mail: int) -> None:
    """Who has the complaint: that what was written did not arrive; or once a day, that a mail has to be looked at."""
    row, now = selectors.mail(mail), timezone.now()
    complaint, came_back = row.complaint, row.outcome == Outcome.BOUNCE
    if complaint is None:  # somebody made it another one meanwhile
        return
    tell_of(
        holders(complaint, now=now),
        complaint,
        RETURNED if came_back else HELD_FOR,
        reference=f"mail:{row.pk}" if came_back else f"mails:{complaint.pk}:{localdate(row.fetched_at)}",
        occasion=Occasion.YOUR_TURN,
        at=now,
    )


@app.task(name="complaints.tell_of_held", retry=PATIENCE)
def tell_of_held() -> None:
    """Once a day, that mails wait for a decision; nobody is told of what is about himself."""
    now = timezone.now()
    for person in people.holders_of(Role.COMPLAINTS_OFFICER, now=now):
        if selectors.held_mails(person).exists():
            tell(
                person,
                occasion=Occasion.YOUR_TURN,
                reference=f"mails:{localdate(now)}",
                subject=_("Ada email pengaduan untuk diperiksa"),
                text=_("Belum dijadikan pengaduan. Baca, lalu terima atau buang."),
                path=reverse("complaints:mails"),
                at=now,
            )


@app.task(name="complaints.tell_of_mailbox", retry=PATIENCE)
def tell_of_mailbox(mailbox: int) -> None:
    """That no complaint comes in by e-mail any more."""
    box, now = selectors.mailbox(mailbox), timezone.now()
    if box.told_at is None:
        return
    for person in {
        *people.holders_of(Role.ADMINISTRATOR, now=now),
        *people.holders_of(Role.COMPLAINTS_OFFICER, now=now),
    }:
        tell(
            person,
            occasion=Occasion.WARNING,
            reference=f"mailbox:{box.pk}:{box.told_at:%Y%m%d%H%M%S}",
            subject=_("Email pengaduan tidak dapat diambil"),
            text=MAILBOX_PROBLEMS[box.problem],
            path=reverse("complaints:mails"),
            at=now,
        )
