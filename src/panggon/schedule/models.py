"""When the office is open: data, because a regent's circular changes it, not a release."""

from django.db import models

WEEKDAYS = ["Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu"]


class OfficeHours(models.Model):
    """The hours from one day to another, both included. Of periods that overlap the one that begins later counts."""

    name = models.CharField("nama", max_length=80)
    first = models.DateField("mulai")
    last = models.DateField("sampai")
    week = models.JSONField("jam kerja", help_text="Senin sampai Minggu: daftar [mulai, selesai] tanpa istirahat")

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

    year = models.PositiveSmallIntegerField(primary_key=True)

    def __str__(self) -> str:
        return str(self.year)


class Holiday(models.Model):
    """A public holiday or a joint leave day (cuti bersama)."""

    day = models.DateField("tanggal", primary_key=True)
    name = models.CharField("nama", max_length=200)

    class Meta:
        ordering = ["day"]

    def __str__(self) -> str:
        return f"{self.day} {self.name}"


class Closing(models.Model):
    """The office is closed once, from moment to moment: a flood, an election."""

    start = models.DateTimeField("mulai")
    end = models.DateTimeField("sampai")
    reason = models.CharField("alasan", max_length=200)

    class Meta:
        ordering = ["start"]
        constraints = [
            models.CheckConstraint(condition=models.Q(start__lt=models.F("end")), name="closing_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.start:%Y-%m-%d} {self.reason}"
