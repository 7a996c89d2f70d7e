"""The only writer of notices and of people's choice how they are told."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.text import format_lazy
from django.utils.translation import override

from panggon.audit.services import record
from panggon.core.notify.notices import PAUSES, Mailing, Occasion, mailing_of
from panggon.notify import endpoints, selectors
from panggon.notify.mail import link
from panggon.notify.models import Notice, Preference
from panggon.notify.retries import MAIL
from panggon.outbox import defer
from panggon.people import services as people
from panggon.people.models import User

Words = tuple[Any, Any]


def tell_all(
    whom: Iterable[User],
    words: Words,
    facts: Mapping[str, object],
    *,
    reference: str,
    path: str,
    at: datetime,
    occasion: Occasion = Occasion.INFORMATION,
) -> None:
    """`tell` each of them the same: `words` are the subject and the text, which name `facts` in braces."""
    subject, text = (format_lazy(each, **facts) for each in words)
    for person in whom:
        tell(person, reference=reference, subject=subject, text=text, path=path, at=at, occasion=occasion)


@transaction.atomic
def tell(
    recipient: User,
    *,
    reference: str,
    subject: Any,
    text: Any,
    path: str,
    at: datetime,
    occasion: Occasion = Occasion.INFORMATION,
) -> Notice:
    """Keep the notice, and send it on by the ways of `core.notify.notices.TABLE`, each in a job of its own.

    Told again of the same reference, nothing happens. `subject` and `text` may be lazy: they are put down in the
    recipient's language. An e-mail carries only `subject` and a link: what it is about is read behind the sign-in.
    """
    preference = selectors.preference_of(recipient)
    mailing = mailing_of(occasion, Mailing(preference.mailing)) if recipient.email else Mailing.NONE
    with override(recipient.language):
        words = {"subject": str(subject), "text": str(text)}
    notice, is_new = Notice.objects.get_or_create(
        recipient=recipient,
        reference=reference,
        defaults={**words, "occasion": occasion, "path": path, "made_at": at, "mailing": mailing},
    )
    if is_new and mailing is Mailing.AT_ONCE:
        defer("notify.send_mail", queue=MAIL, notice=notice.pk)
    if is_new and preference.phone and recipient.phone:
        data = {"subject": notice.subject, "url": link(path), "phone": recipient.phone}
        endpoints.announce(occasion, reference=f"{recipient.pk} {reference}", data=data, at=at)
    return notice


def mark_read(notice: Notice, *, at: datetime) -> None:
    if notice.read_at is None:
        notice.read_at = at
        notice.save(update_fields=["read_at"])


def mark_all_read(user: User, *, at: datetime) -> None:
    user.notices.filter(read_at=None, made_at__lte=at).update(read_at=at)


def mark_mailed(*notices: Notice, at: datetime) -> None:
    Notice.objects.filter(pk__in=[notice.pk for notice in notices]).update(mailed_at=at)


def give_up_mail(*notices: Notice, problem: str) -> None:
    """No e-mail any more, unless a person says so; the notice in the portal is there all the time."""
    Notice.objects.filter(pk__in=[notice.pk for notice in notices]).update(mail_problem=problem[:300])


def count_try(notice: Notice, *, problem: str) -> bool:
    """Counts an e-mail that was not sent; whether it is to be tried again."""
    notice.mail_tries += 1
    notice.save(update_fields=["mail_tries"])
    if notice.mail_tries <= len(PAUSES):
        return True
    give_up_mail(notice, problem=problem)
    return False


@transaction.atomic
def mail_again(notice: Notice) -> None:
    """Send an e-mail that was given up."""
    given_up = Notice.objects.filter(pk=notice.pk, mailed_at=None).exclude(mail_problem="")
    if given_up.update(mail_problem="", mail_tries=0, mailing=Mailing.AT_ONCE):
        defer("notify.send_mail", queue=MAIL, notice=notice.pk)


@transaction.atomic
def choose(user: User, *, mailing: Mailing, phone: bool, language: str, at: datetime) -> None:
    """How the person wants to be told from now on. What was told before goes the way that held then."""
    preference = selectors.preference_of(user)
    before = _chosen(preference, user)
    people.choose_language(user, language)
    preference.mailing, preference.phone = mailing, phone
    preference.save()
    record(f"notify.preference:{user.pk}", before=before, after=_chosen(preference, user), actor=user, at=at)


def forget_before(moment: datetime) -> int:
    """Remove the notices that are older; how many went."""
    return selectors.older_than(moment).delete()[0]


def _chosen(preference: Preference, user: User) -> dict[str, Any]:
    return {"mailing": str(preference.mailing), "phone": preference.phone, "language": user.language}
