"""The forms of the calendar: they read what was written; `rows.faults_of` judges it."""

import re
from abc import abstractmethod
from datetime import time
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from panggon.core.cases.shares import STEP_SHARES
from panggon.core.errors import Fault, InvalidError
from panggon.core.notify.alerts import AlertKind, Reminding
from panggon.core.schedule.calendar_rules import period_faults, week_faults
from panggon.forms import JudgedForm
from panggon.schedule import sheet
from panggon.schedule.known import KnownDay
from panggon.schedule.models import KINDS, WEEKDAYS, Closing, Holiday, OfficeHours
from panggon.schedule.rows import YEARS, Row, times_of
from panggon.schedule.words import fault_words, sessions_words

SESSION = re.compile(r"\s*(\d{1,2})[.:](\d{2})\s*[-–—]\s*(\d{1,2})[.:](\d{2})\s*")
MINUTES = "%Y-%m-%dT%H:%M"


class CalendarForm(JudgedForm):
    """A form about the calendar, in its words."""

    fault_words = staticmethod(fault_words)


class RowForm(CalendarForm):
    """A form of one row; `seen` is the row as the page showed it, so that a stale tab overwrites nothing."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    @staticmethod
    @abstractmethod
    def initial_of(row: Any) -> dict[str, Any]:
        """What the fields hold where `row` is changed."""

    @abstractmethod
    def row(self, stored: Any) -> Row:
        """The row as it would be kept; `stored` is the one that is changed, None for a new one."""


class DayInput(forms.DateInput):
    def __init__(self) -> None:
        super().__init__(attrs={"type": "date"}, format="%Y-%m-%d")


class MomentInput(forms.DateTimeInput):
    def __init__(self) -> None:
        super().__init__(attrs={"type": "datetime-local"}, format=MINUTES)


class HolidayForm(RowForm):
    day = forms.DateField(label=_("Tanggal"), widget=DayInput())
    name = forms.CharField(label=_("Nama"), max_length=200)
    kind = forms.ChoiceField(label=_("Jenis"), choices=[(kind.value, words) for kind, words in KINDS.items()])
    source = forms.CharField(
        label=_("Dasar"), max_length=200, required=False, help_text=_("Misalnya SKB 3 Menteri dengan nomornya.")
    )
    estimated = forms.BooleanField(label=_("Masih perkiraan, belum ditetapkan"), required=False)

    @staticmethod
    def initial_of(row: Holiday) -> dict[str, Any]:
        return {name: getattr(row, name) for name in ("day", "name", "kind", "source", "estimated")}

    def row(self, stored: Holiday | None) -> Holiday:
        row = stored or Holiday(day=self.cleaned_data["day"])
        for name in ("name", "kind", "source", "estimated"):
            setattr(row, name, self.cleaned_data[name])
        return row


class HoursField(forms.CharField):
    """`07.30-12.00, 13.00-16.30`; the cleaned value is [["07:30", "12:00"], ["13:00", "16:30"]]."""

    def clean(self, value: Any) -> list[list[str]]:
        words = super().clean(value)
        return [self._session(part) for part in re.split("[,;]", words)] if words else []

    def _session(self, words: str) -> list[str]:
        found = SESSION.fullmatch(words)
        try:
            start, end = (
                time(int(hour), int(minute)) for hour, minute in (found.group(1, 2), found.group(3, 4)) if found
            )
        except (AttributeError, ValueError) as error:
            raise forms.ValidationError(fault_words(Fault("hours.unreadable"))) from error
        return [f"{start:%H:%M}", f"{end:%H:%M}"]


class HoursForm(RowForm):
    name = forms.CharField(
        label=_("Nama"), max_length=80, help_text=_("Misalnya Jam kerja biasa, atau Ramadan 1448 H.")
    )
    first = forms.DateField(label=_("Berlaku mulai"), widget=DayInput())
    last = forms.DateField(label=_("Berlaku sampai"), widget=DayInput())

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for number, weekday in enumerate(WEEKDAYS):
            self.fields[f"day_{number}"] = HoursField(label=weekday, required=False, max_length=200)
        self.fields["day_0"].help_text = _("Tanpa istirahat, misalnya 07.30-12.00, 13.00-16.30; kosong berarti tutup.")

    def clean(self) -> dict[str, Any]:
        """Judges what can be read even where something else cannot, so that every fault is said at once."""
        values = super().clean()
        if self.errors and {"first", "last"} <= values.keys():
            self.add_faults(period_faults((values["first"], values["last"]), others=()))
        if self.errors:
            readable = times_of([values.get(f"day_{number}", []) for number in range(len(WEEKDAYS))])
            self.add_faults(tuple(fault for fault in week_faults(readable) if fault.field))
        return values

    @staticmethod
    def initial_of(row: OfficeHours) -> dict[str, Any]:
        week = {f"day_{number}": sessions_words(day) for number, day in enumerate(row.week)}
        return {"name": row.name, "first": row.first, "last": row.last, **week}

    def row(self, stored: OfficeHours | None) -> OfficeHours:
        row = stored or OfficeHours()
        row.name, row.first, row.last = (self.cleaned_data[name] for name in ("name", "first", "last"))
        row.week = [self.cleaned_data[f"day_{number}"] for number in range(len(WEEKDAYS))]
        return row


class ClosingForm(RowForm):
    start = forms.DateTimeField(label=_("Tutup mulai"), widget=MomentInput(), input_formats=[MINUTES])
    end = forms.DateTimeField(label=_("Buka kembali"), widget=MomentInput(), input_formats=[MINUTES])
    reason = forms.CharField(label=_("Alasan"), max_length=200, help_text=_("Misalnya banjir rob."))

    @staticmethod
    def initial_of(row: Closing) -> dict[str, Any]:
        return {"start": row.start, "end": row.end, "reason": row.reason}

    def row(self, stored: Closing | None) -> Closing:
        row = stored or Closing()
        row.start, row.end, row.reason = (self.cleaned_data[name] for name in ("start", "end", "reason"))
        return row


class ImportForm(CalendarForm):
    """A file, or on the second page its days again as `text`; the cleaned `days` are those that it names."""

    file = forms.FileField(
        label=_("Berkas CSV"),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv,text/plain"}),
        help_text=_("Kolom: tanggal; nama; jenis; dasar. Unduh kalender yang ada sebagai contoh."),
    )
    text = forms.CharField(widget=forms.HiddenInput, required=False)

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        upload = values.get("file")
        if not upload and not values.get("text"):
            self.add_error("file", self.fields["file"].error_messages["required"])
            return values
        try:
            text = sheet.text_of(upload.read()) if upload else values["text"]
            values["days"] = sheet.read(text)
        except InvalidError as error:
            self.add_faults(error.faults)
        return values

    @property
    def days(self) -> tuple[KnownDay, ...]:
        return self.cleaned_data["days"]


class YearForm(CalendarForm):
    year = forms.IntegerField(label=_("Tahun"), min_value=YEARS[0], max_value=YEARS[-1])


class SharesForm(CalendarForm):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for step in STEP_SHARES:
            self.fields[f"step_{step}"] = forms.IntegerField(
                label=_("Langkah %(step)s (persen)") % {"step": step}, min_value=0, max_value=100
            )

    @staticmethod
    def initial_of(shares: dict[int, int]) -> dict[str, Any]:
        return {f"step_{step}": percent for step, percent in shares.items()}

    def shares(self) -> dict[int, int]:
        return {step: self.cleaned_data[f"step_{step}"] for step in STEP_SHARES}


class RemindersForm(CalendarForm):
    correction_every = forms.IntegerField(
        label=_("Perlu Dilengkapi: ingatkan setiap (hari kerja)"), min_value=1, max_value=60
    )
    correction_most = forms.IntegerField(
        label=_("Perlu Dilengkapi: banyaknya pengingat"),
        min_value=0,
        max_value=20,
        help_text=_(
            "Bila sesudah pengingat terakhir lewat waktu yang sama tanpa jawaban, permohonan dibatalkan oleh sistem. "
            "Angka 0: tidak diingatkan dan tidak dibatalkan."
        ),
    )
    delivery_every = forms.IntegerField(
        label=_("Dokumen Hak Akses Dikirim: ingatkan setiap (hari kerja)"), min_value=1, max_value=60
    )
    delivery_most = forms.IntegerField(
        label=_("Dokumen Hak Akses Dikirim: banyaknya pengingat"), min_value=0, max_value=20
    )

    KINDS = {"correction": AlertKind.CORRECTION, "delivery": AlertKind.DELIVERY}

    @classmethod
    def initial_of(cls, rules: dict[AlertKind, Reminding]) -> dict[str, Any]:
        every = {f"{name}_every": rules[kind].every_days for name, kind in cls.KINDS.items()}
        return every | {f"{name}_most": rules[kind].most for name, kind in cls.KINDS.items()}

    def rules(self) -> dict[AlertKind, Reminding]:
        given = self.cleaned_data
        return {kind: Reminding(given[f"{name}_every"], given[f"{name}_most"]) for name, kind in self.KINDS.items()}
