import uuid

from django.conf import settings
from django.db import models

from panggon.papers.contents import TITLES, PaperKind


class Paper(models.Model):
    """One issued paper. Its bytes lie in the file store under `sha256` and never change.

    The case is named by its number, because papers know nothing of cases; `event` is the sequence number of the case's
    event that caused it, so that a job that runs twice issues one paper.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case_number = models.CharField(max_length=40, db_index=True)
    kind = models.CharField(max_length=40, choices=[(kind.value, TITLES[kind]) for kind in PaperKind])
    event = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    number = models.CharField(max_length=80)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.PositiveIntegerField()
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case_number", "kind", "event"], name="one_paper_an_event")]
        ordering = ["made_at"]

    def __str__(self) -> str:
        return f"{self.title} {self.number}"


class Counter(models.Model):
    """The last number given out in a year by one register: a classification code, the agenda, the cases."""

    register = models.CharField(max_length=20)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["register", "year"], name="one_counter_a_register_and_year")]

    def __str__(self) -> str:
        return f"{self.register} {self.year}: {self.last}"


class TemplateVersion(models.Model):
    """A template as the department changed it; an empty text puts the shipped one back. The newest of a name counts."""

    name = models.CharField(max_length=60, db_index=True)
    text = models.TextField(blank=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.name} {self.pk}"
