"""What is asked for a site after its case, and what became of it. Only `services` and `requests` write here."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from panggon.core.sites.life import SiteAction
from panggon.core.sites.spec import SiteState
from panggon.sites.models import Site, Wish


class Request(models.Model):
    """What an OPD asks for its site, in its own words; people of the dinas make a change of it, or answer."""

    class Kind(models.TextChoices):
        CHANGE = "change", _("Perubahan situs")
        DEACTIVATION = "deactivation", _("Penonaktifan situs")

    site = models.ForeignKey(Site, models.PROTECT, related_name="requests")
    kind = models.CharField(max_length=12, choices=Kind)
    words = models.TextField()
    letter_sha256 = models.CharField(max_length=64, blank=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    answer = models.TextField(blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["id"], condition=Q(answered_at=None), name="requests_of_sites_waiting")]

    def __str__(self) -> str:
        return f"{self.site_id} {self.kind} {self.asked_at}"


class Alteration(models.Model):
    """One change of one site: asked for, planned by its machine, approved, carried out and proven.

    `source` is the state of the site in which it was asked for. `values` are the site's as they shall be
    (`sites.changing.asked_for`), `former` as they are. `plan` is the wish with the machine's newest plan, `wish` the
    one that carries it out.
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", _("Menunggu persetujuan")
        RUNNING = "running", _("Sedang dikerjakan server")
        DONE = "done", _("Selesai")
        FAILED = "failed", _("Tidak berhasil")
        WITHDRAWN = "withdrawn", _("Dibatalkan")
        REFUSED = "refused", _("Tidak disetujui")

    site = models.ForeignKey(Site, models.PROTECT, related_name="alterations")
    action = models.CharField(max_length=20, choices=[(action.value, action.value) for action in SiteAction])
    source = models.CharField(max_length=12, choices=[(state.value, state.value) for state in SiteState])
    state = models.CharField(max_length=10, choices=State, default=State.PROPOSED)
    values = models.JSONField(default=dict)
    former = models.JSONField(default=dict)
    reason = models.TextField()
    letter_sha256 = models.CharField(max_length=64, blank=True)
    request = models.ForeignKey(Request, models.PROTECT, null=True, related_name="alterations")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    plan = models.OneToOneField(Wish, models.PROTECT, related_name="+")
    wish = models.OneToOneField(Wish, models.PROTECT, null=True, related_name="+")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision = models.TextField(blank=True)  # why it was not approved
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["site"], condition=Q(state__in=["proposed", "running"]), name="one_change_a_site_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.site_id} {self.action}"

    @property
    def waits(self) -> bool:
        return self.state == Alteration.State.PROPOSED
