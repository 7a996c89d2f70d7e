"""The days and the division of a report, as they stand in its address."""

from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from panggon.cases.filters import Days
from panggon.cases.forms.base import RuledForm
from panggon.cases.forms.finding import DayField
from panggon.core.cases.procedure import Role
from panggon.people import selectors as people
from panggon.people.models import Division, User

LONGEST = timedelta(days=3 * 366)
OF_ALL_DIVISIONS = frozenset({Role.HEAD, Role.ADMINISTRATOR})


class ReportForm(RuledForm):
    """Without days: the year until today. Whoever heads a division sees that division's figures only."""

    dari = DayField(_("Dari"))
    sampai = DayField(_("Sampai"))
    bidang = forms.ModelChoiceField(
        people.all_divisions(), label=_("Bidang"), required=False, empty_label=_("Semua bidang")
    )

    def __init__(self, data: Any, *, user: User, now: datetime) -> None:
        today = localdate(now)
        super().__init__({"dari": date(today.year, 1, 1), "sampai": today, **{name: data[name] for name in data}})
        self._all = not people.roles_of(user, now=now).isdisjoint(OF_ALL_DIVISIONS)
        field = self.fields["bidang"]
        field.queryset = people.all_divisions() if self._all else people.divisions_of(user, Role.DIVISION_HEAD, now=now)
        if not self._all:
            field.empty_label = None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, last = cleaned.get("dari"), cleaned.get("sampai")
        for name in ("dari", "sampai"):
            if not cleaned.get(name) and name not in self.errors:
                self.add_error(name, _("Wajib diisi."))
        if first and last and first > last:
            self.add_error("sampai", _("Tanggal ini mendahului tanggal awalnya."))
        elif first and last and last - first > LONGEST:
            self.add_error("sampai", _("Laporan memuat paling lama tiga tahun."))
        return cleaned

    def days(self) -> Days:
        return Days(self.cleaned_data["dari"], self.cleaned_data["sampai"])

    def division(self) -> Division | None:
        """None: of all. Who sees only the own and names none gets the first of them."""
        chosen = self.cleaned_data["bidang"]
        return chosen or (None if self._all else self.fields["bidang"].queryset.first())
