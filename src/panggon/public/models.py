from django.db import models


class Follower(models.Model):
    """Somebody without an account who is told of each public step of one case, once the address is confirmed.

    `told` is the last event of the case of which a mail was sent.
    """

    number = models.CharField(max_length=20)
    email = models.EmailField()
    language = models.CharField(max_length=5, default="id")
    asked_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    told = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["number", "email"], name="follower_once")]
        indexes = [models.Index(fields=["email", "asked_at"], name="follower_asked")]

    def __str__(self) -> str:
        return f"{self.number} {self.pk}"


class Snapshot(models.Model):
    """All public figures as they were when they were last reckoned: one row, whose key is `ONLY`.

    `tables` has the rows of each table of `tables.TABLES` by its key.
    """

    ONLY = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY)
    made_at = models.DateTimeField()
    tables = models.JSONField()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_snapshot")]

    def __str__(self) -> str:
        return f"{self.made_at}"
