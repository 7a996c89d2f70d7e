"""Fetches what was written to the mailbox: each mail is kept for good before it is marked there."""

from datetime import datetime

from django.utils import timezone

from panggon.complaints import incoming, selectors
from panggon.complaints.mailbox import Inbox, account, opened
from panggon.complaints.models import Mailbox
from panggon.core.errors import PanggonError

MOST = 200  # mails at a time; the rest is fetched a minute later


def fetch() -> None:
    """Stopped anywhere it begins again where it was: a mail is known by its number and by what it says."""
    mailbox = account()
    if mailbox is None:
        return
    box = incoming.mailbox(str(mailbox))
    try:
        with opened(mailbox) as inbox:
            _fetch(box, inbox, at=timezone.now())
    except PanggonError as error:
        incoming.note_failure(box, error, at=timezone.now())


def _fetch(box: Mailbox, inbox: Inbox, *, at: datetime) -> None:
    """The first time, and when the server has numbered its mails anew, what nobody has seen there."""
    is_same = box.uid_validity == inbox.uid_validity
    found = inbox.uids(after=box.last_uid if is_same else None)
    known = selectors.fetched_uids(box, uid_validity=inbox.uid_validity, among=found)
    new = [uid for uid in found if uid not in known]
    for uid in new[:MOST]:
        mail = inbox.fetch(uid)
        if mail is not None:
            incoming.keep(box, mail, uid_validity=inbox.uid_validity, at=at)
    unmarked = selectors.unmarked_mails(box, uid_validity=inbox.uid_validity)
    if unmarked:
        inbox.mark([mail.uid for mail in unmarked])
        incoming.mark(unmarked, at=at)
    if len(new) <= MOST:
        last = max(inbox.uid_next - 1, *found, 0)
        incoming.note_read(box, uid_validity=inbox.uid_validity, last_uid=last, at=at)
