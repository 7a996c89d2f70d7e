"""Mails to followers without an account, and the public figures. Mails name no person: what they say stands on the
tracking page as well.
"""

from django.utils import timezone
from django.utils.translation import gettext, override
from procrastinate.contrib.django import app

from panggon.core.cases.procedure import STATE_LABELS, State
from panggon.core.errors import PermanentError
from panggon.core.notify.notices import TABLE, Occasion
from panggon.notify.mail import Mail, send
from panggon.notify.retries import MAIL, GrowingPauses
from panggon.outbox import defer
from panggon.public import selectors, services, snapshots
from panggon.public.models import Follower


@app.task(name="public.ask_follower", queue=MAIL, retry=GrowingPauses())
def ask_follower(follower: int) -> None:
    """The first mail, with the link by which the address is confirmed."""
    row = selectors.to_ask(follower)
    if row is not None:
        with override(row.language):
            subject = gettext("Konfirmasi: ikuti permohonan {number}").format(number=row.number)
        _send(row, subject, template="confirm", name=f"ask-{row.pk}-{row.asked_at:%Y%m%d%H%M%S}")


@app.task(name="public.tell_followers")
def tell_followers(number: str, sequence: int, state: str) -> None:
    for follower in selectors.followers_of(number):
        lock = f"follower-{follower}"  # each reads the steps in their order
        defer("public.tell_follower", queue=MAIL, lock=lock, follower=follower, sequence=sequence, state=state)


@app.task(name="public.tell_follower", queue=MAIL, retry=GrowingPauses())
def tell_follower(follower: int, sequence: int, state: str) -> None:
    row = selectors.to_tell(follower, sequence=sequence)
    if row is None:
        return
    label, rule = STATE_LABELS[State(state)], TABLE[Occasion.PUBLIC_STEP]
    with override(row.language):
        facts = {"number": row.number, "state": gettext(label.text), "next": gettext(label.next_words)}
        subject, text = (gettext(words).format(**facts) for words in (rule.subject, rule.text))
    if _send(row, subject, template="step", name=f"step-{row.pk}-{sequence}", text=text):
        services.mark_told(row, sequence=sequence)


@app.periodic(cron="30 19 * * *")
@app.task(name="public.forget_old", queueing_lock="public.forget_old")
def forget_old(timestamp: int) -> None:  # noqa: ARG001 (the moment for which it was due)
    services.forget_old(now=timezone.now())


@app.periodic(cron="*/5 * * * *")
@app.task(name="public.take_figures", lock="public.take_figures", queueing_lock="public.take_figures")
def take_figures(timestamp: int) -> None:  # noqa: ARG001
    """The public figures, anew: the pages only read what is kept here."""
    snapshots.take(now=timezone.now())


# ------------------------------------------------------------------------------------------------------------------


def _send(follower: Follower, subject: str, *, template: str, name: str, text: str = "") -> bool:
    """Whether it was sent: an address that the mail server will never take is erased. The job tries all else again."""
    links = services.links_of(follower)
    mail = Mail(
        to=follower.email,
        subject=subject,
        template=template,
        name=name,
        thread=f"follow-{follower.number}",
        language=follower.language,
        facts={**links, "number": follower.number, "text": text},
        unsubscribe=links["unfollow_url"],
    )
    try:
        send(mail)
    except PermanentError:
        services.erase(follower)
        return False
    return True
