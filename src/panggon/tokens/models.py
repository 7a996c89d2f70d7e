"""Keys with which a person's own programs act in that person's stead."""

from datetime import datetime
from enum import StrEnum

from django.conf import settings
from django.db import models


class Scope(StrEnum):
    """What a token may be used for, of what its owner may do."""

    CASES_READ = "cases:read"
    CASES_ACT = "cases:act"
    CASES_DECIDE = "cases:decide"  # offered only where the department leaves it to programs
    SITES_READ = "sites:read"
    SCHEDULE_READ = "schedule:read"


class Token(models.Model):
    """Of the token itself only the SHA-256 is kept; it has 256 random bits, so that nobody finds it by trying."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=80)
    scopes = models.JSONField()
    sha256 = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)  # to the hour
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-made_at"]

    def __str__(self) -> str:
        return self.name

    def is_valid(self, *, now: datetime) -> bool:
        return self.withdrawn_at is None and now < self.expires_at


class Spent(models.Model):
    """How many requests were made with a token since the beginning of its present minute."""

    token = models.OneToOneField(Token, models.CASCADE, primary_key=True, related_name="spent")
    since = models.DateTimeField()
    requests = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.token}: {self.requests}"
