"""The survey of satisfaction (SKM, PermenPAN-RB 14/2017): who was asked, what was answered, what came of it.

An answer knows neither its invitation nor its minute, so that nobody can tell who answered what. Only `services`
writes here.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from panggon.core.surveys.survey import BEST, Element


class Service(models.TextChoices):
    """What had ended when the survey was offered."""

    CASE = "case", _("Pelayanan hosting")
    COMPLAINT = "complaint", _("Penanganan pengaduan")


class Gender(models.TextChoices):
    MALE = "l", _("Laki-laki")
    FEMALE = "p", _("Perempuan")


class Education(models.TextChoices):
    PRIMARY = "sd", _("SD")
    LOWER_SECONDARY = "smp", _("SMP")
    UPPER_SECONDARY = "sma", _("SMA/SMK")
    DIPLOMA = "diploma", _("Diploma")
    BACHELOR = "s1", _("S1")
    MASTER = "s2", _("S2")
    DOCTOR = "s3", _("S3")


class Occupation(models.TextChoices):
    CIVIL_SERVANT = "asn", _("ASN")
    FORCES = "tni-polri", _("TNI/Polri")
    EMPLOYEE = "swasta", _("Pegawai swasta")
    ENTREPRENEUR = "wirausaha", _("Wirausaha")
    STUDENT = "pelajar", _("Pelajar/mahasiswa")
    OTHER = "lainnya", _("Lainnya")


class Invitation(models.Model):
    """One offer to answer, at the end of one service; used once."""

    service = models.CharField(max_length=10, choices=Service)
    number = models.CharField(max_length=30)  # of the case or complaint
    made_at = models.DateTimeField()
    used = models.BooleanField(default=False)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["service", "number"], name="one_survey_a_service")]
        indexes = [models.Index(fields=["made_at"], name="surveys_by_offer")]

    def __str__(self) -> str:
        return f"{self.service} {self.number}"


class Answer(models.Model):
    """What one respondent answered on a day: the nine elements by key, 1 to 4, the rest only if wished."""

    class Standing(models.TextChoices):
        """Of the free words: nothing of them is public before somebody has read them."""

        WAITING = "waiting", _("Belum dibaca")
        PUBLISHED = "published", _("Ditayangkan")
        WITHHELD = "withheld", _("Tidak ditayangkan")

    service = models.CharField(max_length=10, choices=Service)
    answered_on = models.DateField()
    requirements = models.PositiveSmallIntegerField()
    procedure = models.PositiveSmallIntegerField()
    time = models.PositiveSmallIntegerField()
    fee = models.PositiveSmallIntegerField()
    product = models.PositiveSmallIntegerField()
    competence = models.PositiveSmallIntegerField()
    conduct = models.PositiveSmallIntegerField()
    complaints = models.PositiveSmallIntegerField()
    facilities = models.PositiveSmallIntegerField()
    gender = models.CharField(max_length=1, choices=Gender, blank=True)
    education = models.CharField(max_length=10, choices=Education, blank=True)
    occupation = models.CharField(max_length=10, choices=Occupation, blank=True)
    words = models.TextField(blank=True)
    standing = models.CharField(max_length=10, choices=Standing, default=Standing.WAITING)
    read_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["answered_on", "pk"]
        indexes = [models.Index(fields=["answered_on"], name="surveys_by_day")]
        constraints = [
            models.CheckConstraint(
                condition=Q(**{f"{element.value}__range": (1, BEST) for element in Element}), name="answers_are_1_to_4"
            )
        ]

    def __str__(self) -> str:
        return f"{self.service} {self.answered_on}"


class Improvement(models.Model):
    """What people said, and what was done about it."""

    said = models.CharField(max_length=300)
    done = models.CharField(max_length=300)
    day = models.DateField()

    class Meta:
        ordering = ["-day", "-pk"]

    def __str__(self) -> str:
        return self.done
