"""Keys with which a person's own programs act in that person's stead."""

from datetime import datetime
from enum import StrEnum

from django.conf import settings
from django.db import models


class Scope(StrEnum):
    """What a token may be used for, of what its owner may do."""

    CASES_READ = "cases:read"
    CASES_ACT = "cases:act"
    CASES_DECIDE = "cases:decide"  # offered only where the installation allows it
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

    def allows(self, scope: Scope) -> bool:
        return scope in self.scopes and (scope is not Scope.CASES_DECIDE or settings.PANGGON_API_DECIDES)
