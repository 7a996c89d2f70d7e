import uuid

from django.conf import settings
from django.db import models

from panggon.core.papers.signing import Level, Method
from panggon.papers.contents import CONFIDENTIAL, SIGNED_TOGETHER, TITLES, PaperKind

INSTEAD = "instead:"  # begins the reference of a paper that replaces a void one; the key of that one follows


class Paper(models.Model):
    """One issued paper. Its bytes lie in the file store under `sha256` and never change.

    The case (or incident) is named by its number, because papers know nothing of cases; `event` is the sequence number
    of its event that caused the paper, so that a job that runs twice issues one; of what was caused by something else
    (a change of the site after its case) it is 0, and `reference` says by what. `evidence_digest` is of the proofs that
    the paper speaks of, `simulation` says that every page of it is marked as one.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case_number = models.CharField(max_length=40, db_index=True)
    kind = models.CharField(max_length=40, choices=[(kind.value, TITLES[kind]) for kind in PaperKind])
    event = models.PositiveIntegerField()
    reference = models.CharField(max_length=40, blank=True)
    title = models.CharField(max_length=200)
    number = models.CharField(max_length=80)
    register = models.CharField(max_length=20)  # the classification code under which the number was taken
    year = models.PositiveSmallIntegerField()
    serial = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    size_bytes = models.PositiveIntegerField()
    made_at = models.DateTimeField()
    voided_at = models.DateTimeField(null=True)  # its number stays taken
    void_reason = models.CharField(max_length=200, blank=True)
    evidence_digest = models.CharField(max_length=64, blank=True)
    stated = models.JSONField(default=list)  # [label, value] as printed, of what is signed in step 7
    simulation = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case_number", "kind", "event", "reference"], name="one_paper_a_cause"),
            models.UniqueConstraint(fields=["register", "year", "serial"], name="one_paper_a_number"),
        ]
        ordering = ["made_at", "serial"]

    def __str__(self) -> str:
        return f"{self.title} {self.number}"

    @property
    def signed(self) -> "Signature | None":
        return getattr(self, "signature", None)

    @property
    def is_of_the_head(self) -> bool:
        """Whether it is one of those that the Kepala Dinas signs together."""
        return self.kind in SIGNED_TOGETHER

    @property
    def is_confidential(self) -> bool:
        """Whether those who keep the register may not read it all the same; it belongs to an incident."""
        return self.kind in CONFIDENTIAL

    @property
    def issued_sha256(self) -> str:
        """Of the file that is given out: the signed one once there is one."""
        return self.signed.sha256 if self.signed else self.sha256


class Attempt(models.Model):
    """One try to have a paper signed: what was frozen, by whom it was asked, and how it ended. No word of a secret.

    `reference` is what the gateway calls the document that it signed and that was lost on its way.
    """

    paper = models.ForeignKey(Paper, models.PROTECT, related_name="attempts")
    signer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    method = models.CharField(max_length=10, choices=[(method.value, method.value) for method in Method])
    sha256 = models.CharField(max_length=64)  # of the frozen bytes
    evidence_digest = models.CharField(max_length=64, blank=True)  # of the newest proofs at that moment
    asked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=60, blank=True)
    reference = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["paper"], condition=models.Q(ended_at=None), name="one_open_attempt_a_paper"
            )
        ]

    def __str__(self) -> str:
        return f"{self.paper_id} {self.asked_at}"


class Signature(models.Model):
    """The one signed version of a paper. Its bytes lie in the file store under `sha256`, untouched.

    `name` to `note` are as printed, `certificate` to `serial` as the certificate says. `rewritten`: the gateway did not
    append to the frozen bytes but wrote the same document anew, which was compared with them (`papers.rewritten`).
    """

    paper = models.OneToOneField(Paper, models.PROTECT, primary_key=True, related_name="signature")
    sha256 = models.CharField(max_length=64, unique=True)
    size_bytes = models.PositiveIntegerField()
    signer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    name = models.CharField(max_length=150)
    role = models.CharField(max_length=120)
    nip = models.CharField(max_length=18, blank=True)
    note = models.CharField(max_length=300, blank=True)
    method = models.CharField(max_length=10, choices=[(method.value, method.value) for method in Method])
    level = models.CharField(max_length=4, choices=[(level.value, level.value) for level in Level])
    rewritten = models.BooleanField(default=False)
    certificate = models.CharField(max_length=300)
    issuer = models.CharField(max_length=300)
    serial = models.CharField(max_length=60)
    signed_at = models.DateTimeField()
    stored_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.paper_id} {self.name}"


class Signatory(models.Model):
    """By which number (NIK) the certificate authority knows somebody who signs, encrypted (`papers.signatories`)."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+")
    sealed = models.TextField()

    def __str__(self) -> str:
        return str(self.user_id)


class Counter(models.Model):
    """The last number given out in a year by one register: a classification code, the agenda, the cases."""

    register = models.CharField(max_length=20)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["register", "year"], name="one_counter_a_register_and_year")]

    def __str__(self) -> str:
        return f"{self.register} {self.year}: {self.last}"


class TemplateVersion(models.Model):
    """A template as the department changed it; an empty text puts the shipped one back. The newest of a name counts."""

    name = models.CharField(max_length=60, db_index=True)
    text = models.TextField(blank=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.name} {self.pk}"
