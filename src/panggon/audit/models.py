"""What the department changes outside of the cases: people, calendar, settings. Cases keep their own events."""

from django.conf import settings
from django.db import models


class Change(models.Model):
    """One change, never changed and never removed (a trigger of the database sees to it).

    `before` and `after` are plain values, null where the thing did not exist. `digest` covers them only as digests with
    `salt`, so that what speaks of a person can be erased (UU 27/2022) and the chain still holds.
    """

    sequence = models.PositiveIntegerField(unique=True)
    subject = models.CharField(max_length=120, db_index=True)  # "people.user:12", "schedule.holiday:2026-12-24"
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    reason = models.TextField(blank=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    salt = models.CharField(max_length=32, blank=True)
    contents = models.CharField(max_length=64)  # the salted digest of reason, before and after
    previous = models.CharField(max_length=64, blank=True)
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ["-sequence"]

    def __str__(self) -> str:
        return f"{self.sequence} {self.subject}"


class End(models.Model):
    """The last row of the chain of changes, in its only row: a chain that lost its end does not fit it."""

    sequence = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_end")]

    def __str__(self) -> str:
        return f"{self.sequence} {self.digest[:12]}"
