"""An incident and what was found and done about it. Only `services` writes here."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from panggon.core.cases.vocabulary import ROLE_LABELS, Role
from panggon.core.incidents.procedure import TABLE
from panggon.core.incidents.vocabulary import (
    DUTY_LABELS,
    INCIDENT_ACTIONS,
    INCIDENT_STATES,
    ORIGIN_LABELS,
    PERSONAL_DATA_LABELS,
    RISK_LABELS,
    Duty,
    IncidentAction,
    IncidentState,
    Origin,
    PersonalData,
    Risk,
)
from panggon.core.schedule.clock import ClockEffect

STATES = [(state.value, INCIDENT_STATES[state].text) for state in IncidentState]
DUTIES = [(duty.value, DUTY_LABELS[duty]) for duty in Duty]
USER = settings.AUTH_USER_MODEL


class Incident(models.Model):
    """`version` counts its events, so that a stale page is seen. `concerned` are the people of the dinas whom it is
    about: they neither handle nor see it. `told` says when which `Duty` was done, as ISO 8601.
    """

    number = models.CharField(max_length=20, unique=True)
    state = models.CharField(max_length=12, choices=STATES, default=IncidentState.NEW)
    version = models.PositiveIntegerField(default=0)
    origin = models.CharField(max_length=12, choices=[(origin.value, ORIGIN_LABELS[origin]) for origin in Origin])
    subject = models.CharField(max_length=150)
    description = models.TextField()
    about = models.CharField(max_length=200, blank=True)  # of whom it is suspected, in the finder's words
    site = models.ForeignKey("sites.Site", models.PROTECT, null=True, related_name="incidents")
    complaint = models.ForeignKey("complaints.Complaint", models.PROTECT, null=True, related_name="incidents")
    risk = models.CharField(max_length=10, blank=True, choices=[(risk.value, RISK_LABELS[risk]) for risk in Risk])
    vital = models.BooleanField(default=False)  # infrastruktur informasi vital (IIV)
    personal_data = models.CharField(
        max_length=10,
        default=PersonalData.UNKNOWN,
        choices=[(answer.value, PERSONAL_DATA_LABELS[answer]) for answer in PersonalData],
    )
    breach_known_at = models.DateTimeField(null=True)
    told = models.JSONField(default=dict)

    concerned = models.ManyToManyField("people.User", related_name="+")
    reporter = models.ForeignKey(USER, models.PROTECT, related_name="incidents_reported")
    handler = models.ForeignKey(USER, models.PROTECT, null=True, related_name="incidents")
    reported_at = models.DateTimeField()
    state_since = models.DateTimeField()
    due_at = models.DateTimeField(null=True)  # of the nearest duty that is not done
    agency_told_at = models.DateTimeField(null=True)  # from then on the site's OPD sees it, in plain words
    page = models.UUIDField(null=True, unique=True, editable=False)  # from which it was sent: twice, and it is one

    class Meta:
        ordering = ["-reported_at", "-pk"]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=~Q(state__in=sorted(state.value for state in TABLE.finals)),
                name="incidents_not_over",
            )
        ]

    def __str__(self) -> str:
        return self.number


class IncidentEvent(models.Model):
    """One act, never changed. `words` are what was written, `data` what else the act was given.

    `contents` is their digest, salted: it stands in the log of changes as well, and says nothing once words, data and
    salt are erased together.
    """

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="events")
    sequence = models.PositiveIntegerField()
    action = models.CharField(
        max_length=12, choices=[(action.value, INCIDENT_ACTIONS[action]) for action in IncidentAction]
    )
    role = models.CharField(max_length=20, choices=[(role.value, ROLE_LABELS[role]) for role in Role])
    actor = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    source = models.CharField(max_length=12, choices=STATES)
    target = models.CharField(max_length=12, choices=STATES)
    clock = models.CharField(max_length=10, choices=[(effect.value, effect.value) for effect in ClockEffect])
    words = models.TextField(blank=True)
    data = models.JSONField(default=dict)
    salt = models.CharField(max_length=32, blank=True)
    contents = models.CharField(max_length=64)

    class Meta:
        ordering = ["incident_id", "sequence"]
        constraints = [models.UniqueConstraint(fields=["incident", "sequence"], name="one_incident_event")]

    def __str__(self) -> str:
        return f"{self.incident_id}/{self.sequence} {self.action}"


class Evidence(models.Model):
    """A file that somebody kept as evidence; its bytes lie in the store under their SHA-256."""

    event = models.ForeignKey(IncidentEvent, models.PROTECT, related_name="evidence")
    name = models.CharField(max_length=120)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.PositiveIntegerField()

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["event", "sha256"], name="evidence_once")]

    def __str__(self) -> str:
        return self.name


class IncidentAlert(models.Model):
    """That people were told, once, that a percentage of the time until `due_at` had passed."""

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="alerts")
    duty = models.CharField(max_length=20, choices=DUTIES)
    due_at = models.DateTimeField()
    level = models.PositiveSmallIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["incident", "duty", "due_at", "level"], name="incident_alert_once")
        ]

    def __str__(self) -> str:
        return f"{self.incident_id} {self.duty} {self.level}"
