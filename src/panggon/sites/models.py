"""Sites, the machines that carry them, and what is wished of those machines."""

from enum import StrEnum

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext

from panggon.core import naming
from panggon.core.node.words import problem_words
from panggon.core.sites import outgoing
from panggon.core.sites import spec_document as specs
from panggon.core.sites.limits import LIMITS, Limits
from panggon.core.sites.spec import (
    HOST,
    USUAL_PHP_VERSION,
    Access,
    Engine,
    Profile,
    SiteKind,
    SiteSpec,
    SiteState,
)
from panggon.people.models import Agency
from panggon.sites import choices


class Purpose(StrEnum):
    """Why a wish was made; `mode` says what the node does for it."""

    PLAN = "plan"
    PREPARE = "prepare"
    OPEN = "open"
    ACCESS = "access"
    VERIFY = "verify"
    LOOK = "look"  # the proofs, and what the machine saw of visitors and owner
    PARK = "park"
    QUARANTINE = "quarantine"
    RELEASE = "release"
    PROPOSAL = "proposal"  # what a change would do to the site, before anybody approves it
    CHANGE = "change"  # that was approved
    RESEND = "resend"  # what was applied before, to a machine that came back from its backup

    @property
    def mode(self) -> str:
        if self is Purpose.PROPOSAL:
            return Purpose.PLAN.value
        return self.value if self in (Purpose.PLAN, Purpose.VERIFY, Purpose.LOOK) else "apply"


class Outcome(StrEnum):
    """How a wish ended; see `docs/architecture.md`."""

    PLANNED = "planned"
    APPLIED = "applied"
    VERIFIED = "verified"
    UNPROVEN = "unproven"
    STALE = "stale"
    REFUSED = "refused"
    RESTORED = "restored"
    CLOSING = "closing"  # of a site that is shut, or nearly: the machine goes on, and another report follows


SUCCESSES = frozenset({Outcome.PLANNED, Outcome.APPLIED, Outcome.VERIFIED})


class Node(models.Model):
    """A hosting machine and its agent. Token and enrolment code are kept as SHA-256 only."""

    name = models.CharField(max_length=63, unique=True)
    token_hash = models.CharField(max_length=64, blank=True, db_index=True)
    code_hash = models.CharField(max_length=64, blank=True)
    code_expires_at = models.DateTimeField(null=True)
    enrolled_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)  # when it last said how it is; it is heard of more often
    version = models.CharField(max_length=40, blank=True)
    version_since = models.DateTimeField(null=True)
    health = models.JSONField(null=True)  # `core.node.health`; null from a version that does not tell
    facts = models.JSONField(default=dict)
    reduced = models.JSONField(default=list)
    drift = models.JSONField(default=list)  # ["s000123: …"]: what people changed on the machine by hand
    taken_numbers = models.JSONField(
        default=list
    )  # of sites that people made on the machine, which no new site may get
    retired_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name

    @property
    def https_port(self) -> int:
        """What it told when it was enrolled; one from before it did has the usual one."""
        return int(self.facts.get("https_port") or naming.HTTPS)


class Allowance(models.Model):
    """What a site may use; the bounds are those of the site spec."""

    php_version = models.CharField(max_length=3, default=USUAL_PHP_VERSION)
    quota_mebibytes = models.PositiveIntegerField(default=Limits().disk_mebibytes)
    memory_mebibytes = models.PositiveIntegerField(default=Limits().memory_mebibytes)
    processes = models.PositiveIntegerField(default=Limits().processes)
    upload_mebibytes = models.PositiveIntegerField(default=Limits().upload_mebibytes)
    database_connections = models.PositiveIntegerField(default=Limits().database_connections)
    database_mebibytes = models.PositiveIntegerField(default=Limits().database_mebibytes)
    files = models.PositiveIntegerField(default=Limits().files)
    cpu_percent = models.PositiveIntegerField(default=Limits().cpu_percent)
    outgoing = models.CharField(max_length=32, default=outgoing.NONE)

    class Meta:
        abstract = True

    @property
    def allowance(self) -> dict[str, int | str]:
        return {name: getattr(self, name) for name in ALLOWANCE}

    @property
    def limits(self) -> Limits:
        return Limits(**{name: getattr(self, column_of(name)) for name in LIMITS})


ALLOWANCE = tuple(field.name for field in Allowance._meta.local_fields)  # noqa: SLF001 (Django documents it)


def column_of(limit: str) -> str:
    """The column of plans and sites that holds this limit of the spec."""
    return "quota_mebibytes" if limit == "disk_mebibytes" else limit


class Plan(Allowance):
    """A size of sites that the department offers. A site takes a copy when its plan is made; changing a plan changes
    no site.
    """

    name = models.CharField(max_length=60, unique=True)
    is_default = models.BooleanField(default=False)
    is_offered = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["-is_default", "memory_mebibytes", "name"]
        constraints = [
            models.UniqueConstraint(fields=["is_default"], condition=Q(is_default=True), name="one_default_plan"),
            models.CheckConstraint(condition=Q(is_default=False) | Q(is_offered=True), name="default_plan_is_offered"),
        ]

    def __str__(self) -> str:
        return self.name


class Site(Allowance):
    """One site as it is wished now. Each wish takes a copy of its spec; `generation` grows when the wish changes.

    `details` holds members of the spec's document that most sites do not have (docs/spec.md): tasks, HSTS, variables,
    former names, what a Python site, a redirect or a proxy needs.
    """

    number = models.PositiveIntegerField(unique=True)
    host = models.CharField(max_length=253)
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="sites")
    node = models.ForeignKey(Node, models.PROTECT, null=True, related_name="sites")
    state = models.CharField(max_length=12, default=SiteState.PREPARED, choices=[(s, s.value) for s in SiteState])
    generation = models.PositiveIntegerField(default=1)
    plan = models.ForeignKey(Plan, models.PROTECT, null=True, related_name="sites")
    kind = models.CharField(max_length=10, default=SiteKind.PHP, choices=choices.kinds)
    profile = models.CharField(max_length=20, default=Profile.PLAIN, choices=choices.profiles)
    database = models.BooleanField(default=True)
    engine = models.CharField(max_length=10, default=Engine.MARIADB, choices=choices.engines)
    details = models.JSONField(default=dict)
    database_key = models.PositiveIntegerField(default=0)  # another number asks for a new password of the database
    ssh_keys = models.JSONField(default=list)
    password_fingerprint = models.CharField(max_length=128, blank=True)
    password_hash = models.CharField(max_length=200, blank=True)  # only until the node has acknowledged it
    reserved_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True)
    first_login = models.JSONField(null=True)  # the owner's, as the machine saw it: {"at", "way", "address", …}
    released_at = models.DateTimeField(null=True)  # the name may be given to another site
    behind_since = models.DateTimeField(null=True)  # its machine tells an older generation than it had reported before
    silent_since = models.DateTimeField(null=True)  # the first of its machine's visits since which it answered none
    certificate_until = models.DateTimeField(null=True)  # of the one that the last visit was shown

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["host"], condition=Q(released_at=None), name="host_of_one_site"),
            models.CheckConstraint(condition=Q(host__regex=f"^(?:{HOST.pattern})$"), name="host_is_a_name"),
        ]

    def __str__(self) -> str:
        return f"{self.identifier} {self.host}"

    @property
    def identifier(self) -> str:
        """Directory, Unix user and database of the site are called so."""
        return f"s{self.number:06d}"

    @property
    def url(self) -> str:
        return naming.address(self.host, self.node.https_port if self.node else naming.HTTPS)

    @property
    def spec(self) -> SiteSpec:
        """Raises `InvalidError` for details that are none, or do not fit the kind."""
        plain = self._plain_spec  # of a site for which nothing was wished yet it is no spec: it has generation 0
        return specs.parse({**specs.dump(plain), **self.details}) if self.details else plain

    @property
    def _plain_spec(self) -> SiteSpec:
        return SiteSpec(
            site=self.identifier,
            host=self.host,
            state=SiteState(self.state),
            generation=self.generation,
            kind=SiteKind(self.kind),
            php_version=self.php_version,
            profile=Profile(self.profile),
            database=Engine(self.engine) if self.database else None,
            database_key=self.database_key,
            limits=self.limits,
            outgoing=self.outgoing,
            access=Access(tuple(self.ssh_keys), self.password_fingerprint),
        )


class Availability(models.Model):
    """How often a site's machine visited it in a month as a stranger would, and how often it answered.

    `failed_at` is the last visit without an answer, `used_mebibytes` what the site stored when that was last told.
    """

    site = models.ForeignKey(Site, models.PROTECT, related_name="availability")
    month = models.DateField()  # its first day, in the office's time zone
    visits = models.PositiveIntegerField(default=0)
    answered = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField()  # only a later visit counts: what is told again is known
    failed_at = models.DateTimeField(null=True)
    used_mebibytes = models.PositiveIntegerField(null=True)

    class Meta:
        ordering = ["-month"]
        verbose_name_plural = "availability"
        constraints = [
            models.UniqueConstraint(fields=["site", "month"], name="availability_of_a_month"),
            models.CheckConstraint(condition=Q(answered__lte=models.F("visits")), name="no_more_answers_than_visits"),
        ]

    def __str__(self) -> str:
        return f"{self.site} {self.month:%Y-%m}"


class RetiredName(models.Model):
    """A host name that was live once: old links lead to it, so that it is not simply given to somebody else."""

    host = models.CharField(max_length=253, unique=True)
    retired_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.host


class Wish(models.Model):
    """What is asked of a node for one site: the oldest one without a report is offered at every poll.

    `spec` is a copy, so that a later change of the site changes nothing that was asked. A cancelled wish is offered
    no more; what comes back for it is kept and has no effect.
    """

    site = models.ForeignKey(Site, models.PROTECT, related_name="wishes")
    purpose = models.CharField(max_length=10, choices=[(p, p.value) for p in Purpose])
    spec = models.JSONField()
    generation = models.PositiveIntegerField()
    approved_digest = models.CharField(max_length=64, blank=True)
    made_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)
    reported_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, blank=True, choices=[(o, o.value) for o in Outcome])
    plan = models.JSONField(null=True)
    digest = models.CharField(max_length=64, blank=True)
    evidence = models.JSONField(default=list)  # [{"name", "ok", "detail"}]
    proved_at = models.DateTimeField(null=True)
    problem_code = models.CharField(max_length=80, blank=True)
    problem = models.TextField(blank=True)
    reduced = models.JSONField(default=list)
    seen = models.JSONField(null=True)  # of a look: {"watched", "logins", "since", "answers"}

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "wishes"
        indexes = [
            models.Index(fields=["id"], condition=Q(reported_at=None, cancelled_at=None), name="wishes_waiting"),
            models.Index(fields=["site"], condition=Q(reported_at=None), name="wishes_of_busy_sites"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.purpose} {self.site}"

    @property
    def running(self) -> bool:
        return self.reported_at is None and self.cancelled_at is None

    @property
    def succeeded(self) -> bool:
        """It ended well, and everything that was to be proven is proven."""
        return self.outcome in SUCCESSES and all(check["ok"] for check in self.evidence)

    @property
    def problem_words(self) -> str:
        """What stood in the machine's way, for people: the code alone where nothing else is known, "" where nothing
        did.
        """
        return problem_words.words(self.problem_code, self.problem, translated=gettext) or self.problem_code


class Progress(models.Model):
    """One line of what a node is doing for a wish."""

    wish = models.ForeignKey(Wish, models.CASCADE, related_name="progress")
    sequence = models.PositiveIntegerField()
    phase = models.CharField(max_length=20)
    key = models.CharField(max_length=300)
    step = models.PositiveIntegerField()
    steps = models.PositiveIntegerField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["wish_id", "sequence"]
        constraints = [models.UniqueConstraint(fields=["wish", "sequence"], name="progress_once")]

    def __str__(self) -> str:
        return f"{self.phase} {self.key}"
