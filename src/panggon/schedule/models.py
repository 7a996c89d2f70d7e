"""When the office is open, and what is done in which time: data, because a regent's circular changes it, not a release.

Only `services` writes here.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from panggon.schedule.known import HolidayKind

WEEKDAYS = [_("Senin"), _("Selasa"), _("Rabu"), _("Kamis"), _("Jumat"), _("Sabtu"), _("Minggu")]
KINDS = {
    HolidayKind.NATIONAL: _("Libur nasional"),
    HolidayKind.JOINT_LEAVE: _("Cuti bersama"),
    HolidayKind.ELECTION: _("Pemilihan umum"),
    HolidayKind.LOCAL: _("Libur daerah"),
}


class OfficeHours(models.Model):
    """The hours from one day to another, both included. Of periods that overlap the one that begins later counts."""

    name = models.CharField(_("nama"), max_length=80)
    first = models.DateField(_("mulai"))
    last = models.DateField(_("sampai"))
    week = models.JSONField(_("jam kerja"), help_text=_("Senin sampai Minggu: daftar [mulai, selesai] tanpa istirahat"))

    class Meta:
        ordering = ["first"]
        constraints = [
            models.CheckConstraint(condition=models.Q(first__lte=models.F("last")), name="office_hours_in_order"),
            models.UniqueConstraint(fields=["name", "first"], name="office_hours_once"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.first} – {self.last}"


class Year(models.Model):
    """A year whose holidays are known. A deadline in any other year is an error that names it."""

    year = models.PositiveSmallIntegerField(_("tahun"), primary_key=True)

    class Meta:
        ordering = ["year"]

    def __str__(self) -> str:
        return str(self.year)


class Holiday(models.Model):
    """A day on which the office is closed: a public holiday, a joint leave day (cuti bersama), an election.

    `estimated`: reckoned, not decreed yet; `source`: the decree that says so.
    """

    day = models.DateField(_("tanggal"), primary_key=True)
    name = models.CharField(_("nama"), max_length=200)
    kind = models.CharField(
        _("jenis"), max_length=20, choices=[(kind.value, words) for kind, words in KINDS.items()], default="national"
    )
    estimated = models.BooleanField(_("perkiraan"), default=False)
    source = models.CharField(_("dasar"), max_length=200, blank=True)

    class Meta:
        ordering = ["day"]

    def __str__(self) -> str:
        return f"{self.day} {self.name}"


class Closing(models.Model):
    """The office is closed once, from moment to moment: a flood, an election."""

    start = models.DateTimeField(_("mulai"))
    end = models.DateTimeField(_("sampai"))
    reason = models.CharField(_("alasan"), max_length=200)

    class Meta:
        ordering = ["start"]
        constraints = [
            models.CheckConstraint(condition=models.Q(start__lt=models.F("end")), name="closing_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.start:%Y-%m-%d} {self.reason}"


class StepShare(models.Model):
    """How much of the whole time a step of the SK is meant to take; a step without a row has the share of `core`."""

    step = models.PositiveSmallIntegerField(_("langkah"), primary_key=True)
    percent = models.PositiveSmallIntegerField(_("persen"))

    class Meta:
        ordering = ["step"]

    def __str__(self) -> str:
        return f"{self.step}: {self.percent}%"


class ReminderRule(models.Model):
    """How often the OPD is reminded of what it has not done; a kind without a row has the rule of `core`."""

    kind = models.CharField(_("jenis"), max_length=20, primary_key=True)
    every_days = models.PositiveSmallIntegerField(_("setiap (hari kerja)"))
    most = models.PositiveSmallIntegerField(_("paling banyak"))

    class Meta:
        ordering = ["kind"]

    def __str__(self) -> str:
        return f"{self.kind}: {self.every_days} × {self.most}"
