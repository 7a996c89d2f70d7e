"""The box and the filters of the list, as they stand in its address; and back from a filter to such an address."""

from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from panggon.cases.content.request import KINDS
from panggon.cases.filters import HELD_BY, STANDINGS, Days, Filter, Timing
from panggon.cases.forms.base import RuledForm
from panggon.cases.lists.paging import Order
from panggon.core.cases.procedure import Role, State
from panggon.labels import STATE_LABELS
from panggon.people import selectors as people
from panggon.people.models import User

ANY = [("", _("Semua"))]
GROUPS = {
    "berjalan": _("Semua yang berjalan"),
    "diserahkan": _("Semua yang sudah diserahkan"),
    HELD_BY[Role.APPLICANT]: _("Berjalan, di OPD"),
    HELD_BY[Role.REGISTRAR]: _("Berjalan, di Tata Usaha"),
    HELD_BY[Role.HEAD]: _("Berjalan, di Kepala Dinas"),
    HELD_BY[Role.DIVISION_HEAD]: _("Berjalan, di Kepala Bidang"),
    HELD_BY[Role.TECHNICIAN]: _("Berjalan, di petugas teknis"),
}
STANDING_CHOICES = [
    *ANY,
    *((standing, GROUPS.get(standing) or STATE_LABELS[State(standing)].text) for standing in STANDINGS),
]
TIMING_CHOICES = [
    *ANY,
    (Timing.LATE, _("Terlambat, masih berjalan")),
    (Timing.SOON, _("Batasnya paling lambat hari kerja berikutnya")),
    (Timing.WITHIN, _("Diserahkan tepat waktu")),
    (Timing.BEYOND, _("Diserahkan lewat batas")),
]
ORDER_CHOICES = [
    (Order.NEWEST, _("Terbaru dahulu")),
    (Order.OLDEST, _("Terlama dahulu")),
    (Order.DEADLINE, _("Batas waktu terdekat dahulu")),
    (Order.AGENCY, _("Nama OPD")),
]
OF_THE_DINAS = ("opd", "bidang", "petugas")


class DayField(forms.DateField):
    def __init__(self, label: Any) -> None:
        widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        super().__init__(label=label, required=False, widget=widget)


class KeyField(forms.TypedChoiceField):
    """One row of a table, by its key; the choices are put in by the form."""

    def __init__(self, label: Any) -> None:
        super().__init__(label=label, coerce=int, empty_value=None, required=False)


class PlainSelect(forms.Select):
    """The same element as Django's, without a template for each of its many options: those took half of the page."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:  # noqa: ARG002
        chosen = "" if value is None else str(value)
        options = format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            ((key, mark_safe(" selected") if str(key) == chosen else "", words) for key, words in self.choices),
        )
        attributes = flatatt(self.build_attrs(self.attrs, {**(attrs or {}), "name": name}))
        return format_html("<select{}>{}</select>", attributes, options)


class FindForm(RuledForm):
    """Every field may be left out, so that any address shows a list."""

    q = forms.CharField(label=_("Cari"), max_length=200, required=False, widget=forms.TextInput({"type": "search"}))
    keadaan = forms.ChoiceField(label=_("Keadaan"), choices=STANDING_CHOICES, required=False)
    waktu = forms.ChoiceField(label=_("Waktu pelayanan"), choices=TIMING_CHOICES, required=False)
    langkah = forms.TypedChoiceField(
        label=_("Langkah yang sedang dikerjakan"),
        choices=[*ANY, *((step, step) for step in range(1, 10))],
        coerce=int,
        empty_value=None,
        required=False,
    )
    opd = forms.CharField(
        label=_("OPD (nama singkat)"),
        max_length=40,
        required=False,
        widget=forms.TextInput({"list": "daftar-opd", "autocomplete": "off"}),
    )
    bidang = KeyField(_("Bidang"))
    petugas = KeyField(_("Petugas teknis"))
    tahun = forms.IntegerField(label=_("Tahun dibuat"), min_value=2000, max_value=9998, required=False)
    jenis = forms.ChoiceField(label=_("Jenis situs"), choices=[*ANY, *KINDS], required=False)
    masuk_dari = DayField(_("Dikirim sejak"))
    masuk_sampai = DayField(_("Dikirim sampai"))
    selesai_dari = DayField(_("Waktu berhenti sejak"))
    selesai_sampai = DayField(_("Waktu berhenti sampai"))
    menunggu = forms.BooleanField(label=_("Hanya yang menunggu saya"), required=False)
    urut = forms.ChoiceField(label=_("Urutan"), choices=ORDER_CHOICES, required=False)

    def __init__(self, data: Any, *, user: User, now: datetime) -> None:
        super().__init__(data)
        if people.is_official(user, now=now):
            # Asked for once, and only when they are drawn or looked up.
            self.fields["bidang"].choices = cache(lambda: [*ANY, *people.all_divisions().values_list("pk", "name")])
            self.fields["petugas"].choices = cache(lambda: [*ANY, *people.technicians().values_list("pk", "full_name")])
        else:
            for name in OF_THE_DINAS:
                del self.fields[name]
        for field in self.fields.values():
            if isinstance(field, forms.ChoiceField):
                field.widget = PlainSelect(choices=field.choices)

    def clean_opd(self) -> str:
        """The short name as it is written; whoever types another gets a hint instead of an empty list."""
        words = self.cleaned_data["opd"].strip()
        agency = people.agency_named(words) if words else None
        if words and agency is None:
            raise forms.ValidationError(_("Tidak ada OPD dengan nama singkat ini."))
        return agency.short_name if agency else ""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for what in ("masuk", "selesai"):
            first, last = cleaned.get(f"{what}_dari"), cleaned.get(f"{what}_sampai")
            if first and last and first > last:
                self.add_error(f"{what}_sampai", _("Tanggal ini mendahului tanggal awalnya."))
        return cleaned

    def meant(self) -> Filter:
        """What a valid form asks for."""
        given = self.cleaned_data
        return Filter(
            words=given["q"],
            standing=given["keadaan"],
            step=given["langkah"],
            agency=given.get("opd", ""),
            division=given.get("bidang"),
            technician=given.get("petugas"),
            year=given["tahun"],
            kind=given["jenis"],
            timing=Timing(given["waktu"]) if given["waktu"] else None,
            sent=Days(given["masuk_dari"], given["masuk_sampai"]),
            stopped=Days(given["selesai_dari"], given["selesai_sampai"]),
            waiting_for_me=given["menunggu"],
        )

    def order(self) -> Order:
        return Order(self.cleaned_data["urut"] or Order.NEWEST)

    def narrows(self) -> bool:
        """Whether anything but the box and the order is given."""
        return any(self.cleaned_data.get(name) for name in self.fields if name not in ("q", "urut"))


def query_of(meant: Filter) -> str:
    """The part of the list's address after the question mark that asks for exactly this."""
    values = {
        "q": meant.words,
        "keadaan": meant.standing,
        "langkah": meant.step,
        "opd": meant.agency,
        "bidang": meant.division,
        "petugas": meant.technician,
        "tahun": meant.year,
        "jenis": meant.kind,
        "waktu": meant.timing,
        "masuk_dari": meant.sent.first,
        "masuk_sampai": meant.sent.last,
        "selesai_dari": meant.stopped.first,
        "selesai_sampai": meant.stopped.last,
        "menunggu": "on" if meant.waiting_for_me else "",
    }
    return urlencode({name: value for name, value in values.items() if value})
