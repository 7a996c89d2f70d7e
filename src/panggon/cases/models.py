"""A request from draft to done, and the chain of events that brought it there. Only `services` writes here."""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from panggon.cases.filters import TICKING
from panggon.core.cases.procedure import ACTION_LABELS, ROLE_LABELS, STATE_LABELS, Action, Role, State
from panggon.core.people.acting import ACTING_LABELS
from panggon.core.schedule.clock import Clock, ClockEffect
from panggon.core.sites.spec import Engine, Profile, SiteKind
from panggon.people.models import Agency, Division
from panggon.sites import choices
from panggon.sites.models import Plan, Site
from panggon.sites.selectors import host_of

STATES = [(state.value, STATE_LABELS[state].text) for state in State]


class LetterSource(models.TextChoices):
    """How the OPD told of its request: the SK wants a letter or another notification."""

    LETTER = "letter", _("Surat permohonan")
    MEMO = "memo", _("Nota dinas")
    EMAIL = "email", _("Email dinas")
    SRIKANDI = "srikandi", "SRIKANDI"
    DESK = "desk", _("Disampaikan langsung di dinas dan dicatat")


class SiteUse(models.TextChoices):
    """What the site is for its visitors."""

    WEBSITE = "website", _("Website")
    APPLICATION = "application", _("Aplikasi")


class DatabaseWish(models.TextChoices):
    """What the OPD would like; what a site really gets is `Case.database`."""

    MARIADB = "mariadb", _("MariaDB (MySQL)")
    POSTGRESQL = "postgresql", _("PostgreSQL")
    NONE = "none", _("Tidak perlu")


class SystemCategory(models.TextChoices):
    """Kategori Sistem Elektronik (Peraturan BSSN 8/2020), as the OPD's own assessment found it."""

    STRATEGIC = "strategic", _("Strategis")
    HIGH = "high", _("Tinggi")
    LOW = "low", _("Rendah")


class Case(models.Model):
    """One request. `version` counts its events, so that a stale page is seen; `head` is the digest of the last one."""

    number = models.CharField("nomor permohonan", max_length=20, unique=True)
    token = models.CharField("kode lacak", max_length=40)
    state = models.CharField(max_length=20, choices=STATES, default=State.DRAFT)
    version = models.PositiveIntegerField(default=0)
    head = models.CharField(max_length=64, blank=True)
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="cases", verbose_name="OPD pemohon")
    applicant = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="cases")

    letter_source = models.CharField(max_length=10, choices=LetterSource, blank=True)
    letter_number = models.CharField(max_length=100, blank=True)
    letter_date = models.DateField(null=True, blank=True)
    letter_nature = models.CharField(max_length=40, blank=True)
    letter_subject = models.CharField(max_length=200, blank=True)

    title = models.CharField(max_length=120, blank=True)
    label = models.CharField(max_length=200, blank=True)
    alternative_label = models.CharField(max_length=200, blank=True)
    site_use = models.CharField(max_length=20, choices=SiteUse, blank=True)
    kind = models.CharField(max_length=10, default=SiteKind.PHP, choices=choices.kinds)
    profile = models.CharField(max_length=20, default=Profile.PLAIN, choices=choices.profiles)
    database = models.BooleanField(default=True)
    engine = models.CharField(max_length=10, default=Engine.MARIADB, choices=choices.engines)
    details = models.JSONField(default=dict, blank=True)  # as in `sites.models.Site`
    plan = models.ForeignKey(Plan, models.PROTECT, null=True, related_name="cases")
    platform = models.CharField(max_length=120, blank=True)  # software and version, in the OPD's words
    php_version_wish = models.CharField(max_length=10, blank=True)
    database_wish = models.CharField(max_length=20, choices=DatabaseWish, blank=True)
    storage_mebibytes = models.PositiveIntegerField(null=True, blank=True)
    holds_personal_data = models.BooleanField(null=True, blank=True)
    personal_data = models.CharField(max_length=300, blank=True)  # which kinds
    system_category = models.CharField(max_length=20, choices=SystemCategory, blank=True)
    vendor_name = models.CharField(max_length=150, blank=True)
    vendor_contact = models.CharField(max_length=150, blank=True)
    notes = models.TextField(blank=True)
    contact_name = models.CharField(max_length=150, blank=True)
    contact_phone = models.CharField(max_length=30, blank=True)
    contact_email = models.EmailField(blank=True)
    responsible_name = models.CharField(max_length=150, blank=True)
    responsible_nip = models.CharField(max_length=18, blank=True)
    responsible_rank = models.CharField(max_length=60, blank=True)
    responsible_position = models.CharField(max_length=120, blank=True)
    responsible_phone = models.CharField(max_length=30, blank=True)
    responsible_email = models.EmailField(blank=True)
    admin_name = models.CharField(max_length=150, blank=True)
    admin_nip = models.CharField(max_length=18, blank=True)
    admin_rank = models.CharField(max_length=60, blank=True)
    admin_position = models.CharField(max_length=120, blank=True)
    admin_phone = models.CharField(max_length=30, blank=True)
    admin_email = models.EmailField(blank=True)
    ssh_key = models.TextField(blank=True)
    machine_read = models.JSONField(default=list, blank=True)  # fields as a letter was read, confirmed by nobody yet
    draft_key = models.UUIDField(null=True, unique=True, editable=False)  # of the page that began it: sent twice, once

    agenda_number = models.CharField("nomor agenda", max_length=60, blank=True)
    division = models.ForeignKey(Division, models.PROTECT, null=True, related_name="cases")
    technician = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="assigned_cases")
    instruction = models.CharField(max_length=200, blank=True)
    nature = models.CharField(max_length=40, blank=True)
    disposition_note = models.TextField(blank=True)
    disposition_due = models.DateField(null=True, blank=True)
    site = models.OneToOneField(Site, models.PROTECT, null=True, related_name="case")

    created_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField(null=True)
    approved_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)  # the clock was stopped: delivered, withdrawn or refused
    due_at = models.DateTimeField(null=True)
    working_seconds = models.PositiveIntegerField(null=True)  # that the clock had counted when it was stopped
    state_since = models.DateTimeField()
    returned = models.BooleanField(default=False)  # sent again after it was incomplete, and not yet looked at
    # What one can find the case by; kept by a trigger of the database, so that it is right whoever changes what.
    search_words = models.TextField(blank=True, editable=False)

    # Found by `selectors` for the rows of a list; not kept.
    clock_events: "list[Event]"
    clock: Clock | None = None
    waited: timedelta | None = None
    machine_works: bool = False

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["agenda_number"], condition=~models.Q(agenda_number=""), name="agenda_number_once"
            )
        ]
        indexes = [
            models.Index(fields=["state", "due_at"]),
            models.Index(fields=["technician", "state"], name="cases_of_a_technician"),
            models.Index(fields=["division", "state"], name="cases_of_a_division"),
            models.Index(fields=["agency", "created_at", "id"], name="cases_of_an_agency"),
            models.Index(fields=["created_at", "id"], name="cases_by_age"),
            models.Index(fields=["due_at", "id"], name="cases_by_deadline"),
            # Late ones, the latest first: of all cases few still tick.
            models.Index(
                fields=["due_at", "id"],
                condition=models.Q(state__in=sorted(state.value for state in TICKING)),
                name="cases_that_tick",
            ),
            models.Index(fields=["submitted_at"], name="cases_by_submission"),
            models.Index(fields=["stopped_at"], name="cases_by_end"),
            GinIndex(fields=["search_words"], opclasses=["gin_trgm_ops"], name="cases_by_words"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def host(self) -> str:
        """The full name that is wished; the site's own once it is reserved."""
        return self.site.host if self.site else host_of(self.label)


class Event(models.Model):
    """One act, never changed and never removed (a trigger of the database sees to it).

    `digest` covers everything but `note`, and the digest before it. What people wrote stands in `note`, and in the
    chain only as a digest with `salt`: both can be erased (UU 27/2022), and the chain still holds. `acting` says that
    the actor stood in as Plh or Plt, `represented` for whom (a vacant post has nobody), `data` by which order.
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="events")
    sequence = models.PositiveIntegerField()
    action = models.CharField(max_length=30, choices=[(action.value, ACTION_LABELS[action].text) for action in Action])
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    role = models.CharField(max_length=20, choices=[(role.value, ROLE_LABELS[role]) for role in Role])
    acting = models.CharField(max_length=3, blank=True, choices=[(str(k), label) for k, label in ACTING_LABELS.items()])
    represented = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    source = models.CharField(max_length=20, choices=STATES)
    target = models.CharField(max_length=20, choices=STATES)
    clock = models.CharField(max_length=10, choices=[(effect.value, effect.value) for effect in ClockEffect])
    data = models.JSONField(default=dict)
    note = models.TextField(blank=True)
    salt = models.CharField(max_length=32, blank=True)
    previous = models.CharField(max_length=64, blank=True)
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ["case_id", "sequence"]
        constraints = [models.UniqueConstraint(fields=["case", "sequence"], name="one_event_a_sequence")]

    def __str__(self) -> str:
        return f"{self.case_id}/{self.sequence} {self.action}"

    @property
    def counts_at(self) -> datetime:
        """The moment that the clock takes: the desk's stamp where one was recorded, else the entry."""
        stamp = self.data.get("stamped_at")
        return datetime.fromisoformat(stamp) if stamp else self.at


class File(models.Model):
    """A file that came with an act; its bytes lie in the store under their SHA-256."""

    class Kind(models.TextChoices):
        LETTER = "letter", "Surat permohonan"
        SIGNED_SHEET = "signed_sheet", "Lembar yang ditandatangani"
        REFUSAL_LETTER = "refusal_letter", "Surat penolakan"

    case = models.ForeignKey(Case, models.PROTECT, related_name="files")
    kind = models.CharField(max_length=20, choices=Kind)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.PositiveIntegerField()
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    added_at = models.DateTimeField()

    class Meta:
        ordering = ["case_id", "added_at"]
        constraints = [models.UniqueConstraint(fields=["case", "kind", "sha256"], name="file_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.sha256[:12]}"


class AccessInvitation(models.Model):
    """An invitation of the admin teknis to take a site's access over: for one address, for seven days, used once.

    A newer one of the same case takes its place. The code on the paper belongs to the case and not to this row, so
    that a new invitation changes no signed paper.
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="access_invitations")
    name = models.CharField(max_length=150, blank=True)
    email = models.EmailField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    used_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.case_id} {self.email}"


class Reading(models.Model):
    """What Panggon reads in an uploaded letter: proposals for fields, never values of a case by themselves.

    `proposals` is a list of `{"field", "value", "confidence"}`. Kept by the letter's SHA-256 and who brought it, so
    that a letter can be read before there is a case.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Sedang dibaca")
        READ = "read", _("Sudah dibaca")
        UNREADABLE = "unreadable", _("Tidak dapat dibaca")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sha256 = models.CharField(max_length=64)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    added_at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=State, default=State.WAITING)
    proposals = models.JSONField(default=list)

    class Meta:
        ordering = ["added_at"]
        constraints = [models.UniqueConstraint(fields=["sha256", "added_by"], name="one_reading_a_person")]

    def __str__(self) -> str:
        return f"{self.sha256[:12]} {self.state}"


class Correction(models.Model):
    """One thing that the OPD has to add or mend before the case goes on."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="corrections")
    item = models.CharField(max_length=30, blank=True)  # of the checklist; empty: the whole
    reason = models.TextField()
    asked_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["asked_at", "id"]

    def __str__(self) -> str:
        return f"{self.item} {self.reason}".strip()


class ChecklistResult(models.Model):
    """One item of the check at step 4, as the technician found it last."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="checklist")
    item = models.CharField(max_length=30)
    met = models.BooleanField()
    checked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    checked_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["case", "item"], name="one_result_an_item")]

    def __str__(self) -> str:
        return f"{self.item}: {self.met}"


class Hold(models.Model):
    """Nothing of this case is erased, whatever its age, until the hold is lifted: a lawsuit, an audit."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="holds")
    reason = models.CharField(max_length=300)
    placed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    placed_at = models.DateTimeField()
    lifted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["placed_at"]
        constraints = [
            models.UniqueConstraint(fields=["case"], condition=models.Q(lifted_at=None), name="one_open_hold_a_case")
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.placed_at}"


class Alert(models.Model):
    """That people were told, once, that time had passed; only `alerting` writes here.

    `level` is a percentage of the time or the number of a reminder. `since` is the moment from which it was reckoned,
    so that a case that comes into the same state again is told of again.
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="alerts")
    kind = models.CharField(max_length=20)  # of core.notify.alerts.AlertKind
    since = models.DateTimeField()
    level = models.PositiveSmallIntegerField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["case_id", "at", "level"]
        constraints = [models.UniqueConstraint(fields=["case", "kind", "since", "level"], name="alert_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.level}"
