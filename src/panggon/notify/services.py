from datetime import datetime

from django.db import transaction

from panggon.notify.models import Notice
from panggon.outbox import defer
from panggon.people.models import User


@transaction.atomic
def tell(recipient: User, *, reference: str, subject: str, text: str, path: str, at: datetime) -> Notice:
    """Keep the notice, and send it by e-mail in a job. Told again of the same reference, nothing happens.

    The e-mail carries only `subject` and a link: what it is about is read behind the sign-in.
    """
    notice, is_new = Notice.objects.get_or_create(
        recipient=recipient,
        reference=reference,
        defaults={"subject": subject, "text": text, "path": path, "made_at": at},
    )
    if is_new and recipient.email:
        defer("notify.send_mail", notice=notice.pk)
    return notice


def mark_mailed(notice: Notice, *, at: datetime) -> None:
    notice.mailed_at = at
    notice.save(update_fields=["mailed_at"])
