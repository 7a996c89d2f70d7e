"""What the office worker does for people: it sends invitations."""

from django.conf import settings
from django.core.mail import send_mail
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from panggon.people.models import Invitation, User
from panggon.people.services import token_of

PATIENCE = RetryStrategy(max_attempts=10, exponential_wait=4)


@app.task(name="people.send_invitation", retry=PATIENCE)
def send_invitation(invitation: int) -> None:
    """Write to the address. One that has an account already is told so, without a link that makes another."""
    row = Invitation.objects.select_related("agency").filter(pk=invitation, accepted_at=None, withdrawn_at=None).first()
    if row is None:
        return
    known = row.user is None and User.objects.filter(email__iexact=row.email).exists()
    text = _told(row) if known else _invited(row)
    send_mail(_("Undangan ke Pelayanan Hosting"), text, None, [row.email])


def _invited(row: Invitation) -> str:
    link = settings.PANGGON_BASE_URL + reverse("people:accept", args=[token_of(row)])
    until = date_format(localtime(row.expires_at), "j F Y, H.i")
    return _(
        "Anda diundang memakai Pelayanan Hosting untuk %(whom)s.\n\n"
        "Buka tautan ini untuk mengisi nama dan kata sandi Anda; tautan berlaku satu kali, sampai %(until)s WIB:\n"
        "%(link)s\n\n"
        "Abaikan surat ini bila Anda tidak mengenal undangannya."
    ) % {"whom": _whom(row), "until": until, "link": link}


def _told(row: Invitation) -> str:
    return _(
        "Anda diundang memakai Pelayanan Hosting untuk %(whom)s, tetapi alamat email ini sudah mempunyai akun.\n\n"
        "Silakan masuk dengan akun itu: %(link)s\n"
        "Bila tidak dapat masuk atau Anda pindah OPD, hubungi dinas."
    ) % {"whom": _whom(row), "link": settings.PANGGON_BASE_URL + reverse("account_login")}


def _whom(row: Invitation) -> str:
    return row.agency.name if row.agency else _("pegawai dinas")
