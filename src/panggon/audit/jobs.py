from django.conf import settings
from django.core.mail import send_mail
from django.utils.translation import gettext as _
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

PATIENCE = RetryStrategy(max_attempts=10, exponential_wait=4)


@app.task(name="audit.mail_seal", retry=PATIENCE)
def mail_seal(day: str, digest: str) -> None:
    """Send the digest of a seal to people outside: whoever rewrites database and seals does not reach their mail."""
    text = _("Segel catatan tanggal %(day)s. SHA-256 berkas %(day)s.seal:\n\n%(digest)s\n\nSimpan surat ini.")
    subject = _("Segel catatan %(day)s") % {"day": day}
    send_mail(subject, text % {"day": day, "digest": digest}, None, settings.PANGGON_SEAL_RECIPIENTS)
