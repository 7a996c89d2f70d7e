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
