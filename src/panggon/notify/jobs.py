from django.conf import settings
from django.core.mail import send_mail as send
from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from panggon.notify import services
from panggon.notify.models import Notice

# A mail server that is away is tried again for about two hours; the notice in the portal is there all the time.
PATIENCE = RetryStrategy(max_attempts=10, exponential_wait=4)


@app.task(name="notify.send_mail", retry=PATIENCE)
def send_mail(notice: int) -> None:
    """Send one notice. Killed between sending and marking it sends twice, rather than never."""
    row = Notice.objects.select_related("recipient").filter(pk=notice, mailed_at=None).first()
    if row is None:
        return
    text = f"{row.text}\n\n{settings.PANGGON_BASE_URL}{row.path}\n"
    send(row.subject, text, None, [row.recipient.email])
    services.mark_mailed(row, at=timezone.now())
