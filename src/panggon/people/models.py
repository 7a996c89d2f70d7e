"""Who uses the portal: people, the agencies that they act for, and the posts that they hold in the dinas."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from panggon.core.cases.vocabulary import Role
from panggon.core.people.acting import ACTING_NAMES, ActingKind, acting_title, post_title
from panggon.core.people.posts import Tenure


class Agency(models.Model):
    """An OPD: an agency of the city that may ask for hosting."""

    name = models.CharField("nama resmi", max_length=200, unique=True)
    short_name = models.CharField("nama singkat", max_length=40, unique=True)
    is_network_user = models.BooleanField("pengguna jaringan kota", default=True)
    labels = models.JSONField("subdomain milik OPD", default=list, blank=True)  # a request for another is remarked on

    class Meta:
        ordering = ["name"]
        verbose_name = "OPD"
        verbose_name_plural = "OPD"

    def __str__(self) -> str:
        return self.name


class Division(models.Model):
    """A division (bidang) of the dinas itself, to which the Kepala Dinas disposes a letter."""

    name = models.CharField("nama", max_length=120, unique=True)

    class Meta:
        ordering = ["name"]
        verbose_name = "bidang"
        verbose_name_plural = "bidang"

    def __str__(self) -> str:
        return self.name


class Theme(models.TextChoices):
    """How bright the pages are; `SYSTEM`: as the person's device wishes."""

    SYSTEM = "system", _("Ikut perangkat")
    LIGHT = "light", _("Terang")
    DARK = "dark", _("Gelap")


class User(AbstractUser):
    """A person. With an agency: an applicant; with role assignments: an official of the dinas."""

    first_name = None  # type: ignore[assignment]  # Django's way to leave a column of a base out
    last_name = None  # type: ignore[assignment]
    full_name = models.CharField("nama lengkap", max_length=150)
    nip = models.CharField("NIP", max_length=18, blank=True)
    phone = models.CharField("nomor HP", max_length=30, blank=True)
    language = models.CharField("bahasa", max_length=5, default="id")  # one of settings.LANGUAGES
    theme = models.CharField("tampilan", max_length=6, default=Theme.SYSTEM, choices=Theme)
    agency = models.ForeignKey(Agency, models.PROTECT, null=True, blank=True, related_name="people", verbose_name="OPD")
    division = models.ForeignKey(
        Division, models.PROTECT, null=True, blank=True, related_name="people", verbose_name="bidang"
    )

    REQUIRED_FIELDS = ["email", "full_name"]

    class Meta:
        ordering = ["full_name"]
        verbose_name = "pengguna"
        verbose_name_plural = "pengguna"

    def __str__(self) -> str:
        return self.full_name

    def get_full_name(self) -> str:
        return self.full_name

    def get_short_name(self) -> str:
        return self.full_name.split(" ")[0]


class RoleAssignment(models.Model):
    """One post held by a person; posts of a division (Kepala Bidang, petugas teknis) name the division.

    `role` holds a value of `core.cases.procedure.Role`; `services.posts` is the only writer and refuses any other. The
    row stays when the post is taken back (`ended_at`), so that it can be told who held it when. Kepala Dinas and Kepala
    Bidang have it from the first day to the last, both included and as far as they are known, by an order (SK
    pengangkatan).
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="role_assignments")
    role = models.CharField("peran", max_length=30)
    division = models.ForeignKey(Division, models.PROTECT, null=True, blank=True, related_name="role_assignments")
    first_day = models.DateField("mulai menjabat", null=True, blank=True)
    last_day = models.DateField("sampai", null=True, blank=True)
    order_number = models.CharField("nomor SK pengangkatan", max_length=100, blank=True)
    named_at = models.DateTimeField(null=True)  # an order that is entered late says nothing of what was done before
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "role", "division", "first_day"],
                condition=Q(ended_at=None),
                name="one_post_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="post_ends_after_it_begins"),
            models.CheckConstraint(
                condition=Q(role__in=["division_head", "technician"], division__isnull=False)
                | Q(division__isnull=True) & ~Q(role__in=["division_head", "technician"]),
                name="post_of_a_division_names_it",
            ),
        ]
        verbose_name = "jabatan"
        verbose_name_plural = "jabatan"

    def __str__(self) -> str:
        return f"{self.user}: {self.role}"

    @property
    def title(self) -> str:
        """The post in words, with the division that it is of."""
        return post_title(Role(self.role), str(self.division or ""))

    @property
    def tenure(self) -> Tenure:
        return Tenure(self.first_day, self.last_day, self.order_number)


class ActingOfficial(models.Model):
    """Who stands in for the holder of a post (Plh) or fills a vacant one (Plt), by which order, for how long.

    `represented` is the incumbent under Plh. The days are those of the office's place, both included; `ended_at` is set
    when it ends before its last day.
    """

    user = models.ForeignKey(User, models.PROTECT, related_name="acting_posts", verbose_name="pejabat sementara")
    kind = models.CharField("jenis", max_length=3, choices=[(kind.value, ACTING_NAMES[kind]) for kind in ActingKind])
    role = models.CharField("jabatan", max_length=30)
    division = models.ForeignKey(Division, models.PROTECT, null=True, blank=True, related_name="acting_officials")
    represented = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="substitutes")
    order_number = models.CharField("nomor surat perintah", max_length=100)
    order_date = models.DateField("tanggal surat perintah")
    first_day = models.DateField("mulai")
    last_day = models.DateField("sampai")
    named_at = models.DateTimeField()  # an order that is entered late says nothing of what was done before
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-first_day", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="acting_ends_after_it_begins"),
            models.CheckConstraint(
                condition=Q(role="division_head", division__isnull=False) | Q(role="head", division__isnull=True),
                name="acting_in_a_post",
            ),
            models.CheckConstraint(
                condition=Q(kind="plh", represented__isnull=False) | Q(kind="plt", represented__isnull=True),
                name="plh_has_an_incumbent_and_plt_none",
            ),
        ]
        verbose_name = "pejabat sementara"
        verbose_name_plural = "pejabat sementara"

    def __str__(self) -> str:
        return f"{self.user}: {self.kind} {self.role}"

    @property
    def title(self) -> str:
        """Such as "Plh. Kepala Dinas", with the division where there is one."""
        return acting_title(ActingKind(self.kind), Role(self.role), str(self.division or ""))


class Invitation(models.Model):
    """An invitation by e-mail to an account. The link works once and expires; only its digest is kept.

    For an agency, on the strength of its letter where the dinas invites; without an agency for an official, with the
    post that is taken up; with `user` for somebody whose closed account is opened again. Without `invited_by` for the
    first administrator, by whoever sets the portal up.
    """

    email = models.EmailField("email", max_length=150)
    agency = models.ForeignKey(Agency, models.PROTECT, null=True, blank=True, related_name="invitations")
    role = models.CharField("jabatan", max_length=30, blank=True)
    division = models.ForeignKey(Division, models.PROTECT, null=True, blank=True, related_name="+")
    user = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="invitations")
    letter_number = models.CharField("nomor surat", max_length=100, blank=True)
    letter_date = models.DateField("tanggal surat", null=True, blank=True)
    case_number = models.CharField("nomor permohonan", max_length=20, blank=True)
    invited_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    nonce = models.CharField(max_length=32)
    token_hash = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-made_at", "-id"]
        verbose_name = "undangan"
        verbose_name_plural = "undangan"

    def __str__(self) -> str:
        return self.email
