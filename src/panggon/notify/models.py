"""What people were told, how they want to be told, and what gateways outside are told. Only the services write here."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from panggon.core.notices import Mailing, Occasion


class Notice(models.Model):
    """What one person was told. `reference` names what it is about, once; `occasion` is of `core.notices.Occasion`.

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
