"""A complaint and what was said and done about it. Only `services` writes here."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from panggon.core.complaints.procedure import TABLE
from panggon.core.complaints.vocabulary import (
    COMPLAINT_ACTIONS,
    COMPLAINT_STATES,
    CONFIDENTIALITY_LABELS,
    KIND_LABELS,
    PART_LABELS,
    SOURCE_LABELS,
    ComplaintAction,
    ComplaintState,
    Confidentiality,
    Kind,
    Part,
    Source,
)
from panggon.core.schedule.clock import ClockEffect

STATES = [(state.value, COMPLAINT_STATES[state].text) for state in ComplaintState]
USER = settings.AUTH_USER_MODEL


class Complaint(models.Model):
    """`version` counts its events, so that a stale page is seen. `concerned` are the people of the dinas whom it is
    about: they neither handle nor see it.
    """

    number = models.CharField(max_length=20, unique=True)
    token = models.CharField(max_length=40)
    state = models.CharField(max_length=12, choices=STATES, default=ComplaintState.NEW)
    version = models.PositiveIntegerField(default=0)
    source = models.CharField(max_length=12, choices=[(value.value, SOURCE_LABELS[value]) for value in Source])
    outside_number = models.CharField(max_length=80, blank=True)  # of LAPOR!, of a message elsewhere
    kind = models.CharField(max_length=15, blank=True, choices=[(kind.value, KIND_LABELS[kind]) for kind in Kind])
    confidentiality = models.CharField(
        max_length=12,
        default=Confidentiality.OPEN,
        choices=[(value.value, CONFIDENTIALITY_LABELS[value]) for value in Confidentiality],
    )
    subject = models.CharField(max_length=150)
    description = models.TextField()
    about = models.CharField(max_length=200, blank=True)  # of whom it complains, in the complainant's words
    case = models.ForeignKey("cases.Case", models.PROTECT, null=True, related_name="complaints")
    site = models.ForeignKey("sites.Site", models.PROTECT, null=True, related_name="complaints")
    name = models.CharField(max_length=150, blank=True)
    phone = models.CharField(max_length=30, blank=True)
    email = models.EmailField(blank=True)
    address = models.CharField(max_length=200, blank=True)
    language = models.CharField(max_length=5, default="id")

    concerned = models.ManyToManyField("people.User", related_name="+")
    officer = models.ForeignKey(USER, models.PROTECT, null=True, related_name="complaints")
    official = models.ForeignKey(USER, models.PROTECT, null=True, related_name="complaints_to_solve")
    entered_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    filed_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)
    state_since = models.DateTimeField()
    limits = models.JSONField(default=dict)  # the days that were set when it came in: later ones do not count for it
    due_at = models.DateTimeField(null=True)  # of what comes next: until it is handled, then until it is solved
    stopped_at = models.DateTimeField(null=True)  # when its last answer was given
    was_due_at = models.DateTimeField(null=True)  # and until when that had been due
    # When the complainant last said something of the own accord, or could not be reached: a person has to read it.
    spoke_at = models.DateTimeField(null=True)
    page = models.UUIDField(null=True, unique=True, editable=False)  # from which it was sent: twice, and it is one

    class Meta:
        ordering = ["-filed_at", "-pk"]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=~Q(state__in=sorted(state.value for state in TABLE.finals)),
                name="complaints_to_do",
            ),
            models.Index(fields=["filed_at"], name="complaints_by_age"),
        ]

    def __str__(self) -> str:
        return self.number


class ComplaintEvent(models.Model):
    """One act, never changed. `words` are what was said, `data` which people and files belong to it."""

    complaint = models.ForeignKey(Complaint, models.PROTECT, related_name="events")
    sequence = models.PositiveIntegerField()
    action = models.CharField(
        max_length=12, choices=[(action.value, COMPLAINT_ACTIONS[action]) for action in ComplaintAction]
    )
    part = models.CharField(max_length=12, choices=[(part.value, PART_LABELS[part]) for part in Part])
    actor = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    source = models.CharField(max_length=12, choices=STATES)
    target = models.CharField(max_length=12, choices=STATES)
    clock = models.CharField(max_length=10, choices=[(effect.value, effect.value) for effect in ClockEffect])
    words = models.TextField(blank=True)
    data = models.JSONField(default=dict)

    class Meta:
        ordering = ["complaint_id", "sequence"]
        constraints = [models.UniqueConstraint(fields=["complaint", "sequence"], name="one_complaint_event")]

    def __str__(self) -> str:
        return f"{self.complaint_id}/{self.sequence} {self.action}"


class Attachment(models.Model):
    """A file that came with a complaint; its bytes lie in the store under their SHA-256."""

    complaint = models.ForeignKey(Complaint, models.PROTECT, related_name="attachments")
    name = models.CharField(max_length=120)
    media_type = models.CharField(max_length=40)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.PositiveIntegerField()
    added_at = models.DateTimeField()

    class Meta:
        ordering = ["complaint_id", "pk"]
        constraints = [models.UniqueConstraint(fields=["complaint", "sha256"], name="attachment_once")]

    def __str__(self) -> str:
        return self.name


class ComplaintAlert(models.Model):
    """That people were told, once, that a percentage of the time until `due_at` had passed."""

    complaint = models.ForeignKey(Complaint, models.PROTECT, related_name="alerts")
    due_at = models.DateTimeField()
    level = models.PositiveSmallIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["complaint", "due_at", "level"], name="complaint_alert_once")]

    def __str__(self) -> str:
        return f"{self.complaint_id} {self.level}"


class Mailbox(models.Model):
    """Where complaints come in by e-mail, how far it was read, and since when it cannot be."""

    address = models.CharField(max_length=300, unique=True)  # user, server and folder: another one begins anew
    uid_validity = models.PositiveBigIntegerField(null=True)
    last_uid = models.PositiveBigIntegerField(default=0)
    fetched_at = models.DateTimeField(null=True)  # when it was last read to its end
    problem = models.CharField(max_length=30, blank=True)  # code of `complaints.words`
    failing_since = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.address


class IncomingMail(models.Model):
    """An e-mail as it was fetched, once, and what became of it.

    `file_sha256` names its bytes in the store while somebody may still need them; `digest` stays, so that the same mail
    is known again. Of a mail that became part of a complaint the words stand there, and here only who wrote it.
    """

    class State(models.TextChoices):
        WAITING = "waiting"  # to be read
        DONE = "done"
        HELD = "held"  # for a person
        DISCARDED = "discarded"

    mailbox = models.ForeignKey(Mailbox, models.PROTECT, related_name="mails")
    uid_validity = models.PositiveBigIntegerField()
    uid = models.PositiveBigIntegerField()
    digest = models.CharField(max_length=64)
    file_sha256 = models.CharField(max_length=64, blank=True)
    size_bytes = models.PositiveBigIntegerField()  # as the server has it
    is_whole = models.BooleanField()
    fetched_at = models.DateTimeField()
    marked_at = models.DateTimeField(null=True)  # on the server, as fetched

    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)  # that ended before the mail was read
    outcome = models.CharField(max_length=12, blank=True)
    reason = models.CharField(max_length=15, blank=True)
    complaint = models.ForeignKey(Complaint, models.PROTECT, null=True, related_name="mails")
    concerned = models.ManyToManyField("people.User", related_name="+")
    message_id = models.CharField(max_length=250, blank=True)
    sender = models.CharField(max_length=254, blank=True)
    name = models.CharField(max_length=150, blank=True)
    subject = models.CharField(max_length=150, blank=True)
    words = models.TextField(blank=True)
    check_result = models.CharField(max_length=10, blank=True)
    check_words = models.CharField(max_length=300, blank=True)
    answered_at = models.DateTimeField(null=True)  # by a machine

    class Meta:
        ordering = ["-fetched_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["mailbox", "uid_validity", "uid"], name="mail_once")]
        indexes = [
            models.Index(fields=["state", "id"], condition=~Q(state="done"), name="mails_not_done"),
            models.Index(fields=["message_id"], name="mails_by_id"),
            models.Index(fields=["digest"], name="mails_by_digest"),
            models.Index(fields=["sender", "answered_at"], name="mails_answered"),
        ]

    def __str__(self) -> str:
        return f"{self.uid_validity}/{self.uid}"
