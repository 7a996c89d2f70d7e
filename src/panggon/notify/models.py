from django.conf import settings
from django.db import models


class Notice(models.Model):
    """What one person was told by e-mail. `reference` names what it is about, once."""

    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices")
    reference = models.CharField(max_length=80)
    subject = models.CharField("hal", max_length=200)
    text = models.TextField("isi")
    path = models.CharField("halaman", max_length=200)
    made_at = models.DateTimeField()
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-made_at"]
        constraints = [models.UniqueConstraint(fields=["recipient", "reference"], name="notice_once")]

    def __str__(self) -> str:
        return self.subject
