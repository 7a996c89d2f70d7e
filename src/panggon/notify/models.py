"""What people were told, how they want to be told, and what gateways outside are told. Only the services write here."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from panggon.core.notify.messages import MessageKind
from panggon.core.notify.notices import Mailing, Occasion


class Notice(models.Model):
    """What one person was told. `reference` names what it is about, once; `occasion` is of
    `core.notify.notices.Occasion`.

    `mailing` is settled when it is told, by the person's choice at that time. `mail_problem` says why an e-mail was
    given up; `mail_tries` counts since it was last sent by hand.
    """

    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices")
    reference = models.CharField(max_length=80)
    occasion = models.CharField(max_length=20, default=Occasion.INFORMATION.value)
    subject = models.CharField("hal", max_length=200)
    text = models.TextField("isi")
    path = models.CharField("halaman", max_length=200)
    made_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    mailing = models.CharField(max_length=10, default=Mailing.NONE.value)
    mailed_at = models.DateTimeField(null=True)
    mail_tries = models.PositiveSmallIntegerField(default=0)
    mail_problem = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-made_at"]
        constraints = [models.UniqueConstraint(fields=["recipient", "reference"], name="notice_once")]
        indexes = [
            models.Index(fields=["recipient"], condition=Q(read_at=None), name="notice_unread"),
            models.Index(fields=["recipient", "made_at"], name="notice_of_person"),
            models.Index(fields=["made_at"], name="notice_age"),
        ]

    def __str__(self) -> str:
        return self.subject


class Preference(models.Model):
    """How one person wants to be told; without a row, by e-mail at once."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notice_preference")
    mailing = models.CharField(max_length=10, default=Mailing.AT_ONCE.value)
    phone = models.BooleanField(default=False)  # the phone number may go to the gateways that the dinas uses

    def __str__(self) -> str:
        return f"{self.user}: {self.mailing}"


class Message(models.Model):
    """An e-mail that is no notice (`core.notify.messages`) and was not sent yet; `problem` says why it was given up.

    `facts` holds nothing secret: a link that lets somebody in is made when it is sent.
    """

    reference = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=20, choices=[(kind.value, kind.value) for kind in MessageKind])
    to = models.EmailField()
    language = models.CharField(max_length=5)
    facts = models.JSONField()
    made_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-made_at"]

    def __str__(self) -> str:
        return f"{self.kind}: {self.to}"


class Endpoint(models.Model):
    """A receiver outside that is told of events; `secret` is encrypted and is shown once, when it is made."""

    name = models.CharField(max_length=80, unique=True)
    url = models.URLField(max_length=500)
    secret = models.TextField()
    events = ArrayField(models.CharField(max_length=20))
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Delivery(models.Model):
    """One message to one endpoint; its id stays the same through all attempts, so that a receiver knows a repetition.

    `tries` counts since it was last sent by hand.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        DELIVERED = "delivered"
        DEAD = "dead"  # given up; a person may send it again

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    endpoint = models.ForeignKey(Endpoint, models.CASCADE, related_name="deliveries")
    event = models.CharField(max_length=20)
    body = models.JSONField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["-made_at"]
        indexes = [
            models.Index(fields=["endpoint", "-made_at"], name="delivery_of_endpoint"),
            models.Index(fields=["-made_at"], condition=Q(state="dead"), name="delivery_dead"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.pk}"


class Attempt(models.Model):
    """One try of a delivery: the answer's status and beginning, or why there was none."""

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="attempts")
    at = models.DateTimeField()
    milliseconds = models.PositiveIntegerField()
    status = models.PositiveSmallIntegerField(null=True)
    problem = models.CharField(max_length=40, blank=True)  # code of `notify.words.PROBLEM_WORDS`
    answer = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.status or self.problem}"
