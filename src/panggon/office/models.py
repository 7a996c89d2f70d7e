"""What the department says about itself and its service: data that another city fills in differently."""

from django.db import models

from panggon.office.values import Document, Group


class Setting(models.Model):
    """One group of settings that the department has filled in; without a row, what is shipped counts."""

    group = models.CharField(max_length=20, primary_key=True, choices=[(group.value, group.value) for group in Group])
    value = models.JSONField()
    version = models.PositiveIntegerField(default=1)

    def __str__(self) -> str:
        return self.group


class Edition(models.Model):
    """A document as it was published: its groups of settings as they were, until the next edition.

    `published_at` None: since before the first change that a person made on the pages.
    """

    document = models.CharField(max_length=20, choices=[(document.value, document.value) for document in Document])
    number = models.PositiveIntegerField()
    content = models.JSONField()
    published_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["document", "number"], name="edition_once")]

    def __str__(self) -> str:
        return f"{self.document} {self.number}"


class Logo(models.Model):
    """A picture of the letterhead, by its content; what a page or paper once showed is kept."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    media_type = models.CharField(max_length=20)
    data = models.BinaryField()

    def __str__(self) -> str:
        return self.sha256[:12]
