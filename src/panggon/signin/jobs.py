from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from panggon.office.selectors import office
from panggon.people.models import User
from panggon.signin import services
from panggon.signin.models import Visit

PATIENCE = RetryStrategy(max_attempts=6, exponential_wait=4)


@app.task(name="signin.mail_reset", retry=PATIENCE)
def mail_reset(user: int) -> None:
    """Send the link by which a new password is set. The link is made here, so that no row of the queue holds it."""
    owner = User.objects.filter(pk=user, is_active=True).first()
    if owner is None:
        return
    key = {"uidb36": user_pk_to_url_str(owner), "key": default_token_generator.make_token(owner)}
    link = f"{settings.PANGGON_BASE_URL}{reverse('account_reset_password_from_key', kwargs=key)}"
    _mail(owner, "signin/mail_reset", {"owner": owner, "link": link})


@app.task(name="signin.tell_owner", retry=PATIENCE)
def tell_owner(visit: int) -> None:
    """Tell the owner of an account that its password or second factor was changed."""
    told = Visit.objects.select_related("user").get(pk=visit)
    _mail(told.user, "signin/mail_changed", {"visit": told, "base": settings.PANGGON_BASE_URL})


@app.periodic(cron="17 3 * * *")
@app.task(name="signin.tidy", queueing_lock="signin.tidy")
def tidy(timestamp: int) -> None:  # noqa: ARG001 (given to every periodic job)
    services.tidy(now=timezone.now())


def _mail(owner: User, template: str, words: dict[str, object]) -> None:
    subject = render_to_string(f"{template}_subject.txt", words).strip()
    send_mail(subject, render_to_string(f"{template}.txt", words), office().sender, [owner.email])
