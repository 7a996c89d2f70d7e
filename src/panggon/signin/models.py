"""How people came in, and the brakes on those who guess."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Braked(models.Model):
    """Who failed how often, by the SHA-256 of what is guessed and by whom; see `core.people.brakes`."""

    key = models.CharField(max_length=64, primary_key=True)
    failures = models.PositiveIntegerField()
    last = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.key[:12]}: {self.failures}"


class ClientKey(models.Model):
    """A key with which the portal proves to providers who it is. `private` is its PEM, encrypted; see `signin.keys`."""

    kid = models.CharField(max_length=16, unique=True)
    private = models.TextField()
    made_at = models.DateTimeField()
    signs_from = models.DateTimeField()

    def __str__(self) -> str:
        return self.kid


class Happening(models.TextChoices):
    SIGNED_IN = "signed_in", _("Masuk")
    WRONG_PASSWORD = "wrong_password", _("Kata sandi salah")
    WRONG_CODE = "wrong_code", _("Kode keamanan salah")
    PASSWORD_CHANGED = "password_changed", _("Kata sandi diganti")
    PASSWORD_RESET = "password_reset", _("Kata sandi disetel ulang lewat email")
    FACTOR_ADDED = "factor_added", _("Pengaman tambahan dipasang")
    FACTOR_REMOVED = "factor_removed", _("Pengaman tambahan dilepas")
    FACTORS_RELEASED = "factors_released", _("Pengaman tambahan dilepas administrator")
    SESSION_ENDED = "session_ended", _("Sesi diakhiri")


class Visit(models.Model):
    """What happened at the door of one account; kept as long as the department says."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="visits")
    happening = models.CharField(max_length=20, choices=Happening)
    at = models.DateTimeField()
    address = models.GenericIPAddressField(null=True)  # none: it was not done at a browser of the owner
    device = models.CharField(max_length=200, blank=True)
    way = models.CharField(max_length=40, blank=True)  # the factor, or the provider by which somebody came in

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["user", "-at"])]

    def __str__(self) -> str:
        return f"{self.user}: {self.happening}"
