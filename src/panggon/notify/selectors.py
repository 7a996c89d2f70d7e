"""What people were told, and how they want to be told."""

from datetime import datetime

from django.db.models import Count, Q, QuerySet

from panggon.core.notify.notices import Mailing
from panggon.notify.models import Delivery, Endpoint, Message, Notice, Preference
from panggon.people.models import User
from panggon.questions import Given, question

COUNTED_TO = 100  # the menu says "99+" beyond


@question
def _unread() -> QuerySet[Notice, tuple[int]]:
    return Notice.objects.filter(recipient=Given("user"), read_at=None).order_by().values_list("pk")[:COUNTED_TO]


def notices_of(user: User) -> QuerySet[Notice]:
    """Unread first, then the newest first."""
    return user.notices.alias(is_read=Q(read_at__isnull=False)).order_by("is_read", "-made_at", "-pk")


def notice_of(user: User, notice: int) -> Notice | None:
    """None as well when it was told to somebody else."""
    return user.notices.filter(pk=notice).first()


def newest_reference(beginning: str, *, since: datetime) -> str:
    """Of what anybody was told since then, the last whose reference begins so; "" for none."""
    told = Notice.objects.filter(reference__startswith=beginning, made_at__gte=since)
    return told.order_by("-made_at").values_list("reference", flat=True).first() or ""


def were_told(reference: str) -> frozenset[int]:
    """The keys of the people who were told this."""
    return frozenset(Notice.objects.filter(reference=reference).values_list("recipient", flat=True))


def unread(user: User) -> int:
    """How many notices the person has not read, counted to `COUNTED_TO` at most."""
    return len(_unread(user=user.pk))


def preference_of(user: User) -> Preference:
    """The person's choice, or what holds without one."""
    return Preference.objects.filter(user=user).first() or Preference(user=user)


def to_mail(notice: int) -> Notice | None:
    """The notice that is still to be mailed; None when it was, when it was given up, or when it is gone."""
    unsent = Notice.objects.select_related("recipient").filter(mailed_at=None, mail_problem="")
    return unsent.filter(pk=notice, mailing=Mailing.AT_ONCE).first()


def digest_of(user: int, *, before: datetime) -> list[Notice]:
    """What the person's next digest holds: told before this moment, the oldest first."""
    return list(_collected(before).filter(recipient=user).select_related("recipient").order_by("made_at", "pk"))


def digest_readers(*, before: datetime) -> list[int]:
    """The people for whom something was collected before this moment."""
    return list(_collected(before).order_by().values_list("recipient", flat=True).distinct())


def unsent_mail() -> QuerySet[Notice]:
    """The e-mails that were given up, the newest first."""
    return Notice.objects.filter(~Q(mail_problem=""), mailed_at=None).select_related("recipient").order_by("-made_at")


def message_to_send(message: int) -> Message | None:
    """None when it was sent, or given up."""
    return Message.objects.filter(pk=message, problem="").first()


def unsent_messages() -> QuerySet[Message]:
    """Those that were given up, the newest first."""
    return Message.objects.exclude(problem="")


def endpoints() -> QuerySet[Endpoint]:
    """Each with `dead`, the number of its deliveries that were given up."""
    return Endpoint.objects.annotate(dead=Count("deliveries", filter=Q(deliveries__state=Delivery.State.DEAD)))


def endpoint(pk: int) -> Endpoint | None:
    return Endpoint.objects.filter(pk=pk).first()


def deliveries_of(endpoint: Endpoint) -> QuerySet[Delivery]:
    """The newest first, each with its attempts."""
    return endpoint.deliveries.prefetch_related("attempts").order_by("-made_at", "pk")


def dead_deliveries() -> QuerySet[Delivery]:
    """All that were given up, the newest first, each with endpoint and attempts."""
    dead = Delivery.objects.filter(state=Delivery.State.DEAD)
    return dead.select_related("endpoint").prefetch_related("attempts").order_by("-made_at", "pk")


def to_deliver(delivery: str) -> Delivery | None:
    """None when it was delivered, given up, or is gone."""
    return Delivery.objects.select_related("endpoint").filter(pk=delivery, state=Delivery.State.WAITING).first()


def _collected(before: datetime) -> QuerySet[Notice]:
    return Notice.objects.filter(mailing=Mailing.DIGEST, mailed_at=None, mail_problem="", made_at__lt=before)


def older_than(moment: datetime) -> QuerySet[Notice]:
    """Notices that people were given before."""
    return Notice.objects.filter(made_at__lt=moment)
